// What PyTorch calls torch.optim.lr_scheduler.

import { ChainedScheduler, SequentialLR } from './lr_scheduler/composed.js'
import { CosineAnnealingLR, CosineAnnealingWarmRestarts } from './lr_scheduler/cosine.js'
import { CyclicLR, OneCycleLR } from './lr_scheduler/cycle.js'
import { ConstantLR, LinearLR, PolynomialLR } from './lr_scheduler/factors.js'
import { ExponentialLR, MultiStepLR, StepLR } from './lr_scheduler/gamma.js'
import { LambdaLR, MultiplicativeLR } from './lr_scheduler/lambda.js'
import { ReduceLROnPlateau } from './lr_scheduler/plateau.js'
import { LRScheduler, note_schedules } from './lr_scheduler/scheduler.js'
import { SWALR } from './lr_scheduler/swa.js'
import { note_classes } from './new_fields.js'

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
export { LRScheduler, type SchedulerState } from './lr_scheduler/scheduler.js'

const schedules = [
  LRScheduler,
  ChainedScheduler,
  SequentialLR,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiplicativeLR,
  MultiStepLR,
  OneCycleLR,
  PolynomialLR,
  ReduceLROnPlateau,
  StepLR,
  SWALR,
]
note_schedules(schedules)
note_classes(schedules)
