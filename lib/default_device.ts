import { type Device, type DeviceLike, device, device_of } from './device.js'
import { runtime_error } from './errors.js'
import { lower_device } from './ops/lower.js'
import { own, own_value } from './own.js'
import { required } from './python/parameters.js'
import { callable, signature } from './python/signature.js'

/** Where new tensors are made unless a call says otherwise; null is the CPU. */
export let default_device: Device | null = null

// The functions that Python's own list has: those that make tensors from nothing.
const makers: ReadonlySet<string> = new Set([
  ...['empty', 'empty_permuted', 'empty_strided', 'empty_quantized', 'ones', 'arange', 'bartlett_window'],
  ...['blackman_window', 'eye', 'fftfreq', 'rfftfreq', 'full', 'hamming_window', 'hann_window'],
  ...['kaiser_window', 'linspace', 'logspace', 'rand', 'randn', 'randint', 'randperm', 'range'],
  ...['sparse_coo_tensor', 'sparse_compressed_tensor', 'sparse_csr_tensor', 'sparse_csc_tensor'],
  ...['sparse_bsr_tensor', 'sparse_bsc_tensor', 'tril_indices', 'triu_indices', 'zeros', 'scalar_tensor'],
])

/** Whether a function follows the default device. */
export function makes_tensors(name: string): boolean {
  return makers.has(name)
}

/** A call's keywords with the default device, or null where the call stays as it is. */
export function with_default_device(
  name: string,
  keywords: Readonly<Record<string, unknown>> | null,
): Record<string, unknown> | null {
  if (!makes_tensors(name)) return null
  if ((own_value(keywords, 'device') ?? null) !== null) return null
  const out = own_value(keywords, 'out')
  if (out !== undefined && out !== null) {
    const { device: place } = own(out as { device?: Device })
    if (place !== undefined && place.type !== default_device?.type) {
      throw runtime_error(
        `device type ${default_device?.type} does not match device type of out parameter (${place.type})`,
        name,
      )
    }
    return null
  }
  return { ...keywords, device: default_device }
}

/**
 * Sets where new tensors are made, for `torch.zeros`, `torch.randn`, `torch.tensor`, modules' parameters and the like,
 * unless a call names a device.
 *
 * @param which a device, or null for the CPU
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.set_default_device('meta')
 * String(torch.ones(2).device) // 'meta'
 * torch.set_default_device(null)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_default_device.html
 */
export const set_default_device = callable(
  signature('set_default_device', { device: required<DeviceLike | null>() }),
  (which): void => {
    default_device = which === null ? null : device(which)
  },
)

/**
 * Where new tensors are made.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.get_default_device.html
 */
export const get_default_device = callable(signature('get_default_device'), (): Device => {
  if (default_device === null) return device_of('cpu')
  lower_device(default_device)
  return default_device
})
