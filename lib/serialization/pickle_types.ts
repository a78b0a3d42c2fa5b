/** Bytes of pickle's instructions: what PyTorch writes (protocol 2), and what protocols 3 to 5 have for the same values. */
export const OP = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  POP: 0x30,
  POP_MARK: 0x31,
  DUP: 0x32,
  BINBYTES: 0x42,
  SHORT_BINBYTES: 0x43,
  BINFLOAT: 0x47,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  NONE: 0x4e,
  BINPERSID: 0x51,
  REDUCE: 0x52,
  BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55,
  BINUNICODE: 0x58,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  BUILD: 0x62,
  GLOBAL: 0x63,
  APPENDS: 0x65,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  NEWOBJ: 0x81,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  BINBYTES8: 0x8e,
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  FROZENSET: 0x91,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
  BYTEARRAY8: 0x96,
} as const

// Arrays that were tuples in the file they come from: saved again they are tuples again.
const tuples = new WeakSet<object>()

/** Whether an array was a tuple in a file. */
export function was_tuple(value: object): boolean {
  return tuples.has(value)
}

/** Notes that an array was a tuple where its original was. Returns the array. */
export function like_tuple<T extends readonly unknown[]>(original: object, copied: T): T {
  if (tuples.has(original)) tuples.add(copied)
  return copied
}

/** A Python tuple; JavaScript's arrays are Python's lists. */
export class Tuple {
  readonly items: readonly unknown[]
  #array: unknown[] | undefined
  #depth: number | undefined

  constructor(...items: readonly unknown[]) {
    this.items = items
  }

  /** Like the constructor, for any number of items. */
  static of(items: readonly unknown[]): Tuple {
    const tuple = new Tuple()
    ;(tuple as { items: readonly unknown[] }).items = items
    return tuple
  }

  /** Tuples inside each other, this one included. */
  get depth(): number {
    if (this.#depth === undefined) {
      let deepest = 0
      for (const item of this.items) if (item instanceof Tuple) deepest = Math.max(deepest, item.depth)
      this.#depth = deepest + 1
    }
    return this.#depth
  }

  /** The tuple as an array, the tuples in it too; always the same one. */
  array(): unknown[] {
    if (this.#array === undefined) {
      this.#array = this.items.map((item) => (item instanceof Tuple ? item.array() : item))
      tuples.add(this.#array)
    }
    return this.#array
  }
}

/** A Python dict by its items, which JavaScript's own values do not say. */
export class PlainDict {
  constructor(readonly items: Iterable<readonly [unknown, unknown]>) {}
}

/** A Python class or function, by module and name. */
export class Global {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** The record of a file that holds {@link Kinds}, where there are any; Python passes over it. */
export const KINDS_RECORD = 'javascript.json'

/** What the instructions of a pickle at these bytes were in JavaScript, where Python's value does not say it. */
export interface Kinds {
  /** Dicts that were Maps, though a plain object could hold their keys. */
  maps: number[]
  /** Ints that were bigints, though a number could hold them. */
  bigints: number[]
}

/** A call that makes an object when the pickle is read: `callable(*args)`, then items and attributes. */
export class Reduce {
  constructor(
    readonly callable: Global,
    readonly args: Tuple,
    readonly items: Iterable<readonly [unknown, unknown]> = [],
    readonly state: PlainDict | null = null,
    /** Whether the callable is a class of which an object is made without its constructor. */
    readonly is_new: boolean = false,
  ) {}
}

/** A reference to something that the pickle's owner keeps elsewhere: a storage. */
export class PersistentId {
  constructor(readonly id: Tuple) {}
}
