import { native } from '../native.js'

/** `torch.backends.cpu`: what the processor can do. */
export const cpu = {
  /** `'AVX512'`, `'AVX2'` or `'DEFAULT'`: which kernels run. */
  get_cpu_capability(): string {
    return native.cpu_capability()
  },
}

let fastpath = true

/** `torch.backends.mha`: whether attention and encoder layers may take LibTorch's fused inference path. */
export const mha = {
  /** Whether the fused path may be taken. Default: true. */
  get_fastpath_enabled(): boolean {
    return fastpath
  },
  /** Sets whether the fused path may be taken. */
  set_fastpath_enabled(value: boolean): void {
    fastpath = value
  },
}
