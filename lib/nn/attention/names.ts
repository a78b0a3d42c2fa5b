export { SDPBackend } from './backend.js'
export * as bias from './bias.js'
export {
  activate_flash_attention_impl,
  current_flash_attention_impl,
  list_flash_attention_impls,
  register_flash_attention_impl,
  restore_flash_attention_impl,
} from './flash_registry.js'
export { _cur_sdpa_kernel_backends, sdpa_kernel } from './sdpa_kernel.js'
