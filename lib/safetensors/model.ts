import { items_of } from '../collections.js'
import type { DeviceLike } from '../device.js'
import { make_error, runtime_error, type_error, type_name, ValueError } from '../errors.js'
import { Module } from '../nn/modules/module.js'
import { set_own } from '../own.js'
import { keyword, of_objects, optional, required } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import type { LoadLimits } from '../serialization/limits.js'
import { saved_part } from '../serialization/mapped.js'
import { Tensor } from '../tensor.js'
import { load_file } from './load_file.js'
import { save_file, with_metadata } from './save_file.js'

type Metadata = Readonly<Record<string, string>> | null
type Named = Map<string, Tensor>

/** Keywords of {@link save_model}. */
export interface SaveModelOptions {
  /** Strings by name that the file says of itself. Default: nothing. */
  metadata?: Metadata
  /** Whether tensors that are not contiguous are copied, instead of being refused. Default: true. */
  force_contiguous?: boolean
}

/** Keywords of {@link load_model}. */
export interface LoadModelOptions {
  /** Whether a file that lacks something, or has more than the model, is refused. Default: true. */
  strict?: boolean
  /** Where the tensors are put before the model takes them. Default: `'cpu'`. */
  device?: DeviceLike
  /** Whether the file is mapped while the model copies from it: see docs/hazards.md. Default: false. */
  mmap?: boolean
  /** What reading the file may take. Default: what `torch.serialization.set_default_load_limits` says. */
  limits?: LoadLimits | null
}

// Checked with the operator's words where its state is read.
const MODEL = { model: required((value) => value as Module) }
const FILENAME = { filename: required<string | URL>() }
const SAVE_MODEL = signature(
  'save_model',
  MODEL,
  FILENAME,
  { metadata: of_objects(optional<Metadata>(null)) },
  { force_contiguous: optional(true) },
)
const LOAD_MODEL = signature(
  'load_model',
  MODEL,
  FILENAME,
  { strict: optional(true) },
  { device: optional<DeviceLike>('cpu') },
  { mmap: keyword(false) },
  { limits: of_objects(keyword<LoadLimits | null>(null)) },
)

/**
 * Saves a model's state in the safetensors format. Of tensors that share memory, as tied weights do, one is saved; the
 * metadata say under the others' names which.
 *
 * @param model the model
 * @param filename path of the file
 * @param metadata strings by name that the file says of itself. Default: nothing
 * @param force_contiguous whether tensors that are not contiguous are copied. Default: true
 * @throws RuntimeError for tensors that share memory of which none is all of it, and where the file cannot be written
 * @throws ValueError for what the format has no place for
 *
 * @example
 * ```ts
 * torch.safetensors.save_model(model, 'model.safetensors')
 * torch.safetensors.load_model(model, 'model.safetensors')
 * ```
 * @see https://huggingface.co/docs/safetensors/api/torch
 */
export function save_model(
  model: Module,
  filename: string | URL,
  metadata?: Metadata | SaveModelOptions,
  force_contiguous?: boolean | SaveModelOptions,
): void
export function save_model(...args: unknown[]): void {
  const given = SAVE_MODEL.take(with_metadata(args))
  const state = state_of('save_model', given.model)
  const metadata: Record<string, string> = { ...given.metadata }
  for (const [kept, others] of duplicates_of(state))
    for (const name of others) {
      // The user's own stay.
      if (!Object.hasOwn(metadata, name)) set_own(metadata, name, kept)
      state.delete(name)
    }
  const tensors = given.force_contiguous
    ? new Map([...state].map(([name, tensor]) => [name, contiguous(tensor)]))
    : state
  try {
    save_file(tensors, given.filename, { metadata: Object.keys(metadata).length === 0 ? null : metadata })
  } catch (error) {
    if (!(error instanceof ValueError) || given.force_contiguous) throw error
    throw make_error(
      'ValueError',
      `${error.message} Or use save_model(..., { force_contiguous: true }), read the docs for potential caveats.`,
    )
  }
}

const contiguous = (value: Tensor): Tensor => (value instanceof Tensor ? value.contiguous() : value)

/**
 * Loads a model's state from a safetensors file, as {@link save_model} writes it.
 *
 * @param model takes the state
 * @param filename path of the file
 * @param strict whether a file that lacks something, or has more than the model, is refused. Default: true
 * @param device where the tensors are put before the model takes them. Default: `'cpu'`
 * @param mmap whether the file is mapped while the model copies from it: see docs/hazards.md. Default: false
 * @param limits what reading the file may take, see `LoadLimits` of torch.serialization
 * @returns the names that the file lacks, and those that the model has not
 * @throws RuntimeError where the two do not fit
 *
 * @example
 * ```ts
 * const [missing, unexpected] = torch.safetensors.load_model(model, 'model.safetensors', { strict: false })
 * ```
 * @see https://huggingface.co/docs/safetensors/api/torch
 */
export function load_model(
  model: Module,
  filename: string | URL,
  strict?: boolean | LoadModelOptions,
  device?: DeviceLike | LoadModelOptions,
): [missing: string[], unexpected: string[]]
export function load_model(...args: unknown[]): [missing: string[], unexpected: string[]] {
  const given = LOAD_MODEL.take(args)
  const own = state_of('load_model', given.model)
  const state = load_file(given.filename, {
    device: given.device,
    mmap: given.mmap,
    limits: given.limits,
  })
  const in_file = new Set(Array.from(items_of(state), ([name]) => name))
  const { missing_keys, unexpected_keys } = given.model.load_state_dict(state, { strict: false })
  const [missing, unexpected] = [new Set(missing_keys), [...unexpected_keys]]
  // The file has one name for tensors that share memory.
  for (const [, others] of duplicates_of(own, in_file))
    for (const name of others) if (!missing.delete(name)) unexpected.push(name)
  if (given.strict && (missing.size > 0 || unexpected.length > 0))
    throw runtime_error(
      [
        `Error(s) in loading state_dict for ${given.model.constructor.name}:`,
        ...(missing.size > 0 ? [`    Missing key(s) in state_dict: ${quoted(missing)}`] : []),
        ...(unexpected.length > 0 ? [`    Unexpected key(s) in state_dict: ${quoted(unexpected)}`] : []),
      ].join('\n'),
    )
  return [[...missing], unexpected]
}

const quoted = (names: Iterable<string>) =>
  [...names]
    .sort()
    .map((name) => `"${name}"`)
    .join(', ')

function state_of(operator: string, model: unknown): Named {
  if (!(model instanceof Module))
    throw type_error(`${operator}(): argument 'model' must be Module, not ${type_name(model)}`, operator)
  return new Map(items_of<Tensor>(model.state_dict()))
}

/** Where a tensor is in its memory. */
interface Area {
  name: string
  storage: string
  begin: number
  end: number
  /** Whether it is all of its memory. */
  is_whole: boolean
}

function area_of(name: string, tensor: Tensor): Area | null {
  if (!(tensor instanceof Tensor) || tensor.device.type === 'meta' || tensor.layout.name !== 'strided')
    return null
  const { address, bytes, offset } = saved_part(tensor)
  if (bytes === 0) return null
  const begin = offset * tensor.itemsize
  const last = tensor.stride().reduce((sum, stride, i) => sum + stride * (tensor.shape[i]! - 1), 0)
  return {
    name,
    storage: `${tensor.device} ${address}`,
    begin,
    end: tensor.numel() === 0 ? begin : begin + (last + 1) * tensor.itemsize,
    is_whole: begin === 0 && tensor.nbytes === bytes,
  }
}

/** The names of tensors whose memory another one's is too, by the name of the one that is kept. */
function duplicates_of(state: Named, preferred: ReadonlySet<string> = new Set()): Map<string, string[]> {
  const storages = new Map<string, Area[]>()
  for (const [name, tensor] of state) {
    const area = area_of(name, tensor)
    if (area === null) continue
    const areas = storages.get(area.storage)
    if (areas === undefined) storages.set(area.storage, [area])
    else areas.push(area)
  }
  const duplicates = new Map<string, string[]>()
  for (const areas of storages.values())
    for (const shared of overlapping(areas)) {
      const names = shared.map(({ name }) => name).sort()
      const kept = kept_of(shared, names, preferred)
      const others = names.filter((name) => name !== kept)
      if (others.length > 0) duplicates.set(kept, others)
    }
  return duplicates
}

function kept_of(shared: readonly Area[], names: readonly string[], preferred: ReadonlySet<string>): string {
  const whole = shared
    .filter(({ is_whole }) => is_whole)
    .map(({ name }) => name)
    .sort()
  const kept = whole.find((name) => preferred.has(name)) ?? whole[0]
  if (kept !== undefined) return kept
  throw runtime_error(
    `Error while trying to find names to remove to save state dict, but found no suitable name to keep for saving amongst: {${names.map((name) => `'${name}'`).join(', ')}}. None is covering the entire storage. Make each a tensor of its own with .clone()`,
  )
}

/** Areas of one storage in groups of those that touch each other. */
function overlapping(areas: readonly Area[]): Area[][] {
  const sorted = [...areas].sort((a, b) => a.begin - b.begin || a.end - b.end || (a.name < b.name ? -1 : 1))
  const groups: Area[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const area of sorted) {
    if (area.begin >= end) groups.push([area])
    else groups.at(-1)!.push(area)
    end = Math.max(end, area.end)
  }
  return groups
}
