import { inspect } from 'node:util'
import { type Device, type DeviceLike, device as make_device } from './device.js'
import * as dtypes from './dtype.js'
import { type DType, uint8 } from './dtype.js'
import { index_error, runtime_error, type_error, type_name } from './errors.js'
import { expect_dtype } from './expect.js'
import { native } from './native.js'
import { LOWERED } from './ops/lowered.js'
import { operator } from './ops/operator.js'
import { methods } from './python/methods.js'
import { keyword, of_objects, positional, variadic } from './python/parameters.js'
import { type KeywordsOf, signature } from './python/signature.js'
import { py_float } from './repr.js'
import { make_tensor } from './tensor/create.js'
import { handle_of, Tensor, wrap } from './tensor.js'
import { not_json, uncloneable } from './uncloneable.js'

// torch.storage: the memory under tensors.

const empty = operator('aten::empty.memory_format')

/** The whole memory under a tensor as one row of a dtype. */
function row_over(tensor: Tensor, dtype: DType): Tensor {
  const [, bytes] = native.storage(handle_of(tensor))
  const items = Math.floor(bytes / dtype.itemsize)
  return wrap(native.view_storage(handle_of(tensor), dtype[LOWERED], 0, [items], [1]))
}

abstract class Storage<Element> {
  /** @internal */
  readonly _uncloneable: symbol = uncloneable(
    'Storage: send a tensor over it by torch.multiprocessing; a Storage',
  )

  /** Refuses `JSON.stringify`. */
  toJSON(): never {
    throw not_json(this, 'use its tolist()')
  }

  static {
    methods(Storage, {
      size: '',
      nbytes: '',
      element_size: '',
      data_ptr: '',
      is_shared: '',
      share_memory_: '',
      is_pinned: 'device?',
      fill_: 'value',
      tolist: '',
    })
  }

  /** @param row every element, as one row over the memory */
  protected constructor(protected readonly row: Tensor) {}

  abstract readonly dtype: DType

  get device(): Device {
    return this.row.device
  }
  /** Number of elements. */
  get length(): number {
    return this.row.numel()
  }
  /** Number of elements. */
  size(): number {
    return this.length
  }
  /** Bytes of memory. */
  nbytes(): number {
    return this.row.nbytes
  }
  element_size(): number {
    return this.dtype.itemsize
  }
  data_ptr(): number {
    return this.row.data_ptr()
  }
  /** Whether other threads use the memory, as {@link Tensor.is_shared} says. */
  is_shared(): boolean {
    return native.is_shared(handle_of(this.row))
  }
  /** Says that other threads use the memory. */
  share_memory_(): this {
    native.share_memory(handle_of(this.row))
    return this
  }
  is_pinned(device?: DeviceLike | null): boolean {
    return device === undefined || device === null ? this.row.is_pinned() : this.row.is_pinned(device)
  }
  /** One element; negative places count from the end. */
  at(place: number): Element {
    const index = place < 0 ? place + this.length : place
    if (!(index >= 0 && index < this.length)) {
      throw index_error(`index ${place} out of range for storage of size ${this.length}`)
    }
    return this.row.select(0, index).item() as Element
  }
  /** Writes one element. */
  set_at(place: number, value: Element & (number | boolean)): void {
    this.row.select(0, place < 0 ? place + this.length : place).fill_(value)
  }
  fill_(value: number): this {
    this.row.fill_(value)
    return this
  }
  tolist(): Element[] {
    return this.row.tolist() as Element[]
  }
  *[Symbol.iterator](): IterableIterator<Element> {
    yield* this.tolist()
  }

  protected abstract readonly title: string
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    const float = this.dtype.is_floating_point
    const items = this.tolist().map((item) => (float ? py_float(Number(item)) : String(item)))
    return ` ${items.join('\n ')}\n[${this.title} of size ${this.length}]`
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

/**
 * The bytes under a tensor, as `torch.UntypedStorage`; views of one tensor share one.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.ones(2).untyped_storage().nbytes() // 8
 * ```
 * @see https://docs.pytorch.org/docs/2.13/storage.html
 */
export class UntypedStorage extends Storage<number> {
  static {
    methods(UntypedStorage, {
      clone: '',
      cpu: '',
      to: '*, device, non_blocking?',
      cuda: 'device?, non_blocking?',
      copy_: 'source, non_blocking?',
    })
  }

  readonly dtype = uint8

  /**
   * @param source how many bytes, or the bytes
   * @param options - device
   */
  constructor(source?: StorageSource, options?: { device?: DeviceLike | null })
  constructor(options: { device?: DeviceLike | null })
  constructor(...args: unknown[]) {
    const { args: given, device } = UNTYPED_STORAGE.take(args)
    super(make_row(source_of('UntypedStorage', given), uint8, device))
  }

  protected get title(): string {
    return `torch.storage.UntypedStorage(device=${this.device})`
  }
  clone(): UntypedStorage {
    return new UntypedStorage(this.row.clone())
  }
  cpu(): UntypedStorage {
    return new UntypedStorage(this.row.cpu())
  }
  /** The same bytes on a device: a copy, where they are not there. */
  to(options: { device: DeviceLike; non_blocking?: boolean }): UntypedStorage
  to(device: unknown, non_blocking = false): UntypedStorage {
    return storage_of_bytes(this.row.to({ device: make_device(device as DeviceLike), non_blocking }))
  }
  cuda(device?: DeviceLike | null, non_blocking = false): UntypedStorage {
    return this.to({
      device: typeof device === 'number' ? `cuda:${device}` : (device ?? 'cuda'),
      non_blocking,
    })
  }
  copy_(source: UntypedStorage | TypedStorage, non_blocking = false): this {
    copy_bytes(this, source, non_blocking)
    return this
  }
}

/** The memory under a tensor as elements of a dtype, as the old `torch.TypedStorage`. */
export class TypedStorage extends Storage<number> {
  static {
    methods(TypedStorage, { untyped: '', clone: '', cpu: '', copy_: 'source, non_blocking?' })
  }

  readonly dtype: DType

  /**
   * @param source how many elements, or the elements
   * @param options - device, dtype; wrap_storage, whose bytes are taken in place of a source
   */
  constructor(source?: StorageSource, options?: TypedStorageOptions)
  constructor(options: TypedStorageOptions)
  constructor(...args: unknown[]) {
    const { args: given, device, dtype: wanted, wrap_storage } = TYPED_STORAGE.take(args)
    if (wrap_storage !== null) {
      refuse_beside_wrapped(given, device, wanted, wrap_storage)
      super(row_over(bytes_of_storage(wrap_storage), wanted!))
      this.dtype = wanted!
      return
    }
    const source = source_of('TypedStorage', given)
    const dtype = wanted ?? (source instanceof Tensor ? source.dtype : dtypes.get_default_dtype())
    super(make_row(source, dtype, device))
    this.dtype = dtype
  }

  protected get title(): string {
    return `torch.storage.TypedStorage(dtype=${this.dtype}, device=${this.device})`
  }
  untyped(): UntypedStorage {
    return new UntypedStorage(this.row)
  }
  clone(): TypedStorage {
    return new TypedStorage(this.row.clone())
  }
  cpu(): TypedStorage {
    return new TypedStorage(this.row.cpu())
  }
  copy_(source: UntypedStorage | TypedStorage, non_blocking = false): this {
    copy_bytes(this, source, non_blocking)
    return this
  }
}

/** How many bytes or elements, the bytes or elements, or a tensor whose memory is taken. */
type StorageSource = number | Iterable<number> | Tensor

const is_null = (value: unknown) => value === null
const dtype_or_null = (value: unknown, name: string, argument: string): DType | null =>
  is_null(value) ? null : expect_dtype(value, name, argument)

function storage_or_null(value: unknown, name: string, argument: string): UntypedStorage | null {
  if (is_null(value) || value instanceof UntypedStorage) return value as UntypedStorage | null
  throw type_error(`${name}(): argument '${argument}' must be UntypedStorage, not ${type_name(value)}`, name)
}

const ARGS = { args: variadic<unknown>() }
const DEVICE = {
  /** Where the memory is. Default: the CPU. */
  device: keyword<DeviceLike | null>(null),
}
const TYPED = [
  ARGS,
  DEVICE,
  {
    /** The elements' dtype. Default: the default dtype. */
    dtype: keyword<DType | null>(null, dtype_or_null),
  },
  {
    /** Bytes to take in place of a source. Default: null. */
    wrap_storage: keyword<UntypedStorage | null>(null, storage_or_null),
  },
  { _internal: keyword(false) },
] as const
const UNTYPED_STORAGE = signature('UntypedStorage', ARGS, DEVICE)
const TYPED_STORAGE = signature('TypedStorage', ...TYPED)

type TypedStorageOptions = Omit<KeywordsOf<typeof TYPED_STORAGE>, '_internal'>

/** The one positional argument of a storage. */
function source_of(name: string, args: readonly unknown[]): StorageSource {
  const [source = 0] = args
  if (args.length > 1)
    throw runtime_error(
      `${name}() received an invalid combination of arguments: a size, elements or a tensor alone is given by position`,
      name,
    )
  const fits =
    typeof source === 'number' || (typeof source === 'object' && source !== null && Symbol.iterator in source)
  if (fits || source instanceof Tensor) return source as StorageSource
  throw type_error(`${name}(): expected a size or elements, not ${type_name(source)}`, name)
}

function refuse_beside_wrapped(
  args: readonly unknown[],
  device: unknown,
  dtype: unknown,
  wrapped: UntypedStorage,
): void {
  const name = 'TypedStorage'
  const words = `${name}() received an invalid combination of arguments`
  if (args.length > 0)
    throw runtime_error(`${words}: no positional arguments should be given when using 'wrap_storage'`, name)
  if (dtype === null)
    throw runtime_error(`${words}: argument 'dtype' must be specified with 'wrap_storage'`, name)
  if (device !== null && String(make_device(device as DeviceLike)) !== String(wrapped.device))
    throw runtime_error(`${words}: argument 'device' is not the device of 'wrap_storage'`, name)
}

/** Copies elements between storages of one dtype, and bytes between others, as Python does. */
function copy_bytes(
  target: UntypedStorage | TypedStorage,
  source: UntypedStorage | TypedStorage,
  non_blocking: boolean,
): void {
  if (!(source instanceof Storage))
    throw type_error(`copy_(): argument 'source' must be Storage, not ${type_name(source)}`, 'copy_')
  const [to, from] = [bytes_of_storage(target), bytes_of_storage(source)]
  if (to.numel() !== from.numel())
    throw runtime_error(
      `size does not match, self was ${to.numel()} bytes but src was ${from.numel()} bytes`,
      'copy_',
    )
  to.copy_(from, non_blocking)
}

function make_row(source: StorageSource, dtype: DType, device: DeviceLike | null): Tensor {
  const where = make_device(device ?? 'cpu')
  if (source instanceof Tensor) {
    if (device !== null && String(where) !== String(source.device))
      throw runtime_error("Storage(): argument 'device' is not the tensor's device", 'Storage')
    return row_over(source, dtype)
  }
  if (typeof source === 'number') return empty([source], { dtype, device: where })
  return make_tensor([...source], { dtype, device: where })
}

const IS_STORAGE = signature('is_storage', { obj: of_objects(positional<unknown>()) })

/** Whether a value is a storage. */
export function is_storage(obj: unknown): obj is UntypedStorage | TypedStorage
export function is_storage(...args: unknown[]): boolean {
  const [obj] = IS_STORAGE.bind(args)
  return obj instanceof Storage
}

interface LegacyStorage {
  (source?: number | Iterable<number>): TypedStorage
  (options: { wrap_storage: UntypedStorage }): TypedStorage
}

function legacy(name: string, dtype: DType): LegacyStorage {
  const parameters = signature(name, ...TYPED)
  const words = `${name}() received an invalid combination of arguments`
  const make = (...args: unknown[]): TypedStorage => {
    const { args: given, wrap_storage, ...refused } = parameters.take(args)
    for (const argument of ['device', 'dtype'] as const) {
      if (refused[argument] === null) continue
      throw runtime_error(`${words}: keyword argument '${argument}' cannot be specified`, name)
    }
    if (wrap_storage === null) return new TypedStorage(source_of(name, given), { dtype })
    if (given.length > 0)
      throw runtime_error(`${words}: no positional arguments should be given when using 'wrap_storage'`, name)
    return new TypedStorage({ wrap_storage, dtype })
  }
  Object.defineProperty(make, 'name', { value: name })
  return make
}

/** Python's `torch.FloatStorage`: from a size or from elements. */
export const FloatStorage = legacy('FloatStorage', dtypes.float32)
export const DoubleStorage = legacy('DoubleStorage', dtypes.float64)
export const HalfStorage = legacy('HalfStorage', dtypes.float16)
export const BFloat16Storage = legacy('BFloat16Storage', dtypes.bfloat16)
export const ByteStorage = legacy('ByteStorage', dtypes.uint8)
export const CharStorage = legacy('CharStorage', dtypes.int8)
export const ShortStorage = legacy('ShortStorage', dtypes.int16)
export const IntStorage = legacy('IntStorage', dtypes.int32)
export const LongStorage = legacy('LongStorage', dtypes.int64)
export const BoolStorage = legacy('BoolStorage', dtypes.bool)
export const ComplexFloatStorage = legacy('ComplexFloatStorage', dtypes.complex64)
export const ComplexDoubleStorage = legacy('ComplexDoubleStorage', dtypes.complex128)

/** The memory under a tensor, as bytes. */
export function untyped_storage(tensor: Tensor): UntypedStorage {
  return new UntypedStorage(tensor)
}

/** A storage whose bytes are a row of bytes, which may be a part of more memory. */
export function storage_of_bytes(bytes: Tensor): UntypedStorage {
  return Object.assign(new UntypedStorage(), { row: bytes })
}

/** The same with a dtype. */
export function typed_storage_of_bytes(bytes: Tensor, dtype: DType): TypedStorage {
  const start = native.storage_offset(handle_of(bytes)) / dtype.itemsize
  const items = Math.floor(bytes.numel() / dtype.itemsize)
  const row = wrap(native.view_storage(handle_of(bytes), dtype[LOWERED], start, [items], [1]))
  return Object.assign(new TypedStorage(0, { dtype }), { row })
}

/** The bytes of a storage as a row. */
export function bytes_of_storage(storage: UntypedStorage | TypedStorage): Tensor {
  const row = storage['row']
  return row.dtype === uint8 ? row : row.view(uint8)
}
