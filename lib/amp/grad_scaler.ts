import { without_grad } from '../autograd/grad_mode.js'
import { record_of } from '../collections.js'
import { float16, float32, float64, int32 } from '../dtype.js'
import { assertion_error, key_error, runtime_error, value_error } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import type { Optimizer } from '../optim/optimizer.js'
import { member, own_value } from '../own.js'
import { methods } from '../python/methods.js'
import { optional } from '../python/parameters.js'
import { type Call, type KeywordsOf, signature, type UsualCall } from '../python/signature.js'
import { keep } from '../scope.js'
import { check_numbers, type NumberKinds } from '../state_numbers.js'
import { Tensor } from '../tensor.js'
import { not_json, uncloneable } from '../uncloneable.js'
import { warn_once } from '../warn.js'

type AnyOptimizer = Optimizer & {
  step(closure?: () => unknown): unknown
  grad_scale?: Tensor | null
  found_inf?: Tensor | null
  _step_supports_amp_scaling?: boolean
}

/** What a scaler has done with an optimizer's gradients since the last update. */
export enum OptState {
  READY = 0,
  UNSCALED = 1,
  STEPPED = 2,
}

interface OptimizerState {
  stage: OptState
  found_inf_per_device: Map<string, Tensor>
}

const GRAD_SCALER = signature(
  'GradScaler',
  {
    /** Type of device. Default: `'cuda'`. */
    device: optional<string>('cuda'),
  },
  {
    /** Initial scale. Default: 65536. */
    init_scale: optional(65536),
  },
  {
    /** Factor of the scale after `growth_interval` steps without infinite gradients. Default: 2. */
    growth_factor: optional(2),
  },
  {
    /** Factor of the scale after a step with infinite gradients. Default: 0.5. */
    backoff_factor: optional(0.5),
  },
  {
    /** Steps without infinite gradients before the scale grows. Default: 2000. */
    growth_interval: optional(2000),
  },
  {
    /** False makes all methods pass values through. Default: true. */
    enabled: optional(true),
  },
)

/** Options of {@link GradScaler}. */
export type GradScalerOptions = KeywordsOf<typeof GRAD_SCALER>

/** A scaler's state. */
export interface GradScalerState {
  scale?: number
  growth_factor?: number
  backoff_factor?: number
  growth_interval?: number
  _growth_tracker?: number
}

/** The kind of number that each entry of a state must be. */
export const SCALER_NUMBERS: NumberKinds = {
  scale: 'duration',
  growth_factor: 'positive',
  backoff_factor: 'positive',
  growth_interval: 'positive_whole',
  _growth_tracker: 'count',
}

type Scaled<T> = T extends Tensor ? Tensor : T

const check_and_unscale_ = operator('aten::_amp_foreach_non_finite_check_and_unscale_')
const update_scale_ = operator('aten::_amp_update_scale_')

/** One tensor's copies on other devices. */
class Replicas {
  readonly copies = new Map<string, Tensor>()

  constructor(readonly main: Tensor) {}

  on(device: Tensor['device']): Tensor {
    const name = String(device)
    let copy = this.copies.get(name)
    if (copy === undefined)
      this.copies.set(name, (copy = keep(this.main.to({ device, non_blocking: true, copy: true }))))
    return copy
  }
}

/**
 * Scales a loss so that gradients in half precision do not become 0, takes the scale off them before the step, leaves out
 * steps with infinite gradients, and finds the greatest scale without them.
 *
 * @param device - the type of device. Default: `'cuda'`
 * @param init_scale - Default: 65536
 * @param growth_factor - Default: 2
 * @param backoff_factor - Default: 0.5
 * @param growth_interval - Default: 2000
 * @param enabled - Default: true
 * @throws AssertionError for a growth factor up to 1 and a backoff factor from 1 on
 *
 * @example
 * ```ts
 * const scaler = new torch.amp.GradScaler('cuda')
 * const loss = torch.autocast('cuda', () => loss_fn(model(input), target))
 * scaler.scale(loss).backward()
 * scaler.step(optimizer)
 * scaler.update()
 * ```
 *
 * @see torch/amp/grad_scaler.py
 */
export class GradScaler {
  /** @internal */
  readonly _uncloneable: symbol = uncloneable('GradScaler: send its state_dict(); a GradScaler')

  /** Refuses `JSON.stringify`. */
  toJSON(): never {
    throw not_json(this, 'save its state_dict() with torch.save')
  }

  readonly [IDENTITY]: string = next_identity()
  readonly #device: string
  readonly #enabled: boolean
  #init_scale: number
  #growth_factor: number
  #backoff_factor: number
  #growth_interval: number
  #init_growth_tracker = 0
  #scale: Tensor | null = null
  #growth_tracker: Tensor | null = null
  #states = new Map<object, OptimizerState>()

  constructor(...args: Call<typeof GRAD_SCALER>)
  constructor(...args: UsualCall<typeof GRAD_SCALER>)
  constructor(...args: unknown[]) {
    const given = GRAD_SCALER.take(args)
    let { enabled } = given
    if (given.device === 'cuda' && enabled && !(native.has_cuda() && native.cuda_device_count() > 0)) {
      warn_once('torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.')
      enabled = false
    }
    if (enabled && given.growth_factor <= 1) throw assertion_error('The growth factor must be > 1.0.')
    if (enabled && given.backoff_factor >= 1) throw assertion_error('The backoff factor must be < 1.0.')
    this.#device = given.device
    this.#enabled = enabled
    this.#init_scale = given.init_scale
    this.#growth_factor = given.growth_factor
    this.#backoff_factor = given.backoff_factor
    this.#growth_interval = given.growth_interval
  }

  #expect_scale(method: string): { scale: Tensor; growth_tracker: Tensor } {
    const fix =
      'This may indicate your script did not use scaler.scale(loss or outputs) earlier in the iteration.'
    if (this.#scale === null) throw assertion_error(`Attempted ${method} but _scale is None.  ${fix}`)
    if (this.#growth_tracker === null)
      throw assertion_error(`Attempted ${method} but _growth_tracker is None.  ${fix}`)
    return { scale: this.#scale, growth_tracker: this.#growth_tracker }
  }

  #scale_on(device: Tensor['device']): Tensor {
    if (this.#scale === null) {
      this.#scale = keep(ops.full([], this.#init_scale, { dtype: float32, device }))
      this.#growth_tracker = keep(ops.full([], this.#init_growth_tracker, { dtype: int32, device }))
    }
    return this.#scale
  }

  #state(optimizer: object): OptimizerState {
    let state = this.#states.get(optimizer)
    if (state === undefined)
      this.#states.set(optimizer, (state = { stage: OptState.READY, found_inf_per_device: new Map() }))
    return state
  }

  /**
   * A loss, or losses in arrays, times the scale.
   *
   * @throws ValueError for something else
   */
  scale<T>(outputs: T): Scaled<T> {
    if (!this.#enabled) return outputs as Scaled<T>
    let replicas: Replicas | undefined
    const apply = (value: unknown): unknown => {
      if (value instanceof Tensor) {
        replicas ??= new Replicas(this.#scale_on(value.device))
        return value.mul(replicas.on(value.device))
      }
      if (typeof value === 'object' && value !== null && Symbol.iterator in value)
        return [...(value as Iterable<unknown>)].map(apply)
      throw value_error('outputs must be a Tensor or an iterable of Tensors')
    }
    return apply(outputs) as Scaled<T>
  }

  // Gradients by device and dtype, unscaled in one call each.
  #unscale(optimizer: AnyOptimizer, inverse: Tensor, allow_fp16: boolean): Map<string, Tensor> {
    const inverses = new Replicas(inverse)
    const found = new Replicas(ops.full([], 0, { dtype: float32, device: inverse.device }))
    const lists = new Map<string, Tensor[]>()
    without_grad(() => {
      for (const { params } of optimizer.param_groups as { params: Tensor[] }[])
        for (const param of params) {
          let { grad } = param
          if (grad === null) continue
          if (!allow_fp16 && grad.dtype === float16)
            throw value_error('Attempting to unscale FP16 gradients.')
          if (grad.is_sparse) {
            // Values of one place that are summed later could overflow then.
            if (grad.dtype === float16) param.grad = grad = grad.coalesce()
            grad = operator('aten::_values')(grad)
          }
          const key = `${String(grad.device)} ${grad.dtype.name}`
          const list = lists.get(key)
          if (list === undefined) lists.set(key, [grad])
          else list.push(grad)
        }
      for (const list of lists.values()) {
        const { device } = list[0]!
        check_and_unscale_(list, found.on(device), inverses.on(device))
      }
    })
    return found.copies
  }

  /**
   * Takes the scale off an optimizer's gradients, as before clipping them; else `step` does it.
   *
   * @throws RuntimeError where it is done already, or after the step; ValueError for gradients in float16
   */
  unscale_(optimizer: AnyOptimizer): void {
    if (!this.#enabled) return
    const { scale } = this.#expect_scale('unscale_')
    const state = this.#state(optimizer)
    if (state.stage === OptState.UNSCALED)
      throw runtime_error('unscale_() has already been called on this optimizer since the last update().')
    if (state.stage === OptState.STEPPED) throw runtime_error('unscale_() is being called after step().')
    const inverse = scale.to(float64).reciprocal().to(float32)
    state.found_inf_per_device = this.#unscale(optimizer, inverse, false)
    state.stage = OptState.UNSCALED
  }

  /**
   * Steps the optimizer unless a gradient is infinite or not a number.
   *
   * @returns what the optimizer's step returned, or null where there was none
   * @throws RuntimeError where it has been called since the last update
   */
  step(optimizer: AnyOptimizer, ...args: unknown[]): unknown
  step(optimizer: AnyOptimizer, args: unknown, kwargs?: unknown): unknown {
    const named = kwargs as Record<string, unknown>
    const given = Object.keys(named).length > 0 ? [...(args as unknown[]), named] : (args as unknown[])
    const step = () => (optimizer.step as (...given: unknown[]) => unknown).apply(optimizer, given)
    if (!this.#enabled) return step()
    if (Object.hasOwn(named, 'closure'))
      throw runtime_error('Closure use is not currently supported if GradScaler is enabled.')
    this.#expect_scale('step')
    const state = this.#state(optimizer)
    if (state.stage === OptState.STEPPED)
      throw runtime_error('step() has already been called since the last update().')
    if (member(optimizer, '_step_supports_amp_scaling')) return this.#fused_step(optimizer, state, step)
    if (state.stage === OptState.READY) this.unscale_(optimizer)
    if (state.found_inf_per_device.size === 0)
      throw assertion_error('No inf checks were recorded for this optimizer.')
    let found = 0
    for (const value of state.found_inf_per_device.values()) found += value.item()
    const result = found === 0 ? step() : null
    state.stage = OptState.STEPPED
    return result
  }

  // A fused kernel takes the scale off by itself.
  #fused_step(optimizer: AnyOptimizer, state: OptimizerState, step: () => unknown): unknown {
    const { scale } = this.#expect_scale('step')
    if (state.stage === OptState.READY) {
      const one = ops.full([], 1, { dtype: float32, device: scale.device })
      state.found_inf_per_device = this.#unscale(optimizer, one, true)
    }
    const found = [...state.found_inf_per_device.values()]
      .map((value) => value.to({ device: scale.device, non_blocking: true }))
      .reduce((sum, value) => sum.add(value))
    const old = own_value(optimizer, 'grad_scale') ?? null
    optimizer.grad_scale =
      state.stage === OptState.UNSCALED ? old : old === null ? scale.mul(1) : scale.mul(old)
    optimizer.found_inf = found
    const result = step()
    state.stage = OptState.STEPPED
    delete optimizer.grad_scale
    delete optimizer.found_inf
    return result
  }

  /**
   * Grows or lowers the scale by what the steps since the last update have found.
   *
   * @param new_scale - a scale of one's own instead
   */
  update(new_scale: number | Tensor | null = null): void {
    if (!this.#enabled) return
    const { scale, growth_tracker } = this.#expect_scale('update')
    if (typeof new_scale === 'number') scale.fill_(new_scale)
    else if (new_scale !== null) {
      if (
        new_scale.device.type !== this.#device ||
        new_scale.numel() !== 1 ||
        new_scale.requires_grad === true
      )
        throw assertion_error(
          'new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor with requires_grad=False.',
        )
      scale.copy_(new_scale)
    } else {
      const found = [...this.#states.values()].flatMap(({ found_inf_per_device }) =>
        [...found_inf_per_device.values()].map((value) =>
          value.to({ device: scale.device, non_blocking: true }),
        ),
      )
      if (found.length === 0) throw assertion_error('No inf checks were recorded prior to update.')
      const all = found.reduce((sum, value) => sum.add(value))
      update_scale_(
        scale,
        growth_tracker,
        all,
        this.#growth_factor,
        this.#backoff_factor,
        this.#growth_interval,
      )
    }
    this.#states = new Map()
  }

  /** The scale; 1 where the scaler is not enabled. */
  get_scale(): number {
    if (!this.#enabled) return 1
    return this.#scale === null ? this.#init_scale : this.#scale.item()
  }
  get_growth_factor(): number {
    return this.#growth_factor
  }
  set_growth_factor(new_factor: number): void {
    this.#growth_factor = new_factor
  }
  get_backoff_factor(): number {
    return this.#backoff_factor
  }
  set_backoff_factor(new_factor: number): void {
    this.#backoff_factor = new_factor
  }
  get_growth_interval(): number {
    return this.#growth_interval
  }
  set_growth_interval(new_interval: number): void {
    this.#growth_interval = new_interval
  }
  is_enabled(): boolean {
    return this.#enabled
  }

  /** @internal */
  _get_growth_tracker(): number {
    if (!this.#enabled) return 0
    return this.#growth_tracker === null ? this.#init_growth_tracker : this.#growth_tracker.item()
  }

  /** The scale, the factors and the count of steps; empty where the scaler is not enabled. */
  state_dict(): GradScalerState {
    if (!this.#enabled) return {}
    return {
      scale: this.get_scale(),
      growth_factor: this.#growth_factor,
      backoff_factor: this.#backoff_factor,
      growth_interval: this.#growth_interval,
      _growth_tracker: this._get_growth_tracker(),
    }
  }

  /**
   * Takes what {@link state_dict} gave.
   *
   * @throws RuntimeError for the empty state of a scaler that was not enabled; KeyError where something is missing; ValueError
   *   for a number that makes no sense
   */
  load_state_dict(state_dict: GradScalerState): void {
    if (!this.#enabled) return
    const state = record_of('load_state_dict', state_dict)
    if (Object.keys(state).length === 0)
      throw runtime_error(
        'The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler.',
      )
    const take = (name: keyof GradScalerState): number => {
      const value = own_value(state, name)
      if (value === undefined) throw key_error(name)
      return Number(value)
    }
    check_numbers('', state, SCALER_NUMBERS)
    const [scale, growth_tracker] = [take('scale'), take('_growth_tracker')]
    this.#growth_factor = take('growth_factor')
    this.#backoff_factor = take('backoff_factor')
    this.#growth_interval = take('growth_interval')
    this.#init_scale = scale
    this.#init_growth_tracker = growth_tracker
    this.#scale?.fill_(scale)
    this.#growth_tracker?.fill_(growth_tracker)
  }

  static {
    methods(GradScaler, {
      get_backoff_factor: '',
      get_growth_factor: '',
      get_growth_interval: '',
      get_scale: '',
      is_enabled: '',
      load_state_dict: 'state_dict{}',
      scale: 'outputs',
      set_backoff_factor: 'new_factor',
      set_growth_factor: 'new_factor',
      set_growth_interval: 'new_interval',
      state_dict: '',
      step: 'optimizer, *args, **kwargs',
      unscale_: 'optimizer',
      update: 'new_scale?',
    })
  }
}
