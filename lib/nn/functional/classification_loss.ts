import { without_grad } from '../../autograd/grad_mode.js'
import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { FloatScalar } from '../../scalar.js'
import { Tensor } from '../../tensor.js'
import { get_enum, legacy_get_string, type Reduction } from '../_reduction.js'
import { py_size } from '../repr.js'
import { REDUCE, REDUCED, REDUCTION, reduction_of, SIZE_AVERAGE } from './reduction.js'

const CLASS_LOSS = [
  { input: tensor },
  { target: tensor },
  { weight: optional_tensor },
  SIZE_AVERAGE,
  { ignore_index: optional(-100) },
  REDUCE,
  REDUCED,
] as const

/**
 * −input[target] for log-probabilities, weighted by class.
 *
 * @param input - (N, C, …) log-probabilities
 * @param target - (N, …) classes, integers
 * @param weight - a factor for each class. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param ignore_index - a target that counts for nothing. Default: -100
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @see torch/nn/functional.py
 */
export const nll_loss = callable(
  signature('nll_loss', ...CLASS_LOSS),
  (input, target, weight, size_average, ignore_index, reduce, reduction): Tensor =>
    nn.nll_loss_nd(
      input,
      target,
      weight,
      get_enum(reduction_of(size_average, reduce, reduction)),
      ignore_index,
    ),
)

/**
 * −log softmax(input)[target], or −Σ target · log softmax(input) where targets are probabilities.
 *
 * @param input - (N, C, …) scores
 * @param target - (N, …) classes, integers, or probabilities of the input's shape
 * @param weight - a factor for each class. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param ignore_index - a target that counts for nothing. Default: -100
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @param label_smoothing - the share of each target that is spread over all classes. Default: 0
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.cross_entropy(torch.zeros(1, 2), torch.tensor([0n])).item() // 0.6931471824645996
 * ```
 * @see torch/nn/functional.py
 */
export const cross_entropy = callable(
  signature('cross_entropy', ...CLASS_LOSS, { label_smoothing: optional(0) }),
  (input, target, weight, size_average, ignore_index, reduce, reduction, label_smoothing): Tensor =>
    nn.cross_entropy_loss(
      input,
      target,
      weight,
      get_enum(reduction_of(size_average, reduce, reduction)),
      ignore_index,
      label_smoothing,
    ),
)

const BINARY_LOSS = [
  { input: tensor },
  { target: tensor },
  { weight: optional_tensor },
  ...REDUCTION,
] as const

/**
 * −(target · log input + (1 − target) · log(1 − input)).
 *
 * @param weight - a factor for each element. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws ValueError where the sizes differ
 */
export const binary_cross_entropy = callable(
  signature('binary_cross_entropy', ...BINARY_LOSS),
  (input, target, weight, size_average, reduce, reduction): Tensor => {
    const reduced = get_enum(reduction_of(size_average, reduce, reduction))
    if (String(target.shape) !== String(input.shape)) {
      throw value_error(
        `Using a target size (${py_size(target.shape)}) that is different to the input size (${py_size(input.shape)}) is deprecated. Please ensure they have the same size.`,
      )
    }
    const factors = weight === null ? null : ops.broadcast_tensors([weight, target])[0]!
    return nn.binary_cross_entropy(input, target, factors, reduced)
  },
)

/**
 * {@link binary_cross_entropy} of σ(input), without its loss of digits; the parameters are the same, and one more.
 *
 * @param pos_weight - a factor for the positive targets. Default: none
 * @throws ValueError where the sizes differ
 */
export const binary_cross_entropy_with_logits = callable(
  signature('binary_cross_entropy_with_logits', ...BINARY_LOSS, { pos_weight: optional_tensor }),
  (input, target, weight, size_average, reduce, reduction, pos_weight): Tensor => {
    const reduced = get_enum(reduction_of(size_average, reduce, reduction))
    if (String(target.shape) !== String(input.shape)) {
      throw value_error(
        `Target size (${py_size(target.shape)}) must be the same as input size (${py_size(input.shape)})`,
      )
    }
    return ops.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduced)
  },
)

/**
 * target · (log target − input), for log-probabilities `input`.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'`, `'sum'` or `'batchmean'`. Default: `'mean'`
 * @param log_target - whether targets are log-probabilities too. Default: false
 */
export const kl_div = callable(
  signature(
    'kl_div',
    { input: tensor },
    { target: tensor },
    SIZE_AVERAGE,
    REDUCE,
    { reduction: optional<Reduction | 'batchmean'>('mean') },
    { log_target: optional(false) },
  ),
  (input, target, size_average, reduce, given, log_target): Tensor => {
    const legacy = size_average !== null || reduce !== null
    if (!legacy && given === 'mean') {
      process.emitWarning(
        "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as 'batchmean' in the next major release.",
      )
    }
    const mean_of_batch = given === 'batchmean'
    const reduction = legacy ? legacy_get_string(size_average, reduce) : mean_of_batch ? 'sum' : given
    const reduced = ops.kl_div(input, target, get_enum(reduction), { log_target })
    return mean_of_batch && input.ndim !== 0 ? reduced.div(input.shape[0]!) : reduced
  },
)

/**
 * exp input − target · input, the loss of a Poisson rate.
 *
 * @param log_input - whether the input is the rate's logarithm. Default: true
 * @param full - whether Stirling's approximation is added. Default: false
 * @param size_average - deprecated, see `reduction`
 * @param eps - is added to the rate before its logarithm is taken. Default: 1e-8
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws ValueError for an unknown reduction
 */
export const poisson_nll_loss = callable(
  signature(
    'poisson_nll_loss',
    { input: tensor },
    { target: tensor },
    { log_input: optional(true) },
    { full: optional(false) },
    SIZE_AVERAGE,
    { eps: optional(1e-8) },
    REDUCE,
    REDUCED,
  ),
  (input, target, log_input, full, size_average, eps, reduce, given): Tensor => {
    const reduction = reduction_of(size_average, reduce, given)
    if (!['none', 'mean', 'sum'].includes(reduction)) {
      throw value_error(`${String(reduction)} is not a valid value for reduction`)
    }
    return ops.poisson_nll_loss(input, target, log_input, full, eps, get_enum(reduction))
  },
)

/**
 * ½ (log var + (input − target)² / var).
 *
 * @param var - one variance for each element, or for each but the last dimension, or one number
 * @param full - whether the constant ½ log 2π is added. Default: false
 * @param eps - the least variance. Default: 1e-6
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @throws ValueError for a negative variance or one of a wrong size
 */
export const gaussian_nll_loss = callable(
  signature(
    'gaussian_nll_loss',
    { input: tensor },
    { target: tensor },
    { var: required<Tensor | number>() },
    { full: optional(false) },
    { eps: optional(1e-6) },
    REDUCED,
  ),
  (input, target, given, full, eps, reduction): Tensor => {
    const variance = variance_like(input, given)
    if (!['none', 'mean', 'sum'].includes(reduction)) throw value_error(`${String(reduction)} is not valid`)
    const clamped = variance.clone()
    without_grad(() => clamped.clamp_({ min: eps }))
    let loss = clamped.log().add(input.sub(target).pow(2).div(clamped)).mul(0.5)
    if (full) loss = loss.add_(0.5 * native.math.log(2 * Math.PI))
    return reduction === 'mean' ? loss.mean() : reduction === 'sum' ? loss.sum() : loss
  },
)

function variance_like(input: Tensor, given: Tensor | number | FloatScalar): Tensor {
  const negative = () => value_error('var has negative entry/entries')
  let variance: Tensor
  if (given instanceof Tensor) {
    if (given.lt(0).any().item()) throw negative()
    variance = given
  } else {
    if (Number(given) < 0) throw negative()
    variance = ops.ones_like(input).mul(given)
  }
  const [wanted, size] = [input.shape, variance.shape]
  if (String(size) === String(wanted)) return variance
  if (String(wanted.slice(0, -1)) === String(size) && wanted.length === size.length + 1)
    return variance.unsqueeze(-1)
  const differing = size.reduce((sum, n, d) => (n === wanted[d] ? sum : sum + n), 0)
  if (size.length === wanted.length && differing === 1) return variance
  throw value_error('var is of incorrect size')
}

type Lengths = Tensor | readonly number[]

/**
 * The connectionist temporal classification loss: −log of the probability of a sequence of classes over all alignments.
 *
 * @param log_probs - (T, N, C) log-probabilities
 * @param targets - (N, S) or the concatenated targets
 * @param input_lengths - how many of the T steps count, for each sequence
 * @param target_lengths - how long each target is
 * @param blank - the class that stands for nothing. Default: 0
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @param zero_infinity - whether infinite losses count as zero. Default: false
 */
export const ctc_loss = callable(
  signature(
    'ctc_loss',
    { log_probs: tensor },
    { targets: tensor },
    { input_lengths: required<Lengths>() },
    { target_lengths: required<Lengths>() },
    { blank: optional(0) },
    REDUCED,
    { zero_infinity: optional(false) },
  ),
  (log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity): Tensor =>
    ops.ctc_loss(
      log_probs,
      targets,
      input_lengths as Tensor,
      target_lengths as Tensor,
      blank,
      get_enum(reduction),
      zero_infinity,
    ),
)
