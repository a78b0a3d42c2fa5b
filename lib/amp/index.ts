export { type AutocastArguments, type AutocastOptions, autocast } from './autocast_mode.js'
export {
  type AmpContext,
  type CustomBwdOptions,
  type CustomFwdOptions,
  custom_bwd,
  custom_fwd,
  type WithContext,
} from './custom.js'
export { GradScaler, type GradScalerOptions, type GradScalerState, OptState } from './grad_scaler.js'
export { is_autocast_available } from './state.js'
