import { DType } from '../dtype.js'
import { type_error, type_name, value_error } from '../errors.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { type Tensor, wrap } from '../tensor.js'
import { dtype_of_array, type TypedArray } from './elements.js'

/**
 * A tensor of one dimension with a typed array's elements: Node has typed arrays where Python has NumPy. The elements
 * are copied; the other way, `x.numpy()` shares the tensor's memory.
 *
 * @param array the elements; their type gives the dtype
 * @throws TypeError where it is no typed array
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.from_numpy(Float64Array.of(1, 2)).reshape(2, 1)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.from_numpy.html
 */
export function from_numpy(array: TypedArray | Uint8ClampedArray): Tensor {
  if (!ArrayBuffer.isView(array) || array instanceof DataView)
    throw type_error(`from_numpy(): expected a typed array (got ${type_name(array)})`, 'from_numpy')
  return wrap(native.from_bytes(array, dtype_of_array(array)[LOWERED], [array.length]))
}

/**
 * A tensor of one dimension from raw bytes (little-endian), which are copied.
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
): Tensor {
  const { dtype, count = -1, offset = 0, requires_grad = false } = options
  if (!(dtype instanceof DType))
    throw type_error(`frombuffer(): argument 'dtype' must be torch.dtype, not ${type_name(dtype)}`)
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
  const made = wrap(
    native.from_bytes(bytes.subarray(offset, offset + elements * size), dtype[LOWERED], [elements]),
  )
  return requires_grad ? made.requires_grad_() : made
}
