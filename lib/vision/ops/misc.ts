export { FrozenBatchNorm2d } from './frozen_batch_norm.js'
