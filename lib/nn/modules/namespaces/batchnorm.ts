// torch.nn.modules.batchnorm

export { _BatchNorm, _NormBase } from '../batchnorm.js'
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
  SyncBatchNorm,
} from '../index.js'
