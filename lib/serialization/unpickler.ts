import { BudgetError, make_error, OutOfMemoryError, type_name } from '../errors.js'
import { own_value } from '../own.js'
import { is_error, is_set } from '../realm.js'
import type { Budget } from './budget.js'
import { type Constructor, Found } from './found.js'
import { Memo } from './memo.js'
import { BLOCKED_MODULES, python_3_name } from './old_names.js'
import { BYTES, ITEM_BYTES, take_items } from './pickle_costs.js'
import type { PickleCursor } from './pickle_cursor.js'
import { OP, Tuple } from './pickle_types.js'
import { is_stack_overflow } from './pickler.js'
import { shown } from './shown.js'

/** What the reader of a pickle knows of the world outside it. */
export interface PickleEnvironment {
  /** What a name, `module.name`, stands for; undefined where it is not allowed. */
  find(path: string): Constructor | undefined
  /** What a reference to a storage stands for. */
  persistent(id: readonly unknown[]): unknown
  /** Sets a key of a dictionary that the pickle made; false where the object is none. */
  set_item(target: unknown, key: unknown, value: unknown): boolean
  /** Gives an object the attributes that the pickle has for it; false where it takes none. */
  build(target: unknown, state: unknown): boolean
  /** A new, empty dict; `is_map` where the file says that it was a Map. */
  dict(is_map: boolean): object
  /** A string of Python 2, which may be text or bytes. Default: text. */
  bytes_text?(bytes: Uint8Array): unknown
  /** Dicts that were Maps and ints that were bigints, by the bytes of their instructions. */
  readonly kinds?: { readonly maps: ReadonlySet<number>; readonly bigints: ReadonlySet<number> }
}

const MARK = Symbol('mark')

const OP_NAMES = new Map<number, string>(Object.entries(OP).map(([name, code]) => [code, name]))

/**
 * Reads Python's pickle format with the instructions that PyTorch's weights-only reader allows. Nothing in the file is
 * run: a name stands for what `environment` says, and anything else is refused with the place where it stands.
 *
 * @see torch/_weights_only_unpickler.py
 */
export class Unpickler {
  readonly #cursor: PickleCursor
  readonly #budget: Budget
  readonly #environment: PickleEnvironment
  readonly #kinds: PickleEnvironment['kinds']
  readonly #stack: unknown[] = []
  readonly #memo = new Memo()
  readonly #globals = new Map<string, unknown>()
  readonly #name: string
  readonly #start: number
  #instruction = 0
  #op = -1

  /** @param name - what errors call the pickle: its file */
  constructor(cursor: PickleCursor, environment: PickleEnvironment, name: string) {
    this.#cursor = cursor
    this.#budget = cursor.budget
    this.#environment = environment
    this.#kinds = own_value(environment, 'kinds')
    this.#name = name
    this.#start = cursor.at
    cursor.error = (message) => this.#error(message)
  }

  /** The object; the cursor stands behind the pickle then. */
  load(): unknown {
    try {
      return this.#load()
    } catch (error) {
      if (is_stack_overflow(error)) throw this.#error('the object is nested too deeply')
      throw error
    }
  }

  #load(): unknown {
    for (;;) {
      this.#instruction = this.#cursor.at - this.#start
      this.#op = -1
      this.#op = this.#cursor.byte()
      this.#budget.take('objects')
      const op = this.#op
      if (op === OP.STOP) return plain(this.#pop())
      if (!this.#literal(op) && !this.#structure(op) && !this.#memory(op) && !this.#construct(op)) {
        throw this.#error(`Unsupported operand ${op}`)
      }
    }
  }

  #error(message: string, kind = 'RuntimeError'): Error {
    const name = OP_NAMES.get(this.#op)
    const place = `${this.#name}, byte ${this.#instruction}${name === undefined ? '' : `, ${name}`}`
    return make_error(kind, `Weights only load failed. ${message} (${place})`)
  }

  #literal(op: number): boolean {
    const cursor = this.#cursor
    switch (op) {
      case OP.NONE:
        return this.#push(null)
      case OP.NEWTRUE:
        return this.#push(true)
      case OP.NEWFALSE:
        return this.#push(false)
      case OP.BININT1:
        return this.#integer(cursor.uint(1))
      case OP.BININT2:
        return this.#integer(cursor.uint(2))
      case OP.BININT:
        return this.#integer(cursor.take(4).readInt32LE())
      case OP.BINFLOAT:
        this.#budget.take_heap(BYTES.number)
        return this.#push(cursor.take(8).readDoubleBE())
      case OP.LONG1:
        return this.#long(cursor.uint(1))
      case OP.LONG4:
        return this.#long(cursor.uint(4))
      case OP.SHORT_BINUNICODE:
        return this.#text(cursor.uint(1))
      case OP.BINUNICODE:
        return this.#text(cursor.uint(4))
      case OP.BINUNICODE8:
        return this.#text(cursor.uint64())
      case OP.SHORT_BINSTRING:
        return this.#old_text(cursor.uint(1))
      case OP.BINSTRING:
        return this.#old_text(cursor.uint(4))
      case OP.SHORT_BINBYTES:
        return this.#bytes(cursor.uint(1))
      case OP.BINBYTES:
        return this.#bytes(cursor.uint(4))
      case OP.BINBYTES8:
      case OP.BYTEARRAY8:
        return this.#bytes(cursor.uint64())
      case OP.EMPTY_TUPLE:
        return this.#tuple([])
      case OP.EMPTY_LIST:
        this.#budget.take_heap(BYTES.list)
        return this.#push([])
      case OP.EMPTY_DICT:
        this.#budget.take_heap(BYTES.dict)
        return this.#push(this.#environment.dict(this.#kinds?.maps.has(this.#instruction) ?? false))
      case OP.EMPTY_SET:
        this.#budget.take_heap(BYTES.set)
        return this.#push(new Set())
      default:
        return false
    }
  }

  #structure(op: number): boolean {
    switch (op) {
      case OP.PROTO: {
        const protocol = this.#cursor.uint(1)
        if (protocol > 5) throw this.#error(`unsupported pickle protocol: ${protocol}`)
        return true
      }
      case OP.MARK:
        return this.#push(MARK)
      case OP.FRAME:
        this.#cursor.take(8)
        return true
      case OP.POP:
        this.#top()
        this.#stack.length--
        return true
      case OP.POP_MARK:
        this.#pop_mark()
        return true
      case OP.DUP:
        return this.#push(this.#top())
      case OP.TUPLE:
        return this.#tuple(this.#pop_mark())
      case OP.FROZENSET: {
        const items = this.#pop_mark()
        this.#budget.take_heap(BYTES.set + items.length * ITEM_BYTES.set)
        return this.#push(new Set(items.map(plain)))
      }
      case OP.ADDITEMS:
        return this.#add_items(this.#pop_mark())
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3:
        return this.#tuple(this.#pop_many(op - OP.TUPLE1 + 1))
      case OP.APPEND:
        return this.#append([this.#pop()])
      case OP.APPENDS:
        return this.#append(this.#pop_mark())
      case OP.SETITEM:
        return this.#set_items(this.#pop_many(2))
      case OP.SETITEMS:
        return this.#set_items(this.#pop_mark())
      default:
        return false
    }
  }

  #memory(op: number): boolean {
    switch (op) {
      case OP.BINPUT:
      case OP.LONG_BINPUT:
        this.#budget.take_heap(BYTES.memo)
        this.#memo.set(this.#cursor.uint(op === OP.BINPUT ? 1 : 4), this.#top())
        return true
      case OP.MEMOIZE:
        this.#budget.take_heap(BYTES.memo)
        this.#memo.set(this.#memo.size, this.#top())
        return true
      case OP.BINGET:
      case OP.LONG_BINGET: {
        const index = this.#cursor.uint(op === OP.BINGET ? 1 : 4)
        const value = this.#memo.get(index)
        if (value === undefined) throw this.#error(`Memo value not found at index ${index}`)
        return this.#push(value)
      }
      default:
        return false
    }
  }

  #construct(op: number): boolean {
    switch (op) {
      case OP.GLOBAL:
        return this.#push(this.#global(this.#cursor.line(), this.#cursor.line()))
      case OP.STACK_GLOBAL: {
        const [module, name] = this.#pop_many(2)
        if (typeof module !== 'string' || typeof name !== 'string')
          throw this.#error('STACK_GLOBAL requires str')
        return this.#push(this.#global(module, name))
      }
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const args = this.#pop()
        const callable = this.#pop()
        if (!(callable instanceof Found) || own_value(callable.constructor_, 'call') === undefined) {
          const what = callable instanceof Found ? callable.path : type_name(callable)
          throw this.#error(`Trying to call reduce for unrecognized function ${what}`)
        }
        if (!(args instanceof Tuple))
          throw this.#error(`arguments of ${callable.path} must be a tuple, not ${type_name(args)}`)
        return this.#push(this.#call(callable, args, op === OP.NEWOBJ))
      }
      case OP.BUILD: {
        const state = plain(this.#pop())
        const target = this.#top()
        take_items(this.#budget, state)
        if (!this.#located(() => this.#environment.build(target, state))) {
          throw this.#error(`Can only build Tensor, Parameter, OrderedDict, but got ${type_name(target)}`)
        }
        return true
      }
      case OP.BINPERSID: {
        const id = plain(this.#pop())
        if (!Array.isArray(id))
          throw this.#error(`persistent_load id must be tuple, but got ${type_name(id)}`)
        if (id[0] !== 'storage')
          throw this.#error(`Only persistent_load of storage is allowed, but got ${shown(id[0])}`)
        return this.#push(this.#located(() => this.#environment.persistent(id)))
      }
      default:
        return false
    }
  }

  #call({ path, constructor_ }: Found, args: Tuple, is_new: boolean): unknown {
    const given = args.array()
    this.#budget.take_heap(BYTES.call)
    take_items(this.#budget, given)
    return this.#located(() => {
      const make = is_new
        ? (own_value(constructor_, 'make') ?? own_value(constructor_, 'call'))
        : own_value(constructor_, 'call')
      return make!(given)
    }, ` in ${path}`)
  }

  // An error from outside says also where in the file it came about.
  #located<T>(call: () => T, where = ''): T {
    try {
      return call()
    } catch (cause) {
      if (is_stack_overflow(cause) || cause instanceof OutOfMemoryError || cause instanceof BudgetError)
        throw cause
      const message = is_error(cause) ? cause.message : String(cause)
      throw Object.assign(this.#error(`${message}${where}`), { cause })
    }
  }

  #tuple(items: readonly unknown[]): true {
    const tuple = Tuple.of(items)
    this.#budget.check_depth(tuple.depth)
    this.#budget.take_heap(BYTES.tuple + items.length * ITEM_BYTES.list)
    return this.#push(tuple)
  }

  #text(size: number): true {
    const text = this.#cursor.text(size)
    this.#budget.take_heap(BYTES.text + size)
    return this.#push(text)
  }

  #old_text(size: number): true {
    const bytes_text = own_value(this.#environment, 'bytes_text')
    return bytes_text === undefined ? this.#text(size) : this.#push(bytes_text(this.#take_bytes(size)))
  }

  #bytes(size: number): true {
    return this.#push(new Uint8Array(this.#take_bytes(size)))
  }

  #take_bytes(size: number): Buffer {
    const bytes = this.#cursor.take(size)
    this.#budget.take_heap(BYTES.set)
    this.#budget.take('bytes', size)
    return bytes
  }

  #long(size: number): true {
    const value = this.#cursor.long(size)
    this.#budget.take_heap(BYTES.bigint + size)
    return this.#integer(value)
  }

  #integer(value: number | bigint): true {
    const was_bigint = this.#kinds?.bigints.has(this.#instruction) ?? false
    return this.#push(was_bigint ? BigInt(value) : value)
  }

  #global(given_module: string, given_name: string): unknown {
    const key = `${given_module}\n${given_name}`
    let value = this.#globals.get(key)
    if (value === undefined) this.#globals.set(key, (value = this.#find_global(given_module, given_name)))
    return value
  }

  #find_global(given_module: string, given_name: string): unknown {
    // Python 2's names, which protocol 2 keeps.
    const [module, name] = python_3_name(given_module, given_name)
    const path = `${module}.${name}`
    const found = this.#environment.find(path)
    if (found === undefined) {
      if (BLOCKED_MODULES.has(module))
        throw this.#error(
          `Trying to load unsupported GLOBAL ${shown(path)} whose module ${module} is blocked.`,
          'UnsupportedGlobalError',
        )
      throw this.#error(
        `Unsupported global: GLOBAL ${shown(path)} was not an allowed global by default. Please use \`torch.serialization.add_safe_globals([[…, '${shown(path)}']])\` to allowlist this global if you trust this class/function.`,
        'UnsupportedGlobalError',
      )
    }
    return own_value(found, 'call') === undefined ? own_value(found, 'value') : new Found(path, found)
  }

  #append(items: readonly unknown[]): boolean {
    const list = this.#top()
    if (!Array.isArray(list)) throw this.#error(`Can only append to lists, but got ${type_name(list)}`)
    this.#budget.take_heap(items.length * ITEM_BYTES.list)
    for (const item of items) list.push(plain(item))
    return true
  }

  #add_items(items: readonly unknown[]): boolean {
    const set = this.#top()
    if (!is_set(set)) throw this.#error(`Can only add items to sets, but got ${type_name(set)}`)
    this.#budget.take_heap(items.length * ITEM_BYTES.set)
    for (const item of items) set.add(plain(item))
    return true
  }

  #set_items(items: readonly unknown[]): boolean {
    const target = this.#top()
    if (items.length % 2 !== 0) throw this.#error('odd number of items for a dict')
    this.#budget.take_heap((items.length / 2) * ITEM_BYTES.dict)
    for (let i = 0; i < items.length; i += 2) {
      if (!this.#environment.set_item(target, plain(items[i]), plain(items[i + 1]))) {
        const got = type_name(target)
        throw this.#error(
          `Can only SETITEM for dict, collections.OrderedDict, collections.Counter, but got ${got}`,
        )
      }
    }
    return true
  }

  #push(value: unknown): true {
    this.#stack.push(value)
    return true
  }

  #top(): unknown {
    if (this.#stack.length === 0) throw this.#error('the stack is empty')
    return this.#stack[this.#stack.length - 1]
  }

  #pop(): unknown {
    const value = this.#top()
    if (value === MARK) throw this.#error('unexpected MARK found')
    this.#stack.length--
    return value
  }

  #pop_many(count: number): unknown[] {
    return Array.from({ length: count }, () => this.#pop()).reverse()
  }

  #pop_mark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK)
    if (mark < 0) throw this.#error('could not find MARK')
    const items = this.#stack.splice(mark + 1)
    this.#stack.length--
    return items
  }
}

/** Python's tuple is JavaScript's array; inside the reader the two are kept apart. */
function plain(value: unknown): unknown {
  return value instanceof Tuple ? value.array() : value
}
