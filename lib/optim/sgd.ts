import { runtime_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import { own_value } from '../own.js'
import type { Given, Keywords } from '../python/call_types.js'
import { keyword, optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { py_repr } from '../repr.js'
import { keep } from '../scope.js'
import { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  check_fused,
  check_fused_options,
  check_rate,
  number_of,
  type Rate,
  refuse_scaling,
  scalar_rate,
} from './options.js'
import { type NativeStep, SingleTensorOptimizer, type Update } from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Learning rate. Default: 1e-3. */
    lr: optional<Rate>(1e-3),
  },
  {
    /** Momentum factor. Default: 0. */
    momentum: optional(0),
  },
  {
    /** Dampening for momentum. Default: 0. */
    dampening: optional(0),
  },
  {
    /** Weight decay. Default: 0. */
    weight_decay: optional(0),
  },
  {
    /** Use Nesterov momentum. Default: false. */
    nesterov: optional(false),
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
    /** Let gradients flow through the step. Default: false. */
    differentiable: keyword(false),
  },
  {
    /** Use the fused kernel; null leaves it off. Default: null. */
    fused: keyword<boolean | null>(null),
  },
)

/** Options of {@link SGD}, and of each of its groups. */
export type SGDOptions = Keywords<typeof OPTIONS>

/** A group of {@link SGD}. */
export interface SGDParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('SGD', { params: required<Params<SGDParamGroup>>() }, ...OPTIONS)

// Over lists: one crossing, and on CUDA one kernel, for all parameters.
const add_lists = operator('aten::_foreach_add.List')
const add_lists_ = operator('aten::_foreach_add_.List')
const multiply_list_ = operator('aten::_foreach_mul_.Scalar')
const fused_sgd_ = operator('aten::_fused_sgd_')
const fused_sgd_tensor_ = operator('aten::_fused_sgd_.tensor_lr')

function check(given: Given<typeof OPTIONS>): void {
  check_rate(given.lr)
  // Not `not value >= 0`: PyTorch lets NaN pass here.
  if (number_of(given.lr) < 0) throw value_error(`Invalid learning rate: ${py_repr(given.lr)}`)
  if (given.momentum < 0) throw value_error(`Invalid momentum value: ${py_repr(given.momentum)}`)
  if (given.weight_decay < 0) throw value_error(`Invalid weight_decay value: ${py_repr(given.weight_decay)}`)
  if (given.nesterov && (given.momentum <= 0 || given.dampening !== 0))
    throw value_error('Nesterov momentum requires a momentum and zero dampening')
}

/**
 * Stochastic gradient descent, with momentum where it is asked for.
 *
 * b ← μb + (1 − τ)g, which is g at first, θ ← θ − lr · b; with Nesterov's momentum θ ← θ − lr · (g + μb)
 *
 * @param params - parameters, named parameters, or groups of them
 * @param lr - the learning rate. Default: 1e-3
 * @param momentum - μ. Default: 0
 * @param dampening - τ. Default: 0
 * @param weight_decay - Default: 0
 * @param nesterov - Default: false
 * @throws ValueError for options out of their range; RuntimeError for options that exclude each other
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
 * optimizer.zero_grad()
 * loss_fn(model(input), target).backward()
 * optimizer.step()
 * ```
 *
 * @see torch/optim/sgd.py
 */
export class SGD extends SingleTensorOptimizer<SGDParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const given = PARAMETERS.take(args)
    check(given)
    const { params, ...options } = given
    super(params, options)
    if (!given.fused) return
    this._step_supports_amp_scaling = true
    check_fused_options(given.differentiable, given.foreach)
  }

  protected override get older_options(): Record<string, unknown> {
    return { nesterov: false, maximize: false, foreach: null, differentiable: false, fused: false }
  }
  protected override get state_numbers(): readonly string[] {
    return []
  }
  protected override get takes_sparse(): boolean {
    return true
  }

  protected override begin(): ParamState {
    return {}
  }

  protected override native_step(group: SGDParamGroup): NativeStep | null {
    if (use_foreach(group)) return null
    const { maximize, lr, momentum, dampening, weight_decay, nesterov } = group
    return {
      step: 'sgd_step',
      state: momentum === 0 ? [] : ['momentum_buffer'],
      numbers: [maximize, lr, momentum, dampening, weight_decay, nesterov],
    }
  }

  protected override update_group(group: SGDParamGroup, updates: readonly Update[]): void {
    if (group.fused) this.#fused(group, updates)
    else if (use_foreach(group) && !updates.some(({ grad }) => grad.is_sparse)) this.#foreach(group, updates)
    else super.update_group(group, updates)
  }

  protected override update(group: SGDParamGroup, update: Update): void {
    const { momentum, dampening, weight_decay } = group
    const { param, state } = update
    const grad = weight_decay === 0 ? update.grad : update.grad.add(param, { alpha: weight_decay })
    let step = grad
    if (momentum !== 0) {
      const began = state['momentum_buffer'] as Tensor | null | undefined
      const buffer = began
        ? began.mul_(momentum).add_(grad, { alpha: 1 - dampening })
        : this.#first_momentum(update, grad)
      step = group.nesterov ? grad.add(buffer, { alpha: momentum }) : buffer
    }
    const lr = scalar_rate(group.lr)
    if (lr instanceof Tensor && lr.requires_grad) param.addcmul_(step, lr, { value: -1 })
    else param.add_(step, { alpha: -number_of(lr) })
  }

  // The buffer is the gradient itself at the first step.
  #first_momentum({ param, state }: Update, grad: Tensor): Tensor {
    const buffer = keep(grad.detach().clone())
    state['momentum_buffer'] = buffer
    this.state.set(param, state)
    return buffer
  }

  // All tensors together, in PyTorch's order for lists.
  #foreach(group: SGDParamGroup, updates: readonly Update[]): void {
    refuse_scaling(this)
    const { momentum, dampening, weight_decay } = group
    const params = updates.map(({ param }) => param)
    let steps = updates.map(({ grad }) => grad)
    if (weight_decay !== 0) steps = add_lists(steps, params, { alpha: weight_decay }) as unknown as Tensor[]
    if (momentum !== 0) {
      const grads = steps
      const began = updates.every(({ state }) => state['momentum_buffer'])
      const buffers = updates.map((update, i) => {
        const buffer = update.state['momentum_buffer'] as Tensor | null | undefined
        if (!buffer) return this.#first_momentum(update, grads[i]!)
        return began ? buffer : buffer.mul_(momentum).add_(grads[i]!, { alpha: 1 - dampening })
      })
      if (began) {
        multiply_list_(buffers, momentum)
        add_lists_(buffers, grads, { alpha: 1 - dampening })
      }
      steps = group.nesterov
        ? (add_lists(grads, buffers, { alpha: momentum }) as unknown as Tensor[])
        : buffers
    }
    add_lists_(params, steps, { alpha: -number_of(group.lr) })
  }

  #fused(group: SGDParamGroup, updates: readonly Update[]): void {
    const { momentum, lr } = group
    if (updates.some(({ grad }) => grad.is_sparse))
      throw runtime_error('`_fused_sgd` does not support sparse gradients')
    for (const { param } of updates) check_fused(param)
    const first = momentum !== 0 && updates.every(({ state }) => !state['momentum_buffer'])
    if (first)
      for (const { param, grad, state } of updates) {
        state['momentum_buffer'] = keep(ops.empty_like(grad))
        this.state.set(param, state)
      }
    const buffers = momentum === 0 ? [] : updates.map(({ state }) => state['momentum_buffer'])
    const kernel = lr instanceof Tensor ? fused_sgd_tensor_ : fused_sgd_
    kernel(
      updates.map(({ param }) => param),
      // The kernel negates by itself.
      updates.map(({ param }) => param.grad!),
      buffers,
      {
        weight_decay: group.weight_decay,
        momentum,
        lr,
        dampening: group.dampening,
        nesterov: group.nesterov,
        maximize: group.maximize,
        is_first_step: first,
        grad_scale: own_value(this, 'grad_scale') ?? null,
        found_inf: own_value(this, 'found_inf') ?? null,
      },
    )
  }
}

// On CUDA, updating all tensors together is faster, and PyTorch's default.
function use_foreach({ foreach, differentiable, params }: SGDParamGroup): boolean {
  return foreach ?? (!differentiable && params[0]?.device.type === 'cuda')
}
