import { with_grad, without_grad } from '../autograd/grad_mode.js'
import { assertion_error, runtime_error, type_error, value_error } from '../errors.js'
import { contiguous_format } from '../layout.js'
import * as ops from '../ops/generated/torch.js'
import { assign_own, own_value } from '../own.js'
import type { Given, Keywords } from '../python/call_types.js'
import { methods } from '../python/methods.js'
import { optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { keep } from '../scope.js'
import { Tensor } from '../tensor.js'
import { strong_wolfe } from './line_search.js'
import { Optimizer, type ParamGroup, type ParamState, type Params } from './optimizer.js'
import { check_learning_rate, number_of, type Rate, scalar_rate, times } from './options.js'

const OPTIONS = entries(
  {
    /** Learning rate. Default: 1. */
    lr: optional<Rate>(1),
  },
  {
    /** Maximum number of iterations a step. Default: 20. */
    max_iter: optional(20),
  },
  {
    /** Maximum number of evaluations a step. Default: max_iter · 1.25. */
    max_eval: optional<number | null>(null),
  },
  {
    /** Ends a step where no element of the gradient is larger. Default: 1e-7. */
    tolerance_grad: optional(1e-7),
  },
  {
    /** Ends a step where loss or parameters change less. Default: 1e-9. */
    tolerance_change: optional(1e-9),
  },
  {
    /** Number of remembered updates. Default: 100. */
    history_size: optional(100),
  },
  {
    /** `'strong_wolfe'`, or null for steps of the learning rate. Default: null. */
    line_search_fn: optional<'strong_wolfe' | null>(null),
  },
)

/** Options of {@link LBFGS}, and of each of its groups. */
export type LBFGSOptions = Keywords<typeof OPTIONS>

/** The group of {@link LBFGS}. */
export interface LBFGSParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('LBFGS', { params: required<Params<LBFGSParamGroup>>() }, ...OPTIONS)

/** What a step leaves for the next one. */
interface History {
  d: Tensor | null
  t: Rate | null
  old_dirs: Tensor[]
  old_stps: Tensor[]
  ro: Tensor[]
  H_diag: number | Tensor
  prev_flat_grad: Tensor | null
  prev_loss: number
}

/** What is kept: two counts, the recursion's factors, and the history once a step has ended. */
interface State extends ParamState, Partial<History> {
  func_evals: number
  n_iter: number
  al?: (Tensor | null)[]
}

const contiguous = (x: Tensor) => x.clone({ memory_format: contiguous_format })

/**
 * L-BFGS: Newton steps with a Hessian that is estimated from the last gradients. One group only; a step evaluates the
 * closure several times.
 *
 * @param params - parameters, or named parameters
 * @param lr - the learning rate. Default: 1
 * @param max_iter - iterations a step. Default: 20
 * @param max_eval - evaluations a step. Default: max_iter · 1.25
 * @param tolerance_grad - Default: 1e-7
 * @param tolerance_change - Default: 1e-9
 * @param history_size - Default: 100
 * @param line_search_fn - `'strong_wolfe'` or null. Default: null
 * @throws ValueError for a negative learning rate and for several groups
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.LBFGS(model.parameters(), { line_search_fn: 'strong_wolfe' })
 * optimizer.step(() => {
 *   optimizer.zero_grad()
 *   const loss = loss_fn(model(input), target)
 *   loss.backward()
 *   return loss
 * })
 * ```
 *
 * @see torch/optim/lbfgs.py
 */
export class LBFGS extends Optimizer<LBFGSParamGroup> {
  readonly #params: Tensor[]

  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_learning_rate(options.lr)
    options.max_eval ??= Math.floor((options.max_iter * 5) / 4)
    super(params, options)
    if (this.param_groups.length !== 1)
      throw value_error("LBFGS doesn't support per-parameter options (parameter groups)")
    this.#params = this.param_groups[0]!.params
  }

  // The rate is a whole number in Python.
  protected override get float_options(): readonly string[] {
    return []
  }

  #flat_gradient(): Tensor {
    const views = this.#params.map((param) => {
      const { grad } = param
      const view =
        grad === null ? param.new_zeros([param.numel()]) : (grad.is_sparse ? grad.to_dense() : grad).view(-1)
      return view.is_complex() ? ops.view_as_real(view).view(-1) : view
    })
    return ops.cat(views, 0)
  }

  /** θ ← θ + t · d. */
  #move(t: Rate, d: Tensor): void {
    let offset = 0
    for (const param of this.#params) {
      const real = param.is_complex() ? ops.view_as_real(param) : param
      const count = real.numel()
      real.add_(d.narrow(0, offset, count).view_as(real), { alpha: number_of(t) })
      offset += count
    }
    if (offset !== d.numel()) throw assertion_error(`Expected offset ${offset} to equal ${d.numel()}`)
  }

  #state(): State {
    const first = this.#params[0]!
    let state = this.state.get(first) as State | undefined
    if (state === undefined) this.state.set(first, (state = {} as State))
    state.func_evals ??= 0
    state.n_iter ??= 0
    return state
  }

  // The two-loop recursion: the estimated inverse Hessian times the gradient.
  #direction(state: State, history: History, flat_grad: Tensor, history_size: number): Tensor {
    const y = flat_grad.sub(history.prev_flat_grad!)
    const s = ops.mul(history.d!, history.t!)
    const ys = y.dot(s)
    const { old_dirs, old_stps, ro } = history
    if (ys.item() > 1e-10) {
      if (old_dirs.length === history_size) for (const list of [old_dirs, old_stps, ro]) list.shift()
      old_dirs.push(keep(y))
      old_stps.push(keep(s))
      ro.push(keep(ys.reciprocal().mul(1)))
      history.H_diag = keep(ys.div(y.dot(y)))
    }
    const al = own_value(state, 'al') ?? Array<Tensor | null>(history_size).fill(null)
    state.al = al
    const q = flat_grad.neg()
    for (let i = old_dirs.length - 1; i >= 0; i--) {
      al[i] = keep(old_stps[i]!.dot(q).mul(ro[i]!))
      q.add_(old_dirs[i]!, { alpha: al[i]!.neg().item() })
    }
    const r = ops.mul(q, history.H_diag)
    for (let i = 0; i < old_dirs.length; i++) {
      const be = old_dirs[i]!.dot(r).mul(ro[i]!)
      r.add_(old_stps[i]!, { alpha: al[i]!.sub(be).item() })
    }
    return r
  }

  /**
   * Iterates until one of the bounds is met.
   *
   * @param closure - computes the loss and its gradients anew, and returns the loss
   * @returns the loss before the step
   */
  override step(): never
  override step<R>(closure: () => R): R
  override step<R>(closure?: () => R): R {
    if (closure === undefined)
      throw type_error("LBFGS.step() missing 1 required positional argument: 'closure'")
    return without_grad(() => this.#step(() => with_grad(closure)))
  }

  #step<R>(closure: () => R): R {
    if (this.param_groups.length !== 1)
      throw assertion_error(`Expected exactly one param_group, but got ${this.param_groups.length}`)
    const group = this.param_groups[0]!
    const { max_iter, tolerance_grad, tolerance_change, history_size, line_search_fn } = group
    const max_eval = group.max_eval!
    const lr = scalar_rate(group.lr)
    const state = this.#state()
    const is_flat = (gradient: Tensor) => gradient.abs().max().item() <= tolerance_grad

    const first_loss = closure()
    let loss = loss_of(first_loss)
    let evaluations = 1
    state.func_evals += 1
    let flat_grad = this.#flat_gradient()
    let done = is_flat(flat_grad)
    if (done) return first_loss

    const history: History = {
      d: own_value(state, 'd') ?? null,
      t: own_value(state, 't') ?? null,
      old_dirs: own_value(state, 'old_dirs') ?? [],
      old_stps: own_value(state, 'old_stps') ?? [],
      ro: own_value(state, 'ro') ?? [],
      H_diag: own_value(state, 'H_diag') ?? 1,
      prev_flat_grad: own_value(state, 'prev_flat_grad') ?? null,
      prev_loss: own_value(state, 'prev_loss') ?? 0,
    }
    let n_iter = 0
    while (n_iter < max_iter) {
      n_iter += 1
      state.n_iter += 1
      if (state.n_iter === 1) {
        history.d = keep(flat_grad.neg())
        Object.assign(history, { old_dirs: [], old_stps: [], ro: [], H_diag: 1 })
      } else {
        history.d = keep(this.#direction(state, history, flat_grad, history_size))
      }
      if (history.prev_flat_grad) history.prev_flat_grad.copy_(flat_grad)
      else history.prev_flat_grad = keep(contiguous(flat_grad))
      history.prev_loss = loss
      history.t = state.n_iter === 1 ? keep(first_step(flat_grad, lr)) : lr

      const slope = flat_grad.dot(history.d)
      if (slope.item() > -tolerance_change) break
      let more = 0
      if (line_search_fn !== null) {
        if (line_search_fn !== 'strong_wolfe') throw runtime_error("only 'strong_wolfe' is supported")
        const start = this.#params.map(contiguous)
        const evaluate = (t: Rate, d: Tensor): [number, Tensor] => {
          this.#move(t, d)
          const value = loss_of(closure())
          const gradient = this.#flat_gradient()
          this.#params.forEach((param, i) => {
            param.copy_(start[i]!)
          })
          return [value, gradient]
        }
        const found = strong_wolfe(evaluate, history.t, history.d, loss, flat_grad, slope, {
          max_ls: max_eval - evaluations,
        })
        loss = found.loss
        flat_grad = found.gradient
        history.t = keep(found.t)
        more = found.evaluations
        this.#move(history.t, history.d)
        done = is_flat(flat_grad)
      } else {
        this.#move(history.t, history.d)
        if (n_iter !== max_iter) {
          loss = loss_of(closure())
          flat_grad = this.#flat_gradient()
          done = is_flat(flat_grad)
          more = 1
        }
      }
      evaluations += more
      state.func_evals += more
      if (n_iter === max_iter || evaluations >= max_eval || done) break
      if (ops.mul(history.d, history.t).abs().max().item() <= tolerance_change) break
      if (Math.abs(loss - history.prev_loss) < tolerance_change) break
    }
    assign_own(state, history)
    return first_loss
  }

  static {
    methods(LBFGS, {
      step: 'closure',
    })
  }
}

// min(1, 1 / Σ|g|) · lr
function first_step(flat_grad: Tensor, lr: Rate): Rate {
  const inverse = flat_grad.abs().sum().reciprocal().mul(1)
  return inverse.item() < 1 ? times(inverse, lr) : lr
}

function loss_of(value: unknown): number {
  return value instanceof Tensor ? Number(value.item()) : Number(value)
}
