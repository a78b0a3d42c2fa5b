import { contiguous_format } from '../layout.js'
import { native } from '../native.js'
import { methods } from '../python/methods.js'
import { optional, required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { Chi2 } from './chi2.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, type Sizes, standard_normal, type Value } from './utils.js'

const NAMES = ['df', 'loc', 'scale'] as const

const STUDENT_T = signature(
  'StudentT',
  { df: required<Value>() },
  { loc: optional<Value>(0) },
  { scale: optional<Value>(1) },
  VALIDATE_ARGS,
)

/**
 * Student's t-distribution: loc + scale · x / √(z / df), x being standard normal and z χ² of df degrees of freedom.
 *
 * @param df - the degrees of freedom
 * @param loc - the mean, where there is one. Default: 0
 * @param scale - the scale. Default: 1
 *
 * @example
 * ```ts
 * new torch.distributions.StudentT(torch.tensor([2])).sample()
 * ```
 *
 * @see torch/distributions/studentT.py
 */
export class StudentT extends Distribution {
  static override arg_constraints = {
    df: constraints.positive,
    loc: constraints.real,
    scale: constraints.positive,
  }
  static override support: constraints.Constraint = constraints.real
  static override has_rsample = true

  declare readonly df: Tensor
  declare readonly loc: Tensor
  declare readonly scale: Tensor
  /** @internal */
  declare readonly _chi2: Chi2

  constructor(...args: Call<typeof STUDENT_T>)
  constructor(...args: UsualCall<typeof STUDENT_T>)
  constructor(...args: unknown[]) {
    const given = STUDENT_T.take(args)
    const [df, loc, scale] = broadcast_all(given.df, given.loc, given.scale) as [Tensor, Tensor, Tensor]
    super(df.shape, [], given.validate_args, { df, loc, scale, _chi2: new Chi2(df) })
  }

  override expand(batch_shape: Sizes, _instance: StudentT | null = null): StudentT {
    const made = this._get_checked_instance(StudentT, _instance)
    const attributes = this._expanded_attributes(NAMES, batch_shape)
    return this._become(made, { ...attributes, _chi2: this._chi2.expand(batch_shape) }, batch_shape)
  }

  override get mean(): Tensor {
    const mean = this.loc.clone({ memory_format: contiguous_format })
    return mean.set_at([this.df.le(1)], Number.NaN)
  }
  override get mode(): Tensor {
    return this.loc
  }

  override get variance(): Tensor {
    const variance = this.df.clone({ memory_format: contiguous_format })
    const finite = this.df.gt(2)
    const df = this.df.at(finite)
    variance.set_at([finite], this.scale.at(finite).pow(2).mul(df).div(df.sub(2)))
    variance.set_at([this.df.le(2).bitwise_and(this.df.gt(1))], Number.POSITIVE_INFINITY)
    return variance.set_at([this.df.le(1)], Number.NaN)
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const x = standard_normal(this._extended_shape(sample_shape), this.df)
    const z = this._chi2.rsample(sample_shape)
    return this.loc.add(this.scale.mul(x.mul(z.div(this.df).rsqrt())))
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const { df } = this
    const y = value.sub(this.loc).div(this.scale)
    const z = this.scale
      .log()
      .add(df.log().mul(0.5))
      .add(0.5 * native.math.log(Math.PI))
      .add(df.mul(0.5).lgamma())
      .sub(df.add(1).mul(0.5).lgamma())
    return df.add(1).mul(-0.5).mul(y.pow(2).div(df).log1p()).sub(z)
  }

  override entropy(): Tensor {
    const { df } = this
    const more = df.add(1).mul(0.5)
    const lbeta = df.mul(0.5).lgamma().add(native.math.lgamma(0.5)).sub(more.lgamma())
    return this.scale
      .log()
      .add(more.mul(more.digamma().sub(df.mul(0.5).digamma())))
      .add(df.log().mul(0.5))
      .add(lbeta)
  }

  static {
    methods(StudentT, {
      entropy: '',
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
