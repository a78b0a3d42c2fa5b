import { device_autocast_function } from '../amp/autocast_mode.js'
import { device_grad_scaler } from '../amp/device_grad_scaler.js'
import { bfloat16 } from '../dtype.js'

// torch.cpu.amp, which PyTorch keeps for old scripts.

/** Deprecated: `torch.amp.autocast('cpu', …)`. */
export const autocast = device_autocast_function('cpu', bfloat16)

/** Deprecated: `new torch.amp.GradScaler('cpu', …)`. */
export const GradScaler = device_grad_scaler('cpu')
