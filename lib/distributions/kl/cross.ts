import { native } from '../../native.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { Bernoulli } from '../bernoulli.js'
import { Beta } from '../beta.js'
import { Binomial } from '../binomial.js'
import { ContinuousBernoulli } from '../continuous_bernoulli.js'
import type { Distribution } from '../distribution.js'
import { Exponential } from '../exponential.js'
import { Gamma } from '../gamma.js'
import { Gumbel } from '../gumbel.js'
import { type DistributionClass, register_kl } from '../kl.js'
import { Laplace } from '../laplace.js'
import { Normal } from '../normal.js'
import { Pareto } from '../pareto.js'
import { Poisson } from '../poisson.js'
import { Uniform } from '../uniform.js'
import { euler_constant, one_minus } from '../utils.js'

// Divergences between distributions of different classes.

const { log, sqrt } = native.math
const INF = Number.POSITIVE_INFINITY

/** p has values that q has not. */
function infinite<P extends Distribution>(
  type_p: DistributionClass<P>,
  types_q: readonly DistributionClass[],
  like: (p: P) => Tensor,
): void {
  for (const type_q of types_q) register_kl(type_p, type_q, (p) => ops.full_like(like(p), INF))
}

infinite(Beta, [Pareto], (p) => p.concentration1)
infinite(ContinuousBernoulli, [Pareto], (p) => p.probs)
infinite(Exponential, [Beta, ContinuousBernoulli, Pareto, Uniform], (p) => p.rate)
infinite(Gamma, [Beta, ContinuousBernoulli, Pareto, Uniform], (p) => p.concentration)
infinite(Gumbel, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform], (p) => p.loc)
infinite(Laplace, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform], (p) => p.loc)
infinite(Normal, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform], (p) => p.loc)
infinite(Pareto, [Beta, ContinuousBernoulli, Uniform], (p) => p.scale)
infinite(Poisson, [Bernoulli, Binomial], (p) => p.rate)

register_kl(Bernoulli, Poisson, (p, q) => p.entropy().neg().sub(p.probs.mul(q.rate.log()).sub(q.rate)))

// Anew for each use, as in PyTorch: gradients are summed in the order of uses.
const total_of = (p: Beta) => p.concentration1.add(p.concentration0)

register_kl(Beta, ContinuousBernoulli, (p, q) =>
  p.entropy().neg().sub(p.mean.mul(q.logits)).sub(q.probs.neg().log1p()).sub(q._cont_bern_log_norm()),
)

register_kl(Beta, Exponential, (p, q) =>
  p
    .entropy()
    .neg()
    .sub(q.rate.log())
    .add(q.rate.mul(p.concentration1.div(total_of(p)))),
)

register_kl(Beta, Gamma, (p, q) => {
  const t1 = p.entropy().neg()
  const t2 = q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()))
  const t3 = q.concentration.sub(1).mul(p.concentration1.digamma().sub(total_of(p).digamma()))
  const t4 = q.rate.mul(p.concentration1).div(total_of(p))
  return t1.add(t2).sub(t3).add(t4)
})

register_kl(Beta, Normal, (p, q) => {
  const mean = p.concentration1.div(total_of(p))
  const variance = q.scale.pow(2)
  const t1 = p.entropy().neg()
  const t2 = variance.mul(2).mul(Math.PI).log().mul(0.5)
  const t3 = mean.mul(one_minus(mean)).div(total_of(p).add(1)).add(mean.pow(2)).mul(0.5)
  const t4 = q.loc.mul(mean)
  const t5 = q.loc.pow(2).mul(0.5)
  return t1.add(t2).add(t3.sub(t4).add(t5).div(variance))
})

register_kl(Beta, Uniform, (p, q) => {
  const result = p.entropy().neg().add(q.high.sub(q.low).log())
  return result.set_at([q.low.gt(0).bitwise_or(q.high.lt(1))], INF)
})

register_kl(ContinuousBernoulli, Exponential, (p, q) =>
  p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.mean)),
)

register_kl(ContinuousBernoulli, Normal, (p, q) => {
  const t1 = p.entropy().neg()
  const t2 = q.loc
    .div(q.scale)
    .square()
    .add(log(2 * Math.PI))
    .mul(0.5)
    .add(q.scale.log())
  const t3 = p.variance.add(p.mean.square()).sub(q.loc.mul(2).mul(p.mean)).div(q.scale.square().mul(2))
  return t1.add(t2).add(t3)
})

// PyTorch's own condition: infinite where q does reach both ends.
function unless_bounded(result: Tensor, low: Tensor, high: Tensor): Tensor {
  return ops.where(ops.max(low, high), ops.ones_like(result).mul(INF), result)
}

register_kl(ContinuousBernoulli, Uniform, (p, q) =>
  unless_bounded(p.entropy().neg().add(q.high.sub(q.low).log()), q.low.ge(0), q.high.le(1)),
)

register_kl(Exponential, Gamma, (p, q) => {
  const ratio = q.rate.div(p.rate)
  const t1 = q.concentration.neg().mul(ratio.log())
  return t1
    .add(ratio)
    .add(q.concentration.lgamma())
    .add(q.concentration.mul(euler_constant))
    .sub(1 + euler_constant)
})

register_kl(Exponential, Gumbel, (p, q) => {
  const product = p.rate.mul(q.scale)
  const ratio = q.loc.div(q.scale)
  const t1 = product.log().sub(1)
  const t2 = ratio.exp().mul(product).div(product.add(1))
  const t3 = product.reciprocal()
  return t1.sub(ratio).add(t2).add(t3)
})

register_kl(Exponential, Normal, (p, q) => {
  const variance = q.scale.pow(2)
  const rate_squared = p.rate.pow(2)
  const t1 = rate_squared.mul(variance).mul(2).mul(Math.PI).log().mul(0.5)
  const t2 = rate_squared.reciprocal()
  const t3 = q.loc.div(p.rate)
  const t4 = q.loc.pow(2).mul(0.5)
  return t1.sub(1).add(t2.sub(t3).add(t4).div(variance))
})

register_kl(Gamma, Exponential, (p, q) =>
  p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.concentration).div(p.rate)),
)

register_kl(Gamma, Gumbel, (p, q) => {
  const product = p.rate.mul(q.scale)
  const ratio = q.loc.div(q.scale)
  const t1 = p.concentration
    .sub(1)
    .mul(p.concentration.digamma())
    .sub(p.concentration.lgamma())
    .sub(p.concentration)
  const t2 = product.log().add(p.concentration.div(product))
  const t3 = ratio.exp().mul(product.reciprocal().add(1).pow(p.concentration.neg())).sub(ratio)
  return t1.add(t2).add(t3)
})

register_kl(Gamma, Normal, (p, q) => {
  const variance = q.scale.pow(2)
  const rate_squared = p.rate.pow(2)
  const t1 = rate_squared
    .mul(variance)
    .mul(2)
    .mul(Math.PI)
    .log()
    .mul(0.5)
    .sub(p.concentration)
    .sub(p.concentration.lgamma())
  const t2 = p.concentration.pow(2).add(p.concentration).mul(0.5).div(rate_squared)
  const t3 = q.loc.mul(p.concentration).div(p.rate)
  const t4 = q.loc.pow(2).mul(0.5)
  return t1.add(p.concentration.sub(1).mul(p.concentration.digamma())).add(t2.sub(t3).add(t4).div(variance))
})

register_kl(Gumbel, Normal, (p, q) => {
  const ratio = p.scale.div(q.scale)
  const t1 = ratio.div(sqrt(2 * Math.PI)).log()
  const t2 = ratio.mul(Math.PI).mul(0.5).pow(2).div(3)
  const t3 = p.loc.add(p.scale.mul(euler_constant)).sub(q.loc).div(q.scale).pow(2).mul(0.5)
  return t1
    .neg()
    .add(t2)
    .add(t3)
    .sub(euler_constant + 1)
})

register_kl(Laplace, Normal, (p, q) => {
  const variance = q.scale.pow(2)
  const ratio = p.scale.pow(2).div(variance)
  const t1 = ratio.mul(2).div(Math.PI).log().mul(0.5)
  const t2 = p.loc.pow(2).mul(0.5)
  const t3 = p.loc.mul(q.loc)
  const t4 = q.loc.pow(2).mul(0.5)
  return t1.neg().add(ratio).add(t2.sub(t3).add(t4).div(variance)).sub(1)
})

register_kl(Normal, Gumbel, (p, q) => {
  const mean_ratio = p.loc.div(q.scale)
  const variance_ratio = p.scale.div(q.scale).pow(2)
  const loc_ratio = q.loc.div(q.scale)
  const t1 = variance_ratio.log().mul(0.5)
  const t2 = mean_ratio.sub(loc_ratio)
  const t3 = mean_ratio.neg().add(variance_ratio.mul(0.5)).add(loc_ratio).exp()
  return t1
    .neg()
    .add(t2)
    .add(t3)
    .sub(0.5 * (1 + log(2 * Math.PI)))
})

register_kl(Normal, Laplace, (p, q) => {
  const difference = p.loc.sub(q.loc)
  const scaled = difference.div(p.scale)
  const t1 = p.scale.div(q.scale).log()
  const t2 = p.scale.mul(sqrt(2 / Math.PI)).mul(scaled.pow(2).mul(-0.5).exp())
  const t3 = difference.mul(scaled.mul(sqrt(0.5)).erf())
  return t1
    .neg()
    .add(t2.add(t3).div(q.scale))
    .sub(0.5 * (1 + log(0.5 * Math.PI)))
})

register_kl(Pareto, Exponential, (p, q) => {
  const product = p.scale.mul(q.rate)
  const t1 = p.alpha.div(product).log()
  const t2 = p.alpha.reciprocal()
  const t3 = p.alpha.mul(product).div(p.alpha.sub(1))
  return t1
    .sub(t2)
    .add(t3)
    .sub(1)
    .set_at([p.alpha.le(1)], INF)
})

register_kl(Pareto, Gamma, (p, q) => {
  const common = p.scale.log().add(p.alpha.reciprocal())
  const t1 = p.alpha.log().sub(common)
  const t2 = q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()))
  const t3 = one_minus(q.concentration).mul(common)
  const t4 = q.rate.mul(p.alpha).mul(p.scale).div(p.alpha.sub(1))
  return t1
    .add(t2)
    .add(t3)
    .add(t4)
    .sub(1)
    .set_at([p.alpha.le(1)], INF)
})

register_kl(Pareto, Normal, (p, q) => {
  const variance = q.scale.pow(2).mul(2)
  const common = p.scale.div(p.alpha.sub(1))
  const t1 = q.scale
    .mul(sqrt(2 * Math.PI))
    .mul(p.alpha)
    .div(p.scale)
    .log()
  const t2 = p.alpha.reciprocal()
  const t3 = p.alpha.mul(common.pow(2)).div(p.alpha.sub(2))
  const t4 = p.alpha.mul(common).sub(q.loc).pow(2)
  return t1
    .sub(t2)
    .add(t3.add(t4).div(variance))
    .sub(1)
    .set_at([p.alpha.le(2)], INF)
})

const x_log_x = (x: Tensor) => x.xlogy(x)

register_kl(Uniform, Beta, (p, q) => {
  const width = p.high.sub(p.low)
  const t1 = width.log()
  const t2 = q.concentration1
    .sub(1)
    .mul(x_log_x(p.high).sub(x_log_x(p.low)).sub(width))
    .div(width)
  const t3 = q.concentration0
    .sub(1)
    .mul(
      x_log_x(one_minus(p.high))
        .sub(x_log_x(one_minus(p.low)))
        .add(width),
    )
    .div(width)
  const t4 = q.concentration1
    .lgamma()
    .add(q.concentration0.lgamma())
    .sub(q.concentration1.add(q.concentration0).lgamma())
  return t3
    .add(t4)
    .sub(t1)
    .sub(t2)
    .set_at([p.high.gt(1).bitwise_or(p.low.lt(0))], INF)
})

register_kl(Uniform, ContinuousBernoulli, (p, q) => {
  const result = p
    .entropy()
    .neg()
    .sub(p.mean.mul(q.logits))
    .sub(q.probs.neg().log1p())
    .sub(q._cont_bern_log_norm())
  return unless_bounded(result, p.high.ge(1), p.low.le(0))
})

register_kl(Uniform, Exponential, (p, q) => {
  const t1 = q.rate.mul(p.high.add(p.low)).div(2)
  return t1.sub(p.high.sub(p.low).mul(q.rate).log()).set_at([p.low.lt(0)], INF)
})

register_kl(Uniform, Gamma, (p, q) => {
  const width = p.high.sub(p.low)
  const t1 = width.log()
  const t2 = q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()))
  const t3 = one_minus(q.concentration)
    .mul(x_log_x(p.high).sub(x_log_x(p.low)).sub(width))
    .div(width)
  const t4 = q.rate.mul(p.high.add(p.low)).div(2)
  return t1
    .neg()
    .add(t2)
    .add(t3)
    .add(t4)
    .set_at([p.low.lt(0)], INF)
})

register_kl(Uniform, Gumbel, (p, q) => {
  const common = q.scale.div(p.high.sub(p.low))
  const high = p.high.sub(q.loc).div(q.scale)
  const low = p.low.sub(q.loc).div(q.scale)
  const t1 = common.log().add(high.add(low).mul(0.5))
  const t2 = common.mul(high.neg().exp().sub(low.neg().exp()))
  return t1.sub(t2)
})

register_kl(Uniform, Normal, (p, q) => {
  const width = p.high.sub(p.low)
  const t1 = q.scale
    .mul(sqrt(Math.PI * 2))
    .div(width)
    .log()
  const t2 = width.pow(2).div(12)
  const t3 = p.high.add(p.low).sub(q.loc.mul(2)).div(2).pow(2)
  return t1.add(t2.add(t3).mul(0.5).div(q.scale.pow(2)))
})

register_kl(Uniform, Pareto, (p, q) => {
  const width = p.high.sub(p.low)
  const t1 = q.alpha.mul(q.scale.pow(q.alpha)).mul(width).log()
  const t2 = x_log_x(p.high).sub(x_log_x(p.low)).sub(width).div(width)
  return t2
    .mul(q.alpha.add(1))
    .sub(t1)
    .set_at([p.low.lt(q.scale)], INF)
})
