import { type_error, type_name, value_error } from '../errors.js'
import { member } from '../own.js'
import { is_error, is_map, is_plain_object } from '../realm.js'
import { FloatScalar } from '../scalar.js'
import { are_integer_names } from './form.js'
import { Global, type Kinds, OP, PersistentId, PlainDict, Reduce, Tuple, was_tuple } from './pickle_types.js'

// As many items as Python's pickler puts into one SETITEMS or APPENDS.
const BATCH = 1000

/** The items of a plain object in Python: where all keys are integers they are ints, else strings. */
export function items_of_object(value: object): [string | number, unknown][] {
  const entries = Object.entries(value)
  if (!are_integer_names(entries.map(([key]) => key))) return entries
  return entries.map(([key, item]) => [Number(key), item])
}

// Whether the keys alone do not say that a dict was a Map.
function could_be_object(map: ReadonlyMap<unknown, unknown>): boolean {
  const keys = [...map.keys()]
  return (
    keys.every((key) => typeof key === 'string') ||
    keys.every((key) => typeof key === 'number' && Number.isSafeInteger(key))
  )
}

/** Whether an error is the engine's own, of a call too deep: it has no class for it. */
export function is_stack_overflow(error: unknown): boolean {
  return is_error(error) && error.name === 'RangeError' && /call stack/.test(error.message)
}

/** Turns an object that pickle has no instruction for into one that it has; undefined where there is none. */
export type Reducer = (value: object) => Reduce | PersistentId | Global | PlainDict | undefined

/**
 * Writes values in Python's pickle format, protocol 2, instruction for instruction as Python's own pickler: strings,
 * numbers, booleans, null, arrays (lists), {@link Tuple}, Map and plain objects (dicts), and what `reduce` knows.
 *
 * @see pickle.py of Python
 */
export class Pickler {
  #bytes = Buffer.alloc(4096)
  #length = 0
  // Strings by their text, so that each is written once; objects by identity, globals by the first of their name.
  readonly #memo = new Map<unknown, number>()
  #memorized = 0
  readonly #globals = new Map<string, Global>()
  readonly #reduce: Reducer
  /** What Python's values do not say. */
  readonly kinds: Kinds = { maps: [], bigints: [] }

  constructor(reduce: Reducer) {
    this.#reduce = reduce
  }

  /** The pickle of a value. */
  dump(value: unknown): Uint8Array {
    this.#byte(OP.PROTO)
    this.#byte(2)
    try {
      this.#save(value, 'the object')
    } catch (error) {
      if (!is_stack_overflow(error)) throw error
      throw value_error('save(): the object is nested too deeply to be saved')
    }
    this.#byte(OP.STOP)
    return this.#bytes.subarray(0, this.#length)
  }

  #save(value: unknown, where: string): void {
    if (value === null) this.#byte(OP.NONE)
    else if (typeof value === 'boolean') this.#byte(value ? OP.NEWTRUE : OP.NEWFALSE)
    else if (typeof value === 'bigint') this.#bigint(value)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#string(value)
    else if (typeof value === 'object' || typeof value === 'function') this.#object(value, where)
    else throw not_saved(value, where)
  }

  // A whole number is Python's int, any other its float; FloatScalar says that a whole number is a float.
  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#integer(BigInt(value))
      return
    }
    this.#float(value)
  }

  #bigint(value: bigint): void {
    if (Number.isSafeInteger(Number(value))) this.kinds.bigints.push(this.#length)
    this.#integer(value)
  }

  #float(value: number): void {
    this.#byte(OP.BINFLOAT)
    const at = this.#take(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  #integer(value: bigint): void {
    if (value >= 0n && value < 256n) {
      this.#byte(OP.BININT1)
      this.#byte(Number(value))
    } else if (value >= 0n && value < 65536n) {
      this.#byte(OP.BININT2)
      const at = this.#take(2)
      this.#bytes.writeUInt16LE(Number(value), at)
    } else if (value >= -(2n ** 31n) && value < 2n ** 31n) {
      this.#byte(OP.BININT)
      const at = this.#take(4)
      this.#bytes.writeInt32LE(Number(value), at)
    } else {
      this.#long(value)
    }
  }

  // Two's complement, little-endian, in as few bytes as hold the sign too.
  #long(value: bigint): void {
    const bits = (value < 0n ? ~value : value).toString(16)
    const size = Math.ceil((4 * bits.length - (Number.parseInt(bits[0]!, 16) < 8 ? 1 : 0) + 1) / 8)
    if (size < 256) {
      this.#byte(OP.LONG1)
      this.#byte(size)
    } else {
      this.#byte(OP.LONG4)
      this.#uint32(size)
    }
    const digits = BigInt.asUintN(8 * size, value)
      .toString(16)
      .padStart(2 * size, '0')
    this.#raw(Buffer.from(digits, 'hex').reverse())
  }

  #string(value: string): void {
    if (this.#recall(value)) return
    // A lone surrogate becomes U+FFFD here; Python refuses to write one.
    const bytes = Buffer.from(value, 'utf8')
    this.#byte(OP.BINUNICODE)
    this.#uint32(bytes.length)
    this.#raw(bytes)
    this.#memorize(value)
  }

  #object(value: object, where: string): void {
    if (value instanceof FloatScalar) this.#float(value.re)
    else if (value instanceof Global) this.#global(value)
    else if (this.#recall(value)) return
    else if (value instanceof Tuple) this.#tuple(value, where)
    else if (value instanceof PersistentId) this.#persistent(value, where)
    else if (value instanceof Reduce) this.#call(value, value, where)
    else if (Array.isArray(value)) this.#array(value, where)
    else if (value instanceof PlainDict) this.#dict(value, value.items, where)
    else this.#other(value, where)
  }

  #array(value: readonly unknown[], where: string): void {
    const reduced = this.#reduce(value)
    if (reduced instanceof Reduce) this.#call(value, reduced, where)
    else if (was_tuple(value)) this.#tuple(Tuple.of(value), where, value)
    else this.#list(value, where)
  }

  #other(value: object, where: string): void {
    const reduced = this.#reduce(value)
    if (reduced instanceof Reduce) this.#call(value, reduced, where)
    else if (reduced instanceof PlainDict) this.#dict(value, reduced.items, where)
    else if (reduced !== undefined) this.#save(reduced, where)
    else if (is_map(value)) {
      if (could_be_object(value)) this.kinds.maps.push(this.#length)
      this.#dict(value, value, where)
    } else if (is_plain_object(value)) {
      this.#expect_named(value, where)
      this.#dict(value, items_of_object(value), where)
    } else {
      throw not_saved(value, where)
    }
  }

  // A dict has no place for these.
  #expect_named(value: object, where: string): void {
    const symbol = Object.getOwnPropertySymbols(value).find((one) =>
      Object.prototype.propertyIsEnumerable.call(value, one),
    )
    if (symbol !== undefined)
      throw type_error(
        `save(): cannot save ${where}: its key ${String(symbol)} is a symbol, and no file holds symbols`,
      )
  }

  #global(value: Global): void {
    const text = `${value.module}\n${value.name}\n`
    const known = this.#globals.get(text)
    if (known !== undefined && this.#recall(known)) return
    this.#globals.set(text, value)
    this.#byte(OP.GLOBAL)
    this.#raw(Buffer.from(text, 'utf8'))
    this.#memorize(value)
  }

  #tuple(value: Tuple, where: string, identity: object = value): void {
    const { items } = value
    if (items.length === 0) {
      this.#byte(OP.EMPTY_TUPLE)
      return
    }
    if (items.length > 3) this.#byte(OP.MARK)
    for (const item of items) this.#save(item, where)
    this.#byte(items.length > 3 ? OP.TUPLE : OP.TUPLE1 + items.length - 1)
    this.#memorize(identity)
  }

  #list(value: readonly unknown[], where: string): void {
    this.#byte(OP.EMPTY_LIST)
    this.#memorize(value)
    for (let i = 0; i < value.length; i += BATCH) {
      const batch = value.slice(i, i + BATCH)
      if (batch.length > 1) this.#byte(OP.MARK)
      // Not forEach: a hole is undefined, which is refused.
      for (const [j, item] of batch.entries()) this.#save(item, `${where}[${i + j}]`)
      this.#byte(batch.length > 1 ? OP.APPENDS : OP.APPEND)
    }
  }

  #dict(identity: object, items: Iterable<readonly [unknown, unknown]>, where: string): void {
    this.#byte(OP.EMPTY_DICT)
    this.#memorize(identity)
    this.#items(items, where)
  }

  #items(items: Iterable<readonly [unknown, unknown]>, where: string): void {
    const pairs = [...items]
    for (let i = 0; i < pairs.length; i += BATCH) {
      const batch = pairs.slice(i, i + BATCH)
      if (batch.length > 1) this.#byte(OP.MARK)
      for (const [key, value] of batch) {
        this.#save(key, `a key of ${where}`)
        this.#save(value, `${where}[${typeof key === 'string' ? `'${key}'` : String(key)}]`)
      }
      this.#byte(batch.length > 1 ? OP.SETITEMS : OP.SETITEM)
    }
  }

  #call(identity: object, value: Reduce, where: string): void {
    this.#global(value.callable)
    this.#save(value.args, where)
    this.#byte(value.is_new ? OP.NEWOBJ : OP.REDUCE)
    this.#memorize(identity)
    this.#items(value.items, where)
    if (value.state === null) return
    this.#save(value.state, where)
    this.#byte(OP.BUILD)
  }

  #persistent(value: PersistentId, where: string): void {
    this.#save(value.id, where)
    this.#byte(OP.BINPERSID)
  }

  #recall(key: unknown): boolean {
    const index = this.#memo.get(key)
    if (index === undefined) return false
    this.#indexed(OP.BINGET, OP.LONG_BINGET, index)
    return true
  }

  #memorize(key: unknown): void {
    const index = this.#memorized++
    this.#memo.set(key, index)
    this.#indexed(OP.BINPUT, OP.LONG_BINPUT, index)
  }

  #indexed(short: number, long: number, index: number): void {
    if (index < 256) {
      this.#byte(short)
      this.#byte(index)
    } else {
      this.#byte(long)
      this.#uint32(index)
    }
  }

  #uint32(value: number): void {
    const at = this.#take(4)
    this.#bytes.writeUInt32LE(value, at)
  }

  #byte(value: number): void {
    const at = this.#take(1)
    this.#bytes[at] = value
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** Where the next `size` bytes go. It may move the buffer: call it before `#bytes` is read. */
  #take(size: number): number {
    const at = this.#length
    this.#length += size
    if (this.#length > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(this.#length, 2 * this.#bytes.length))
      this.#bytes.copy(grown, 0, 0, at)
      this.#bytes = grown
    }
    return at
  }
}

function not_saved(value: unknown, where: string): Error {
  const given = Object(value) as Record<string, unknown>
  const [state_dict, get_state, forward] = ['state_dict', 'get_state', 'forward'].map((name) =>
    member(given, name),
  )
  const is_module = typeof forward === 'function'
  const name = is_module ? (value as object).constructor.name : type_name(value)
  const what = `save(): cannot save ${where}: `
  if (typeof state_dict === 'function')
    return type_error(
      `${what}the state of ${name} is saved, not its code: torch.save(x.state_dict(), path), and later ` +
        'x.load_state_dict(torch.load(path)) on one that was made anew',
    )
  if (typeof get_state === 'function')
    return type_error(`${what}the state of ${name} is saved: x.get_state(), and later x.set_state(state)`)
  if (typeof value === 'function') return type_error(`${what}a function is code, which is not saved`)
  return type_error(
    `${what}${name} is no kind of ${typeof value === 'object' ? 'object' : 'value'} that is saved; a plain object of its ` +
      'fields is',
  )
}
