import { bool } from '../../dtype.js'
import { type_error, type_name } from '../../errors.js'
import { strided } from '../../layout.js'
import { own_value } from '../../own.js'
import { Tensor } from '../../tensor.js'
import { CLASS_OF } from './types.js'

type Make<T> = new (...args: never[]) => T

/** The part of the module `apache-arrow` that makes columns. */
export interface ArrowModule<Vector> {
  Vector: new (data: never[]) => Vector
  Field: Make<object>
  FixedSizeList: Make<object>
  makeData: (...args: never[]) => unknown
}

/**
 * A column of apache-arrow over a tensor's memory: copied only where the tensor is not contiguous or not on the CPU, and for
 * booleans, which Arrow packs into bits. Further dimensions become `FixedSizeList`s, one in the other. The column keeps
 * the memory alive, and sees what is written to the tensor.
 *
 * @param tensor of one dimension or more
 * @param arrow the module: `import * as arrow from 'apache-arrow'`, so that the column is of the program's own classes
 * @throws TypeError for a dtype that Arrow has not (bfloat16, the float8 and complex ones), for a tensor of no dimension or
 *   one without strides
 * @example
 * ```ts
 * import * as arrow from 'apache-arrow'
 * const table = new arrow.Table({ x: torch.utils.arrow.to_arrow(torch.ones(3, 2), arrow) })
 * ```
 * @see https://arrow.apache.org/docs/js/
 */
export function to_arrow<Vector>(tensor: Tensor, arrow: ArrowModule<Vector>): Vector {
  if (!(tensor instanceof Tensor))
    throw type_error(`to_arrow(): argument 'tensor' must be Tensor, not ${type_name(tensor)}`, 'to_arrow')
  if (typeof arrow?.makeData !== 'function')
    throw type_error(
      `to_arrow(): argument 'arrow' must be the module apache-arrow, not ${type_name(arrow)}`,
      'to_arrow',
    )
  const name = CLASS_OF.get(tensor.dtype)
  if (name === undefined)
    throw type_error(`to_arrow(): Arrow has no ${tensor.dtype}: convert the tensor first`, 'to_arrow')
  if (tensor.ndim === 0)
    throw type_error('to_arrow(): a column needs a dimension, and the tensor has none', 'to_arrow')
  if (tensor.layout !== strided)
    throw type_error(`to_arrow(): a column needs a strided tensor, not ${tensor.layout}`, 'to_arrow')

  const { Vector, Field, FixedSizeList, makeData } = arrow as unknown as Loose<Vector>
  const plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
  const length = plain.numel()
  let type: object = new (own_value(arrow as unknown as Record<string, new () => object>, name)!)()
  let data = makeData({
    type,
    length,
    nullCount: 0,
    data: plain.dtype === bool ? packed(plain) : plain.reshape(-1).typed_array(),
  })
  const sizes = plain.shape
  let rows = length
  for (let i = sizes.length - 1; i > 0; i--) {
    rows = sizes.slice(0, i).reduce((all, size) => all * size, 1)
    type = new FixedSizeList(sizes[i]!, new Field('item', type, false))
    data = makeData({ type, length: rows, nullCount: 0, child: data })
  }
  return new Vector([data])
}

interface Loose<Vector> {
  Vector: new (data: unknown[]) => Vector
  Field: new (name: string, type: object, nullable: boolean) => object
  FixedSizeList: new (size: number, field: object) => object
  makeData: (of: object) => unknown
}

/** One boolean a bit, the lowest first. */
function packed(tensor: Tensor): Uint8Array {
  const found = new Uint8Array((tensor.numel() + 7) >> 3)
  const bytes = tensor.reshape(-1).typed_array() as Uint8Array
  for (let i = 0; i < bytes.length; i++) if (bytes[i]) found[i >> 3]! |= 1 << (i & 7)
  return found
}
