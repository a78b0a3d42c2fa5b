import { runtime_error, value_error } from '../errors.js'
import { py_repr } from '../nn/repr.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import { keep } from '../scope.js'
import { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import {
  type CommonOptions,
  check_fused,
  check_fused_options,
  check_rate,
  number_of,
  type Rate,
  scalar_rate,
  take_optimizer_options,
} from './options.js'
import { SingleTensorOptimizer, type Update } from './single_tensor.js'

/** Options of {@link SGD}, and of each of its groups. */
export interface SGDOptions extends CommonOptions {
  /** The learning rate. Default: 1e-3. */
  lr?: Rate
  /** The part of the last step that is taken again. Default: 0. */
  momentum?: number
  /** How much less a gradient counts in the momentum. Default: 0. */
  dampening?: number
  /** The weight decay. Default: 0. */
  weight_decay?: number
  /** Whether the momentum is Nesterov's. Default: false. */
  nesterov?: boolean
  /** Whether the fused kernel is used. Default: null, which is no. */
  fused?: boolean | null
}

/** A group of {@link SGD}. */
export interface SGDParamGroup extends ParamGroup, Required<SGDOptions> {}

const DEFAULTS: Required<SGDOptions> = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weight_decay: 0,
  nesterov: false,
  maximize: false,
  foreach: null,
  differentiable: false,
  fused: null,
}

const NAMES = ['params', ...(Object.keys(DEFAULTS) as (keyof SGDOptions)[])] as const

// Over lists: one crossing for all parameters, and on the CPU the same kernels as one by one.
const add_lists = operator('aten::_foreach_add.List')
const add_lists_ = operator('aten::_foreach_add_.List')
const multiply_list_ = operator('aten::_foreach_mul_.Scalar')
const fused_sgd_ = operator('aten::_fused_sgd_')
const fused_sgd_tensor_ = operator('aten::_fused_sgd_.tensor_lr')

function check(given: Required<SGDOptions>): void {
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
  constructor(params: Params<SGDParamGroup>, options?: SGDOptions)
  constructor(
    params: Params<SGDParamGroup>,
    lr: Rate,
    momentum?: number | SGDOptions,
    dampening?: number | SGDOptions,
    weight_decay?: number | SGDOptions,
    nesterov?: boolean | SGDOptions,
    options?: SGDOptions,
  )
  constructor(...args: unknown[]) {
    const given = take_optimizer_options<Required<SGDOptions> & { params: Params<SGDParamGroup> }>(
      'SGD',
      args,
      NAMES,
      6,
      DEFAULTS,
    )
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

  // The buffer is the gradient itself at the first step.
  #momentum(group: SGDParamGroup, updates: readonly Update[]): Tensor[] {
    const { momentum, dampening } = group
    const began = updates.filter(({ state }) => state['momentum_buffer'])
    if (began.length > 0) {
      const buffers = began.map(({ state }) => state['momentum_buffer'] as Tensor)
      multiply_list_(buffers, momentum)
      add_lists_(
        buffers,
        began.map(({ grad }) => grad),
        { alpha: 1 - dampening },
      )
    }
    return updates.map(({ param, grad, state }) => {
      if (!state['momentum_buffer']) {
        state['momentum_buffer'] = keep(grad.detach().clone())
        this.state.set(param, state)
      }
      return state['momentum_buffer'] as Tensor
    })
  }

  protected override update_group(group: SGDParamGroup, updates: readonly Update[]): void {
    if (group.fused) {
      this.#fused(group, updates)
      return
    }
    const params = updates.map(({ param }) => param)
    if (group.weight_decay !== 0) {
      const grads = updates.map(({ grad }) => grad)
      const decayed = add_lists(grads, params, { alpha: group.weight_decay }) as unknown as Tensor[]
      updates.forEach((update, i) => {
        update.grad = decayed[i]!
      })
    }
    let steps = updates.map(({ grad }) => grad)
    if (group.momentum !== 0) {
      const buffers = this.#momentum(group, updates)
      steps = group.nesterov
        ? (add_lists(steps, buffers, { alpha: group.momentum }) as unknown as Tensor[])
        : buffers
    }
    const lr = scalar_rate(group.lr)
    if (lr instanceof Tensor && lr.requires_grad)
      params.forEach((param, i) => {
        param.addcmul_(steps[i]!, lr, { value: -1 })
      })
    else add_lists_(params, steps, { alpha: -number_of(lr) })
  }

  protected override update(group: SGDParamGroup, update: Update): void {
    this.update_group(group, [update])
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
        grad_scale: this.grad_scale ?? null,
        found_inf: this.found_inf ?? null,
      },
    )
  }
}
