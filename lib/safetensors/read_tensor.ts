import { type DeviceLike, device as make_device } from '../device.js'
import type { DType } from '../dtype.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { keep_mapping, mapped_record } from '../serialization/mapped.js'
import { empty_bytes, read_into } from '../serialization/read_storage.js'
import type { Source } from '../serialization/source.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'
import type { TensorInfo } from './header.js'

/** A tensor of a file: the file's own memory where it is mapped and the place is one for the dtype, else a copy. */
export function read_tensor(source: Source, mapped: Tensor | null, info: TensorInfo): Tensor {
  if (mapped !== null && info.bytes > 0 && info.at % info.dtype.itemsize === 0) {
    return shaped(mapped_record(mapped, info.at, info.bytes), info.dtype, info.shape)
  }
  const bytes = empty_bytes(info.bytes)
  read_into(source, info.at, bytes)
  return shaped(bytes, info.dtype, info.shape)
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
