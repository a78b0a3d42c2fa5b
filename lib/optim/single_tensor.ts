import { set_grad_enabled, with_grad, without_grad } from '../autograd/grad_mode.js'
import { runtime_error } from '../errors.js'
import { type Native, native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { own_value, set_own } from '../own.js'
import { methods } from '../python/methods.js'
import { keep } from '../scope.js'
import { handle_of, Tensor } from '../tensor.js'
import { Optimizer, options_of, type ParamGroup, type ParamState } from './optimizer.js'
import { is_scaled, refuse_scaling, upgrade_number } from './options.js'

/** One parameter's part of a step. */
export interface Update {
  param: Tensor
  /** The gradient, negated where the objective is maximized. */
  grad: Tensor
  state: ParamState
}

/** How the addon makes the step of a group: what {@link SingleTensorOptimizer.update} does, for all parameters at once. */
export interface NativeStep {
  readonly step: NativeStepName
  /** The names of the state's tensors, in the order in which the addon takes them. */
  readonly state: readonly string[]
  /** The options, numbers and booleans, in the order in which the addon takes them. */
  readonly numbers: readonly unknown[]
}

type NativeStepName = Exclude<Extract<keyof Native, `${string}_step`>, 'adam_step'>

/**
 * An optimizer that updates each parameter on its own, in the order of operations of PyTorch's single-tensor path.
 *
 * A subclass says how a parameter's state begins ({@link begin}) and how one is updated ({@link update}). The loop over a
 * group's parameters is {@link update_group}, and nothing else: what updates many at once overrides that. In the
 * ordinary case one crossing makes the step instead ({@link native_step}), and these are for what is left: the first
 * step, sparse and complex tensors, rates that are tensors, steps that are captured or differentiated.
 */
export abstract class SingleTensorOptimizer<G extends ParamGroup> extends Optimizer<G> {
  /** Set by a gradient scaler, for fused kernels. */
  declare grad_scale?: Tensor | null
  /** Set by a gradient scaler, for fused kernels. */
  declare found_inf?: Tensor | null
  /** Whether a gradient scaler leaves the scaling to the step. */
  declare _step_supports_amp_scaling?: boolean

  #handles = new Int32Array(0)

  /** Options that a state of an older version may lack, with their values. */
  protected get older_options(): Record<string, unknown> {
    return { foreach: null, maximize: false, differentiable: false, capturable: false }
  }

  /** Numbers of a parameter's state that an older version kept as numbers. */
  protected get state_numbers(): readonly string[] {
    return ['step']
  }

  /** Whether gradients may be sparse. */
  protected get takes_sparse(): boolean {
    return false
  }

  /** What is kept for a parameter before its first update. */
  protected abstract begin(group: G, param: Tensor, grad: Tensor): ParamState

  /** Updates one parameter. */
  protected abstract update(group: G, update: Update): void

  /** How the addon makes the step of a group; null where it does not. */
  protected native_step(_group: G): NativeStep | null {
    return null
  }

  /** Updates a group's parameters that have gradients. */
  protected update_group(group: G, updates: readonly Update[]): void {
    refuse_scaling(this)
    for (const update of updates) this.update(group, update)
  }

  override __setstate__(loaded: { state: Map<Tensor, ParamState>; param_groups: ParamGroup[] }): void {
    super.__setstate__(loaded)
    for (const group of this.param_groups) {
      const options = options_of(group)
      for (const [name, value] of Object.entries(this.older_options))
        if ((own_value(options, name) ?? null) === null) set_own(options, name, value)
      for (const param of group.params)
        for (const name of this.state_numbers) upgrade_number(this.state.get(param), name, options, param)
    }
  }

  override step(): null
  override step<R>(closure: () => R): R
  override step<R>(closure?: () => R): R | null {
    const loss = closure ? with_grad(closure) : null
    for (const group of this.param_groups) {
      if (this.#step_natively(group)) continue
      const update = () => this.#step_group(group)
      if (own_value(this.defaults, 'differentiable')) set_grad_enabled(true, update)
      else without_grad(update)
    }
    return loss
  }

  // The addon refuses, before it changes anything, a group with a gradient that is sparse or has no state yet.
  #step_natively(group: G): boolean {
    if (!is_ordinary(options_of(group)) || is_scaled(this)) return false
    const native_step = this.native_step(group)
    if (native_step === null) return false
    const { step, state, numbers } = native_step
    const values = new Float64Array(numbers.length)
    for (let i = 0; i < values.length; i++) {
      const number = numbers[i]
      if (typeof number !== 'number' && typeof number !== 'boolean') return false
      values[i] = Number(number)
    }
    return native[step](this.#gather(group.params, state), values)
  }

  // The handles of each parameter and its state, in an array that is used again at the next step.
  #gather(params: readonly Tensor[], names: readonly string[]): Int32Array {
    const length = params.length * (names.length + 1)
    if (this.#handles.length < length) this.#handles = new Int32Array(length)
    const handles = this.#handles
    let i = 0
    for (const param of params) {
      const state = this.state.get(param)
      handles[i++] = handle_of(param)
      for (const name of names) {
        const value = state?.[name]
        handles[i++] = value instanceof Tensor ? handle_of(value) : 0
      }
    }
    return handles.subarray(0, length)
  }

  #step_group(group: G): void {
    const maximize = own_value(options_of(group), 'maximize')
    const updates: Update[] = []
    for (const param of group.params) {
      const { grad } = param
      if (grad === null) continue
      if (!this.takes_sparse && grad.is_sparse)
        throw runtime_error(`${this.constructor.name} does not support sparse gradients`)
      let state = this.state.get(param)
      if (state === undefined || Object.keys(state).length === 0) {
        state = keep(this.begin(group, param, grad))
        if (Object.keys(state).length > 0) this.state.set(param, state)
      }
      updates.push({ param, grad, state })
    }
    if (updates.length === 0) return
    if (maximize) for (const update of updates) update.grad = update.grad.neg()
    this.update_group(group, updates)
  }

  static {
    methods(SingleTensorOptimizer, { step: 'closure?' })
  }
}

// What the addon's steps are made for; all else takes the longer road.
function is_ordinary(options: Record<string, unknown>): boolean {
  if (typeof own_value(options, 'lr') !== 'number' || own_value(options, 'capturable')) return false
  return !own_value(options, 'differentiable') && !own_value(options, 'fused')
}

/** A tensor of the state, like the parameter and filled with zeros. */
export function zeros_like(param: Tensor): Tensor {
  return keep(ops.zeros_like(param))
}

/** Tensors as pairs of real numbers where the parameter is complex, else as they are. */
export function real_views<T extends readonly Tensor[]>(param: Tensor, tensors: T): T {
  return param.is_complex() ? (tensors.map((tensor) => ops.view_as_real(tensor)) as unknown as T) : tensors
}
