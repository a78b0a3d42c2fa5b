import { runtime_error, value_error } from '../errors.js'
import { sparse_coo_tensor } from '../functional.js'
import { native } from '../native.js'
import type { Given, Keywords } from '../python/call_types.js'
import { optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { py_repr } from '../repr.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import { check_beta_range, check_rate, number_of, over, type Rate, scalar_rate, times } from './options.js'
import { SingleTensorOptimizer, type Update, zeros_like } from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Learning rate. Default: 1e-3. */
    lr: optional<Rate>(1e-3),
  },
  {
    /** Decay rates of the running averages of the gradient and of its square. Default: [0.9, 0.999]. */
    betas: optional<readonly [number, number]>([0.9, 0.999]),
  },
  {
    /** Term added to the denominator for numerical stability. Default: 1e-8. */
    eps: optional(1e-8),
  },
  {
    /** Maximize the objective instead of minimizing it. Default: false. */
    maximize: optional(false),
  },
)

/** Options of {@link SparseAdam}, and of each of its groups. */
export type SparseAdamOptions = Keywords<typeof OPTIONS>

/** A group of {@link SparseAdam}. */
export interface SparseAdamParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('SparseAdam', { params: required<Params<SparseAdamParamGroup>>() }, ...OPTIONS)

function check_above_zero(what: string, value: Rate): void {
  if (!(number_of(value) > 0)) throw value_error(`Invalid ${what}: ${py_repr(value)}`)
}

// The places of parameters, as Python prints a list of pairs.
function places(groups: readonly ParamGroup[], is_wrong: (param: Tensor) => boolean): string | null {
  const found = groups.flatMap(({ params }, i) =>
    params.flatMap((param, j) => (is_wrong(param) ? [`[${i}, ${j}]`] : [])),
  )
  return found.length > 0 ? `[${found.join(', ')}]` : null
}

/**
 * Adam for sparse gradients, as of an embedding with `sparse: true`: only the rows that have a gradient move, and only
 * their averages change.
 *
 * @param params - parameters, named parameters, or groups of them; dense ones
 * @param lr - the learning rate. Default: 1e-3
 * @param betas - the decay rates of the two averages. Default: [0.9, 0.999]
 * @param eps - what is added to the denominator. Default: 1e-8
 * @param maximize - Default: false
 * @throws ValueError for options out of their range, and for sparse or complex parameters; RuntimeError for dense gradients
 *
 * @example
 * ```ts
 * const embedding = new torch.nn.Embedding(10_000, 64, { sparse: true })
 * const optimizer = new torch.optim.SparseAdam(embedding.parameters())
 * ```
 *
 * @see torch/optim/sparse_adam.py
 */
export class SparseAdam extends SingleTensorOptimizer<SparseAdamParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    check_rate(options.lr)
    check_above_zero('learning rate', options.lr)
    check_above_zero('epsilon value', options.eps)
    check_beta_range(options.betas)
    super(params, options)
    const sparse = places(this.param_groups, (param) => param.is_sparse)
    if (sparse !== null)
      throw value_error(`Sparse params at indices ${sparse}: SparseAdam requires dense parameter tensors`)
    const complex = places(this.param_groups, (param) => param.is_complex())
    if (complex !== null)
      throw value_error(
        `Complex params at indices ${complex}: SparseAdam does not support complex parameters`,
      )
  }

  protected override get older_options(): Record<string, unknown> {
    return {}
  }
  // A number in Python too.
  protected override get state_numbers(): readonly string[] {
    return []
  }
  protected override get takes_sparse(): boolean {
    return true
  }

  protected override begin(_group: SparseAdamParamGroup, param: Tensor, grad: Tensor): ParamState {
    if (!grad.is_sparse)
      throw runtime_error('SparseAdam does not support dense gradients, please consider Adam instead')
    return { step: 0, exp_avg: zeros_like(param), exp_avg_sq: zeros_like(param) }
  }

  protected override update(group: SparseAdamParamGroup, { param, grad: given, state }: Update): void {
    if (!given.is_sparse)
      throw runtime_error('SparseAdam does not support dense gradients, please consider Adam instead')
    const [beta1, beta2] = group.betas
    const step = Number(state['step']) + 1
    state['step'] = step
    const grad = given.coalesce()
    const values = grad.values()
    if (values.numel() === 0) return
    const indices = grad.indices()
    const with_values = (made: Tensor) => sparse_coo_tensor(indices, made, grad.shape)
    const exp_avg = state['exp_avg'] as Tensor
    const exp_avg_sq = state['exp_avg_sq'] as Tensor

    const old_avg = exp_avg.sparse_mask(grad).values()
    const avg_update = values.sub(old_avg).mul_(1 - beta1)
    exp_avg.add_(with_values(avg_update))
    const old_avg_sq = exp_avg_sq.sparse_mask(grad).values()
    const avg_sq_update = values
      .pow(2)
      .sub_(old_avg_sq)
      .mul_(1 - beta2)
    exp_avg_sq.add_(with_values(avg_sq_update))

    const numerator = avg_update.add_(old_avg)
    const denominator = avg_sq_update.add_(old_avg_sq).sqrt_().add_(group.eps)
    const correction1 = 1 - native.math.pow(beta1, step)
    const correction2 = 1 - native.math.pow(beta2, step)
    const step_size = over(times(scalar_rate(group.lr), native.math.sqrt(correction2)), correction1)
    param.add_(with_values(numerator.div_(denominator).mul(times(step_size, -1))))
  }
}
