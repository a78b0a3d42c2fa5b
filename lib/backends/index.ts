import { native } from '../native.js'

/** `torch.backends.cpu`: what the processor can do. */
export const cpu = {
  /** `'AVX512'`, `'AVX2'` or `'DEFAULT'`: which kernels run. */
  get_cpu_capability(): string {
    return native.cpu_capability()
  },
}
