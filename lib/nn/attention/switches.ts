/** What `torch.nn.attention` may be assigned. */
export const switches = { WARN_FOR_UNFUSED_KERNELS: false }
