import { type Device, type DeviceLike, device } from './device.js'
import { value_error } from './errors.js'

/**
 * The number of a device, as PyTorch's `_get_device_index`; undefined stands for the current one.
 *
 * @param check refuses devices of another type
 * @param required whether a number has to be there
 * @throws ValueError where it has to and is not
 */
export function device_index(
  which: DeviceLike | null | undefined,
  check: (found: Device) => void,
  required = false,
): number | undefined {
  if (typeof which === 'number') return which
  const found = which === null || which === undefined ? null : device(which)
  if (found !== null) check(found)
  const index = found?.index ?? undefined
  if (index === undefined && required) {
    throw value_error(
      `Expected a torch.device with a specified index or an integer, but got:${found === null ? 'None' : found}`,
    )
  }
  return index
}
