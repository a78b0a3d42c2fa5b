import { without_grad } from '../autograd/grad_mode.js'
import { bool, float64 } from '../dtype.js'
import { native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { required } from '../python/parameters.js'
import { type Call, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import * as constraints from './constraints.js'
import { Distribution, type SampleShape } from './distribution.js'
import { VALIDATE_ARGS } from './parameters.js'
import { broadcast_all, divide, lazy_property, one_minus, type Sizes, type Value } from './utils.js'

// Abramowitz and Stegun, 9.8.1 to 9.8.4.
const SMALL = [
  [1, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2],
  [0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3],
] as const
const LARGE = [
  [
    0.39894228, 0.1328592e-1, 0.225319e-2, -0.157565e-2, 0.916281e-2, -0.2057706e-1, 0.2635537e-1,
    -0.1647633e-1, 0.392377e-2,
  ],
  [
    0.39894228, -0.3988024e-1, -0.362018e-2, 0.163801e-2, -0.1031555e-1, 0.2282967e-1, -0.2895312e-1,
    0.1787654e-1, -0.420059e-2,
  ],
] as const

function polynomial(y: Tensor, coefficients: readonly number[]): Tensor {
  const [last, ...others] = [...coefficients].reverse() as [number, ...number[]]
  const first = y.mul(last).add(others[0]!)
  return others.slice(1).reduce((sum, coefficient) => y.mul(sum).add(coefficient), first)
}

/** The logarithm of the modified Bessel function of the first kind. */
function log_modified_bessel(x: Tensor, order: 0 | 1): Tensor {
  const ratio = x.div(3.75)
  const series = polynomial(ratio.mul(ratio), SMALL[order])
  const small = (order === 1 ? x.abs().mul(series) : series).log()
  const large = x.sub(x.log().mul(0.5)).add(polynomial(divide(3.75, x), LARGE[order]).log())
  return ops.where(x.lt(3.75), small, large)
}

/** Best and Fisher's rejection from a wrapped Cauchy distribution. */
function reject(loc: Tensor, concentration: Tensor, proposal_r: Tensor, shape: number[]): Tensor {
  const { dtype, device } = loc
  let x = ops.empty(shape, { dtype, device })
  let done = ops.zeros(shape, { dtype: bool, device })
  while (!done.all().item()) {
    const [u1, u2, u3] = ops.rand([3, ...shape], { dtype, device }).unbind() as [Tensor, Tensor, Tensor]
    const z = u1.mul(Math.PI).cos()
    const f = proposal_r.mul(z).add(1).div(proposal_r.add(z))
    const c = concentration.mul(proposal_r.sub(f))
    const surely = c.mul(ops.rsub(c, 2)).sub(u2).gt(0)
    const accept = surely.bitwise_or(c.div(u2).log().add(1).sub(c).ge(0))
    if (!accept.any().item()) continue
    x = ops.where(accept, u3.sub(0.5).sign().mul(f.acos()), x)
    done = done.bitwise_or(accept)
  }
  return x
    .add(Math.PI)
    .add(loc)
    .remainder(2 * Math.PI)
    .sub(Math.PI)
}

const VON_MISES = signature(
  'VonMises',
  { loc: required<Value>() },
  { concentration: required<Value>() },
  VALIDATE_ARGS,
)

/**
 * The von Mises distribution on the circle, p(x) ∝ exp(concentration · cos(x − loc)), x in radians.
 *
 * @param loc - the mean angle, in radians
 * @param concentration - how narrow it is
 *
 * @example
 * ```ts
 * new torch.distributions.VonMises(torch.tensor([1]), torch.tensor([1])).sample()
 * ```
 *
 * @see torch/distributions/von_mises.py
 */
export class VonMises extends Distribution {
  static override arg_constraints = { loc: constraints.real, concentration: constraints.positive }
  static override support: constraints.Constraint = constraints.real

  declare readonly loc: Tensor
  declare readonly concentration: Tensor

  constructor(...args: Call<typeof VON_MISES>)
  constructor(...args: UsualCall<typeof VON_MISES>)
  constructor(...args: unknown[]) {
    const given = VON_MISES.take(args)
    const [loc, concentration] = broadcast_all(given.loc, given.concentration) as [Tensor, Tensor]
    super(loc.shape, [], given.validate_args, { loc, concentration })
  }

  override expand(batch_shape: Sizes, _instance: VonMises | null = null): VonMises {
    const made = this._get_checked_instance(VonMises, _instance)
    return this._become(made, this._expanded_attributes(['loc', 'concentration'], batch_shape), batch_shape)
  }

  override log_prob(value: Tensor): Tensor {
    if (this._validate_args) this._validate_sample(value)
    return this.concentration
      .mul(value.sub(this.loc).cos())
      .sub(native.math.log(2 * Math.PI))
      .sub(log_modified_bessel(this.concentration, 0))
  }

  // In double: the float32 forms of these lose all their digits.
  /** @internal */
  @lazy_property get _loc(): Tensor {
    return this.loc.to(float64)
  }
  /** @internal */
  @lazy_property get _concentration(): Tensor {
    return this.concentration.to(float64)
  }
  /** @internal */
  @lazy_property get _proposal_r(): Tensor {
    const kappa = this._concentration
    const tau = kappa.pow(2).mul(4).add(1).sqrt().add(1)
    const rho = tau.sub(tau.mul(2).sqrt()).div(kappa.mul(2))
    const proposal_r = rho.pow(2).add(1).div(rho.mul(2))
    return ops.where(kappa.lt(1e-5), divide(1, kappa).add(kappa), proposal_r)
  }

  override sample(sample_shape: SampleShape = []): Tensor {
    const shape = this._extended_shape(sample_shape)
    return without_grad(() =>
      reject(this._loc, this._concentration, this._proposal_r, shape).to(this.loc.dtype),
    )
  }

  override get mean(): Tensor {
    return this.loc
  }
  override get mode(): Tensor {
    return this.loc
  }
  /** The circular variance. */
  @lazy_property override get variance(): Tensor {
    const { concentration } = this
    return one_minus(log_modified_bessel(concentration, 1).sub(log_modified_bessel(concentration, 0)).exp())
  }

  static {
    methods(VonMises, {
      expand: 'batch_shape, _instance?',
      log_prob: 'value',
      sample: 'sample_shape?',
    })
  }
}
