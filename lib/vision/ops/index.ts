export { FrozenBatchNorm2d } from './frozen_batch_norm.js'
export * as misc from './misc.js'
