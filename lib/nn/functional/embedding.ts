import { without_grad } from '../../autograd/grad_mode.js'
import { int64 } from '../../dtype.js'
import { assertion_error, not_implemented_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, optional_tensor, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_size } from '../repr.js'

function renorm(weight: Tensor, input: Tensor, max_norm: number, norm_type: number): void {
  without_grad(() => ops.embedding_renorm_(weight.detach(), input, max_norm, norm_type))
}

const NUMBER_OR_NULL = optional<number | null>(null)
const TABLE = [{ input: tensor }, { weight: tensor }] as const

/**
 * The rows of a table that whole numbers name: weight[input].
 *
 * @param input - integers of any shape
 * @param weight - the table, (rows, width)
 * @param padding_idx - a row that gets no gradient; negative ones count from the end. Default: none
 * @param max_norm - rows of a greater norm are scaled down to it, in place. Default: none
 * @param norm_type - the p of that norm. Default: 2
 * @param scale_grad_by_freq - whether gradients are divided by how often a row was used. Default: false
 * @param sparse - whether the weight's gradient is sparse. Default: false
 * @returns (…input.shape, width)
 * @throws AssertionError for a padding_idx outside the table
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.embedding(torch.tensor([1n]), torch.eye(3)).tolist() // [[0, 1, 0]]
 * ```
 * @see torch/nn/functional.py
 */
export const embedding = callable(
  signature(
    'embedding',
    ...TABLE,
    { padding_idx: NUMBER_OR_NULL },
    { max_norm: NUMBER_OR_NULL },
    { norm_type: optional(2) },
    { scale_grad_by_freq: optional(false) },
    { sparse: optional(false) },
  ),
  (given, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse): Tensor => {
    let input = given
    let padding = padding_idx ?? -1
    if (padding_idx !== null) {
      const rows = weight.shape[0] ?? 0
      if (padding >= rows || padding < -rows)
        throw assertion_error('Padding_idx must be within num_embeddings')
      if (padding < 0) padding += rows
    }
    if (max_norm !== null) {
      input = input.contiguous()
      renorm(weight, input, max_norm, norm_type)
    }
    return ops.embedding(weight, input, padding, scale_grad_by_freq, sparse)
  },
)

const MODES = ['sum', 'mean', 'max'] as const

/**
 * Sums, means or maxima of bags of rows of a table, without the rows themselves being made.
 *
 * @param input - (bags, n) integers, or one dimension with `offsets`
 * @param weight - the table, (rows, width)
 * @param offsets - where each bag begins in an input of one dimension
 * @param max_norm - rows of a greater norm are scaled down to it, in place. Default: none
 * @param norm_type - the p of that norm. Default: 2
 * @param scale_grad_by_freq - whether gradients are divided by how often a row was used. Default: false
 * @param mode - `'sum'`, `'mean'` or `'max'`. Default: `'mean'`
 * @param sparse - whether the weight's gradient is sparse. Default: false
 * @param per_sample_weights - a factor for each index, with `'sum'` only. Default: none
 * @param include_last_offset - whether the last offset is the end of the last bag. Default: false
 * @param padding_idx - a row that counts for nothing. Default: none
 * @returns (bags, width)
 * @throws ValueError for shapes or a mode that do not fit
 * @see torch/nn/functional.py
 */
export const embedding_bag = callable(
  signature(
    'embedding_bag',
    ...TABLE,
    { offsets: optional_tensor },
    { max_norm: NUMBER_OR_NULL },
    { norm_type: optional(2) },
    { scale_grad_by_freq: optional(false) },
    { mode: optional<(typeof MODES)[number]>('mean') },
    { sparse: optional(false) },
    { per_sample_weights: optional_tensor },
    { include_last_offset: optional(false) },
    { padding_idx: NUMBER_OR_NULL },
  ),
  (
    given_input,
    given_weight,
    given_offsets,
    max_norm,
    norm_type,
    scale_grad_by_freq,
    mode,
    sparse,
    given_factors,
    given_last,
    padding_idx,
  ): Tensor => {
    let [input, weight, offsets] = [given_input, given_weight, given_offsets]
    let [per_sample_weights, include_last_offset] = [given_factors, given_last]
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
    if (mode === 'max' && scale_grad_by_freq) {
      throw value_error('max mode does not support scaling the gradient by the frequency')
    }
    if (mode === 'max' && sparse) throw value_error('max mode does not support sparse weights')
    if (max_norm !== null) renorm(weight, input, max_norm, norm_type)
    if (per_sample_weights !== null && mode !== 'sum') {
      throw not_implemented_error(
        `embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got mode='${mode}'). Please open a feature request on GitHub.`,
      )
    }
    return ops.embedding_bag(
      weight,
      input,
      offsets,
      scale_grad_by_freq,
      place,
      sparse,
      per_sample_weights,
      include_last_offset,
      padding_idx,
    )[0]
  },
)
