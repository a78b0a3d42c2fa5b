import { contiguous_format } from '../layout.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { finfo } from '../type_info.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { Gamma } from './gamma.js'
import { batch_of, VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, type Sizes, type Value } from './utils.js'

// The parameter where the moment exists, else NaN.
function defined_above(df: Tensor, least: number): Tensor {
  const copy = df.clone({ memory_format: contiguous_format })
  return copy.set_at([copy.le(least)], Number.NaN)
}

const FISHER_SNEDECOR = signature(
  'FisherSnedecor',
  { df1: required<Value>() },
  { df2: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The F distribution: the ratio of two χ² variables, each divided by its degrees of freedom.
 *
 * @param df1 - the degrees of freedom above
 * @param df2 - the degrees of freedom below
 *
 * @example
 * ```ts
 * new torch.distributions.FisherSnedecor(torch.tensor([1]), torch.tensor([2])).sample()
 * ```
 *
 * @see torch/distributions/fishersnedecor.py
 */
export class FisherSnedecor extends Distribution {
  static override arg_constraints = { df1: constraints.positive, df2: constraints.positive }
  static override support: constraints.Constraint = constraints.positive
  static override has_rsample = true

  declare readonly df1: Tensor
  declare readonly df2: Tensor
  /** @internal */
  declare readonly _gamma1: Gamma
  /** @internal */
  declare readonly _gamma2: Gamma

  constructor(...args: Call<typeof FISHER_SNEDECOR>)
  constructor(...args: UsualCall<typeof FISHER_SNEDECOR>)
  constructor(...args: unknown[]) {
    const given = FISHER_SNEDECOR.take(args)
    const [df1, df2] = broadcast_all(given.df1, given.df2) as [Tensor, Tensor]
    const _gamma1 = new Gamma(df1.mul(0.5), df1)
    const _gamma2 = new Gamma(df2.mul(0.5), df2)
    super(batch_of(df1, given.df1, given.df2), [], given.validate_args, { df1, df2, _gamma1, _gamma2 })
  }

  override expand(batch_shape: Sizes, _instance: FisherSnedecor | null = null): FisherSnedecor {
    const made = this._get_checked_instance(FisherSnedecor, _instance)
    const attributes = {
      ...this._expanded_attributes(['df1', 'df2'], batch_shape),
      _gamma1: this._gamma1.expand(batch_shape),
      _gamma2: this._gamma2.expand(batch_shape),
    }
    return this._become(made, attributes, batch_shape)
  }

  override get mean(): Tensor {
    const df2 = defined_above(this.df2, 2)
    return df2.div(df2.sub(2))
  }

  override get mode(): Tensor {
    const mode = this.df1.sub(2).div(this.df1).mul(this.df2).div(this.df2.add(2))
    return mode.set_at([this.df1.le(2)], Number.NaN)
  }

  override get variance(): Tensor {
    const df2 = defined_above(this.df2, 4)
    return df2
      .pow(2)
      .mul(2)
      .mul(this.df1.add(df2).sub(2))
      .div(this.df1.mul(df2.sub(2).pow(2)).mul(df2.sub(4)))
  }

  override rsample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    const above = this._gamma1.rsample(sample_shape).view(shape)
    const below = this._gamma2.rsample(sample_shape).view(shape)
    const { tiny } = finfo(below.dtype)
    below.clamp_(tiny)
    return above.div(below).clamp_(tiny)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    const ct1 = this.df1.mul(0.5)
    const ct2 = this.df2.mul(0.5)
    const ct3 = this.df1.div(this.df2)
    const t1 = ct1.add(ct2).lgamma().sub(ct1.lgamma()).sub(ct2.lgamma())
    const t2 = ct1.mul(ct3.log()).add(ct1.sub(1).mul(value.log()))
    const t3 = ct1.add(ct2).mul(ct3.mul(value).log1p())
    return t1.add(t2).sub(t3)
  }

  static {
    methods(FisherSnedecor, {
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      rsample: 'sample_shape?',
    })
  }
}
