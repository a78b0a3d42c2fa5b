import * as ops from '../ops/generated/torch.js'
import type { Given, Keywords } from '../python/call_types.js'
import { optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { keep } from '../scope.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  check_at_least_zero,
  check_capturable,
  check_learning_rate,
  minus,
  number_of,
  over,
  plus,
  type Rate,
  scalar_dtype,
  scalar_rate,
  times,
  to_the,
} from './options.js'
import {
  type NativeStep,
  real_views,
  SingleTensorOptimizer,
  type Update,
  zeros_like,
} from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Learning rate. Default: 1e-2. */
    lr: optional<Rate>(1e-2),
  },
  {
    /** Decay term of parameters and learning rate. Default: 1e-4. */
    lambd: optional(1e-4),
  },
  {
    /** Power of the learning rate's decay. Default: 0.75. */
    alpha: optional(0.75),
  },
  {
    /** Step at which averaging starts. Default: 1e6. */
    t0: optional(1e6),
  },
  {
    /** Weight decay. Default: 0. */
    weight_decay: optional(0),
  },
  {
    /** Update all tensors together; null leaves it to the device. Default: null. */
    foreach: optional<boolean | null>(null),
  },
  {
    /** Maximize the objective instead of minimizing it. Default: false. */
    maximize: optional(false),
  },
  {
    /** Let gradients flow through the step. Default: false. */
    differentiable: optional(false),
  },
  {
    /** Allow the step to be captured in a CUDA graph. Default: false. */
    capturable: optional(false),
  },
)

/** Options of {@link ASGD}, and of each of its groups. */
export type ASGDOptions = Keywords<typeof OPTIONS>

/** A group of {@link ASGD}. */
export interface ASGDParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('ASGD', { params: required<Params<ASGDParamGroup>>() }, ...OPTIONS)

// On the parameter's device, unlike other optimizers' numbers.
function number_like(param: Tensor, value: number): Tensor {
  return keep(ops.full([], value, { dtype: scalar_dtype(), device: param.device }))
}

/**
 * Averaged stochastic gradient descent.
 *
 * θ ← (1 − λη)θ − ηg, a ← a + μ(θ − a), η = lr / (1 + λ · lr · t)^α, μ = 1 / max(1, t − t₀)
 *
 * The averages a are in the state, as `ax`.
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 1e-2
 * @param lambd - λ. Default: 1e-4
 * @param alpha - α. Default: 0.75
 * @param t0 - t₀. Default: 1e6
 * @param weight_decay - Default: 0
 * @throws ValueError for options out of their range
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.ASGD(model.parameters(), { lr: 0.1 })
 * ```
 *
 * @see torch/optim/asgd.py
 */
export class ASGD extends SingleTensorOptimizer<ASGDParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_learning_rate(options.lr)
    check_at_least_zero('weight_decay value', options.weight_decay)
    super(params, options)
  }

  protected override get float_options(): readonly string[] {
    return ['lr', 't0']
  }
  protected override get state_numbers(): readonly string[] {
    return ['step', 'eta', 'mu']
  }

  protected override begin(group: ASGDParamGroup, param: Tensor): ParamState {
    return {
      step: number_like(param, 0),
      eta: number_like(param, number_of(group.lr)),
      mu: number_like(param, 1),
      ax: zeros_like(param),
    }
  }

  protected override native_step(group: ASGDParamGroup): NativeStep | null {
    const { maximize, lr, lambd, alpha, t0, weight_decay } = group
    return {
      step: 'asgd_step',
      state: ['step', 'eta', 'mu', 'ax'],
      numbers: [maximize, lr, lambd, alpha, t0, weight_decay],
    }
  }

  protected override update(group: ASGDParamGroup, { param: given_param, grad: given, state }: Update): void {
    const { lambd, alpha, t0 } = group
    const [mu, eta, step_t] = [state['mu'], state['eta'], state['step']] as [Tensor, Tensor, Tensor]
    if (group.capturable)
      check_capturable(given_param, [mu, eta, step_t], 'params, mus, etas, and state_steps')
    const [plain, param, ax] = real_views(given_param, [given, given_param, state['ax'] as Tensor])
    step_t.add_(1)
    const grad = group.weight_decay === 0 ? plain : plain.add(param, { alpha: group.weight_decay })
    const lr = scalar_rate(group.lr)
    const new_eta = (step: Rate) => over(lr, to_the(plus(1, times(times(lambd, lr), step)), alpha))
    if (group.capturable) {
      param.mul_(ops.rsub(eta.mul(lambd), 1))
      param.addcmul_(grad, eta, { value: -1 })
      ax.add_(param.sub(ax).mul_(mu))
      eta.copy_(new_eta(step_t) as Tensor)
      mu.copy_(over(1, ops.maximum(step_t.sub(t0), ops.ones_like(step_t))) as Tensor)
      return
    }
    const eta_value = eta.item()
    param.mul_(1 - lambd * eta_value)
    param.add_(grad, { alpha: -eta_value })
    if (mu.item() === 1) ax.copy_(param)
    else ax.add_(param.sub(ax).mul_(mu))
    const step = step_t.item()
    eta.fill_(number_of(new_eta(step)))
    mu.fill_(1 / Math.max(1, number_of(minus(step, t0))))
  }
}
