import { closeSync, openSync, readSync } from 'node:fs'
import { OrderedDict } from '../collections.js'
import { Device, type DeviceLike } from '../device.js'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { take_options } from '../ops/keywords.js'
import { type Tensor, wrap } from '../tensor.js'
import { Dict, settle } from './dict.js'
import { find_global } from './globals.js'
import { Storage, StorageType } from './rebuild.js'
import { path_of } from './save.js'
import { type PickleEnvironment, Unpickler } from './unpickler.js'

/** Options of {@link load}. */
export interface LoadOptions {
  /** Where the tensors are put, whatever the file says. Default: where they were saved from. */
  map_location?: DeviceLike | null
  /** Accepted as in Python. Nothing in a file is ever run, so both values mean the same here. Default: true. */
  weights_only?: boolean | null
}

/**
 * Loads what {@link save}, or Python's `torch.save`, has written: tensors that shared a storage share it again. A dict
 * whose keys are strings becomes a plain object (or an OrderedDict, which it was), another one a Map; a tuple an array.
 * Nothing in the file is run: what is no tensor, number, text or container of them is refused by name and place.
 *
 * @param f - path of the file
 * @param options.map_location - a device for all tensors. Default: the one that they were saved from
 * @param options.weights_only - accepted as in Python; it changes nothing
 * @returns what was saved
 * @throws RuntimeError where the file is damaged, or holds what is not allowed
 *
 * @example
 * ```ts
 * const { epoch, model: weights } = torch.load('checkpoint.pt')
 * model.load_state_dict(weights)
 * ```
 *
 * @see torch/serialization.py
 */
export function load<T = unknown>(f: string | URL, options?: LoadOptions): T
export function load<T = unknown>(f: string | URL, map_location?: DeviceLike | null, options?: LoadOptions): T
export function load(...args: unknown[]): unknown {
  const names = ['f', 'map_location', 'weights_only']
  const given = take_options<Record<string, unknown>>('load', args, names, {
    map_location: null,
    weights_only: true,
  })
  const path = path_of('load', given.f)
  const location = given.map_location as DeviceLike | null
  check_magic(path)
  const archive = native.open_archive(path)
  const records = new Set(native.archive_records(archive))
  if (!records.has('data.pkl')) {
    const script = records.has('constants.pkl') ? ', it is a TorchScript archive' : ''
    throw runtime_error(`load(): '${path}' holds no data.pkl${script}`)
  }
  if (records.has('byteorder')) {
    const order = Buffer.from(native.archive_record(archive, 'byteorder')).toString('latin1')
    if (order !== 'little')
      throw runtime_error(`load(): '${path}' has byte order '${order}', only 'little' is read`)
  }
  const storages = new Map<string, Tensor>()
  const environment: PickleEnvironment = {
    find: find_global,
    dict: () => new Dict(),
    set_item,
    build,
    persistent: ([, kind, key, saved_on, length]) => {
      if (!(kind instanceof StorageType) || typeof key !== 'string' || typeof length !== 'number') {
        throw runtime_error('a storage is described in a way that is not known')
      }
      let bytes = storages.get(key)
      if (bytes === undefined) {
        const name = `data/${key}`
        if (!records.has(name)) throw runtime_error(`record '${name}' is missing`)
        bytes = place(wrap(native.archive_storage(archive, name)), String(saved_on), location)
        storages.set(key, bytes)
      }
      const wanted = length * kind.dtype.itemsize
      if (bytes.numel() < wanted) {
        throw runtime_error(`record 'data/${key}' has ${bytes.numel()} bytes, and ${wanted} are wanted`)
      }
      return new Storage(bytes, kind.dtype)
    },
  }
  return settle(new Unpickler(native.archive_record(archive, 'data.pkl'), environment, path).load())
}

function check_magic(path: string): void {
  const file = openSync(path, 'r')
  const start = Buffer.alloc(4)
  try {
    readSync(file, start, 0, 4, 0)
  } finally {
    closeSync(file)
  }
  if (start.toString('latin1') !== 'PK\x03\x04') {
    throw runtime_error(`load(): '${path}' is no zip archive; files older than PyTorch 1.6 are not read`)
  }
}

function place(bytes: Tensor, saved_on: string, location: DeviceLike | null): Tensor {
  const device = location ?? saved_on
  if (String(device) === 'cpu') return bytes
  if (location === null && saved_on.startsWith('cuda') && !native.has_cuda()) {
    throw runtime_error(
      'Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running ' +
        "on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages to " +
        'the CPU.',
    )
  }
  return bytes.to(device instanceof Device ? device : new Device(String(device)))
}

function set_item(target: unknown, key: unknown, value: unknown): boolean {
  if (target instanceof Dict) target.set(key, value)
  else if (target instanceof OrderedDict) {
    if (typeof key !== 'string')
      throw runtime_error(`a key of an OrderedDict must be a string, not ${String(key)}`)
    OrderedDict.prototype.set.call(target, key, value)
  } else return false
  return true
}

// A state_dict's `_metadata`, which is an attribute in Python and no key here either.
function build(target: unknown, state: unknown): boolean {
  if (!(target instanceof OrderedDict) || !(state instanceof Dict)) return false
  const metadata = state.get('_metadata')
  if (metadata !== undefined) {
    Object.defineProperty(target, '_metadata', { value: metadata, writable: true, configurable: true })
  }
  return true
}
