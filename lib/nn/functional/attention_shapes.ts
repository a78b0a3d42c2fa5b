import { assertion_error } from '../../errors.js'
import type { Tensor } from '../../tensor.js'
import { py_ints, py_size } from '../repr.js'

interface Inputs {
  query: Tensor
  key: Tensor
  value: Tensor
  key_padding_mask: Tensor | null
  attn_mask: Tensor | null
  num_heads: number
}

/** Refuses inputs of attention whose dimensions do not go together; says whether there is a batch. */
export function check_shapes({ query, key, value, key_padding_mask, attn_mask, num_heads }: Inputs): boolean {
  const batched = query.ndim === 3
  if (!batched && query.ndim !== 2) {
    throw assertion_error(
      `query should be unbatched 2D or batched 3D tensor but received ${query.ndim}-D query tensor`,
    )
  }
  const dims = query.ndim
  const kind = batched ? 'batched (3-D)' : 'unbatched (2-D)'
  if (key.ndim !== dims || value.ndim !== dims) {
    throw assertion_error(
      `For ${kind} \`query\`, expected \`key\` and \`value\` to be ${dims}-D but found ${key.ndim}-D and ${value.ndim}-D tensors respectively`,
    )
  }
  if (key_padding_mask !== null && key_padding_mask.ndim !== dims - 1) {
    throw assertion_error(
      `For ${kind} \`query\`, expected \`key_padding_mask\` to be \`None\` or ${dims - 1}-D but found ${key_padding_mask.ndim}-D tensor instead`,
    )
  }
  if (attn_mask === null) return batched
  if (attn_mask.ndim !== 2 && attn_mask.ndim !== 3) {
    throw assertion_error(
      `For ${kind} \`query\`, expected \`attn_mask\` to be \`None\`, 2-D or 3-D but found ${attn_mask.ndim}-D tensor instead`,
    )
  }
  const expected = [num_heads, query.size(0), key.size(0)]
  if (!batched && attn_mask.ndim === 3 && attn_mask.shape.join() !== expected.join()) {
    throw assertion_error(
      `Expected \`attn_mask\` shape to be ${py_ints(expected)} but got ${py_size(attn_mask.shape)}`,
    )
  }
  return batched
}
