import { without_grad } from '../../autograd/grad_mode.js'
import { int64 } from '../../dtype.js'
import { assertion_error, not_implemented_error, value_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { py_size } from '../repr.js'

/** Keywords of {@link embedding}. */
export interface EmbeddingOptions {
  /** A row that gets no gradient; negative ones count from the end. Default: none. */
  padding_idx?: number | null
  /** Rows of a greater norm are scaled down to it, in place. Default: not at all. */
  max_norm?: number | null
  /** The p of that norm. Default: 2. */
  norm_type?: number
  /** Whether gradients are divided by how often a row was used. Default: false. */
  scale_grad_by_freq?: boolean
  /** Whether the weight's gradient is sparse. Default: false. */
  sparse?: boolean
}

type Given = Required<EmbeddingOptions> & { input: Tensor; weight: Tensor }

const DEFAULTS: Partial<Given> = {
  padding_idx: null,
  max_norm: null,
  norm_type: 2,
  scale_grad_by_freq: false,
  sparse: false,
}
const NAMES = [
  'input',
  'weight',
  'padding_idx',
  'max_norm',
  'norm_type',
  'scale_grad_by_freq',
  'sparse',
] as const

function renorm(weight: Tensor, input: Tensor, max_norm: number, norm_type: number): void {
  without_grad(() => ops.embedding_renorm_(weight.detach(), input, max_norm, norm_type))
}

/**
 * The rows of a table that whole numbers name: weight[input].
 *
 * @param input integers of any shape
 * @param weight the table, (rows, width)
 * @returns (…input.shape, width)
 * @throws AssertionError for a padding_idx outside the table
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.embedding(torch.tensor([1n]), torch.eye(3)).tolist() // [[0, 1, 0]]
 * ```
 * @see torch/nn/functional.py
 */
export function embedding(
  input: Tensor,
  weight: Tensor | (EmbeddingOptions & { weight: Tensor }),
  padding_idx?: number | null | EmbeddingOptions,
  max_norm?: number | null | EmbeddingOptions,
  norm_type?: number | EmbeddingOptions,
  scale_grad_by_freq?: boolean | EmbeddingOptions,
  sparse?: boolean | EmbeddingOptions,
): Tensor
export function embedding(...args: unknown[]): Tensor {
  const given = take_arguments<Given>('embedding', args, NAMES, DEFAULTS)
  const { weight, max_norm, norm_type, scale_grad_by_freq, sparse } = given
  let { input, padding_idx } = given
  if (padding_idx === null) padding_idx = -1
  else {
    const rows = weight.shape[0] ?? 0
    if (padding_idx >= rows || padding_idx < -rows)
      throw assertion_error('Padding_idx must be within num_embeddings')
    if (padding_idx < 0) padding_idx += rows
  }
  if (max_norm !== null) {
    input = input.contiguous()
    renorm(weight, input, max_norm, norm_type)
  }
  return ops.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)
}

/** Keywords of {@link embedding_bag}. */
export interface EmbeddingBagOptions extends Omit<EmbeddingOptions, 'padding_idx'> {
  /** Where each bag begins in an input of one dimension. */
  offsets?: Tensor | null
  /** `'sum'`, `'mean'` or `'max'`. Default: `'mean'`. */
  mode?: 'sum' | 'mean' | 'max'
  /** A factor for each index, with `'sum'` only. */
  per_sample_weights?: Tensor | null
  /** Whether the last offset is the end of the last bag. Default: false. */
  include_last_offset?: boolean
  /** A row that counts for nothing. Default: none. */
  padding_idx?: number | null
}

type GivenBag = Required<EmbeddingBagOptions> & { input: Tensor; weight: Tensor }

const BAG_NAMES = [
  'input',
  'weight',
  'offsets',
  'max_norm',
  'norm_type',
  'scale_grad_by_freq',
  'mode',
  'sparse',
  'per_sample_weights',
  'include_last_offset',
  'padding_idx',
] as const
const BAG_DEFAULTS: Partial<GivenBag> = {
  offsets: null,
  max_norm: null,
  norm_type: 2,
  scale_grad_by_freq: false,
  mode: 'mean',
  sparse: false,
  per_sample_weights: null,
  include_last_offset: false,
  padding_idx: null,
}
const MODES = ['sum', 'mean', 'max']

/**
 * Sums, means or maxima of bags of rows of a table, without the rows themselves being made.
 *
 * @param input (bags, n) integers, or one dimension with `offsets`
 * @param weight the table, (rows, width)
 * @returns (bags, width)
 * @throws ValueError for shapes or a mode that do not fit
 * @see torch/nn/functional.py
 */
export function embedding_bag(
  input: Tensor,
  weight: Tensor | (EmbeddingBagOptions & { weight: Tensor }),
  offsets?: Tensor | null | EmbeddingBagOptions,
  max_norm?: number | null | EmbeddingBagOptions,
  norm_type?: number | EmbeddingBagOptions,
  scale_grad_by_freq?: boolean | EmbeddingBagOptions,
  mode?: 'sum' | 'mean' | 'max' | EmbeddingBagOptions,
  sparse?: boolean | EmbeddingBagOptions,
  per_sample_weights?: Tensor | null | EmbeddingBagOptions,
  include_last_offset?: boolean | EmbeddingBagOptions,
  padding_idx?: number | null | EmbeddingBagOptions,
): Tensor
export function embedding_bag(...args: unknown[]): Tensor {
  const given = take_arguments<GivenBag>('embedding_bag', args, BAG_NAMES, BAG_DEFAULTS)
  let { input, weight, offsets, per_sample_weights, include_last_offset } = given
  const { mode } = given
  if (weight.dtype === int64 && input.is_floating_point()) {
    process.emitWarning(
      'Argument order of nn.functional.embedding_bag was changed: it is embedding_bag(input, weight, ...).',
    )
    ;[weight, input] = [input, weight]
  }
  if (per_sample_weights !== null && String(input.shape) !== String(per_sample_weights.shape)) {
    throw value_error(
      `embedding_bag: If per_sample_weights (${py_size(per_sample_weights.shape)}) is not None, then it must have the same shape as the input (${py_size(input.shape)})`,
    )
  }
  if (weight.ndim !== 2)
    throw value_error(`weight has to be a 2D Tensor, but got Tensor of dimension ${weight.ndim}`)
  if (input.ndim === 2) {
    if (offsets !== null) {
      throw value_error(
        "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, found offsets of type <class 'torch.Tensor'>",
      )
    }
    offsets = ops.arange(0, input.numel(), input.shape[1]!, { dtype: input.dtype, device: input.device })
    include_last_offset = false
    input = input.reshape(-1)
    per_sample_weights = per_sample_weights?.reshape(-1) ?? null
  } else if (input.ndim === 1) {
    if (offsets === null) throw value_error('offsets has to be a 1D Tensor but got None')
    if (offsets.ndim !== 1) throw value_error('offsets has to be a 1D Tensor')
  } else throw value_error(`input has to be 1D or 2D Tensor, but got Tensor of dimension ${input.ndim}`)
  const place = MODES.indexOf(mode)
  if (place < 0) throw value_error('mode has to be one of sum, mean or max')
  if (mode === 'max' && given.scale_grad_by_freq) {
    throw value_error('max mode does not support scaling the gradient by the frequency')
  }
  if (mode === 'max' && given.sparse) throw value_error('max mode does not support sparse weights')
  if (given.max_norm !== null) renorm(weight, input, given.max_norm, given.norm_type)
  if (per_sample_weights !== null && mode !== 'sum') {
    throw not_implemented_error(
      `embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got mode='${mode}'). Please open a feature request on GitHub.`,
    )
  }
  return ops.embedding_bag(
    weight,
    input,
    offsets,
    given.scale_grad_by_freq,
    place,
    given.sparse,
    per_sample_weights,
    include_last_offset,
    given.padding_idx,
  )[0]
}
