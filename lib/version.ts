import { native } from './native.js'

/** LibTorch's version, as Python's `torch.__version__`. */
export const __version__: string = native.libtorch_version()

const cuda_suffix = /\+cu(\d+)(\d)$/.exec(__version__)

/** `torch.version`. */
export const version: {
  readonly torch: string
  readonly __version__: string
  readonly typetorch: string
  /** The CUDA version that LibTorch was built with, or null. */
  readonly cuda: string | null
  readonly hip: null
  readonly xpu: null
  readonly debug: boolean
} = {
  torch: __version__,
  __version__,
  typetorch: '0.1.0',
  cuda: cuda_suffix === null ? null : `${cuda_suffix[1]}.${cuda_suffix[2]}`,
  hip: null,
  xpu: null,
  debug: false,
}
