import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import { is_scalar, type Scalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Gamma } from './gamma.js'
import { VALIDATE_ARGS } from './parameters.js'
import type { Sizes, Value } from './utils.js'

const CHI2 = signature('Chi2', { df: required<Value>() }, VALIDATE_ARGS)

/**
 * The χ² distribution: the gamma distribution of concentration df / 2 and rate ½.
 *
 * @param df - the degrees of freedom
 *
 * @example
 * ```ts
 * new torch.distributions.Chi2(torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/chi2.py
 */
export class Chi2 extends Gamma {
  static override arg_constraints: { [name: string]: constraints.Constraint } = { df: constraints.positive }

  constructor(...args: Call<typeof CHI2>)
  constructor(...args: UsualCall<typeof CHI2>)
  constructor(...args: unknown[]) {
    const { df, validate_args } = CHI2.take(args)
    const half = is_scalar(df) ? 0.5 * Number(df as Scalar) : ops.mul(df, 0.5)
    super(half, 0.5, { validate_args })
  }

  override expand(batch_shape: Sizes, _instance: Chi2 | null = null): Chi2 {
    return super.expand(batch_shape, this._get_checked_instance(Chi2, _instance)) as Chi2
  }

  /** The degrees of freedom. */
  get df(): Tensor {
    return this.concentration.mul(2)
  }

  static {
    methods(Chi2, {
      expand: 'batch_shape, _instance?',
    })
  }
}
