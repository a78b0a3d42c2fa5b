// torch.nn.modules.pooling

export { _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd } from '../adaptive_pool.js'
export { _AvgPoolNd, _LPPoolNd } from '../avg_pool.js'
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  FractionalMaxPool2d,
  FractionalMaxPool3d,
  LPPool1d,
  LPPool2d,
  LPPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  MaxUnpool1d,
  MaxUnpool2d,
  MaxUnpool3d,
} from '../index.js'
export { _MaxPoolNd, _MaxUnpoolNd } from '../max_pool.js'
