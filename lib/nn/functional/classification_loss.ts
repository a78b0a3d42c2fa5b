import { without_grad } from '../../autograd/grad_mode.js'
import { value_error } from '../../errors.js'
import { native } from '../../native.js'
import { take_arguments } from '../../ops/arguments.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { FloatScalar } from '../../scalar.js'
import { Tensor } from '../../tensor.js'
import { get_enum, legacy_get_string, type Reduction } from '../_reduction.js'
import { py_size } from '../repr.js'

/** How a loss is reduced, in every loss here. */
export interface ReductionOptions {
  /** Deprecated, see `reduction`. */
  size_average?: boolean | null
  /** Deprecated, see `reduction`. */
  reduce?: boolean | null
  /** `'none'`, `'mean'` or `'sum'`. Default: `'mean'`. */
  reduction?: Reduction
}

type Reduced = Required<ReductionOptions> & { input: Tensor; target: Tensor }

/** What the two deprecated arguments and the present one mean together. */
export function reduction_of(given: Required<ReductionOptions>): Reduction {
  const { size_average, reduce, reduction } = given
  return size_average !== null || reduce !== null ? legacy_get_string(size_average, reduce) : reduction
}

/** The defaults of {@link ReductionOptions}. */
export const REDUCTION = { size_average: null, reduce: null, reduction: 'mean' } as const

/** Keywords of {@link nll_loss}. */
export interface NLLLossOptions extends ReductionOptions {
  /** A factor for each class. Default: none. */
  weight?: Tensor | null
  /** A target that counts for nothing. Default: -100. */
  ignore_index?: number
}

const NLL_NAMES = [
  'input',
  'target',
  'weight',
  'size_average',
  'ignore_index',
  'reduce',
  'reduction',
] as const

/**
 * −input[target] for log-probabilities, weighted by class.
 *
 * @param input (N, C, …) log-probabilities
 * @param target (N, …) classes, integers
 * @see torch/nn/functional.py
 */
export function nll_loss(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | NLLLossOptions,
  size_average?: boolean | null | NLLLossOptions,
  ignore_index?: number | NLLLossOptions,
  reduce?: boolean | null | NLLLossOptions,
  reduction?: Reduction | NLLLossOptions,
): Tensor
export function nll_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Reduced & Required<NLLLossOptions>>('nll_loss', args, NLL_NAMES, {
    ...REDUCTION,
    weight: null,
    ignore_index: -100,
  })
  return nn.nll_loss_nd(
    given.input,
    given.target,
    given.weight,
    get_enum(reduction_of(given)),
    given.ignore_index,
  )
}

/** Keywords of {@link cross_entropy}. */
export interface CrossEntropyOptions extends NLLLossOptions {
  /** How much of each target goes to all classes alike. Default: 0. */
  label_smoothing?: number
}

/**
 * −log softmax(input)[target], or −Σ target · log softmax(input) where targets are probabilities.
 *
 * @param input (N, C, …) scores
 * @param target (N, …) classes, integers, or probabilities of the input's shape
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.cross_entropy(torch.zeros(1, 2), torch.tensor([0n])).item() // 0.6931471824645996
 * ```
 * @see torch/nn/functional.py
 */
export function cross_entropy(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | CrossEntropyOptions,
  size_average?: boolean | null | CrossEntropyOptions,
  ignore_index?: number | CrossEntropyOptions,
  reduce?: boolean | null | CrossEntropyOptions,
  reduction?: Reduction | CrossEntropyOptions,
  label_smoothing?: number | CrossEntropyOptions,
): Tensor
export function cross_entropy(...args: unknown[]): Tensor {
  const given = take_arguments<Reduced & Required<CrossEntropyOptions>>(
    'cross_entropy',
    args,
    [...NLL_NAMES, 'label_smoothing'],
    { ...REDUCTION, weight: null, ignore_index: -100, label_smoothing: 0 },
  )
  const { input, target, weight, ignore_index, label_smoothing } = given
  return nn.cross_entropy_loss(
    input,
    target,
    weight,
    get_enum(reduction_of(given)),
    ignore_index,
    label_smoothing,
  )
}

/** Keywords of {@link binary_cross_entropy}. */
export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** A factor for each element. Default: none. */
  weight?: Tensor | null
}

const BINARY_NAMES = ['input', 'target', 'weight', 'size_average', 'reduce', 'reduction'] as const

/**
 * −(target · log input + (1 − target) · log(1 − input)).
 *
 * @throws ValueError where the sizes differ
 */
export function binary_cross_entropy(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | BinaryCrossEntropyOptions,
  size_average?: boolean | null | BinaryCrossEntropyOptions,
  reduce?: boolean | null | BinaryCrossEntropyOptions,
  reduction?: Reduction | BinaryCrossEntropyOptions,
): Tensor
export function binary_cross_entropy(...args: unknown[]): Tensor {
  const given = take_arguments<Reduced & Required<BinaryCrossEntropyOptions>>(
    'binary_cross_entropy',
    args,
    BINARY_NAMES,
    { ...REDUCTION, weight: null },
  )
  const { input, target } = given
  const reduction = get_enum(reduction_of(given))
  if (String(target.shape) !== String(input.shape)) {
    throw value_error(
      `Using a target size (${py_size(target.shape)}) that is different to the input size (${py_size(input.shape)}) is deprecated. Please ensure they have the same size.`,
    )
  }
  let weight = given.weight
  if (weight !== null) weight = ops.broadcast_tensors([weight, target])[0]!
  return nn.binary_cross_entropy(input, target, weight, reduction)
}

/** Keywords of {@link binary_cross_entropy_with_logits}. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** A factor for the positive targets. Default: none. */
  pos_weight?: Tensor | null
}

/**
 * {@link binary_cross_entropy} of σ(input), without its loss of digits.
 *
 * @throws ValueError where the sizes differ
 */
export function binary_cross_entropy_with_logits(
  input: Tensor,
  target: Tensor,
  weight?: Tensor | null | BinaryCrossEntropyWithLogitsOptions,
  size_average?: boolean | null | BinaryCrossEntropyWithLogitsOptions,
  reduce?: boolean | null | BinaryCrossEntropyWithLogitsOptions,
  reduction?: Reduction | BinaryCrossEntropyWithLogitsOptions,
  pos_weight?: Tensor | null | BinaryCrossEntropyWithLogitsOptions,
): Tensor
export function binary_cross_entropy_with_logits(...args: unknown[]): Tensor {
  const given = take_arguments<Reduced & Required<BinaryCrossEntropyWithLogitsOptions>>(
    'binary_cross_entropy_with_logits',
    args,
    [...BINARY_NAMES, 'pos_weight'],
    { ...REDUCTION, weight: null, pos_weight: null },
  )
  const { input, target, weight, pos_weight } = given
  const reduction = get_enum(reduction_of(given))
  if (String(target.shape) !== String(input.shape)) {
    throw value_error(
      `Target size (${py_size(target.shape)}) must be the same as input size (${py_size(input.shape)})`,
    )
  }
  return ops.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)
}

/** Keywords of {@link kl_div}. */
export interface KLDivOptions extends Omit<ReductionOptions, 'reduction'> {
  /** `'none'`, `'mean'`, `'sum'` or `'batchmean'`. Default: `'mean'`. */
  reduction?: Reduction | 'batchmean'
  /** Whether targets are log-probabilities too. Default: false. */
  log_target?: boolean
}

/** target · (log target − input), for log-probabilities `input`. */
export function kl_div(
  input: Tensor,
  target: Tensor,
  size_average?: boolean | null | KLDivOptions,
  reduce?: boolean | null | KLDivOptions,
  reduction?: Reduction | 'batchmean' | KLDivOptions,
  log_target?: boolean | KLDivOptions,
): Tensor
export function kl_div(...args: unknown[]): Tensor {
  const given = take_arguments<Required<KLDivOptions> & { input: Tensor; target: Tensor }>(
    'kl_div',
    args,
    ['input', 'target', 'size_average', 'reduce', 'reduction', 'log_target'],
    { ...REDUCTION, log_target: false },
  )
  const { input, target, size_average, reduce, log_target } = given
  const legacy = size_average !== null || reduce !== null
  if (!legacy && given.reduction === 'mean') {
    process.emitWarning(
      "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as 'batchmean' in the next major release.",
    )
  }
  const mean_of_batch = given.reduction === 'batchmean'
  const reduction = legacy ? legacy_get_string(size_average, reduce) : mean_of_batch ? 'sum' : given.reduction
  const reduced = ops.kl_div(input, target, get_enum(reduction), { log_target })
  return mean_of_batch && input.ndim !== 0 ? reduced.div(input.shape[0]!) : reduced
}

/** Keywords of {@link poisson_nll_loss}. */
export interface PoissonNLLLossOptions extends ReductionOptions {
  /** Whether the input is the rate's logarithm. Default: true. */
  log_input?: boolean
  /** Whether Stirling's approximation is added. Default: false. */
  full?: boolean
  /** What is added to the rate before its logarithm. Default: 1e-8. */
  eps?: number
}

/**
 * exp input − target · input, the loss of a Poisson rate.
 *
 * @throws ValueError for an unknown reduction
 */
export function poisson_nll_loss(
  input: Tensor,
  target: Tensor,
  log_input?: boolean | PoissonNLLLossOptions,
  full?: boolean | PoissonNLLLossOptions,
  size_average?: boolean | null | PoissonNLLLossOptions,
  eps?: number | PoissonNLLLossOptions,
  reduce?: boolean | null | PoissonNLLLossOptions,
  reduction?: Reduction | PoissonNLLLossOptions,
): Tensor
export function poisson_nll_loss(...args: unknown[]): Tensor {
  const given = take_arguments<Reduced & Required<PoissonNLLLossOptions>>(
    'poisson_nll_loss',
    args,
    ['input', 'target', 'log_input', 'full', 'size_average', 'eps', 'reduce', 'reduction'],
    { ...REDUCTION, log_input: true, full: false, eps: 1e-8 },
  )
  const { input, target, log_input, full, eps } = given
  const reduction = reduction_of(given)
  if (!['none', 'mean', 'sum'].includes(reduction)) {
    throw value_error(`${String(reduction)} is not a valid value for reduction`)
  }
  return ops.poisson_nll_loss(input, target, log_input, full, eps, get_enum(reduction))
}

/** Keywords of {@link gaussian_nll_loss}. */
export interface GaussianNLLLossOptions {
  /** Whether the constant ½ log 2π is added. Default: false. */
  full?: boolean
  /** The least variance. Default: 1e-6. */
  eps?: number
  reduction?: Reduction
}

type GivenGaussian = Required<GaussianNLLLossOptions> & {
  input: Tensor
  target: Tensor
  var: Tensor | number
}

/**
 * ½ (log var + (input − target)² / var).
 *
 * @param variance one for each element, or for each but the last dimension, or one number
 * @throws ValueError for a negative variance or one of a wrong size
 */
export function gaussian_nll_loss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number | (GaussianNLLLossOptions & { var: Tensor | number }),
  full?: boolean | GaussianNLLLossOptions,
  eps?: number | GaussianNLLLossOptions,
  reduction?: Reduction | GaussianNLLLossOptions,
): Tensor
export function gaussian_nll_loss(...args: unknown[]): Tensor {
  const given = take_arguments<GivenGaussian>(
    'gaussian_nll_loss',
    args,
    ['input', 'target', 'var', 'full', 'eps', 'reduction'],
    { full: false, eps: 1e-6, reduction: 'mean' },
  )
  const { input, target, full, eps, reduction } = given
  const variance = variance_like(input, given.var)
  if (!['none', 'mean', 'sum'].includes(reduction)) throw value_error(`${String(reduction)} is not valid`)
  const clamped = variance.clone()
  without_grad(() => clamped.clamp_({ min: eps }))
  let loss = clamped.log().add(input.sub(target).pow(2).div(clamped)).mul(0.5)
  if (full) loss = loss.add_(0.5 * native.math.log(2 * Math.PI))
  return reduction === 'mean' ? loss.mean() : reduction === 'sum' ? loss.sum() : loss
}

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

/** Keywords of {@link ctc_loss}. */
export interface CTCLossOptions {
  /** The class that stands for nothing. Default: 0. */
  blank?: number
  reduction?: Reduction
  /** Whether infinite losses count as nothing. Default: false. */
  zero_infinity?: boolean
}

type GivenCtc = Required<CTCLossOptions> & {
  log_probs: Tensor
  targets: Tensor
  input_lengths: Tensor | readonly number[]
  target_lengths: Tensor | readonly number[]
}

/**
 * The connectionist temporal classification loss: −log of the probability of a sequence of classes over all alignments.
 *
 * @param log_probs (T, N, C) log-probabilities
 * @param targets (N, S) or the concatenated targets
 * @param input_lengths how many of the T steps count, for each sequence
 * @param target_lengths how long each target is
 */
export function ctc_loss(
  log_probs: Tensor,
  targets: Tensor,
  input_lengths: Tensor | readonly number[],
  target_lengths: Tensor | readonly number[],
  blank?: number | CTCLossOptions,
  reduction?: Reduction | CTCLossOptions,
  zero_infinity?: boolean | CTCLossOptions,
): Tensor
export function ctc_loss(...args: unknown[]): Tensor {
  const given = take_arguments<GivenCtc>(
    'ctc_loss',
    args,
    ['log_probs', 'targets', 'input_lengths', 'target_lengths', 'blank', 'reduction', 'zero_infinity'],
    { blank: 0, reduction: 'mean', zero_infinity: false },
  )
  const { log_probs, targets, input_lengths, target_lengths, blank, zero_infinity } = given
  const reduction = get_enum(given.reduction)
  return ops.ctc_loss(
    log_probs,
    targets,
    input_lengths as Tensor,
    target_lengths as Tensor,
    blank,
    reduction,
    zero_infinity,
  )
}
