// torch.nn.modules.conv

export { _ConvNd } from '../conv_nd.js'
export { _ConvTransposeNd } from '../conv_transpose.js'
export {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  LazyConv1d,
  LazyConv2d,
  LazyConv3d,
  LazyConvTranspose1d,
  LazyConvTranspose2d,
  LazyConvTranspose3d,
} from '../index.js'
