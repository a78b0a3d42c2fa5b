import { runtime_error, value_error } from '../errors.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import type { Given, Keywords } from '../python/call_types.js'
import { optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import { py_repr, py_size } from '../repr.js'
import { keep } from '../scope.js'
import type { Tensor } from '../tensor.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'
import { check_rate, minus, number_of, type Rate, scalar_rate, times } from './options.js'
import { SingleTensorOptimizer, type Update } from './single_tensor.js'

const OPTIONS = entries(
  {
    /** Learning rate. Default: 1e-3. */
    lr: optional<Rate>(1e-3),
  },
  {
    /** Weight decay. Default: 0.1. */
    weight_decay: optional(0.1),
  },
  {
    /** Momentum factor. Default: 0.95. */
    momentum: optional(0.95),
  },
  {
    /** Use Nesterov momentum. Default: true. */
    nesterov: optional(true),
  },
  {
    /** Coefficients of the Newton–Schulz polynomial. Default: [3.4445, −4.775, 2.0315]. */
    ns_coefficients: optional<readonly [number, number, number]>([3.4445, -4.775, 2.0315]),
  },
  {
    /** Smallest norm that a gradient is divided by. Default: 1e-7. */
    eps: optional(1e-7),
  },
  {
    /** Number of Newton–Schulz iterations. Default: 5. */
    ns_steps: optional(5),
  },
  {
    /** Learning rate adjustment to the matrix's shape: `'original'` (also null) or `'match_rms_adamw'`. Default: null. */
    adjust_lr_fn: optional<'original' | 'match_rms_adamw' | null>(null),
  },
)

/** Options of {@link Muon}, and of each of its groups. */
export type MuonOptions = Keywords<typeof OPTIONS>

/** A group of {@link Muon}. */
export interface MuonParamGroup extends ParamGroup, Given<typeof OPTIONS> {}

const PARAMETERS = signature('Muon', { params: required<Params<MuonParamGroup>>() }, ...OPTIONS)

/** The nearest matrix whose singular values are all about 1, by a quintic Newton–Schulz iteration in bfloat16. */
function orthogonalize(grad: Tensor, { ns_coefficients, ns_steps, eps }: MuonParamGroup): Tensor {
  if (ns_steps >= 100) throw value_error('Number of steps must be less than 100 for computational efficiency')
  if (grad.ndim !== 2) throw value_error('Input tensor gradient must be a 2D matrix')
  if (ns_coefficients.length !== 3) throw value_error('Coefficients must be a tuple of exactly 3 values')
  const [a, b, c] = ns_coefficients
  const is_tall = grad.size(0) > grad.size(1)
  let x = grad.bfloat16()
  if (is_tall) x = x.t()
  x.div_(x.norm().clamp(eps))
  for (let i = 0; i < ns_steps; i++) {
    const gram = x.matmul(x.t())
    const update = ops.addmm(gram, gram, gram, { beta: b, alpha: c })
    x = ops.addmm(x, update, x, { beta: a })
  }
  return is_tall ? x.t() : x
}

// So that the update's root mean square does not depend on the matrix's shape.
function shape_factor(adjust: MuonOptions['adjust_lr_fn'], rows: number, columns: number): number {
  if (adjust === null || adjust === 'original') return native.math.sqrt(Math.max(1, rows / columns))
  return 0.2 * native.math.sqrt(Math.max(rows, columns))
}

/**
 * Muon: the momentum of a matrix, orthogonalized. For matrices only; biases and embeddings go to another optimizer.
 *
 * b ← μb + (1 − μ)g, θ ← (1 − lr · λ)θ − lr · s · NewtonSchulz(b), s following the shape
 *
 * @param params - matrices, named ones, or groups of them
 * @param lr - the learning rate. Default: 1e-3
 * @param weight_decay - λ. Default: 0.1
 * @param momentum - μ. Default: 0.95
 * @param nesterov - Default: true
 * @param ns_coefficients - Default: [3.4445, −4.775, 2.0315]
 * @param eps - Default: 1e-7
 * @param ns_steps - Default: 5
 * @param adjust_lr_fn - Default: null
 * @throws ValueError for options out of their range, and for parameters that are no matrices
 *
 * @example
 * ```ts
 * const matrices = [...model.parameters()].filter((p) => p.ndim === 2)
 * const optimizer = new torch.optim.Muon(matrices, { lr: 1e-3 })
 * ```
 *
 * @see torch/optim/_muon.py
 */
export class Muon extends SingleTensorOptimizer<MuonParamGroup> {
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    const { lr, momentum, weight_decay, adjust_lr_fn } = options
    check_rate(lr)
    if (!(number_of(lr) >= 0)) throw value_error(`Learning rate should be >= 0 but is: ${py_repr(lr)}`)
    if (!(momentum >= 0)) throw value_error(`momentum should be >= 0 but is: ${py_repr(momentum)}`)
    if (!(weight_decay >= 0))
      throw value_error(`weight decay should be >= 0 but is: ${py_repr(weight_decay)}`)
    if (adjust_lr_fn !== null && adjust_lr_fn !== 'original' && adjust_lr_fn !== 'match_rms_adamw')
      throw value_error(`Adjust learning rate function ${String(adjust_lr_fn)} is not supported`)
    super(params, options)
    for (const group of this.param_groups)
      for (const param of group.params)
        if (param.ndim !== 2)
          throw value_error(
            `Muon only supports 2D parameters whereas we found a parameter with size: ${py_size(param.shape)}`,
          )
  }

  protected override get older_options(): Record<string, unknown> {
    return {}
  }
  protected override get state_numbers(): readonly string[] {
    return []
  }

  protected override begin(_group: MuonParamGroup, param: Tensor, grad: Tensor): ParamState {
    if (param.is_complex()) throw runtime_error('Muon does not support complex parameters')
    return { momentum_buffer: keep(ops.zeros_like(grad)) }
  }

  protected override update(group: MuonParamGroup, { param, grad, state }: Update): void {
    const lr = scalar_rate(group.lr)
    if (grad.ndim !== 2) throw value_error('Param gradient must be a 2D matrix')
    const buffer = state['momentum_buffer'] as Tensor
    buffer.lerp_(grad, 1 - group.momentum)
    const update = orthogonalize(group.nesterov ? grad.lerp(buffer, group.momentum) : buffer, group)
    const [rows, columns] = param.shape as [number, number]
    const rate = times(lr, shape_factor(group.adjust_lr_fn, rows, columns))
    param.mul_(minus(1, times(lr, group.weight_decay)))
    param.add_(update, { alpha: -number_of(rate) })
  }
}
