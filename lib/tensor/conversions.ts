import type { DeviceLike } from '../device.js'
import { Device } from '../device.js'
import * as dtypes from '../dtype.js'
import { DType } from '../dtype.js'
import { make_error, type_error, type_name } from '../errors.js'
import type { MemoryFormat } from '../layout.js'
import { legacy_name } from '../legacy_types.js'
import { native } from '../native.js'
import { bind_method } from '../ops/bind.js'
import { own_value } from '../own.js'
import { bool } from '../python/checks.js'
import { methods } from '../python/methods.js'
import { keyword, optional } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { Complex } from '../scalar.js'
import type { Tensor } from '../tensor.js'
import * as base from '../tensor.js'
import { decode_elements, type NestedList, nest, type TypedArray } from './elements.js'
import { as_type } from './legacy_types.js'
import type { Shape } from './several.js'
import { typed_array } from './typed_array.js'

/** A constructor of PyTorch's early days, such as `torch.LongTensor`, which stands for its dtype. */
export type LegacyType = ((...args: never[]) => Tensor) | typeof Tensor

/** Keywords of {@link TensorConversions.to}. */
export interface ToKeywords {
  device?: DeviceLike | null
  dtype?: DType | null
  non_blocking?: boolean
  copy?: boolean
  memory_format?: MemoryFormat | null
}

/** What a tensor becomes: another dtype or device, numbers, arrays. */
export interface TensorConversions {
  /**
   * The tensor with another dtype, device or both; an object over the same tensor where nothing changes.
   *
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.to.html
   */
  to(dtype: DType, options?: ToKeywords): Tensor
  to(device: DeviceLike, dtype?: DType, options?: ToKeywords): Tensor
  to(device: DeviceLike, options: ToKeywords): Tensor
  to(other: Tensor, options?: ToKeywords): Tensor
  to(options: ToKeywords): Tensor

  cpu(options?: { memory_format?: MemoryFormat | null }): Tensor
  cuda(device?: DeviceLike | null, non_blocking?: boolean): Tensor
  cuda(options: {
    device?: DeviceLike | null
    non_blocking?: boolean
    memory_format?: MemoryFormat | null
  }): Tensor
  float(options?: { memory_format?: MemoryFormat | null }): Tensor
  double(options?: { memory_format?: MemoryFormat | null }): Tensor
  half(options?: { memory_format?: MemoryFormat | null }): Tensor
  bfloat16(options?: { memory_format?: MemoryFormat | null }): Tensor
  int(options?: { memory_format?: MemoryFormat | null }): Tensor
  long(options?: { memory_format?: MemoryFormat | null }): Tensor
  short(options?: { memory_format?: MemoryFormat | null }): Tensor
  char(options?: { memory_format?: MemoryFormat | null }): Tensor
  byte(options?: { memory_format?: MemoryFormat | null }): Tensor
  bool(options?: { memory_format?: MemoryFormat | null }): Tensor
  cfloat(options?: { memory_format?: MemoryFormat | null }): Tensor
  cdouble(options?: { memory_format?: MemoryFormat | null }): Tensor
  /**
   * The dtype's legacy name, or the tensor as a dtype, given as such or as in old scripts: `torch.LongTensor`,
   * `'torch.LongTensor'`.
   */
  type(): string
  type(dtype: DType | string | LegacyType, options?: { non_blocking?: boolean }): Tensor

  /** The one element as a number (boolean, {@link Complex}); an int64 beyond 2^53 throws and names item_bigint(). */
  item(): number
  /** The one element of an integer tensor, exactly. */
  item_bigint(): bigint
  /** Nested arrays of its elements; a number for a 0-d tensor. */
  tolist(): NestedList
  /**
   * A typed array over the tensor's own memory (contiguous CPU tensors), or with `{ copy: true }` a copy of any
   * tensor's elements. Half and bfloat16 come as the 16 bits of each, complex numbers as pairs.
   */
  typed_array(options?: { copy?: boolean }): TypedArray

  dim(): number
  ndimension(): number
  nelement(): number
  element_size(): number
  size(): Shape
  size(dim: number): number
  stride(): number[]
  stride(dim: number): number
  storage_offset(): number
  data_ptr(): number
  is_complex(): boolean
  is_floating_point(): boolean
  is_signed(): boolean
  get_device(): number
  /** A tensor of the same dtype and device from data. */
  new_tensor(data: unknown, options?: { dtype?: DType; device?: DeviceLike; requires_grad?: boolean }): Tensor
}

const { handle_of } = base
const convert = bind_method('to', 'to.dtype_layout')
const convert_dtype = bind_method('to', 'to.dtype')
const from_data: { make?: (data: unknown, options: Record<string, unknown>) => Tensor } = {}

/** Called by lib/tensor/create.ts, which this file cannot import. */
export function install_creation(make: (data: unknown, options: Record<string, unknown>) => Tensor): void {
  from_data.make = make
}

function to(this: Tensor, ...args: unknown[]): Tensor {
  const first = args[0]
  if (first instanceof DType && args.length === 1) return convert_dtype.call(this, first) as Tensor
  return convert.call(this, to_keywords(args)) as Tensor
}

const FLAGS = [
  { non_blocking: optional(false, bool) },
  { copy: optional(false, bool) },
  { memory_format: keyword<MemoryFormat | null>(null) },
] as const
const DEVICE = { device: keyword<DeviceLike | null>(null) } as const
const DTYPE = { dtype: keyword<DType | null>(null) } as const
const OTHER = { other: keyword<Tensor | null>(null) } as const

// Three parameter lists, by what the first argument is; what a list does not have may be given by keyword.
const BY_DTYPE = signature('to', { dtype: optional<DType | null>(null) }, ...FLAGS, DEVICE, OTHER)
const BY_TENSOR = signature('to', { other: optional<Tensor | null>(null) }, ...FLAGS, DEVICE, DTYPE)
const BY_DEVICE = signature(
  'to',
  { device: optional<DeviceLike | null>(null) },
  { dtype: optional<DType | null>(null) },
  ...FLAGS,
  OTHER,
)

/** The keywords that a call of `to`, in any of its forms, stands for; those that were not given are left out. */
export function to_keywords(args: unknown[]): ToKeywords {
  const first = args[0]
  const keywords: Record<string, unknown> = {}
  if (args.length === 0) {
    throw type_error(
      'to() received an invalid combination of arguments - got (), but expected one of:\n * (torch.device device, torch.dtype dtype, bool non_blocking, bool copy, *, torch.memory_format memory_format)\n * (torch.dtype dtype, bool non_blocking, bool copy, *, torch.memory_format memory_format)\n * (Tensor tensor, bool non_blocking, bool copy, *, torch.memory_format memory_format)',
    )
  }
  const parameters = first instanceof DType ? BY_DTYPE : first instanceof base.Tensor ? BY_TENSOR : BY_DEVICE
  const given: Record<string, unknown> = parameters.take(args)
  if (given['other'] instanceof base.Tensor) {
    keywords['device'] = given['other'].device
    keywords['dtype'] = given['other'].dtype
  }
  for (const name of ['device', 'dtype', 'non_blocking', 'copy', 'memory_format']) {
    if (given[name] !== null && given[name] !== false) keywords[name] = given[name]
  }
  const target = own_value(keywords, 'device')
  if (
    target !== undefined &&
    !(target instanceof Device || typeof target === 'string' || typeof target === 'number')
  ) {
    throw type_error(`to(): argument 'device' must be torch.device, not ${type_name(target)}`, 'to')
  }
  return keywords
}

const as = (dtype: DType) =>
  function (this: Tensor, memory_format?: MemoryFormat | null): Tensor {
    if (memory_format === undefined || memory_format === null)
      return convert_dtype.call(this, dtype) as Tensor
    return convert.call(this, { dtype, memory_format }) as Tensor
  }

/** What `item` gives for the addon's value. */
export function number_of_item(value: ReturnType<typeof native.item>): number | boolean | Complex {
  if (typeof value === 'bigint') {
    throw make_error(
      'RuntimeError',
      `item(): ${value} cannot be held exactly by a number; use item_bigint()`,
      'item',
    )
  }
  return typeof value === 'object' ? new Complex(value.re, value.im) : value
}

export const conversions: { [K in keyof TensorConversions]: unknown } = {
  to,
  cpu(this: Tensor, memory_format: MemoryFormat | null = null) {
    return this.to('cpu', { memory_format })
  },
  cuda(
    this: Tensor,
    device: DeviceLike | null = null,
    non_blocking = false,
    memory_format: MemoryFormat | null = null,
  ) {
    return this.to(device ?? 'cuda', { non_blocking, memory_format })
  },
  float: as(dtypes.float32),
  double: as(dtypes.float64),
  half: as(dtypes.float16),
  bfloat16: as(dtypes.bfloat16),
  int: as(dtypes.int32),
  long: as(dtypes.int64),
  short: as(dtypes.int16),
  char: as(dtypes.int8),
  byte: as(dtypes.uint8),
  bool: as(dtypes.bool),
  cfloat: as(dtypes.complex64),
  cdouble: as(dtypes.complex128),
  type(this: Tensor, dtype: unknown = null, non_blocking = false) {
    if (dtype !== null) return as_type(this, dtype, base.Tensor, non_blocking)
    const place = this.device.type === 'cpu' ? 'torch' : `torch.${this.device.type}`
    return `${place}.${legacy_name(this.dtype)}Tensor`
  },
  item(this: Tensor) {
    return number_of_item(native.item(base.raw_handle(this)))
  },
  item_bigint(this: Tensor) {
    const value = native.item(base.raw_handle(this))
    if (typeof value === 'object' || (typeof value === 'number' && !Number.isInteger(value))) {
      throw type_error(`item_bigint(): expected an integer tensor, not ${this.dtype}`, 'item_bigint')
    }
    return BigInt(value)
  },
  tolist(this: Tensor) {
    const elements = decode_elements(this)
    const shape = this.shape
    return shape.length === 0 ? elements[0] : nest(elements, shape)
  },
  typed_array(this: Tensor, copy = false) {
    return typed_array(this, { copy })
  },
  dim(this: Tensor) {
    return this.ndim
  },
  ndimension(this: Tensor) {
    return this.ndim
  },
  nelement(this: Tensor) {
    return this.numel()
  },
  element_size(this: Tensor) {
    return this.itemsize
  },
  size(this: Tensor, dim?: number | null) {
    return dim === undefined || dim === null ? this.shape : at_dim(this.shape, dim)
  },
  stride(this: Tensor, dim?: number | null) {
    const strides = native.stride(handle_of(this))
    return dim === undefined || dim === null ? strides : at_dim(strides, dim)
  },
  storage_offset(this: Tensor) {
    return native.storage_offset(handle_of(this))
  },
  data_ptr(this: Tensor) {
    return native.data_ptr(handle_of(this))
  },
  is_complex(this: Tensor) {
    return this.dtype.is_complex
  },
  is_floating_point(this: Tensor) {
    return this.dtype.is_floating_point
  },
  is_signed(this: Tensor) {
    return this.dtype.is_signed
  },
  get_device(this: Tensor) {
    return this.device.index ?? -1
  },
  new_tensor(this: Tensor, data: unknown, options: Record<string, unknown> = {}) {
    return own_value(from_data, 'make')!(data, { dtype: this.dtype, device: this.device, ...options })
  },
}

const FORMAT = 'memory_format?'
methods(
  { prototype: conversions },
  {
    cpu: FORMAT,
    cuda: 'device?, non_blocking?, memory_format?',
    float: FORMAT,
    double: FORMAT,
    half: FORMAT,
    bfloat16: FORMAT,
    int: FORMAT,
    long: FORMAT,
    short: FORMAT,
    char: FORMAT,
    byte: FORMAT,
    bool: FORMAT,
    cfloat: FORMAT,
    cdouble: FORMAT,
    type: 'dtype?, non_blocking?',
    item: '',
    item_bigint: '',
    tolist: '',
    typed_array: '*, copy?',
    dim: '',
    ndimension: '',
    nelement: '',
    element_size: '',
    size: 'dim?',
    stride: 'dim?',
    storage_offset: '',
    data_ptr: '',
    is_complex: '',
    is_floating_point: '',
    is_signed: '',
    get_device: '',
  },
)

function at_dim(values: number[], dim: number): number {
  const found = values[dim < 0 ? dim + values.length : dim]
  if (found === undefined) {
    const most = Math.max(values.length, 1)
    throw make_error(
      'IndexError',
      `Dimension out of range (expected to be in range of [${-most}, ${most - 1}], but got ${dim})`,
      'size',
    )
  }
  return found
}
