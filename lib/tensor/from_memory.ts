import { markAsUntransferable } from 'node:worker_threads'
import type { DType } from '../dtype.js'
import { type_error, type_name, value_error } from '../errors.js'
import { expect_dtype } from '../expect.js'
import { collect, collect_all } from '../memory.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { member } from '../own.js'
import { keyword, positional, required, required_keyword } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { is_array_buffer, is_typed_array } from '../realm.js'
import { type Tensor, wrap } from '../tensor.js'
import { dtype_of_array, type TypedArray } from './elements.js'

/**
 * A tensor over the memory of a typed array, copied where it cannot be shared: where an array is empty, or does not begin at
 * a multiple of its elements' size. The tensor keeps the memory alive; the buffer can no longer be transferred.
 *
 * @throws TypeError for a resizable buffer, whose memory may go
 */
function over(view: ArrayBufferView, dtype: DType, count: number): Tensor {
  const { buffer, byteOffset, byteLength } = view
  if (member(buffer as { resizable?: boolean; growable?: boolean }, 'resizable'))
    throw type_error(
      'a tensor cannot share the memory of a resizable ArrayBuffer, which may go: copy it, as torch.tensor(array)',
    )
  if (byteLength === 0 || byteOffset % dtype.itemsize !== 0)
    return wrap(native.from_bytes(view, dtype[LOWERED], [count]))
  if (is_array_buffer(buffer)) keep_in_place(buffer)
  collect_borrowed(byteLength)
  return wrap(native.over_bytes(view, buffer.byteLength, dtype[LOWERED], [count]))
}

// The addon counts what LibTorch's allocator gives out, and this memory is V8's.
const MINOR_BYTES = 32 << 20
const MAJOR_BYTES = 512 << 20
let since_minor = 0
let since_major = 0

function collect_borrowed(bytes: number): void {
  since_minor += bytes
  since_major += bytes
  if (since_minor < MINOR_BYTES) return
  since_minor = 0
  if (since_major < MAJOR_BYTES) {
    collect()
    return
  }
  since_major = 0
  collect_all()
}

// Memory that is transferred is somebody else's, who may let it go. The addon asks at every use of the tensor too.
function keep_in_place(buffer: ArrayBuffer): void {
  markAsUntransferable(buffer)
  for (const name of ['transfer', 'transferToFixedLength']) {
    if (Object.hasOwn(buffer, name)) return
    Object.defineProperty(buffer, name, {
      value: () => {
        throw type_error('Cannot transfer an ArrayBuffer whose memory a tensor shares')
      },
      configurable: true,
    })
  }
}

const FROM_NUMPY = signature('from_numpy', { ndarray: positional<TypedArray | Uint8ClampedArray>() })

/**
 * A tensor of one dimension over a typed array's own memory: Node has typed arrays where Python has NumPy. What is written to
 * one is seen in the other. The tensor keeps the memory alive, and the array's buffer can no longer be transferred to another
 * thread; the other way, `x.numpy()` shares the tensor's memory.
 *
 * @param array the elements; their type gives the dtype
 * @throws TypeError where it is no typed array, or its buffer is resizable
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.from_numpy(Float64Array.of(1, 2)).reshape(2, 1)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.from_numpy.html
 */
export function from_numpy(array: TypedArray | Uint8ClampedArray): Tensor
export function from_numpy(...args: unknown[]): Tensor {
  const [array] = FROM_NUMPY.bind(args)
  if (!is_typed_array(array))
    throw type_error(`from_numpy(): expected a typed array (got ${type_name(array)})`, 'from_numpy')
  return over(array, dtype_of_array(array), array.length)
}

const FROMBUFFER = signature(
  'frombuffer',
  { buffer: required<ArrayBufferLike | ArrayBufferView>() },
  { dtype: required_keyword<DType>(expect_dtype) },
  { count: keyword(-1) },
  { offset: keyword(0) },
  { requires_grad: keyword(false) },
)

/**
 * A tensor of one dimension over raw bytes (little-endian), as {@link from_numpy}; copied where the elements do not begin at a
 * multiple of their size.
 *
 * @param buffer a Buffer, an ArrayBuffer or a view of one
 * @param options.dtype the elements' dtype
 * @param options.count how many elements; negative takes all that follow (default -1)
 * @param options.offset how many bytes are skipped (default 0)
 * @param options.requires_grad whether operations on the tensor are recorded (default false)
 * @throws ValueError where the bytes do not make whole elements, or are too few
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.frombuffer(Buffer.from([1, 0, 2, 0]), { dtype: torch.int16 }).tolist() // [1, 2]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.frombuffer.html
 */
export function frombuffer(
  buffer: ArrayBufferLike | ArrayBufferView,
  options: { dtype: DType; count?: number; offset?: number; requires_grad?: boolean },
): Tensor
export function frombuffer(...args: unknown[]): Tensor {
  const { buffer, dtype, count, offset, requires_grad } = FROMBUFFER.take(args)
  const bytes = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer)
  const [size, length] = [dtype.itemsize, bytes.length]
  if (length === 0 || count === 0)
    throw value_error(`both buffer length (${length}) and count (${count}) must not be 0`, 'frombuffer')
  if (offset < 0 || offset >= length) {
    throw value_error(
      `offset (${offset} bytes) must be non-negative and no greater than buffer length (${length} bytes) minus 1`,
      'frombuffer',
    )
  }
  if (count < 0 && (length - offset) % size !== 0) {
    throw value_error(
      `buffer length (${length - offset} bytes) after offset (${offset} bytes) must be a multiple of element size (${size})`,
      'frombuffer',
    )
  }
  const elements = count < 0 ? (length - offset) / size : count
  if (offset + elements * size > length) {
    throw value_error(
      `requested buffer length (${elements} * ${size} bytes) after offset (${offset} bytes) must not be greater than actual buffer length (${length} bytes)`,
      'frombuffer',
    )
  }
  const made = over(bytes.subarray(offset, offset + elements * size), dtype, elements)
  return requires_grad ? made.requires_grad_() : made
}
