import { type DType, float16 } from '../../dtype.js'
import { runtime_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import type { Reduction } from '../_reduction.js'
import type { Chunking } from '../modules/linear_cross_entropy_options.js'
import { py_ints } from '../repr.js'

/** What the loss is of. */
export interface ChunkedInputs {
  /** (N, F) */
  input: Tensor
  /** (C, F) */
  linear_weight: Tensor
  /** (N), int64 */
  target: Tensor
  /** (C) */
  linear_bias: Tensor | null
  /** (C): a factor for each class. */
  weight: Tensor | null
}

/** Which gradients are wanted. */
export interface Wanted {
  input: boolean
  linear_weight: boolean
  linear_bias: boolean
}

/** How the loss is reduced, and which target does not count. */
export interface Reducing {
  reduction: Reduction
  ignore_index: number
  /** (N): the losses' gradient, in the backward of `'none'`. */
  upstream: Tensor | null
}

/** What is kept in which dtype, and by which road each gradient is summed: PyTorch's choices, for its bits. */
export interface ChunkPlan {
  cuda: boolean
  /** Sums are kept in a wider dtype than the input's. */
  wide: boolean
  rows: number
  dtype: DType
  acc: DType
  output: DType
  grad_input: DType
  scores: DType
  /** linear_weight's where it is multiplied. */
  factor: DType
  /** A chunk's gradient of linear_weight is summed in `acc` before it is added. */
  weight_scratch: boolean
  bias_scratch: boolean
  input_scratch: boolean
  /** The input's chunk is copied to `acc`. */
  copies_input: boolean
  /** The input's gradient is a product of narrower scores. */
  narrow_scores: boolean
}

export function make_plan(given: ChunkedInputs, chunking: Chunking, wanted: Wanted): ChunkPlan {
  const { input, linear_weight, linear_bias } = given
  const { policy, acc_dtype: acc, rows } = chunking
  const { dtype } = input
  const outputs = linear_weight.shape.slice(0, -1)
  if (linear_bias !== null && linear_bias.shape.join() !== outputs.join())
    throw runtime_error(
      `linear_cross_entropy: expected linear_bias shape ${py_ints(outputs)}, got ${py_ints(linear_bias.shape)}.`,
    )
  const wide = dtype !== acc
  if (wide && !(dtype.itemsize === 2 && acc.itemsize === 4))
    throw runtime_error(
      `linear_cross_entropy supports float32 acc_dtype with float16/bfloat16 inputs, but got ${acc} acc_dtype and ` +
        `${dtype} inputs.`,
    )
  const cuda = input.device.type === 'cuda'
  const spares = policy !== 'accurate'
  const scores = wide && !(dtype === float16 && spares) ? acc : dtype
  const grad_input = wide && !spares ? acc : dtype
  const casts = wide && (!cuda || (wanted.input && grad_input === scores))
  const factor = casts ? scores : dtype
  return {
    cuda,
    wide,
    rows,
    dtype,
    acc,
    output: wide && dtype === float16 ? acc : dtype,
    grad_input,
    scores,
    factor,
    weight_scratch: wanted.linear_weight && !(policy === 'compact' && (cuda || scores === dtype)),
    bias_scratch: wanted.linear_bias && wide,
    input_scratch: wanted.input && !cuda && grad_input !== factor,
    copies_input: wide && (wanted.linear_weight || (!cuda && scores !== dtype)),
    narrow_scores: cuda && wanted.input && scores !== grad_input,
  }
}

/** The targets, with a class that exists in the place of an ignored one that does not; and each row's share. */
export function share_rows(given: ChunkedInputs, plan: ChunkPlan, reducing: Reducing) {
  const { target, weight, linear_weight } = given
  const { ignore_index, reduction, upstream } = reducing
  const ignored = target.eq(ignore_index)
  const outside = ignore_index < 0 || ignore_index >= linear_weight.size(0)
  const classes = outside ? ops.where(ignored, 0, target) : target
  const shares = shares_of(weight, classes, ignored, plan.wide ? plan.acc : plan.dtype)
  if (reduction === 'mean') {
    const total = shares.sum()
    shares.div_(ops.where(total.eq(0), Number.NaN, total.neg()))
  } else if (reduction === 'sum') {
    shares.neg_()
  } else if (upstream !== null) {
    shares.neg_().mul_(upstream.to(shares.dtype))
  }
  return { classes, shares }
}

function shares_of(weight: Tensor | null, classes: Tensor, ignored: Tensor, dtype: DType): Tensor {
  if (weight === null) return ignored.bitwise_not().to(dtype)
  if (classes.numel() > weight.numel())
    return ops.where(ignored, 0, weight.to(dtype).index_select(0, classes))
  return ops.where(ignored, 0, weight.index_select(0, classes).to(dtype))
}
