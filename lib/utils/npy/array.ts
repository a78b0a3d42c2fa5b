import { type_error, type_name, value_error } from '../../errors.js'
import { native } from '../../native.js'
import { LOWERED } from '../../ops/lowered.js'
import { empty_bytes, read_into } from '../../serialization/read_storage.js'
import type { Source } from '../../serialization/source.js'
import { handle_of, Tensor, wrap } from '../../tensor.js'
import { descr_of, read_header, write_header } from './header.js'

/** The strides of an array whose first (`fortran`) or last dimension runs fastest. */
function strides_of(shape: readonly number[], fortran: boolean): number[] {
  const strides = new Array<number>(shape.length).fill(1)
  let step = 1
  for (let i = 0; i < shape.length; i++) {
    const dim = fortran ? i : shape.length - 1 - i
    strides[dim] = step
    step *= Math.max(shape[dim]!, 1)
  }
  return strides
}

/** The tensor of a .npy file. */
export function read_array(source: Source): Tensor {
  const { dtype, swap, fortran_order, shape, at } = read_header(source)
  const count = shape.reduce((product, size) => product * size, 1)
  const bytes = count * dtype.itemsize
  if (!Number.isSafeInteger(bytes) || at + bytes > source.size) {
    throw value_error(
      `'${source.name}': its ${count} elements take ${bytes} bytes, and ${source.size - at} are there`,
    )
  }
  const memory = empty_bytes(bytes)
  read_into(source, at, memory, swap)
  return wrap(
    native.view_storage(handle_of(memory), dtype[LOWERED], 0, shape, strides_of(shape, fortran_order)),
  )
}

/** The bytes of a .npy file: the header's, and the elements'. */
export function array_bytes(value: unknown, operator: string, argument: string): [Buffer, Uint8Array] {
  if (!(value instanceof Tensor))
    throw type_error(
      `${operator}(): argument '${argument}' must be Tensor, not ${type_name(value)}`,
      operator,
    )
  const descr = descr_of(value.dtype)
  if (descr === undefined)
    throw type_error(
      `${operator}(): NumPy has no ${value.dtype}; save it as another, as x.to(torch.float32)`,
      operator,
    )
  const plain = value.detach().cpu().resolve_conj().resolve_neg()
  // As NumPy, a transposed array is written as it lies.
  const dims = plain.shape.map((_, i) => plain.ndim - 1 - i)
  const turned = plain.permute(dims)
  const fortran = !plain.is_contiguous() && turned.is_contiguous()
  const elements = (fortran ? turned : plain.contiguous()).typed_array()
  return [
    write_header(descr, fortran, plain.shape),
    new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength),
  ]
}
