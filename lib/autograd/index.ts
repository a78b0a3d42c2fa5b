export { GradcheckError } from '../errors.js'
export { has_torch_function } from '../overrides.js'
export * as anomaly_mode from './anomaly_mode.js'
export { type AnomalyOptions, detect_anomaly, set_detect_anomaly } from './anomaly_mode.js'
export { backward, type GradOptions, grad } from './backward.js'
export {
  enforce_grad_layout_policy,
  is_multithreading_enabled,
  is_view_replay_enabled,
  set_multithreading_enabled,
} from './engine_switches.js'
export * as forward_ad from './forward_ad.js'
export {
  AutogradFunction as Function,
  type FunctionArguments,
  type FunctionClass,
  type VmapInfo,
} from './function.js'
export { FunctionCtx } from './function_ctx.js'
export * as function from './function_module.js'
export * as functional from './functional/index.js'
export {
  enable_grad,
  inference_mode,
  is_grad_enabled,
  is_inference_mode_enabled,
  type ModeGuard,
  no_grad,
  set_grad_enabled,
} from './grad_mode.js'
export * as grad_mode from './grad_modes.js'
export {
  type GradcheckOptions,
  type GradgradcheckOptions,
  gradcheck,
  gradgradcheck,
} from './gradcheck/index.js'
export * as graph from './graph.js'
export { Variable, type VariableConstructor, type VariableOptions, variable } from './variable.js'
