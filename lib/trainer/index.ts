export type { StepEnd, TrainerCallback } from './callback.js'
export type { Schedule, TrainerOptions } from './options.js'
export {
  type FitOptions,
  type StepResult,
  Trainer,
  type TrainerStateDict,
  type TrainingStep,
} from './trainer.js'
