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
  ExponentialLR,
  type ExponentialLROptions,
  type Lambda,
  LambdaLR,
  LinearLR,
  type LinearLROptions,
  MultiplicativeLR,
  MultiStepLR,
  type MultiStepLROptions,
  PolynomialLR,
  type PolynomialLROptions,
  StepLR,
  type StepLROptions,
} from './lr_scheduler/factors.js'
export { type PlateauOptions, ReduceLROnPlateau } from './lr_scheduler/plateau.js'
export { LRScheduler, type SchedulerOptions, type SchedulerState } from './lr_scheduler/scheduler.js'
