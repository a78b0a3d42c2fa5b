import { Device, type DeviceLike, device_of } from '../device.js'
import { runtime_error, type_error, type_name } from '../errors.js'
import { native } from '../native.js'
import { is_map } from '../realm.js'
import { bytes_of_storage, is_storage, storage_of_bytes, type UntypedStorage } from '../storage.js'
import type { Tensor } from '../tensor.js'

/** Where a storage goes: it gets the storage on the CPU and where it was saved, and returns the one to use, or null. */
export type LocationFunction = (
  storage: UntypedStorage,
  location: string,
) => UntypedStorage | null | undefined

/** Where tensors are put: on one device, by where they were saved (`{ 'cuda:0': 'cpu' }`, or a Map), or as a function says. */
export type MapLocation =
  | DeviceLike
  | { readonly [saved_on: string]: DeviceLike }
  | ReadonlyMap<string, DeviceLike>
  | LocationFunction
  | null

/** Puts a row of bytes where it belongs. */
export interface Restore {
  (bytes: Tensor, saved_on: string): Tensor
  /** Whether no bytes are wanted at all. */
  readonly is_meta: boolean
  /** The device for tensors that were saved on a device that no storage has. */
  readonly place: (saved_on: string) => string
}

/** What a `map_location` means. */
export function restore_of(operator: string, map_location: unknown): Restore {
  const make = (
    restore: (bytes: Tensor, saved_on: string) => Tensor,
    place: (saved_on: string) => string,
    is_meta = false,
  ): Restore => Object.assign(restore, { is_meta, place })
  if (map_location === null || map_location === undefined) return make(to_device, (saved_on) => saved_on)
  if (is_device_like(map_location)) {
    const device = text_of(map_location)
    return make(
      (bytes) => to_device(bytes, device),
      () => device,
      device === 'meta',
    )
  }
  if (typeof map_location === 'function') {
    const restore = (bytes: Tensor, saved_on: string) => {
      const result = (map_location as LocationFunction)(storage_of_bytes(bytes), saved_on)
      if (result === null || result === undefined) return to_device(bytes, saved_on)
      if (!is_storage(result))
        throw type_error(
          `${operator}(): map_location must return a storage or null, not ${type_name(result)}`,
        )
      return bytes_of_storage(result)
    }
    return make(restore, () => {
      throw runtime_error(
        'Callable map_location not supported with _rebuild_wrapper_subclass or _rebuild_device_tensor_from_numpy',
      )
    })
  }
  if (typeof map_location === 'object') {
    const entries = is_map(map_location) ? map_location : new Map(Object.entries(map_location))
    // All at once: a misspelt option is an entry, which no storage would ask for.
    for (const [saved_on, device] of entries as Iterable<[string, unknown]>)
      if (!is_device_like(device))
        throw type_error(
          `${operator}(): map_location['${saved_on}'] must be a device, not ${type_name(device)}`,
        )
    const place = (saved_on: string): string => text_of(entries.get(saved_on) ?? saved_on)
    return make((bytes, saved_on) => to_device(bytes, place(saved_on)), place)
  }
  throw type_error(
    `${operator}(): argument 'map_location' must be a device, a mapping of devices or a function, not ${type_name(map_location)}`,
  )
}

// The load under way: it is synchronous.
let current: Restore | null = null

/** Runs a load, in which {@link put_on} knows where tensors go. */
export function with_restore<T>(restore: Restore, callback: () => T): T {
  const outer = current
  current = restore
  try {
    return callback()
  } finally {
    current = outer
  }
}

/** A tensor on the device that it was saved on, or where the load under way puts what was saved there. */
export function put_on(tensor: Tensor, saved_on: string): Tensor {
  return to_device(tensor, current === null ? saved_on : current.place(saved_on))
}

function is_device_like(value: unknown): value is DeviceLike {
  return typeof value === 'string' || typeof value === 'number' || value instanceof Device
}

const text_of = (device: DeviceLike) => (typeof device === 'number' ? `cuda:${device}` : String(device))

function to_device(bytes: Tensor, device: string): Tensor {
  if (device === 'cpu' && bytes.device.type === 'cpu') return bytes
  const wanted = device_of(device)
  if (wanted.type === 'cuda') check_cuda(wanted)
  return bytes.to(wanted)
}

function check_cuda({ index }: Device): void {
  if (!native.has_cuda()) {
    throw runtime_error(
      'Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running ' +
        "on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages to " +
        'the CPU.',
    )
  }
  const count = native.cuda_device_count()
  if (index !== null && index >= count) {
    throw runtime_error(
      `Attempting to deserialize object on CUDA device ${index} but torch.cuda.device_count() is ${count}. Please use torch.load with map_location to map your storages to an existing device.`,
    )
  }
}
