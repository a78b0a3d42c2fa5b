import { type Items, items_of, type OrderedDict } from '../collections.js'
import { runtime_error, type_error, type_name, value_error } from '../errors.js'
import { native } from '../native.js'
import { is_options } from '../ops/keywords.js'
import { of_objects, optional, required } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { write_all, write_atomically } from '../serialization/atomic.js'
import { bytes_at } from '../serialization/read_storage.js'
import { path_of } from '../serialization/source.js'
import { handle_of, Tensor } from '../tensor.js'
import { name_of } from './dtypes.js'

const CHUNK = 1 << 24

/** Tensors by name, as a state_dict holds them. */
export type NamedTensors = Items<Tensor> | OrderedDict<Tensor>

type Metadata = Readonly<Record<string, string>> | null

interface Part {
  name: string
  tensor: Tensor
  kind: string
  place: number
}

const TENSORS = { tensors: of_objects(required<unknown>()) }
const SAVE_FILE = signature(
  'save_file',
  TENSORS,
  { filename: required<unknown>() },
  { metadata: optional<unknown>(null, (value) => value) },
)
// Strings by name in the second place are a plain object, which is a value there.
const SAVE = signature('save', TENSORS, { metadata: of_objects(optional<unknown>(null)) })

/** Options of {@link save_file}. */
export interface SaveFileOptions {
  /** What the file says of itself. Default: nothing. */
  metadata?: Metadata
}

/**
 * Saves tensors in the safetensors format. The file appears under its name only when all of it is on the disk.
 *
 * @param tensors the tensors by name: contiguous, dense, and none over another's memory
 * @param filename path of the file
 * @param metadata strings by name that the file says of itself, also as `{ metadata }`. Default: nothing
 * @throws ValueError for a tensor that is not contiguous or not dense
 * @throws RuntimeError for tensors that share memory, and where the file cannot be written
 *
 * @example
 * ```ts
 * torch.safetensors.save_file(model.state_dict(), 'model.safetensors', { format: 'pt' })
 * ```
 * @see https://huggingface.co/docs/safetensors/api/torch
 */
export function save_file(tensors: NamedTensors, filename: string | URL, options?: SaveFileOptions): void
export function save_file(
  tensors: NamedTensors,
  filename: string | URL,
  metadata?: Metadata,
  options?: SaveFileOptions,
): void
export function save_file(...args: unknown[]): void {
  const given = SAVE_FILE.take(with_metadata(args))
  const path = path_of('save_file', given.filename, 'filename')
  const parts = parts_of('save_file', given.tensors)
  const header = header_of('save_file', parts, given.metadata)
  write_atomically('save_file', path, (file) => {
    write_all(file, header)
    for (const { tensor } of parts) for (const bytes of chunks_of(tensor)) write_all(file, bytes)
  })
}

/** A call's arguments with metadata in third place as a keyword: a plain object that holds texts only. */
export function with_metadata(args: readonly unknown[]): readonly unknown[] {
  const [first, second, third, ...rest] = args
  const texts = is_options(third) ? Object.values(third) : []
  if (texts.length === 0 || texts.some((text) => typeof text !== 'string')) return args
  const [last] = rest
  return [
    first,
    second,
    ...(rest.length === 0 || is_options(last)
      ? [{ metadata: third, ...(last as object | undefined) }]
      : [third, ...rest]),
  ]
}

/**
 * The bytes of a safetensors file.
 *
 * @param tensors the tensors by name, as {@link save_file} takes them
 * @param metadata strings by name that the file says of itself. Default: nothing
 *
 * @example
 * ```ts
 * torch.safetensors.save({ x: torch.ones(2) }).length // 72
 * ```
 */
export function save(tensors: NamedTensors, metadata?: Metadata): Uint8Array
export function save(tensors: NamedTensors, options: SaveFileOptions): Uint8Array
export function save(...args: unknown[]): Uint8Array {
  // A single object holds tensors, whatever their names.
  const { tensors, metadata } = SAVE.take(args.length === 1 ? [args[0], null] : args)
  const parts = parts_of('save', tensors)
  const pieces = [header_of('save', parts, metadata)]
  for (const { tensor } of parts) pieces.push(...chunks_of(tensor))
  return new Uint8Array(Buffer.concat(pieces))
}

function parts_of(operator: string, tensors: unknown): Part[] {
  if (typeof tensors !== 'object' || tensors === null) {
    throw value_error(
      `${operator}(): Expected a dict of [str, torch.Tensor] but received ${type_name(tensors)}`,
    )
  }
  const parts: Part[] = []
  for (const [name, given] of items_of(tensors as NamedTensors)) {
    const what: unknown = given
    if (!(what instanceof Tensor))
      throw value_error(`Key \`${name}\` is invalid, expected torch.Tensor but received ${type_name(what)}`)
    if (name === '__metadata__')
      throw value_error(`Key \`${name}\` is invalid, the format keeps it for itself`)
    if (what.layout.name !== 'strided') {
      throw value_error(
        `You are trying to save a sparse tensor: \`${name}\` which this library does not support. You can make it a dense tensor before saving with \`.to_dense()\` but be aware this might make a much larger file than needed.`,
      )
    }
    if (what.device.type === 'meta')
      throw value_error(`tensor \`${name}\` is on the meta device and has no data`)
    if (!what.is_contiguous()) {
      throw value_error(
        `You are trying to save a non contiguous tensor: \`${name}\` which is not allowed. It either means you are trying to save tensors which are reference of each other in which case it's recommended to save only the full tensors, and reslice at load time, or simply call \`.contiguous()\` on your tensor to pack it before saving.`,
      )
    }
    const kind = name_of(what.dtype)
    if (kind === undefined)
      throw value_error(`tensor \`${name}\` is of ${what.dtype}, which the format does not have`)
    parts.push({ name, tensor: what, kind: kind.name, place: kind.place })
  }
  refuse_shared(parts)
  return parts.sort((a, b) => b.place - a.place || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

// By their bytes: tensors of one mapped file, or parts of one tensor, stand beside each other.
function refuse_shared(parts: readonly Part[]): void {
  const ranges = parts
    .filter(({ tensor }) => tensor.nbytes > 0)
    .map(({ name, tensor }) => ({
      name,
      device: String(tensor.device),
      begin: tensor.data_ptr(),
      bytes: tensor.nbytes,
    }))
    .sort((a, b) => a.device.localeCompare(b.device) || a.begin - b.begin)
  const shared: string[] = []
  ranges.slice(1).forEach((range, i) => {
    const before = ranges[i]!
    if (before.device === range.device && before.begin + before.bytes > range.begin)
      shared.push(`{'${before.name}', '${range.name}'}`)
  })
  if (shared.length === 0) return
  throw runtime_error(
    `Some tensors share memory, this will lead to duplicate memory on disk and potential differences when loading them again: [${shared.join(', ')}]. A potential way to correctly save your model is to save one of each, or a \`.clone()\`.`,
  )
}

function header_of(operator: string, parts: readonly Part[], metadata: unknown): Buffer {
  const entries: string[] = []
  if (metadata !== null && metadata !== undefined) {
    if (typeof metadata !== 'object')
      throw type_error(
        `${operator}(): argument 'metadata' must be strings by name, not ${type_name(metadata)}`,
      )
    for (const [name, value] of Object.entries(metadata)) {
      if (typeof value !== 'string')
        throw type_error(`${operator}(): metadata['${name}'] must be a string, not ${type_name(value)}`)
    }
    entries.push(`"__metadata__":${JSON.stringify(metadata)}`)
  }
  let next = 0
  for (const { name, tensor, kind } of parts) {
    const offsets = [next, next + tensor.nbytes]
    next += tensor.nbytes
    const info = { dtype: kind, shape: tensor.shape, data_offsets: offsets }
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`)
  }
  const json = Buffer.from(`{${entries.join(',')}}`)
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ')
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0)
  json.copy(padded, 8)
  return padded
}

function* chunks_of(tensor: Tensor): Generator<Buffer> {
  const held = tensor.detach().cpu().resolve_conj().resolve_neg()
  const start = native.storage_offset(handle_of(held)) * held.itemsize
  for (let done = 0; done < held.nbytes; done += CHUNK) {
    const piece = bytes_at(held, start + done, Math.min(CHUNK, held.nbytes - done))
    yield Buffer.from(native.to_bytes(handle_of(piece)))
    piece.dispose()
  }
}
