// What PyTorch calls torch.optim.lr_scheduler.

export { ChainedScheduler, SequentialLR } from './lr_scheduler/composed.js'
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type WarmRestartsOptions,
} from './lr_scheduler/cosine.js'
export { CyclicLR, type CyclicLROptions, OneCycleLR, type OneCycleLROptions } from './lr_scheduler/cycle.js'
export {
  ConstantLR,
  type ConstantLROptions,
  LinearLR,
  type LinearLROptions,
  PolynomialLR,
  type PolynomialLROptions,
} from './lr_scheduler/factors.js'
export {
  ExponentialLR,
  type ExponentialLROptions,
  MultiStepLR,
  type MultiStepLROptions,
  StepLR,
  type StepLROptions,
} from './lr_scheduler/gamma.js'
export { type Lambda, LambdaLR, MultiplicativeLR } from './lr_scheduler/lambda.js'
export { type PlateauOptions, ReduceLROnPlateau } from './lr_scheduler/plateau.js'
export { LRScheduler, type SchedulerOptions, type SchedulerState } from './lr_scheduler/scheduler.js'
