import { not_implemented_error } from '../../errors.js'
import { softplus } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { Bernoulli } from '../bernoulli.js'
import { Beta } from '../beta.js'
import { Binomial } from '../binomial.js'
import { Categorical } from '../categorical.js'
import { Cauchy } from '../cauchy.js'
import { ContinuousBernoulli } from '../continuous_bernoulli.js'
import { Dirichlet } from '../dirichlet.js'
import { bregman_terms, ExponentialFamily } from '../exp_family.js'
import { Exponential } from '../exponential.js'
import { Gamma } from '../gamma.js'
import { Geometric } from '../geometric.js'
import { Gumbel } from '../gumbel.js'
import { HalfNormal } from '../half_normal.js'
import { Independent } from '../independent.js'
import { kl_divergence, register_kl } from '../kl.js'
import { Laplace } from '../laplace.js'
import { Normal } from '../normal.js'
import { OneHotCategorical } from '../one_hot_categorical.js'
import { Pareto } from '../pareto.js'
import { Poisson } from '../poisson.js'
import { TransformedDistribution } from '../transformed_distribution.js'
import { Uniform } from '../uniform.js'
import { euler_constant, one_minus, sum_rightmost } from '../utils.js'

// Divergences between distributions of one class.

const INF = Number.POSITIVE_INFINITY

register_kl(Bernoulli, Bernoulli, (p, q) => {
  const t1 = p.probs.mul(softplus(q.logits.neg()).sub(softplus(p.logits.neg())))
  t1.set_at([q.probs.eq(0)], INF).set_at([p.probs.eq(0)], 0)
  const t2 = one_minus(p.probs).mul(softplus(q.logits).sub(softplus(p.logits)))
  t2.set_at([q.probs.eq(1)], INF).set_at([p.probs.eq(1)], 0)
  return t1.add(t2)
})

register_kl(Beta, Beta, (p, q) => {
  const sum_p = p.concentration1.add(p.concentration0)
  const sum_q = q.concentration1.add(q.concentration0)
  const t1 = q.concentration1.lgamma().add(q.concentration0.lgamma()).add(sum_p.lgamma())
  const t2 = p.concentration1.lgamma().add(p.concentration0.lgamma()).add(sum_q.lgamma())
  const t3 = p.concentration1.sub(q.concentration1).mul(p.concentration1.digamma())
  const t4 = p.concentration0.sub(q.concentration0).mul(p.concentration0.digamma())
  const t5 = sum_q.sub(sum_p).mul(sum_p.digamma())
  return t1.sub(t2).add(t3).add(t4).add(t5)
})

register_kl(Binomial, Binomial, (p, q) => {
  if (p.total_count.lt(q.total_count).any().item())
    throw not_implemented_error('KL between Binomials where q.total_count > p.total_count is not implemented')
  const one = p.probs.mul(p.logits.sub(q.logits)).add(p.probs.neg().log1p()).sub(q.probs.neg().log1p())
  return p.total_count.mul(one).set_at([p.total_count.gt(q.total_count)], INF)
})

function categorical(p: Categorical, q: Categorical): Tensor {
  const t = p.probs.mul(p.logits.sub(q.logits))
  t.set_at([q.probs.eq(0).expand_as(t)], INF).set_at([p.probs.eq(0).expand_as(t)], 0)
  return t.sum(-1)
}

register_kl(Categorical, Categorical, categorical)
register_kl(OneHotCategorical, OneHotCategorical, (p, q) => categorical(p._categorical, q._categorical))

register_kl(ContinuousBernoulli, ContinuousBernoulli, (p, q) => {
  const t1 = p.mean.mul(p.logits.sub(q.logits))
  const t2 = p._cont_bern_log_norm().add(p.probs.neg().log1p())
  const t3 = q._cont_bern_log_norm().neg().sub(q.probs.neg().log1p())
  return t1.add(t2).add(t3)
})

register_kl(Dirichlet, Dirichlet, (p, q) => {
  const sum_p = p.concentration.sum(-1)
  const sum_q = q.concentration.sum(-1)
  const t1 = sum_p.lgamma().sub(sum_q.lgamma())
  const t2 = p.concentration.lgamma().sub(q.concentration.lgamma()).sum(-1)
  const t3 = p.concentration.sub(q.concentration)
  const t4 = p.concentration.digamma().sub(sum_p.digamma().unsqueeze(-1))
  return t1.sub(t2).add(t3.mul(t4).sum(-1))
})

register_kl(Exponential, Exponential, (p, q) => {
  const ratio = q.rate.div(p.rate)
  return ratio.log().neg().add(ratio).sub(1)
})

// The Bregman divergence of the log normalizer.
register_kl(ExponentialFamily, ExponentialFamily, (p, q) => {
  if (p.constructor !== q.constructor)
    throw not_implemented_error(
      'The cross KL-divergence between different exponential families cannot be computed using Bregman divergences',
    )
  const { params, normalizer, gradients } = bregman_terms(p, p._natural_params)
  const others = q._natural_params
  let result = q._log_normalizer(...others).sub(normalizer)
  params.forEach((param, i) => {
    result = result.sub(sum_rightmost(others[i]!.sub(param).mul(gradients[i]!), q.event_shape.length))
  })
  return result
})

register_kl(Gamma, Gamma, (p, q) => {
  const t1 = q.concentration.mul(p.rate.div(q.rate).log())
  const t2 = q.concentration.lgamma().sub(p.concentration.lgamma())
  const t3 = p.concentration.sub(q.concentration).mul(p.concentration.digamma())
  const t4 = q.rate.sub(p.rate).mul(p.concentration.div(p.rate))
  return t1.add(t2).add(t3).add(t4)
})

register_kl(Gumbel, Gumbel, (p, q) => {
  const ct1 = p.scale.div(q.scale)
  const ct2 = q.loc.div(q.scale)
  const ct3 = p.loc.div(q.scale)
  const t1 = ct1.log().neg().sub(ct2).add(ct3)
  const t2 = ct1.mul(euler_constant)
  const t3 = ct2.add(ct1.add(1).lgamma()).sub(ct3).exp()
  return t1
    .add(t2)
    .add(t3)
    .sub(1 + euler_constant)
})

register_kl(Geometric, Geometric, (p, q) =>
  p.entropy().neg().sub(q.probs.neg().log1p().div(p.probs)).sub(q.logits),
)

function normal(p: Normal, q: Normal): Tensor {
  const ratio = p.scale.div(q.scale).pow(2)
  const t1 = p.loc.sub(q.loc).div(q.scale).pow(2)
  return ratio.add(t1).sub(1).sub(ratio.log()).mul(0.5)
}

register_kl(Normal, Normal, normal)
register_kl(HalfNormal, HalfNormal, (p, q) => normal(p.base_dist, q.base_dist))

register_kl(Laplace, Laplace, (p, q) => {
  const ratio = p.scale.div(q.scale)
  const distance = p.loc.sub(q.loc).abs()
  const t1 = ratio.log().neg()
  const t2 = distance.div(q.scale)
  const t3 = ratio.mul(distance.neg().div(p.scale).exp())
  return t1.add(t2).add(t3).sub(1)
})

register_kl(Pareto, Pareto, (p, q) => {
  const ratio = q.alpha.div(p.alpha)
  const t1 = q.alpha.mul(p.scale.div(q.scale).log())
  const result = t1.add(ratio.log().neg()).add(ratio).sub(1)
  return result.set_at([p.scale.lt(q.scale)], INF)
})

register_kl(Poisson, Poisson, (p, q) => p.rate.mul(p.rate.log().sub(q.rate.log())).sub(p.rate.sub(q.rate)))

const same_shape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((size, i) => size === b[i])

register_kl(TransformedDistribution, TransformedDistribution, (p, q) => {
  const alike =
    p.transforms.length === q.transforms.length &&
    p.transforms.every((transform, i) => transform.equals(q.transforms[i]))
  if (!alike || !same_shape(p.event_shape, q.event_shape))
    throw not_implemented_error(
      `No KL(p || q) is implemented for ${p.constructor.name}s of different transforms or event shapes`,
    )
  return kl_divergence(p.base_dist, q.base_dist)
})

register_kl(Uniform, Uniform, (p, q) => {
  const result = q.high.sub(q.low).div(p.high.sub(p.low)).log()
  return result.set_at([q.low.gt(p.low).bitwise_or(q.high.lt(p.high))], INF)
})

register_kl(Independent, Independent, (p, q) => {
  if (p.reinterpreted_batch_ndims !== q.reinterpreted_batch_ndims)
    throw not_implemented_error(
      'No KL(p || q) is implemented for Independents of different reinterpreted_batch_ndims',
    )
  return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)
})

register_kl(Cauchy, Cauchy, (p, q) => {
  const t1 = p.scale.add(q.scale).pow(2).add(p.loc.sub(q.loc).pow(2)).log()
  return t1.sub(ops.mul(p.scale, 4).mul(q.scale).log())
})
