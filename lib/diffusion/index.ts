export { MiniUNet, type MiniUNetOptions } from './mini_unet.js'
export { Model } from './model.js'
export {
  type NoisePredictor,
  NoiseScheduler,
  type NoiseSchedulerOptions,
  type ReverseStepOptions,
  type SampleOptions,
} from './noise_scheduler.js'
export { type Criterion, type ImageBatch, noise_prediction_step } from './steps.js'
