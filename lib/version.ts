import { native } from './native.js'

/** LibTorch's version, as Python's `torch.__version__`. */
export const __version__: string = native.libtorch_version()

/** `torch.version`. */
export const version: { readonly torch: string; readonly typetorch: string } = {
  torch: __version__,
  typetorch: '0.1.0',
}
