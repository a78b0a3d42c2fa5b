import {
  _GreaterThan,
  _GreaterThanEq,
  _HalfOpenInterval,
  _IntegerInterval,
  _Interval,
  _LessThan,
  _Multinomial,
} from './constraints/bounds.js'
import {
  _Cat,
  _IndependentConstraint,
  _Stack,
  MixtureSameFamilyConstraint as MixtureClass,
} from './constraints/composed.js'
import { type Callable, callable } from './constraints/constraint.js'

// What PyTorch calls torch.distributions.constraints. The classes can be called without `new`, as in Python.

export {
  boolean,
  nonnegative,
  nonnegative_integer,
  one_hot,
  positive,
  positive_integer,
  real,
  simplex,
  unit_interval,
} from './constraints/bounds.js'
export { real_vector } from './constraints/composed.js'
export { Constraint } from './constraints/constraint.js'
export {
  type DependentOptions,
  dependent,
  dependent_property,
  is_dependent,
} from './constraints/dependent.js'
export {
  corr_cholesky,
  lower_cholesky,
  lower_triangular,
  positive_definite,
  positive_semidefinite,
  square,
  symmetric,
} from './constraints/matrix.js'

export const greater_than: Callable<typeof _GreaterThan> = callable(_GreaterThan)
export const greater_than_eq: Callable<typeof _GreaterThanEq> = callable(_GreaterThanEq)
export const less_than: Callable<typeof _LessThan> = callable(_LessThan)
export const interval: Callable<typeof _Interval> = callable(_Interval)
export const half_open_interval: Callable<typeof _HalfOpenInterval> = callable(_HalfOpenInterval)
export const integer_interval: Callable<typeof _IntegerInterval> = callable(_IntegerInterval)
export const multinomial: Callable<typeof _Multinomial> = callable(_Multinomial)
export const independent: Callable<typeof _IndependentConstraint> = callable(_IndependentConstraint)
export const cat: Callable<typeof _Cat> = callable(_Cat)
export const stack: Callable<typeof _Stack> = callable(_Stack)
export const MixtureSameFamilyConstraint: Callable<typeof MixtureClass> = callable(MixtureClass)
