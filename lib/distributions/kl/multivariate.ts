import { value_error } from '../../errors.js'
import { broadcast_shapes } from '../../functional/shapes.js'
import * as linalg from '../../ops/generated/linalg.js'
import type { Tensor } from '../../tensor.js'
import type { Distribution } from '../distribution.js'
import { register_kl } from '../kl.js'
import {
  batch_lowrank_logdet,
  batch_lowrank_mahalanobis,
  LowRankMultivariateNormal,
} from '../lowrank_multivariate_normal.js'
import { batch_mahalanobis, MultivariateNormal } from '../multivariate_normal.js'

// Divergences between normal distributions over vectors, with full and with low-rank covariances.

/** The traces of X Xᵀ. */
function trace_of_squares(x: Tensor): Tensor {
  const [m, n] = x.shape.slice(-2) as [number, number]
  const traces = x
    .reshape([-1, m * n])
    .pow(2)
    .sum(-1)
  return traces.reshape(x.shape.slice(0, -2))
}

function expect_same_events(p: Distribution, q: Distribution, kind: string): number {
  const [a, b] = [p.event_shape, q.event_shape]
  if (a.length !== b.length || a.some((size, i) => size !== b[i]))
    throw value_error(`KL-divergence between two ${kind} with different event shapes cannot be computed`)
  return a[0]!
}

const BOTH = '(Low Rank) Multivariate Normals'

function solve(lower: Tensor, right: Tensor): Tensor {
  return linalg.solve_triangular(lower, right, { upper: false })
}

function log_det(p: LowRankMultivariateNormal): Tensor {
  return batch_lowrank_logdet(p._unbroadcasted_cov_diag, p._capacitance_tril)
}

function distance(p: Distribution & { loc: Tensor }, q: LowRankMultivariateNormal): Tensor {
  return batch_lowrank_mahalanobis(
    q._unbroadcasted_cov_factor,
    q._unbroadcasted_cov_diag,
    q.loc.sub(p.loc),
    q._capacitance_tril,
  )
}

// L⁻¹ Wᵀ D⁻¹ with the L of q's capacitance matrix.
function projection(q: LowRankMultivariateNormal): Tensor {
  const scaled = q._unbroadcasted_cov_factor.mT.div(q._unbroadcasted_cov_diag.unsqueeze(-2))
  return solve(q._capacitance_tril, scaled)
}

function half_of(term1: Tensor, term2: Tensor, term3: Tensor, n: number): Tensor {
  return term1.add(term2).add(term3).sub(n).mul(0.5)
}

register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal, (p, q) => {
  const n = expect_same_events(p, q, 'Low Rank Multivariate Normals')
  const [p_diag, q_diag] = [p._unbroadcasted_cov_diag, q._unbroadcasted_cov_diag]
  const term1 = log_det(q).sub(log_det(p))
  const term3 = distance(p, q)
  const a = projection(q)
  const term2 = p_diag
    .div(q_diag)
    .sum(-1)
    .add(trace_of_squares(p._unbroadcasted_cov_factor.mul(q_diag.rsqrt().unsqueeze(-1))))
    .sub(trace_of_squares(a.mul(p_diag.sqrt().unsqueeze(-2))))
    .sub(trace_of_squares(a.matmul(p._unbroadcasted_cov_factor)))
  return half_of(term1, term2, term3, n)
})

register_kl(MultivariateNormal, LowRankMultivariateNormal, (p, q) => {
  const n = expect_same_events(p, q, BOTH)
  const scale_tril = p._unbroadcasted_scale_tril
  const term1 = log_det(q).sub(p._half_log_det().mul(2))
  const term3 = distance(p, q)
  const a = projection(q)
  const term2 = trace_of_squares(scale_tril.mul(q._unbroadcasted_cov_diag.rsqrt().unsqueeze(-1))).sub(
    trace_of_squares(a.matmul(scale_tril)),
  )
  return half_of(term1, term2, term3, n)
})

register_kl(LowRankMultivariateNormal, MultivariateNormal, (p, q) => {
  const n = expect_same_events(p, q, BOTH)
  const term1 = q._half_log_det().mul(2).sub(log_det(p))
  const term3 = batch_mahalanobis(q._unbroadcasted_scale_tril, q.loc.sub(p.loc))
  const batch = broadcast_shapes(
    q._unbroadcasted_scale_tril.shape.slice(0, -2),
    p._unbroadcasted_cov_factor.shape.slice(0, -2),
  )
  const q_tril = q._unbroadcasted_scale_tril.expand([...batch, n, n])
  const p_factor = p._unbroadcasted_cov_factor.expand([...batch, n, p.cov_factor.size(-1)])
  const p_diag = p._unbroadcasted_cov_diag
    .sqrt()
    .diag_embed()
    .expand([...batch, n, n])
  const term2 = trace_of_squares(solve(q_tril, p_factor)).add(trace_of_squares(solve(q_tril, p_diag)))
  return half_of(term1, term2, term3, n)
})

register_kl(MultivariateNormal, MultivariateNormal, (p, q) => {
  const n = expect_same_events(p, q, 'Multivariate Normals')
  const half_term1 = q._half_log_det().sub(p._half_log_det())
  const [p_tril, q_tril] = [p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril]
  const batch = broadcast_shapes(q_tril.shape.slice(0, -2), p_tril.shape.slice(0, -2))
  const shape = [...batch, n, n]
  const term2 = trace_of_squares(solve(q_tril.expand(shape), p_tril.expand(shape)))
  const term3 = batch_mahalanobis(q_tril, q.loc.sub(p.loc))
  return half_term1.add(term2.add(term3).sub(n).mul(0.5))
})
