import { runtime_error } from '../../errors.js'
import { own_value } from '../../own.js'
import { is_map } from '../../realm.js'
import { OP } from '../../serialization/pickle_types.js'

/** A numpy array as a pickle holds it. */
export interface PickledArray {
  shape: number[]
  bytes: Buffer
}

// Instructions that PyTorch's files do not have.
const BINSTRING = 0x54
const BINBYTES = 0x42
const SHORT_BINBYTES = 0x43

const MARK = Symbol('mark')
type Call = { name: string; args: unknown[]; state?: unknown[] }

const is_call = (value: unknown): value is Call =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'name') && Object.hasOwn(value, 'args')

/**
 * Reads a pickle of plain values and numpy arrays, as Python 2 wrote CIFAR's batches. Text and bytes are Buffers, and
 * dictionaries Maps; nothing of it is run: a call is kept as its name and arguments.
 */
export function read_batch(bytes: Buffer, path: string): Map<string, unknown> {
  const stack: unknown[] = []
  const memo = new Map<number, unknown>()
  let at = 0
  const take = (size: number) => {
    if (at + size > bytes.length)
      throw runtime_error(`${path} ends at byte ${bytes.length}, in the middle of a value`)
    at += size
    return bytes.subarray(at - size, at)
  }
  const uint = (size: number) => take(size).readUIntLE(0, size)
  const line = () => {
    const end = bytes.indexOf(0x0a, at)
    const text = take(end - at).toString('latin1')
    at++
    return text
  }
  const to_mark = () => {
    const items = stack.splice(stack.lastIndexOf(MARK))
    return items.slice(1)
  }
  const append = (items: unknown[]) => {
    for (const item of items) (stack.at(-1) as unknown[]).push(item)
  }
  const set_items = (items: unknown[]) => {
    const target = stack.at(-1) as Map<string, unknown>
    for (let i = 0; i < items.length; i += 2) target.set(String(items[i]), items[i + 1])
  }
  const steps: Record<number, () => void> = {
    [OP.PROTO]: () => uint(1),
    [OP.MARK]: () => stack.push(MARK),
    [OP.EMPTY_DICT]: () => stack.push(new Map()),
    [OP.EMPTY_LIST]: () => stack.push([]),
    [OP.EMPTY_TUPLE]: () => stack.push([]),
    [OP.NONE]: () => stack.push(null),
    [OP.NEWTRUE]: () => stack.push(true),
    [OP.NEWFALSE]: () => stack.push(false),
    [OP.BININT1]: () => stack.push(uint(1)),
    [OP.BININT2]: () => stack.push(uint(2)),
    [OP.BININT]: () => stack.push(take(4).readInt32LE()),
    [OP.SHORT_BINSTRING]: () => stack.push(take(uint(1))),
    [BINSTRING]: () => stack.push(take(uint(4))),
    [SHORT_BINBYTES]: () => stack.push(take(uint(1))),
    [BINBYTES]: () => stack.push(take(uint(4))),
    [OP.BINUNICODE]: () => stack.push(take(uint(4))),
    [OP.BINPUT]: () => memo.set(uint(1), stack.at(-1)),
    [OP.LONG_BINPUT]: () => memo.set(uint(4), stack.at(-1)),
    [OP.BINGET]: () => stack.push(memo.get(uint(1))),
    [OP.LONG_BINGET]: () => stack.push(memo.get(uint(4))),
    [OP.APPEND]: () => append(stack.splice(-1)),
    [OP.APPENDS]: () => append(to_mark()),
    [OP.SETITEM]: () => set_items(stack.splice(-2)),
    [OP.SETITEMS]: () => set_items(to_mark()),
    [OP.TUPLE]: () => stack.push(to_mark()),
    [OP.TUPLE1]: () => stack.push(stack.splice(-1)),
    [OP.TUPLE2]: () => stack.push(stack.splice(-2)),
    [OP.TUPLE3]: () => stack.push(stack.splice(-3)),
    [OP.GLOBAL]: () => stack.push({ name: `${line()}.${line()}`, args: [] } satisfies Call),
    [OP.REDUCE]: () => {
      const args = stack.pop() as unknown[]
      const { name } = stack.pop() as Call
      // Protocol 2 of Python 3 has no bytes: they are text that a call encodes.
      const text = name === '_codecs.encode' && Buffer.isBuffer(args[0]) ? args[0] : null
      stack.push(
        text === null ? ({ name, args } satisfies Call) : Buffer.from(text.toString('utf8'), 'latin1'),
      )
    },
    [OP.BUILD]: () => {
      const state = stack.pop() as unknown[]
      ;(stack.at(-1) as Call).state = state
    },
  }
  for (;;) {
    const op = uint(1)
    if (op === OP.STOP) break
    const step = steps[op]
    if (step === undefined)
      throw runtime_error(`${path}, byte ${at - 1}: pickle instruction ${op} is not read`)
    step()
  }
  const [found] = stack
  if (!is_map(found)) throw runtime_error(`${path} holds no dictionary`)
  return found as Map<string, unknown>
}

/** The bytes that a pickled numpy array of uint8 holds. */
export function array_of(value: unknown, path: string): PickledArray {
  // The state is (version, shape, dtype, fortran order, bytes).
  const state = is_call(value) && value.name.endsWith('_reconstruct') ? own_value(value, 'state') : undefined
  const [, shape, dtype, fortran, bytes] = state ?? []
  const kind = is_call(dtype) ? String(dtype.args[0]) : ''
  if (!Array.isArray(shape) || !Buffer.isBuffer(bytes) || kind !== 'u1' || fortran === true || fortran === 1)
    throw runtime_error(`${path} holds no array of bytes`)
  return { shape: shape as number[], bytes }
}
