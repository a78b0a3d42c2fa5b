import { with_grad } from '../autograd/grad_mode.js'
import { assertion_error, key_error, runtime_error, value_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { own_value } from '../own.js'
import type { Given, Keywords } from '../python/call_types.js'
import { methods } from '../python/methods.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { keep } from '../scope.js'
import { handle_of, Tensor } from '../tensor.js'
import { Optimizer, type ParamGroup, type ParamState, type Params } from './optimizer.js'
import {
  check_at_least_zero,
  check_beta_range,
  check_capturable,
  check_fused,
  check_fused_options,
  check_learning_rate,
  refuse_scaling,
  scalar_rate,
  state_number,
  upgrade_number,
} from './options.js'

/** Options before the weight decay, shared with AdamW. */
export const AVERAGES = entries(
  {
    /** Learning rate. Default: 1e-3. */
    lr: optional<number | Tensor>(1e-3),
  },
  {
    /** Decay rates of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
    betas: optional<readonly [number, number] | readonly [Tensor, Tensor]>([0.9, 0.999]),
  },
  {
    /** Term added to the denominator for numerical stability. Default: 1e-8. */
    eps: optional(1e-8),
  },
)

/** Options after the weight decay, shared with AdamW. */
export const REST = entries(
  {
    /** Use AMSGrad. Default: false. */
    amsgrad: optional(false),
  },
  {
    /** Maximize the objective instead of minimizing it. Default: false. */
    maximize: keyword(false),
  },
  {
    /** Update all tensors together; null leaves it to the device. Default: null. */
    foreach: keyword<boolean | null>(null),
  },
  {
    /** Allow the step to be captured in a CUDA graph. Default: false. */
    capturable: keyword(false),
  },
  {
    /** Let gradients flow through the step. Default: false. */
    differentiable: keyword(false),
  },
  {
    /** Use the fused kernel; null leaves it off. Default: null. */
    fused: keyword<boolean | null>(null),
  },
)

const OPTIONS = entries(
  ...AVERAGES,
  {
    /** Weight decay. Default: 0. */
    weight_decay: optional(0),
  },
  ...REST,
  {
    /** Keep the weight decay out of the running averages, as AdamW does. Default: false. */
    decoupled_weight_decay: keyword(false),
  },
)

/** Options of {@link Adam}, and of each of its groups. */
export type AdamOptions = Keywords<typeof OPTIONS>

/** A group of {@link Adam}. */
export interface AdamParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('Adam', { params: required<Params<AdamParamGroup>>() }, ...OPTIONS)

// Bits of what native/optim is told.
const flag = native.constants.adam

function check_betas(given: Given<typeof OPTIONS>): void {
  const { betas, capturable, foreach } = given
  check_beta_range(betas)
  check_at_least_zero('weight_decay value', given.weight_decay)
  if (betas[0] instanceof Tensor !== betas[1] instanceof Tensor)
    throw value_error('betas must be either both floats or both Tensors')
  betas.forEach((beta, i) => {
    if (!(beta instanceof Tensor)) return
    if (!capturable && foreach)
      throw value_error(`betas[${i}] as a Tensor is not supported for capturable=False and foreach=True`)
    if (beta.numel() !== 1) throw value_error(`Tensor betas[${i}] must be 1-element`)
  })
}

function check_options(given: Given<typeof OPTIONS>): void {
  const { lr, foreach, capturable } = given
  if (lr instanceof Tensor) {
    if (foreach && !capturable)
      throw value_error('lr as a Tensor is not supported for capturable=False and foreach=True')
  }
  check_learning_rate(lr)
  check_at_least_zero('epsilon value', given.eps)
  check_betas(given)
}

/**
 * Adam: each parameter moves by the average of its gradient over the root of the average of the gradient's square.
 *
 * m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * One crossing into the addon updates all parameters of a group, in PyTorch's order of operations, to the last bit.
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 1e-3
 * @param betas - the decay rates of the two averages. Default: [0.9, 0.999]
 * @param eps - what is added to the denominator. Default: 1e-8
 * @param weight_decay - Default: 0
 * @param amsgrad - Default: false
 * @throws ValueError for options out of their range; RuntimeError for options that exclude each other
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
 * optimizer.zero_grad()
 * loss_fn(model(input), target).backward()
 * optimizer.step()
 * ```
 *
 * @see torch/optim/adam.py
 */
export class Adam extends Optimizer<AdamParamGroup> {
  /** Set by a gradient scaler, for the fused kernel. */
  declare grad_scale?: Tensor | null
  /** Set by a gradient scaler, for the fused kernel. */
  declare found_inf?: Tensor | null
  /** Whether a gradient scaler leaves the scaling to the step. */
  declare _step_supports_amp_scaling?: boolean

  readonly #numbers = new Float64Array(6)
  readonly #extra = new Int32Array(5)
  #handles = new Int32Array(0)

  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const given = PARAMETERS.take(args)
    check_options(given)
    const { params, ...options } = given
    const betas = given.betas.map(scalar_rate) as unknown as [number, number]
    super(params, { ...options, betas })
    if (!given.fused) return
    check_fused_options(given.differentiable, given.foreach)
    this._step_supports_amp_scaling = true
  }

  override __setstate__(loaded: { state: Map<Tensor, ParamState>; param_groups: ParamGroup[] }): void {
    super.__setstate__(loaded)
    for (const group of this.param_groups) {
      group.amsgrad ??= false
      group.maximize ??= false
      group.foreach ??= null
      group.capturable ??= false
      group.differentiable ??= false
      group.decoupled_weight_decay ??= false
      group.fused ??= null
      for (const param of group.params) {
        upgrade_number(this.state.get(param), 'step', group, param)
      }
    }
  }

  override step(): null
  override step<R>(closure: () => R): R
  override step<R>(closure?: () => R): R | null {
    const loss = closure ? with_grad(closure) : null
    for (const group of this.param_groups) this.#step_group(group)
    return loss
  }

  #step_group(group: AdamParamGroup): void {
    const count = this.#gather(group)
    if (count === 0) return
    const { lr, betas } = group
    const [beta1, beta2] = betas
    const numbers = this.#numbers
    numbers[0] = typeof lr === 'number' ? lr : 0
    numbers[1] = typeof beta1 === 'number' ? beta1 : 0
    numbers[2] = typeof beta2 === 'number' ? beta2 : 0
    numbers[3] = group.eps
    numbers[4] = group.weight_decay
    numbers[5] = this.#flags(group)
    const extra = this.#extra
    extra[0] = lr instanceof Tensor ? handle_of(lr) : 0
    extra[1] = beta1 instanceof Tensor ? handle_of(beta1) : 0
    extra[2] = beta2 instanceof Tensor ? handle_of(beta2) : 0
    const [grad_scale, found_inf] = [own_value(this, 'grad_scale'), own_value(this, 'found_inf')]
    extra[3] = grad_scale ? handle_of(grad_scale) : 0
    extra[4] = found_inf ? handle_of(found_inf) : 0
    native.adam_step(this.#handles.subarray(0, count), numbers, extra)
  }

  // Five handles a parameter, in an array that is used again at the next step.
  #gather(group: AdamParamGroup): number {
    const { params, amsgrad } = group
    if (this.#handles.length < params.length * 5) this.#handles = new Int32Array(params.length * 5)
    const handles = this.#handles
    let count = 0
    for (const param of params) {
      let state = this.state.get(param)
      if (state === undefined || state['step'] === undefined) {
        if (param.grad === null) continue
        state = this.#init_state(group, param)
      }
      handles[count] = handle_of(param)
      handles[count + 1] = handle_of(state['exp_avg'] as Tensor)
      handles[count + 2] = handle_of(state['exp_avg_sq'] as Tensor)
      if (amsgrad && state['max_exp_avg_sq'] === undefined) throw key_error("'max_exp_avg_sq'")
      handles[count + 3] = amsgrad ? handle_of(state['max_exp_avg_sq'] as Tensor) : 0
      handles[count + 4] = handle_of(state['step'] as Tensor)
      if (group.capturable) check_capturable(param, [state['step'] as Tensor])
      count += 5
    }
    return count
  }

  #init_state(group: AdamParamGroup, param: Tensor): ParamState {
    if (group.fused) check_fused(param)
    const state: ParamState = {
      step: state_number(group, param, 0),
      exp_avg: keep(ops.zeros_like(param)),
      exp_avg_sq: keep(ops.zeros_like(param)),
    }
    if (group.amsgrad) state['max_exp_avg_sq'] = keep(ops.zeros_like(param))
    this.state.set(param, state)
    return state
  }

  #flags(group: AdamParamGroup): number {
    const { lr, fused, capturable, differentiable } = group
    const automatic = fused === null && group.foreach === null
    const foreach = automatic ? use_foreach(group) : Boolean(group.foreach)
    if (foreach && lr instanceof Tensor && !capturable)
      throw runtime_error('lr as a Tensor is not supported for capturable=False and foreach=True')
    if (foreach && !fused && differentiable) throw assertion_error("_foreach ops don't support autograd")
    if (!fused) refuse_scaling(this)
    return (
      (group.amsgrad ? flag.amsgrad : 0) |
      (group.maximize ? flag.maximize : 0) |
      (capturable ? flag.capturable : 0) |
      (group.decoupled_weight_decay ? flag.decoupled_weight_decay : 0) |
      (foreach && !fused ? flag.foreach : 0) |
      (fused ? flag.fused : 0) |
      (differentiable ? flag.differentiable : 0)
    )
  }

  static {
    methods(Adam, {
      step: 'closure?',
    })
  }
}

// On CUDA, updating all tensors together is faster, and PyTorch's default.
function use_foreach({ params, lr, capturable, differentiable }: AdamParamGroup): boolean {
  if (differentiable || (lr instanceof Tensor && !capturable)) return false
  return params.every((param) => param.device.type === 'cuda')
}
