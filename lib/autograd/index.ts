export { backward, type GradOptions, grad } from './backward.js'
export {
  enable_grad,
  inference_mode,
  is_grad_enabled,
  is_inference_mode_enabled,
  type ModeGuard,
  no_grad,
  set_grad_enabled,
} from './grad_mode.js'
