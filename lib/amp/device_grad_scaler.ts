import { warn_once } from '../warn.js'
import { GradScaler, type GradScalerOptions } from './grad_scaler.js'

type DeviceGradScalerOptions = Omit<GradScalerOptions, 'device'>

/** The deprecated class of scalers for one type of device, which its constructor does not take. */
export type DeviceGradScaler = new (
  init_scale?: number | DeviceGradScalerOptions,
  growth_factor?: number | DeviceGradScalerOptions,
  backoff_factor?: number | DeviceGradScalerOptions,
  growth_interval?: number | DeviceGradScalerOptions,
  enabled?: boolean | DeviceGradScalerOptions,
) => GradScaler

/** Makes the deprecated class of scalers for a type of device. */
export function device_grad_scaler(device_type: string): DeviceGradScaler {
  return class extends GradScaler {
    constructor(...args: unknown[]) {
      warn_once(
        `\`torch.${device_type}.amp.GradScaler(args...)\` is deprecated. Please use \`torch.amp.GradScaler('${device_type}', args...)\` instead.`,
        'FutureWarning',
      )
      super(device_type, ...(args as never[]))
    }
  }
}
