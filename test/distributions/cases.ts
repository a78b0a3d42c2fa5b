import type { Case } from './reference.js'
import { d, matrix, probs, t, tril, vector } from './values.js'

// Cases for reference.py and reference.ts. `T` is a transform, `c` a constraint.

const one: { [name: string]: [string, object] } = {
  Bernoulli: d('Bernoulli', { probs: t([0.25, 0.5, 1.0]) }),
  Beta: d('Beta', { concentration1: t([0.5, 1.5, 3.0]), concentration0: t([2.0, 0.25, 0.75]) }),
  Binomial: d('Binomial', { total_count: 4, probs: t([0.25, 0.5, 0.9]) }),
  Categorical: d('Categorical', {
    probs: t([
      [0.2, 0.3, 0.5],
      [0.0, 0.2, 0.8],
    ]),
  }),
  Cauchy: d('Cauchy', { loc: t([0.5, -1.0, 2.0]), scale: t([1.0, 0.5, 2.0]) }),
  Chi2: d('Chi2', { df: t([0.5, 1.5, 3.0]) }),
  ContinuousBernoulli: d('ContinuousBernoulli', { probs: t([0.25, 0.5, 0.9]) }),
  Dirichlet: d('Dirichlet', { concentration: t([0.5, 1.5, 3.0]) }),
  Exponential: d('Exponential', { rate: t([0.5, 1.5, 3.0]) }),
  Gamma: d('Gamma', { concentration: t([0.5, 1.5, 3.0]), rate: t([2.0, 0.25, 0.75]) }),
  Geometric: d('Geometric', { probs: t([0.25, 0.5, 0.9]) }),
  Gumbel: d('Gumbel', { loc: t([0.5, -1.0, 2.0]), scale: t([1.0, 0.5, 2.0]) }),
  HalfNormal: d('HalfNormal', { scale: t([1.0, 0.5, 2.0]) }),
  Independent: d('Independent', {
    base_distribution: { d: d('Normal', { loc: t([0.5, -1.0, 2.0]), scale: 1.5 }) },
    reinterpreted_batch_ndims: 1,
  }),
  Laplace: d('Laplace', { loc: t([0.5, -1.0, 2.0]), scale: t([1.0, 0.5, 2.0]) }),
  LogNormal: d('LogNormal', { loc: t([0.5, -1.0, 2.0]), scale: t([1.0, 0.5, 2.0]) }),
  LowRankMultivariateNormal: d('LowRankMultivariateNormal', {
    loc: vector,
    cov_factor: t([
      [1.0, 0.5],
      [0.25, -1.0],
      [0.75, 2.0],
    ]),
    cov_diag: t([0.5, 1.0, 2.0]),
  }),
  MultivariateNormal: d('MultivariateNormal', { loc: t([0.25, 1.0, -0.5]), covariance_matrix: matrix }),
  Normal: d('Normal', { loc: t([0.5, -1.0, 2.0]), scale: t([1.0, 0.5, 2.0]) }),
  OneHotCategorical: d('OneHotCategorical', { logits: vector }),
  Pareto: d('Pareto', { scale: t([0.5, 1.5, 3.0]), alpha: t([0.75, 1.5, 3.0]) }),
  Poisson: d('Poisson', { rate: t([0.5, 1.5, 3.0]) }),
  Uniform: d('Uniform', { low: t([-0.5, 0.25, 0.0]), high: t([1.5, 0.75, 1.0]) }),
  VonMises: d('VonMises', { loc: t([0.5]), concentration: t([1.5]) }),
  Wishart: d('Wishart', { df: t(5.5), covariance_matrix: matrix }),
}

/** Another distribution of each class, so that divergences within a class are not 0. */
const other: { [name: string]: [string, object] } = {
  ...one,
  Bernoulli: d('Bernoulli', { probs: t([0.75, 0.0, 0.5]) }),
  Categorical: d('Categorical', {
    logits: t([
      [0.5, 0.25, -1.0],
      [1.0, 0.0, 0.5],
    ]),
  }),
  Exponential: d('Exponential', { rate: t([2.5, 0.75, 1.0]) }),
  Gamma: d('Gamma', { concentration: t([2.5, 0.75, 1.0]), rate: t([1.0, 1.5, 2.75]) }),
  Independent: d('Independent', {
    base_distribution: { d: d('Normal', { loc: t([1.5, 0.0, 1.0]), scale: 0.5 }) },
    reinterpreted_batch_ndims: 1,
  }),
  LogNormal: d('LogNormal', { loc: t([1.5, 0.0, 1.0]), scale: t([0.5, 1.5, 1.0]) }),
  MultivariateNormal: d('MultivariateNormal', { loc: vector, scale_tril: tril }),
  Normal: d('Normal', { loc: t([1.5, 0.0, 1.0]), scale: t([0.5, 1.5, 1.0]) }),
  Uniform: d('Uniform', { low: t([-1.5, 0.5, 0.0]), high: t([2.5, 0.75, 2.0]) }),
  Wishart: d('Wishart', { df: t(4.5), scale_tril: tril }),
}

export const divergences: Case[] = Object.values(one).flatMap((p) =>
  Object.values(other).map((q) => ({ kl: [p, q] })),
)

const T = (name: string, args: object = {}) => ({ T: [name, args] })
const x = t([
  [0.5, -1.25, 2.0],
  [0.0, 1.5, -0.75],
])
const positive = t([
  [0.5, 1.25, 2.0],
  [0.125, 1.5, 0.75],
])
const square = t([
  [0.5, -1.25, 2.0],
  [0.0, 1.5, -0.75],
  [1.0, 0.25, -2.0],
])

export const transforms: Case[] = [
  { ...T('ExpTransform'), x },
  { ...T('PowerTransform', { exponent: t([2.0, -1.0, 0.5]) }), x: positive },
  { ...T('PowerTransform', { exponent: 2.0 }), x: positive },
  { ...T('SigmoidTransform'), x },
  { ...T('SoftplusTransform'), x },
  { ...T('TanhTransform'), x },
  { ...T('AbsTransform'), x },
  { ...T('AffineTransform', { loc: 1.5, scale: -2.0 }), x },
  { ...T('AffineTransform', { loc: t([0.5, 1.0, -2.0]), scale: t([1.5, -0.5, 2.0]), event_dim: 1 }), x },
  { ...T('SoftmaxTransform'), x },
  { ...T('StickBreakingTransform'), x },
  { ...T('CorrCholeskyTransform'), x },
  { ...T('LowerCholeskyTransform'), x: square },
  { ...T('PositiveDefiniteTransform'), x: square },
  { ...T('ReshapeTransform', { in_shape: { tuple: [3] }, out_shape: { tuple: [3, 1] } }), x },
  {
    ...T('ComposeTransform', {
      parts: {
        list: [
          T('ExpTransform'),
          T('AffineTransform', { loc: 0.5, scale: 2.0 }),
          T('StickBreakingTransform'),
        ],
      },
    }),
    x,
  },
  { ...T('ComposeTransform', { parts: { list: [] } }), x },
  { ...T('IndependentTransform', { base_transform: T('ExpTransform'), reinterpreted_batch_ndims: 1 }), x },
  {
    ...T('CatTransform', {
      tseq: { list: [T('ExpTransform'), T('TanhTransform')] },
      dim: -1,
      lengths: { tuple: [1, 2] },
    }),
    x,
  },
  { ...T('StackTransform', { tseq: { list: [T('ExpTransform'), T('TanhTransform')] }, dim: 0 }), x },
  {
    ...T('CumulativeDistributionTransform', { distribution: { d: d('Normal', { loc: 0.5, scale: 1.5 }) } }),
    x,
  },
  { ...T('inv', { of: T('SigmoidTransform') }), x: t([[0.25, 0.5, 0.9]]) },
  ...['biject_to', 'transform_to'].flatMap((name): Case[] => [
    { ...T(name, { constraint: 'real' }), x },
    { ...T(name, { constraint: 'positive' }), x },
    { ...T(name, { constraint: 'nonnegative' }), x },
    { ...T(name, { constraint: ['less_than', [1.5]] }), x },
    { ...T(name, { constraint: ['interval', [0.5, 2.5]] }), x },
    { ...T(name, { constraint: 'unit_interval' }), x },
    { ...T(name, { constraint: 'simplex' }), x },
    { ...T(name, { constraint: 'corr_cholesky' }), x },
    { ...T(name, { constraint: 'real_vector' }), x },
    { ...T(name, { constraint: ['independent', [{ c: 'positive' }, 1]] }), x },
  ]),
  { ...T('transform_to', { constraint: 'lower_cholesky' }), x: square },
  { ...T('transform_to', { constraint: 'positive_definite' }), x: square },
]

const tests = t([
  [0.0, 1.0, 2.0],
  [1.5, -1.0, 0.5],
  [0.25, 0.25, 0.5],
])

export const constraints: Case[] = [
  ...['boolean', 'one_hot', 'nonnegative_integer', 'positive_integer', 'real', 'real_vector', 'positive'],
  ...[
    'nonnegative',
    'unit_interval',
    'simplex',
    'lower_triangular',
    'lower_cholesky',
    'corr_cholesky',
    'square',
  ],
  ...['symmetric', 'positive_semidefinite', 'positive_definite'],
].flatMap((c): Case[] => [
  { c, x: tests },
  { c, x: matrix },
  { c, x: tril },
])

export const bounded: Case[] = [
  { c: ['greater_than', [0.5]], x: tests },
  { c: ['greater_than_eq', [2]], x: tests },
  { c: ['less_than', [0.5]], x: tests },
  { c: ['interval', [0.25, 1.5]], x: tests },
  { c: ['half_open_interval', [0.25, 1.5]], x: tests },
  { c: ['integer_interval', [0, 1]], x: tests },
  { c: ['multinomial', [3]], x: tests },
  { c: ['greater_than', [t([0.5, 0.0, 1.0])]], x: tests },
  { c: ['independent', [{ c: 'positive' }, 1]], x: tests },
  { c: ['MixtureSameFamilyConstraint', [{ c: 'real' }]], x: tests },
]

export const errors: Case[] = [
  { error: d('Normal', { loc: 0.5, scale: -1.0 }), value: t([0.5]) },
  { error: d('Normal', { loc: t([0.5, 1.0]), scale: t([1.0, -0.5]) }), value: t([0.5]) },
  { error: d('Bernoulli', {}), value: t([0.5]) },
  { error: d('Bernoulli', { probs: t([0.5]), logits: t([0.5]) }), value: t([0.5]) },
  { error: d('Bernoulli', { probs: t([1.5]) }), value: t([1.0]) },
  { error: d('Bernoulli', { probs: t([0.5]) }), value: t([0.25]) },
  { error: d('Categorical', { probs: t(0.5) }), value: t([0.25]) },
  { error: d('Categorical', { probs }), value: t([0.0, 3.0]) },
  { error: d('Categorical', { probs }), value: t([0.0, 1.0, 1.0]) },
  { error: d('Dirichlet', { concentration: t(0.5) }), value: t([0.25]) },
  { error: d('Dirichlet', { concentration: t([0.5, 1.5]) }), value: t([0.25, 0.5]) },
  { error: d('Dirichlet', { concentration: t([0.5, 1.5]) }), value: t([0.25, 0.5, 0.25]) },
  { error: d('Geometric', { probs: t([0.0, 0.5]) }), value: t([1.0]) },
  { error: d('MultivariateNormal', { loc: t(0.5), scale_tril: tril }), value: vector },
  { error: d('MultivariateNormal', { loc: vector }), value: vector },
  { error: d('MultivariateNormal', { loc: vector, scale_tril: vector }), value: vector },
  { error: d('MultivariateNormal', { loc: vector, covariance_matrix: tril }), value: vector },
  {
    error: d('LowRankMultivariateNormal', { loc: vector, cov_factor: tril, cov_diag: t([0.5, 1.0]) }),
    value: vector,
  },
  { error: d('LKJCholesky', { dim: 1 }), value: vector },
  {
    error: d('Independent', {
      base_distribution: { d: d('Normal', { loc: 0.5, scale: 1.0 }) },
      reinterpreted_batch_ndims: 1,
    }),
    value: vector,
  },
  {
    error: d('MixtureSameFamily', {
      mixture_distribution: { d: d('Categorical', { probs: t([0.25, 0.75]) }) },
      component_distribution: { d: d('Normal', { loc: vector, scale: 1.0 }) },
    }),
    value: vector,
  },
  { error: d('Uniform', { low: t([0.5, 1.0]), high: t([1.0, 0.5]) }), value: t([0.5]) },
  { error: d('Uniform', { low: 0.5, high: 1.5 }), value: t([2.5]) },
  { error: d('Wishart', { df: 1.5, covariance_matrix: matrix }), value: matrix },
  {
    error: d('TransformedDistribution', {
      base_distribution: { d: d('Normal', { loc: 0.5, scale: 1.0 }) },
      transforms: 3,
    }),
    value: vector,
  },
  {
    error: d('TransformedDistribution', {
      base_distribution: { d: d('Normal', { loc: 0.5, scale: 1.0 }) },
      transforms: { T: ['StickBreakingTransform', {}] },
    }),
    value: vector,
  },
  { error: d('Poisson', { rate: t([0.5]) }), value: t([-1.0]) },
]
