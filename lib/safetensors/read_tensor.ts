import { type DeviceLike, device as make_device } from '../device.js'
import type { DType } from '../dtype.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { operator } from '../ops/operator.js'
import { keep_mapping, mapped_record } from '../serialization/mapped.js'
import { empty_bytes, read_plain } from '../serialization/read_storage.js'
import type { Source } from '../serialization/source.js'
import type { IndexItem } from '../tensor/indexing.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'
import type { TensorInfo } from './header.js'

const aten_empty = operator('aten::empty.memory_format')

/** A tensor of a file: the file's own memory where it is mapped and the place is one for the dtype, else a copy. */
export function read_tensor(source: Source, mapped: Tensor | null, info: TensorInfo): Tensor {
  if (mapped !== null && info.bytes > 0 && info.at % info.dtype.itemsize === 0) {
    return shaped(mapped_record(mapped, info.at, info.bytes), info.dtype, info.shape)
  }
  const bytes = empty_bytes(info.bytes)
  read_plain(source, info.at, bytes)
  return shaped(bytes, info.dtype, info.shape)
}

/** A tensor's part as {@link Tensor.at} gives it. Where a number or a slice comes first, only its rows are read. */
export function read_part(source: Source, info: TensorInfo, index: readonly IndexItem[]): Tensor {
  const [first, ...rest] = index
  const [rows = 0, ...row_shape] = info.shape
  const is_row = typeof first === 'number' || typeof first === 'bigint'
  if (rows === 0 || !(is_row || (typeof first === 'string' && first.includes(':'))))
    return read_tensor(source, null, info).at(...index)
  // Numbers from the end, slices without one, and errors are as for any tensor.
  const numbers = aten_empty([rows], { device: 'meta' }).at(first)
  const [count, step] = is_row ? [1, 1] : [numbers.shape[0]!, numbers.stride()[0]!]
  const start = numbers.storage_offset()
  const end = count === 0 ? start : start + (count - 1) * step + 1
  const bytes = info.bytes / rows
  const read = read_tensor(source, null, {
    dtype: info.dtype,
    shape: [end - start, ...row_shape],
    at: info.at + start * bytes,
    bytes: (end - start) * bytes,
  })
  return read.at(is_row ? 0 : `::${step}`, ...rest)
}

function shaped(bytes: Tensor, dtype: DType, shape: readonly number[]): Tensor {
  const stride: number[] = []
  let next = 1
  for (const size of [...shape].reverse()) {
    stride.unshift(next)
    next *= Math.max(1, size)
  }
  const offset = native.storage_offset(handle_of(bytes)) / dtype.itemsize
  const result = wrap(native.view_storage(handle_of(bytes), dtype[LOWERED], offset, shape, stride))
  keep_mapping(bytes, result)
  return result
}

/** The tensor on a device; itself where it is there. */
export function put(tensor: Tensor, device: DeviceLike): Tensor {
  return String(device) === 'cpu' ? tensor : tensor.to(make_device(device))
}
