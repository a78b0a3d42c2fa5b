import { type_error } from '../../errors.js'
import { native } from '../../native.js'
import { bool, float, nullable_bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { keyword, optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import { get_enum, type Reduction } from '../_reduction.js'
import { warn_of_sizes } from '../functional/loss.js'
import * as F from '../functional.js'
import { _Loss, type LossArguments, loss_options, REDUCTION } from './_loss.js'
import { call_loss } from './native_forward.js'
import { type_name } from './registration.js'

/**
 * The mean absolute error: l = mean |x − y|, or the sum, or each.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  static {
    methods(L1Loss, { forward: 'input, target' })
  }
}

const bound = new Map<Reduction, ReturnType<typeof native.make_mse_loss>>()

/**
 * The mean squared error: l = mean (x − y)², or the sum, or each.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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
    let forward = bound.get(this.reduction)
    if (forward === undefined)
      bound.set(this.reduction, (forward = native.make_mse_loss(get_enum(this.reduction))))
    return call_loss('mse_loss', forward, input, target)
  }

  static {
    methods(MSELoss, { forward: 'input, target' })
  }
}

const SMOOTH_L1 = signature('SmoothL1Loss', ...REDUCTION, { beta: optional(1, float) })

/**
 * ½ (x − y)² / β where |x − y| < β, |x − y| − ½ β elsewhere.
 *
 * @param beta - where the square ends and the absolute value begins. Default: 1
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  constructor(...args: Call<typeof SMOOTH_L1>)
  constructor(...args: UsualCall<typeof SMOOTH_L1>)
  constructor(...args: unknown[]) {
    const given = SMOOTH_L1.take(args)
    super(loss_options(given))
    this.beta = given.beta
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.smooth_l1_loss(input, target, { reduction: this.reduction, beta: this.beta })
  }

  static {
    methods(SmoothL1Loss, { forward: 'input, target' })
  }
}

const HUBER = signature(
  'HuberLoss',
  { reduction: optional<Reduction>('mean') },
  { delta: optional<number>(1) },
)

/**
 * ½ (x − y)² where |x − y| < δ, δ (|x − y| − ½ δ) elsewhere.
 *
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  constructor(...args: Call<typeof HUBER>)
  constructor(...args: UsualCall<typeof HUBER>)
  constructor(...args: unknown[]) {
    const given = HUBER.take(args)
    const delta: unknown = given.delta
    if (typeof delta !== 'number' && !(delta instanceof FloatScalar))
      throw type_error(`delta must be a float or int, got: ${type_name(delta)}`)
    super({ reduction: given.reduction })
    this.delta = Number(delta)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.huber_loss(input, target, { reduction: this.reduction, delta: this.delta })
  }

  static {
    methods(HuberLoss, { forward: 'input, target' })
  }
}

const KL_DIV = signature(
  'KLDivLoss',
  { size_average: optional<boolean | null>(null, nullable_bool) },
  { reduce: optional<boolean | null>(null, nullable_bool) },
  { reduction: optional<Reduction | 'batchmean'>('mean') },
  { log_target: optional(false, bool) },
)

/**
 * The Kullback-Leibler divergence: y (log y − x), for log-probabilities x.
 *
 * @param log_target - whether targets are log-probabilities too. Default: false
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum; `'batchmean'`: the sum divided by the batch's size. Default: `'mean'`
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

  constructor(...args: Call<typeof KL_DIV>)
  constructor(...args: UsualCall<typeof KL_DIV>)
  constructor(...args: unknown[]) {
    const given = KL_DIV.take(args)
    super(loss_options(given as LossArguments))
    this.log_target = given.log_target
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.kl_div(input, target, { reduction: this.reduction, log_target: this.log_target })
  }

  static {
    methods(KLDivLoss, { forward: 'input, target' })
  }
}

const POISSON = signature(
  'PoissonNLLLoss',
  { log_input: optional(true, bool) },
  { full: optional(false, bool) },
  { size_average: optional<boolean | null>(null, nullable_bool) },
  { eps: optional(1e-8, float) },
  { reduce: optional<boolean | null>(null, nullable_bool) },
  { reduction: optional<Reduction>('mean') },
)

/**
 * −log of the probability of a Poisson distribution: exp x − y x, or x − y log(x + ε) where `log_input` is false.
 *
 * @param log_input - whether the input is the rate's logarithm. Default: true
 * @param full - whether Stirling's approximation of log y! is added. Default: false
 * @param eps - what is added to the rate before its logarithm. Default: 1e-8
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  constructor(...args: Call<typeof POISSON>)
  constructor(...args: UsualCall<typeof POISSON>)
  constructor(...args: unknown[]) {
    const given = POISSON.take(args)
    super(loss_options(given))
    this.log_input = given.log_input
    this.full = given.full
    this.eps = given.eps
  }

  override forward(log_input: Tensor, target: Tensor): Tensor {
    const { full, eps, reduction } = this
    return F.poisson_nll_loss(log_input, target, { log_input: this.log_input, full, eps, reduction })
  }

  static {
    methods(PoissonNLLLoss, { forward: 'log_input, target' })
  }
}

const GAUSSIAN = signature(
  'GaussianNLLLoss',
  { full: keyword(false, bool) },
  { eps: keyword(1e-6, float) },
  { reduction: keyword<Reduction>('mean') },
)

/**
 * −log of the density of a Gaussian: ½ (log max(var, ε) + (x − y)² / max(var, ε)).
 *
 * @param full - whether the constant ½ log 2π is added. Default: false
 * @param eps - the least variance. Default: 1e-6
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
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

  constructor(...args: Call<typeof GAUSSIAN>)
  constructor(...args: UsualCall<typeof GAUSSIAN>)
  constructor(...args: unknown[]) {
    const given = GAUSSIAN.take(args)
    super({ reduction: given.reduction })
    this.full = given.full
    this.eps = given.eps
  }

  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    const { full, eps, reduction } = this
    return F.gaussian_nll_loss(input, target, variance, { full, eps, reduction })
  }

  static {
    methods(GaussianNLLLoss, { forward: 'input, target, var' })
  }
}
