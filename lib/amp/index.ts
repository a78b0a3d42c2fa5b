export { GradScaler, type GradScalerOptions, type GradScalerState, OptState } from './grad_scaler.js'
