import { runtime_error, type_name } from '../../errors.js'
import { is_bytes, is_map } from '../../realm.js'
import type { LoadLimits } from '../../serialization/limits.js'
import { PickleCursor } from '../../serialization/pickle_cursor.js'
import { open_source } from '../../serialization/source.js'
import { type PickleEnvironment, Unpickler } from '../../serialization/unpickler.js'

/** A numpy array as a pickle holds it. */
export interface PickledArray {
  shape: number[]
  bytes: Uint8Array
}

/** A call that a pickle asks for, and which is not made. */
class Call {
  state: unknown[] | undefined

  constructor(
    readonly name: string,
    readonly args: readonly unknown[],
  ) {}
}

// Protocol 2 of Python 3 has no bytes: they are text that a call encodes.
function call(name: string, args: readonly unknown[]): unknown {
  const [first] = args
  if (name === '_codecs.encode' && typeof first === 'string') return Buffer.from(first, 'latin1')
  return new Call(name, args)
}

/** A text, which Python 2 has as bytes; undefined for anything else. */
function text_of(value: unknown): string | undefined {
  return is_bytes(value) ? new TextDecoder().decode(value) : typeof value === 'string' ? value : undefined
}

const ENVIRONMENT: PickleEnvironment = {
  find: (path) => ({ call: (args) => call(path, args) }),
  dict: () => new Map(),
  bytes_text: (bytes) => Buffer.from(bytes),
  set_item(target, key, value) {
    if (!is_map(target)) return false
    const name = text_of(key)
    if (name === undefined) throw runtime_error(`a key of the dictionary is no text, but ${type_name(key)}`)
    ;(target as Map<string, unknown>).set(name, value)
    return true
  },
  build(target, state) {
    if (!(target instanceof Call) || !Array.isArray(state)) return false
    target.state = state
    return true
  },
  persistent: () => {
    throw runtime_error('it refers to something outside of itself')
  },
}

/**
 * Reads a pickle of plain values and numpy arrays, as Python 2 wrote CIFAR's batches. Its text and bytes are Buffers, and
 * dictionaries Maps; nothing of it is run: a call is kept as its name and arguments.
 *
 * @param operator what errors name
 * @param limits what it may take
 */
export function read_batch(
  operator: string,
  path: string,
  limits: LoadLimits | null | undefined,
): Map<string, unknown> {
  const source = open_source(operator, path, 'root', limits)
  try {
    const found = new Unpickler(new PickleCursor(source), ENVIRONMENT, path).load()
    if (!is_map(found)) throw runtime_error(`${path} holds no dictionary`)
    return found as Map<string, unknown>
  } finally {
    source.close()
  }
}

/** The bytes that a pickled numpy array of uint8 holds. */
export function array_of(value: unknown, path: string): PickledArray {
  // The state is (version, shape, dtype, fortran order, bytes).
  const state = value instanceof Call && value.name.endsWith('_reconstruct') ? value.state : undefined
  const [, shape, dtype, fortran, bytes] = state ?? []
  const [kind] = dtype instanceof Call ? dtype.args : []
  if (!is_shape(shape) || !is_bytes(bytes) || text_of(kind) !== 'u1' || fortran === true || fortran === 1)
    throw runtime_error(`${path} holds no array of bytes`)
  if (shape.reduce((product, size) => product * size, 1) !== bytes.length)
    throw runtime_error(
      `${path} has an array of shape (${shape.join(', ')}), and ${bytes.length} bytes for it`,
    )
  return { shape, bytes }
}

const is_shape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length === 2 && value.every((size) => Number.isSafeInteger(size) && size >= 0)

/** A list of whole numbers. */
export function numbers_of(value: unknown, path: string): number[] {
  if (Array.isArray(value) && value.every((item) => Number.isSafeInteger(item))) return value as number[]
  throw runtime_error(`${path} is no list of whole numbers`)
}

/** A list of texts. */
export function texts_of(value: unknown, path: string): string[] {
  const texts = Array.isArray(value) ? value.map(text_of) : [undefined]
  if (texts.includes(undefined)) throw runtime_error(`${path} is no list of texts`)
  return texts as string[]
}
