/** Bytes of pickle's instructions, protocol 2: those that PyTorch writes, and those that its weights-only reader takes. */
export const OP = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  BINFLOAT: 0x47,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  NONE: 0x4e,
  BINPERSID: 0x51,
  REDUCE: 0x52,
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
  EMPTY_SET: 0x8f,
} as const

/** A Python tuple; JavaScript's arrays are Python's lists. */
export class Tuple {
  readonly items: readonly unknown[]
  constructor(...items: readonly unknown[]) {
    this.items = items
  }
}

/** A Python class or function, by module and name. */
export class Global {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** A call that makes an object when the pickle is read: `callable(*args)`, then items and attributes. */
export class Reduce {
  constructor(
    readonly callable: Global,
    readonly args: Tuple,
    readonly items: Iterable<readonly [unknown, unknown]> = [],
    readonly state: ReadonlyMap<string, unknown> | null = null,
  ) {}
}

/** A reference to something that the pickle's owner keeps elsewhere: a storage. */
export class PersistentId {
  constructor(readonly id: Tuple) {}
}
