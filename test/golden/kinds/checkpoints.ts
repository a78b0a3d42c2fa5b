import { join } from 'node:path'
import * as torch from 'typetorch'
import { look_up } from '../call.js'
import { compare_tensor } from '../compare.js'
import type { Case } from '../folder.js'
import { type Bytes, is_object, type Json, number_of, type RecordedTensor } from '../values.js'

interface LoadedTensor extends RecordedTensor {
  stride: number[]
  parameter: boolean
  shared: number
}

/** A file that Python wrote, or one that must be refused. */
export async function run_checkpoint(recorded: Case, memory: Bytes, folder: string): Promise<string | null> {
  const file = String(recorded['file'])
  const path = join(folder, 'files', file)
  if (recorded['refuse'] !== undefined) {
    try {
      await read(path)
    } catch (error) {
      const said = error instanceof Error && error.message !== ''
      // A reader that is missing refuses everything, which proves nothing.
      return error instanceof MissingReader
        ? error.message
        : said
          ? null
          : 'threw no Error that says what is wrong'
    }
    return `was loaded, expected to be refused: ${String(recorded['refuse'])}`
  }
  const storages = new Map<number, number>()
  return compare_value('value', await read(path), recorded['value']!, memory, storages)
}

class MissingReader extends Error {}

async function read(path: string): Promise<unknown> {
  if (!path.endsWith('.safetensors')) return torch.load(path)
  const reader = look_up(torch, 'safetensors.load_file') ?? look_up(torch, 'utils.safetensors.load_file')
  if (typeof reader !== 'function') throw new MissingReader('there is no safetensors reader')
  return (reader as (path: string) => unknown)(path)
}

function entries_of(value: unknown): [unknown, unknown][] | null {
  if (value instanceof torch.OrderedDict) return value.items()
  if (value instanceof Map) return [...value]
  if (typeof value !== 'object' || value === null) return null
  return Object.entries(value)
}

function compare_value(
  at: string,
  ours: unknown,
  theirs: Json,
  memory: Bytes,
  storages: Map<number, number>,
): string | null {
  if (!is_object(theirs)) {
    if (!Array.isArray(theirs))
      return Object.is(ours, theirs) ? null : `${at} is ${String(ours)}, expected ${String(theirs)}`
    return compare_list(at, ours, theirs, memory, storages)
  }
  const [kind, held] = Object.entries(theirs)[0]!
  switch (kind) {
    case 't':
      return compare_loaded(at, ours, held as unknown as LoadedTensor, memory, storages)
    case 'f':
      return Object.is(Number(ours), number_of(theirs))
        ? null
        : `${at} is ${String(ours)}, expected ${number_of(theirs)}`
    case 'dict':
      return compare_dict(at, ours, held as [Json, Json][], memory, storages)
    case 'tuple':
    case 'size':
      return compare_list(at, ours, held as Json[], memory, storages)
    case 'set':
      return compare_list(at, ours instanceof Set ? [...ours] : ours, held as Json[], memory, storages)
    case 'bytes':
      return ours instanceof Uint8Array && Buffer.from(ours).toString('base64') === held
        ? null
        : `${at} holds other bytes`
    case 'bigint':
      return ours === BigInt(String(held)) ? null : `${at} is ${String(ours)}, expected ${String(held)}`
    case 'dtype':
      return ours instanceof torch.DType && ours.name === held
        ? null
        : `${at} is ${String(ours)}, expected ${String(held)}`
    default:
      return `${at}: no value ${JSON.stringify(theirs)}`
  }
}

function compare_list(
  at: string,
  ours: unknown,
  theirs: Json[],
  memory: Bytes,
  storages: Map<number, number>,
): string | null {
  if (!Array.isArray(ours) || ours.length !== theirs.length) return `${at} is no list of ${theirs.length}`
  for (const [i, item] of theirs.entries()) {
    const wrong = compare_value(`${at}[${i}]`, ours[i], item, memory, storages)
    if (wrong !== null) return wrong
  }
  return null
}

function compare_dict(
  at: string,
  ours: unknown,
  theirs: [Json, Json][],
  memory: Bytes,
  storages: Map<number, number>,
): string | null {
  const entries = entries_of(ours)
  if (entries?.length !== theirs.length) return `${at} is no dictionary of ${theirs.length}`
  const found = new Map(entries.map(([key, value]) => [String(key), value]))
  for (const [key, value] of theirs) {
    const name = is_object(key) ? String(number_of(key)) : String(key)
    if (!found.has(name)) return `${at} has no ${name}`
    const wrong = compare_value(`${at}.${name}`, found.get(name), value, memory, storages)
    if (wrong !== null) return wrong
  }
  return null
}

function compare_loaded(
  at: string,
  ours: unknown,
  theirs: LoadedTensor,
  memory: Bytes,
  storages: Map<number, number>,
): string | null {
  const wrong = compare_tensor(ours, theirs, memory)
  if (wrong !== null) return `${at}: ${wrong}`
  const tensor = ours as torch.Tensor
  const stride = tensor.stride().join(', ')
  if (stride !== theirs.stride.join(', '))
    return `${at}: stride ${stride}, expected ${theirs.stride.join(', ')}`
  if (tensor.requires_grad !== (theirs.grad === true))
    return `${at}: requires_grad is ${tensor.requires_grad}`
  if (tensor instanceof torch.nn.Parameter !== theirs.parameter)
    return `${at}: parameter, expected ${theirs.parameter}`
  // The storage's own address: that of the first element, less its place.
  const storage = tensor.data_ptr() - tensor.storage_offset() * tensor.itemsize
  const known = storages.get(theirs.shared)
  if (known === undefined) storages.set(theirs.shared, storage)
  else if (known !== storage) return `${at}: does not share storage ${theirs.shared}`
  return null
}
