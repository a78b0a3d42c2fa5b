import { not_implemented_error, type_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { is_scalar, type Scalar } from '../scalar.js'
import { Tensor } from '../tensor.js'
import * as bounds from './constraints/bounds.js'
import { _Cat, _IndependentConstraint, _Stack } from './constraints/composed.js'
import * as matrix from './constraints/matrix.js'
import { Constraint } from './constraints.js'
import type { Transform } from './transforms.js'
import * as transforms from './transforms.js'
import type { Value } from './utils.js'

type Factory<C extends Constraint = Constraint> = (constraint: C) => Transform
type ConstraintClass<C extends Constraint = Constraint> = abstract new (...args: never[]) => C

/**
 * Transforms by constraint: called with a constraint, it makes the transform from the real numbers to it.
 *
 * @throws NotImplementedError for a constraint of a class that is not registered
 * @see torch/distributions/constraint_registry.py
 */
export interface ConstraintRegistry {
  (constraint: Constraint): Transform
  /** Registers how the transform for a constraint's class is made; without a factory, returns what takes one. */
  register<C extends Constraint>(constraint: C | ConstraintClass<C>, factory: Factory<C>): Factory<C>
  register<C extends Constraint>(constraint: C | ConstraintClass<C>): (factory: Factory<C>) => Factory<C>
}

function class_of(constraint: unknown): unknown {
  if (constraint instanceof Constraint) return constraint.constructor
  const prototype: unknown = (constraint as { prototype?: unknown } | null)?.prototype
  if (typeof constraint === 'function' && prototype instanceof Constraint) return prototype.constructor
  throw type_error(
    `Expected constraint to be either a Constraint subclass or instance, but got ${String(constraint)}`,
  )
}

function make_registry(): ConstraintRegistry {
  const factories = new Map<unknown, Factory>()
  const registry = (constraint: Constraint): Transform => {
    const factory = factories.get(constraint.constructor)
    if (factory === undefined)
      throw not_implemented_error(`Cannot transform ${constraint.constructor.name} constraints`)
    return factory(constraint)
  }
  registry.register = (constraint: unknown, factory?: Factory) => {
    if (factory === undefined) return (given: Factory) => registry.register(constraint, given)
    factories.set(class_of(constraint), factory)
    return factory
  }
  return registry as unknown as ConstraintRegistry
}

/** Bijective transforms from the real numbers to a constraint, for sampling. */
export const biject_to: ConstraintRegistry = make_registry()
/** Transforms from the real numbers to a constraint, cheap and not always bijective, for optimization. */
export const transform_to: ConstraintRegistry = make_registry()

function both<C extends Constraint>(classes: readonly ConstraintClass<C>[], factory: Factory<C>): void {
  for (const constraint of classes)
    for (const registry of [biject_to, transform_to]) registry.register(constraint, factory)
}

function difference(high: Value, low: Value): Value {
  if (high instanceof Tensor || low instanceof Tensor) return ops.sub(high, low)
  return Number(high) - Number(low)
}

function is_number(value: Value, number: number): boolean {
  return is_scalar(value) && Number(value as Scalar) === number
}

const { AffineTransform, ComposeTransform, ExpTransform, SigmoidTransform } = transforms

both([bounds._Real], () => transforms.identity_transform)
both(
  [bounds._GreaterThan, bounds._GreaterThanEq],
  ({ lower_bound }) => new ComposeTransform([new ExpTransform(), new AffineTransform(lower_bound, 1)]),
)
both(
  [bounds._LessThan],
  ({ upper_bound }) => new ComposeTransform([new ExpTransform(), new AffineTransform(upper_bound, -1)]),
)
both([bounds._Interval, bounds._HalfOpenInterval], ({ lower_bound, upper_bound }) => {
  if (is_number(lower_bound, 0) && is_number(upper_bound, 1)) return new SigmoidTransform()
  return new ComposeTransform([
    new SigmoidTransform(),
    new AffineTransform(lower_bound, difference(upper_bound, lower_bound)),
  ])
})
both([matrix._CorrCholesky], () => new transforms.CorrCholeskyTransform())
biject_to.register(bounds._Simplex, () => new transforms.StickBreakingTransform())
transform_to.register(bounds._Simplex, () => new transforms.SoftmaxTransform())
transform_to.register(matrix._LowerCholesky, () => new transforms.LowerCholeskyTransform())
for (const constraint of [matrix._PositiveDefinite, matrix._PositiveSemidefinite])
  transform_to.register(constraint, () => new transforms.PositiveDefiniteTransform())
for (const registry of [biject_to, transform_to]) {
  registry.register(
    _IndependentConstraint,
    (c) => new transforms.IndependentTransform(registry(c.base_constraint), c.reinterpreted_batch_ndims),
  )
  registry.register(
    _Cat,
    (c) => new transforms.CatTransform(c.cseq.map(registry), c.dim, { lengths: c.lengths }),
  )
  registry.register(_Stack, (c) => new transforms.StackTransform(c.cseq.map(registry), c.dim))
}
