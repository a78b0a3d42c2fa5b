import type { DeviceLike } from '../device.js'
import { Device } from '../device.js'
import { runtime_error, type_error, value_error } from '../errors.js'
import { Parameter } from '../nn/parameter.js'
import { member } from '../own.js'
import { keyword, keywords, of_objects, optional, required } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { unexpected_keyword } from '../python/words.js'
import { load_file } from '../safetensors/load_file.js'
import { Tensor } from '../tensor.js'
import { CheckpointArchive, is_archive } from './archive.js'
import { with_budget } from './budget.js'
import { Dict, settle } from './dict.js'
import { find_global } from './globals.js'
import { load_legacy } from './legacy.js'
import type { LoadLimits } from './limits.js'
import { type MapLocation, restore_of, with_restore } from './location.js'
import { is_stack_overflow } from './pickler.js'
import { map_file } from './read_storage.js'
import { set_attributes, set_legacy_tensor, set_parameter } from './rebuild.js'
import { added_path } from './safe_globals.js'
import { open_source, type Source } from './source.js'
import type { PickleEnvironment } from './unpickler.js'

/** Options of {@link load}. */
export interface LoadOptions {
  /** Where the tensors are put. Default: where they were saved from. */
  map_location?: MapLocation
  /** Accepted as in Python. Nothing in a file is ever run, so both values mean the same here. Default: true. */
  weights_only?: boolean | null
  /** Whether tensors are the file's own memory, read when they are used first. Changes never go to the file. Default: false. */
  mmap?: boolean | null
  /** What reading the file may take. Default: what {@link set_default_load_limits} says, else the limits' own defaults. */
  limits?: LoadLimits | null
}

const LOAD = signature(
  'load',
  { f: required<unknown>() },
  { map_location: of_objects(optional<unknown>(null)) },
  { pickle_module: optional<null>(null) },
  { weights_only: keyword<boolean | null>(null) },
  { mmap: keyword<boolean | null>(null) },
  { limits: of_objects(keyword<LoadLimits | null>(null)) },
  { pickle_load_args: keywords<unknown>() },
)

/**
 * Loads what {@link save}, or Python's `torch.save`, has written (in files older than PyTorch 1.6 too, and safetensors
 * by the name `….safetensors`): tensors that shared a storage share it again. What was saved here comes back as it was.
 * Python's dict becomes a plain object where its keys are all strings or all ints, an OrderedDict where an object would
 * change their order or their kind, and a Map where they are of other kinds; a tuple becomes an array. Nothing in the file
 * is run: what is no tensor, number, text or container of them is refused by name and place, or allowed by
 * `torch.serialization.add_safe_globals`.
 *
 * @param f - path of the file, or its bytes
 * @param options.map_location - a device for all tensors; a mapping by the device that each was saved from; or a function
 *   that gets a storage and its device's name, and returns the storage to use or null. Default: where they were saved from
 * @param options.weights_only - accepted as in Python; it changes nothing
 * @param options.mmap - whether tensors are memory of the file, which must not be changed then: see docs/hazards.md.
 *   Default: false
 * @param options.limits - what reading the file may take, see {@link LoadLimits}
 * @returns what was saved
 * @throws BudgetError where the file would take more than a limit, which it names
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
export function load<T = unknown>(f: string | URL | Uint8Array | ArrayBuffer, options?: LoadOptions): T
export function load<T = unknown>(
  f: string | URL | Uint8Array | ArrayBuffer,
  map_location?: MapLocation,
  options?: LoadOptions,
): T
export function load(...args: unknown[]): unknown {
  const [f, map_location, pickle_module, , mmap, limits, pickle_load_args] = LOAD.bind(args)
  for (const name of Object.keys(pickle_load_args))
    throw type_error(
      unexpected_keyword('load', name, ['map_location', 'weights_only', 'mmap', 'limits']),
      'load',
    )
  if (pickle_module !== null)
    throw runtime_error('Can not safely load weights when explicit pickle_module is specified', 'load')
  const source = open_source('load', f, 'f', limits)
  try {
    return with_budget(source.budget, () => read(source, map_location, Boolean(mmap), limits))
  } finally {
    source.close()
  }
}

function read(source: Source, map_location: unknown, mmap: boolean, limits: LoadLimits | null): unknown {
  const restore = restore_of('load', map_location)
  if (source.path?.endsWith('.safetensors'))
    return load_file(source.path, {
      device: safetensors_device(map_location),
      mmap,
      limits,
    })
  if (is_archive(source)) {
    const archive = new CheckpointArchive(source)
    return with_restore(restore, () =>
      settled(source, archive.load(ENVIRONMENT, restore, mmap ? mapped(source) : null)),
    )
  }
  if (mmap) {
    throw runtime_error(
      `load(): '${source.name}': mmap can only be used with files saved with torch.save in the zip format, please torch.save your checkpoint again in order to use mmap.`,
    )
  }
  return with_restore(restore, () => settled(source, load_legacy(source, ENVIRONMENT, restore)))
}

function safetensors_device(map_location: unknown): DeviceLike {
  if (typeof map_location === 'function' || (map_location !== null && typeof map_location === 'object')) {
    if (!(map_location instanceof Device)) {
      const kind = typeof map_location === 'function' ? 'callable' : 'dict'
      throw runtime_error(
        `Loading safetensors file with ${kind} map_location is not supported. Use a device string or torch.device instead.`,
      )
    }
  }
  return (map_location as DeviceLike | null) ?? 'cpu'
}

function mapped(source: Source): Tensor {
  if (source.path === null) throw value_error('f must be a file path in order to use the mmap argument')
  return map_file(source)
}

function settled(source: Source, value: unknown): unknown {
  try {
    return settle(value, source.budget)
  } catch (error) {
    if (!is_stack_overflow(error)) throw error
    throw runtime_error(`load(): '${source.name}': the object is nested too deeply`)
  }
}

/** What pickles know of the world outside them: PyTorch's names, and no storages. */
export const ENVIRONMENT: PickleEnvironment = {
  find: find_global,
  dict: (is_map) => {
    const dict = new Dict()
    if (is_map) dict.kind = 'Map'
    return dict
  },
  set_item,
  build,
  persistent: () => {
    throw runtime_error('unsupported persistent id encountered')
  },
}

function set_item(target: unknown, key: unknown, value: unknown): boolean {
  if (!(target instanceof Dict)) return false
  target.set(key, value)
  return true
}

function build(target: unknown, state: unknown): boolean {
  if (target instanceof Dict) {
    if (target.kind !== 'OrderedDict' || !(state instanceof Dict)) return false
    target.attributes ??= new Dict()
    for (const [name, value] of state) target.attributes.set(name, value)
    return true
  }
  if (target instanceof Parameter) {
    set_parameter(target, state)
    return true
  }
  if (target instanceof Tensor) {
    set_legacy_tensor(target, state)
    return true
  }
  if (typeof target !== 'object' || target === null || added_path(target.constructor) === undefined)
    return false
  const set_state = member(target as { __setstate__?: unknown }, '__setstate__')
  if (typeof set_state === 'function') set_state.call(target, settle(state))
  else set_attributes(target, state)
  return true
}
