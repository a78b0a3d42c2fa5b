import { type_error } from '../../errors.js'
import { native } from '../../native.js'
import { take_options } from '../../ops/keywords.js'
import { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import { get_enum, type Reduction } from '../_reduction.js'
import { warn_of_sizes } from '../functional/loss.js'
import * as F from '../functional.js'
import { _Loss, LOSS_DEFAULTS, type LossArguments, type LossOptions, loss_options } from './_loss.js'
import { call_loss } from './native_forward.js'
import { type_name } from './registration.js'
import { float_number, type Rest } from './utils.js'

/**
 * The mean absolute error: l = mean |x − y|, or the sum, or each.
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.L1Loss()
 * const output = loss(torch.randn(3, 5, { requires_grad: true }), torch.randn(3, 5))
 * output.backward()
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class L1Loss extends _Loss {
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1_loss(input, target, { reduction: this.reduction })
  }
}

const bound: Partial<Record<Reduction, (input: number, target: number) => number>> = {}

/**
 * The mean squared error: l = mean (x − y)², or the sum, or each.
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.MSELoss()
 * const output = loss(torch.randn(3, 5, { requires_grad: true }), torch.randn(3, 5))
 * output.backward()
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class MSELoss extends _Loss {
  override forward(input: Tensor, target: Tensor): Tensor {
    warn_of_sizes('mse_loss', input, target)
    bound[this.reduction] ??= native.make_mse_loss(get_enum(this.reduction))
    return call_loss('mse_loss', bound[this.reduction]!, input, target)
  }
}

/** Keywords of {@link SmoothL1Loss}. */
export interface SmoothL1LossOptions extends LossOptions {
  /** Where the square ends and the absolute value begins. Default: 1. */
  beta?: number
}

/**
 * ½ (x − y)² / β where |x − y| < β, |x − y| − ½ β elsewhere.
 *
 * @param beta - where the square ends and the absolute value begins. Default: 1
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.SmoothL1Loss({ beta: 0.5 })
 * const output = loss(torch.randn(3, 5), torch.randn(3, 5))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class SmoothL1Loss extends _Loss {
  declare beta: number

  constructor(
    ...args: Rest<
      [size_average: boolean | null, reduce: boolean | null, reduction: Reduction, beta: number],
      SmoothL1LossOptions
    >
  )
  constructor(...args: unknown[]) {
    const given = take_options<LossArguments & { beta: number }>(
      'SmoothL1Loss',
      args,
      ['size_average', 'reduce', 'reduction', 'beta'],
      { ...LOSS_DEFAULTS, beta: 1 },
    )
    super(loss_options(given))
    this.beta = float_number(given.beta)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.smooth_l1_loss(input, target, { reduction: this.reduction, beta: this.beta })
  }
}

/** Keywords of {@link HuberLoss}. */
export interface HuberLossOptions {
  /** See {@link LossOptions}. */
  reduction?: Reduction
  /** Where the square ends and the absolute value begins. Default: 1. */
  delta?: number
}

/**
 * ½ (x − y)² where |x − y| < δ, δ (|x − y| − ½ δ) elsewhere.
 *
 * @param reduction - see {@link LossOptions}
 * @param delta - where the square ends and the absolute value begins. Default: 1
 * @throws TypeError for a delta that is no number
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.HuberLoss({ delta: 0.5 })
 * const output = loss(torch.randn(3, 5), torch.randn(3, 5))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class HuberLoss extends _Loss {
  declare delta: number

  constructor(...args: Rest<[reduction: Reduction, delta: number], HuberLossOptions>)
  constructor(...args: unknown[]) {
    const given = take_options<Required<HuberLossOptions>>('HuberLoss', args, ['reduction', 'delta'], {
      reduction: 'mean',
      delta: 1,
    })
    const delta: unknown = given.delta
    if (typeof delta !== 'number' && !(delta instanceof FloatScalar))
      throw type_error(`delta must be a float or int, got: ${type_name(delta)}`)
    super({ reduction: given.reduction })
    this.delta = Number(delta)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.huber_loss(input, target, { reduction: this.reduction, delta: this.delta })
  }
}

/** Keywords of {@link KLDivLoss}. */
export interface KLDivLossOptions extends Omit<LossOptions, 'reduction'> {
  /** See {@link LossOptions}; with `'batchmean'` the sum is divided by the batch's size. Default: `'mean'`. */
  reduction?: Reduction | 'batchmean'
  /** Whether targets are log-probabilities too. Default: false. */
  log_target?: boolean
}

/**
 * The Kullback-Leibler divergence: y (log y − x), for log-probabilities x.
 *
 * @param log_target - whether targets are log-probabilities too. Default: false
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const kl_loss = new nn.KLDivLoss({ reduction: 'batchmean' })
 * const input = nn.functional.log_softmax(torch.randn(3, 5), 1)
 * const output = kl_loss(input, nn.functional.softmax(torch.rand(3, 5), 1))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class KLDivLoss extends _Loss {
  declare log_target: boolean

  constructor(
    ...args: Rest<
      [
        size_average: boolean | null,
        reduce: boolean | null,
        reduction: Reduction | 'batchmean',
        log_target: boolean,
      ],
      KLDivLossOptions
    >
  )
  constructor(...args: unknown[]) {
    const given = take_options<LossArguments & { log_target: boolean }>(
      'KLDivLoss',
      args,
      ['size_average', 'reduce', 'reduction', 'log_target'],
      { ...LOSS_DEFAULTS, log_target: false },
    )
    super(loss_options(given))
    this.log_target = given.log_target
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.kl_div(input, target, { reduction: this.reduction, log_target: this.log_target })
  }
}

/** Keywords of {@link PoissonNLLLoss}. */
export interface PoissonNLLLossModuleOptions extends LossOptions {
  /** Whether the input is the rate's logarithm. Default: true. */
  log_input?: boolean
  /** Whether Stirling's approximation is added. Default: false. */
  full?: boolean
  /** What is added to the rate before its logarithm. Default: 1e-8. */
  eps?: number
}

/**
 * −log of the probability of a Poisson distribution: exp x − y x, or x − y log(x + ε) where `log_input` is false.
 *
 * @param log_input - whether the input is the rate's logarithm. Default: true
 * @param full - whether Stirling's approximation of log y! is added. Default: false
 * @param eps - what is added to the rate before its logarithm. Default: 1e-8
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.PoissonNLLLoss()
 * const output = loss(torch.randn(5, 2, { requires_grad: true }), torch.randn(5, 2))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class PoissonNLLLoss extends _Loss {
  declare log_input: boolean
  declare full: boolean
  declare eps: number

  constructor(
    ...args: Rest<
      [
        log_input: boolean,
        full: boolean,
        size_average: boolean | null,
        eps: number,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      PoissonNLLLossModuleOptions
    >
  )
  constructor(...args: unknown[]) {
    const given = take_options<Required<PoissonNLLLossModuleOptions>>(
      'PoissonNLLLoss',
      args,
      ['log_input', 'full', 'size_average', 'eps', 'reduce', 'reduction'],
      { ...LOSS_DEFAULTS, log_input: true, full: false, eps: 1e-8 },
    )
    super(loss_options(given))
    this.log_input = given.log_input
    this.full = given.full
    this.eps = float_number(given.eps)
  }

  override forward(log_input: Tensor, target: Tensor): Tensor {
    const { full, eps, reduction } = this
    return F.poisson_nll_loss(log_input, target, { log_input: this.log_input, full, eps, reduction })
  }
}

/** Keywords of {@link GaussianNLLLoss}. */
export interface GaussianNLLLossModuleOptions {
  /** Whether the constant ½ log 2π is added. Default: false. */
  full?: boolean
  /** The least variance. Default: 1e-6. */
  eps?: number
  /** See {@link LossOptions}. */
  reduction?: Reduction
}

/**
 * −log of the density of a Gaussian: ½ (log max(var, ε) + (x − y)² / max(var, ε)).
 *
 * @param options.full - whether the constant ½ log 2π is added. Default: false
 * @param options.eps - the least variance. Default: 1e-6
 *
 * Shape: (N, *), (N, *), and the variance as those or with a last dimension less or of size 1, to (), or with
 * `reduction: 'none'` to (N, *).
 *
 * @example
 * ```ts
 * const loss = new nn.GaussianNLLLoss()
 * const output = loss(torch.randn(5, 2), torch.randn(5, 2), torch.ones(5, 2))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class GaussianNLLLoss extends _Loss {
  declare full: boolean
  declare eps: number

  constructor(options?: GaussianNLLLossModuleOptions)
  constructor(...args: unknown[]) {
    const given = take_options<Required<GaussianNLLLossModuleOptions>>(
      'GaussianNLLLoss',
      args,
      ['full', 'eps', 'reduction'],
      { full: false, eps: 1e-6, reduction: 'mean' },
      0,
    )
    super({ reduction: given.reduction })
    this.full = given.full
    this.eps = float_number(given.eps)
  }

  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    const { full, eps, reduction } = this
    return F.gaussian_nll_loss(input, target, variance, { full, eps, reduction })
  }
}
