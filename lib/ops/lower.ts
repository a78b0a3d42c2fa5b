import { check_cuda } from '../cuda/available.js'
import { type DeviceLike, device } from '../device.js'
import { raw_handle, Tensor } from '../tensor.js'
import { LOWERED, type Lowered } from './lowered.js'

/** What crosses into the addon in a value's place; the value itself for numbers, booleans, texts and null. */
export function lower(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Tensor) return raw_handle(value)
  if (Array.isArray(value)) {
    const first: unknown = value[0]
    return typeof first === 'object' || value.some((item) => typeof item === 'object')
      ? value.map(lower)
      : value
  }
  if (LOWERED in value) return (value as Lowered)[LOWERED]
  return value
}

/** The text of a device, refused as PyTorch refuses one that this build or machine has not. */
export function lower_device(value: DeviceLike): string {
  const found = device(value)
  if (found.type === 'cuda') check_cuda()
  return found[LOWERED]
}
