import { inspect } from 'node:util'
import { type Device, type DeviceLike, device as make_device } from './device.js'
import * as dtypes from './dtype.js'
import { type DType, uint8 } from './dtype.js'
import { index_error, type_error, type_name } from './errors.js'
import { expect_dtype } from './expect.js'
import { native } from './native.js'
import { LOWERED } from './ops/lowered.js'
import { operator } from './ops/operator.js'
import { of_objects, positional } from './python/parameters.js'
import { signature } from './python/signature.js'
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
  is_pinned(): boolean {
    return this.row.is_pinned()
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
  readonly dtype = uint8

  /** @param source how many bytes, or the bytes */
  constructor(source: number | Iterable<number> | Tensor = 0) {
    super(make_row(source, uint8))
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
  to(device: DeviceLike): UntypedStorage {
    return storage_of_bytes(this.row.to(make_device(device)))
  }
  cuda(index?: number): UntypedStorage {
    return this.to(index === undefined ? 'cuda' : `cuda:${index}`)
  }
  copy_(source: UntypedStorage): this {
    this.row.copy_(source.row)
    return this
  }
}

/** The memory under a tensor as elements of a dtype, as the old `torch.TypedStorage`. */
export class TypedStorage extends Storage<number> {
  readonly dtype: DType

  /** @param source how many elements, or the elements */
  constructor(source: number | Iterable<number> | Tensor = 0, options: { dtype?: DType } = {}) {
    const dtype = options.dtype ?? (source instanceof Tensor ? source.dtype : dtypes.get_default_dtype())
    super(make_row(source, dtype))
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
  copy_(source: TypedStorage): this {
    this.row.copy_(source.row)
    return this
  }
}

function make_row(source: number | Iterable<number> | Tensor, dtype: DType): Tensor {
  if (source instanceof Tensor) return row_over(source, dtype)
  expect_dtype(dtype, 'Storage', 'dtype')
  if (typeof source === 'number') return empty([source], { dtype, device: 'cpu' })
  if (typeof source !== 'object' || source === null || !(Symbol.iterator in source))
    throw type_error(`Storage(): expected a size or elements, not ${type_name(source)}`)
  return make_tensor([...source], { dtype })
}

const IS_STORAGE = signature('is_storage', { obj: of_objects(positional<unknown>()) })

/** Whether a value is a storage. */
export function is_storage(obj: unknown): obj is UntypedStorage | TypedStorage
export function is_storage(...args: unknown[]): boolean {
  const [obj] = IS_STORAGE.bind(args)
  return obj instanceof Storage
}

const legacy =
  (dtype: DType) =>
  (source: number | Iterable<number> = 0): TypedStorage =>
    new TypedStorage(source, { dtype })

/** Python's `torch.FloatStorage`: from a size or from elements. */
export const FloatStorage = legacy(dtypes.float32)
export const DoubleStorage = legacy(dtypes.float64)
export const HalfStorage = legacy(dtypes.float16)
export const BFloat16Storage = legacy(dtypes.bfloat16)
export const ByteStorage = legacy(dtypes.uint8)
export const CharStorage = legacy(dtypes.int8)
export const ShortStorage = legacy(dtypes.int16)
export const IntStorage = legacy(dtypes.int32)
export const LongStorage = legacy(dtypes.int64)
export const BoolStorage = legacy(dtypes.bool)
export const ComplexFloatStorage = legacy(dtypes.complex64)
export const ComplexDoubleStorage = legacy(dtypes.complex128)

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
