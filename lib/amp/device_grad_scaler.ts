import { optional } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { warn_once } from '../warn.js'
import { GradScaler } from './grad_scaler.js'

const DEVICE_GRAD_SCALER = signature(
  'GradScaler',
  { init_scale: optional(65536) },
  { growth_factor: optional(2) },
  { backoff_factor: optional(0.5) },
  { growth_interval: optional(2000) },
  { enabled: optional(true) },
)

/** The deprecated class of scalers for one type of device, which its constructor does not take. */
export interface DeviceGradScaler {
  new (...args: Call<typeof DEVICE_GRAD_SCALER>): GradScaler
  new (...args: UsualCall<typeof DEVICE_GRAD_SCALER>): GradScaler
}

/** Makes the deprecated class of scalers for a type of device. */
export function device_grad_scaler(device_type: string): DeviceGradScaler {
  return class extends GradScaler {
    constructor(...args: unknown[]) {
      const given = DEVICE_GRAD_SCALER.take(args)
      warn_once(
        `\`torch.${device_type}.amp.GradScaler(args...)\` is deprecated. Please use \`torch.amp.GradScaler('${device_type}', args...)\` instead.`,
        'FutureWarning',
      )
      super({ device: device_type, ...given })
    }
  } as DeviceGradScaler
}
