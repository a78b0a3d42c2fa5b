import { broadcast_shapes } from '../../functional/shapes.js'
import { IDENTITY, next_identity } from '../../identity.js'
import { native } from '../../native.js'
import { softplus } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { float_scalar, type Scalar } from '../../scalar.js'
import { Tensor } from '../../tensor.js'
import { finfo } from '../../type_info.js'
import { type Constraint, independent, interval, positive, real, unit_interval } from '../constraints.js'
import { broadcast_all, divide, lazy_property, type Sizes, type Value } from '../utils.js'
import { CACHE_SIZE, type Sign, Transform } from './transform.js'

const MINUS_ONE_TO_ONE = interval(float_scalar(-1), float_scalar(1))
const LOG_2 = native.math.log(2)

/** What the transforms of the real line have in common: bijective, growing, alike where the class is. */
class Growing extends Transform {
  override get domain(): Constraint {
    return real
  }
  override get bijective(): boolean {
    return true
  }
  override get sign(): Sign {
    return 1
  }
  override equals(other: unknown): boolean {
    return other instanceof (this.constructor as typeof Growing)
  }
}

/**
 * y = exp(x).
 *
 * @see torch/distributions/transforms.py
 */
export class ExpTransform extends Growing {
  override get codomain(): Constraint {
    return positive
  }
  override _call(x: Tensor): Tensor {
    return x.exp()
  }
  override _inverse(y: Tensor): Tensor {
    return y.log()
  }
  override log_abs_det_jacobian(x: Tensor, _y: Tensor): Tensor {
    return x
  }

  static {
    methods(ExpTransform, {
      log_abs_det_jacobian: 'x, y',
    })
  }
}

function shape_of(value: Value): number[] {
  return value instanceof Tensor ? value.shape : []
}

const POWER_TRANSFORM = signature('PowerTransform', { exponent: required<Value>() }, CACHE_SIZE)

/**
 * y = x^exponent.
 *
 * @param exponent - a tensor or a number
 * @see torch/distributions/transforms.py
 */
export class PowerTransform extends Transform {
  declare readonly exponent: Tensor

  constructor(...args: Call<typeof POWER_TRANSFORM>)
  constructor(...args: UsualCall<typeof POWER_TRANSFORM>)
  constructor(...args: unknown[]) {
    const given = POWER_TRANSFORM.take(args)
    super(given.cache_size)
    this.exponent = broadcast_all(given.exponent)[0]!
  }

  override _with_cache(cache_size: number): Transform {
    return new PowerTransform(this.exponent, cache_size)
  }

  override get domain(): Constraint {
    return positive
  }
  override get codomain(): Constraint {
    return positive
  }
  override get bijective(): boolean {
    return true
  }
  @lazy_property override get sign(): Sign {
    return this.exponent.sign()
  }

  override equals(other: unknown): boolean {
    return other instanceof PowerTransform && Boolean(this.exponent.eq(other.exponent).all().item())
  }

  override _call(x: Tensor): Tensor {
    return x.pow(this.exponent)
  }
  override _inverse(y: Tensor): Tensor {
    return y.pow(divide(1, this.exponent))
  }
  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    return this.exponent.mul(y).div(x).abs().log()
  }

  override forward_shape(shape: Sizes): number[] {
    return broadcast_shapes(shape, this.exponent.shape)
  }
  override inverse_shape(shape: Sizes): number[] {
    return broadcast_shapes(shape, this.exponent.shape)
  }

  static {
    methods(PowerTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y',
    })
  }
}

/** The sigmoid, kept off 0 and 1. */
export function clipped_sigmoid(x: Tensor): Tensor {
  const { tiny, eps } = finfo(x.dtype)
  return x.sigmoid().clamp(tiny, 1 - eps)
}

/**
 * y = 1 / (1 + exp(−x)), x = log y − log(1 − y).
 *
 * @see torch/distributions/transforms.py
 */
export class SigmoidTransform extends Growing {
  override get codomain(): Constraint {
    return unit_interval
  }
  override _call(x: Tensor): Tensor {
    return clipped_sigmoid(x)
  }
  override _inverse(y: Tensor): Tensor {
    const { tiny, eps } = finfo(y.dtype)
    const clamped = y.clamp(tiny, 1 - eps)
    return clamped.log().sub(clamped.neg().log1p())
  }
  override log_abs_det_jacobian(x: Tensor, _y: Tensor): Tensor {
    return softplus(x.neg()).neg().sub(softplus(x))
  }

  static {
    methods(SigmoidTransform, {
      log_abs_det_jacobian: 'x, y',
    })
  }
}

/**
 * y = log(1 + exp(x)).
 *
 * @see torch/distributions/transforms.py
 */
export class SoftplusTransform extends Growing {
  override get codomain(): Constraint {
    return positive
  }
  override _call(x: Tensor): Tensor {
    return softplus(x)
  }
  override _inverse(y: Tensor): Tensor {
    return y.neg().expm1().neg().log().add(y)
  }
  override log_abs_det_jacobian(x: Tensor, _y: Tensor): Tensor {
    return softplus(x.neg()).neg()
  }

  static {
    methods(SoftplusTransform, {
      log_abs_det_jacobian: 'x, y',
    })
  }
}

/**
 * y = tanh(x).
 *
 * @see torch/distributions/transforms.py
 */
export class TanhTransform extends Growing {
  override get codomain(): Constraint {
    return MINUS_ONE_TO_ONE
  }
  override _call(x: Tensor): Tensor {
    return x.tanh()
  }
  override _inverse(y: Tensor): Tensor {
    return y.atanh()
  }
  override log_abs_det_jacobian(x: Tensor, _y: Tensor): Tensor {
    return ops
      .rsub(x, LOG_2)
      .sub(softplus(x.mul(-2)))
      .mul(2)
  }

  static {
    methods(TanhTransform, {
      log_abs_det_jacobian: 'x, y',
    })
  }
}

/**
 * y = |x|. Its inverse gives the positive x.
 *
 * @see torch/distributions/transforms.py
 */
export class AbsTransform extends Transform {
  override get domain(): Constraint {
    return real
  }
  override get codomain(): Constraint {
    return positive
  }
  override equals(other: unknown): boolean {
    return other instanceof AbsTransform
  }
  override _call(x: Tensor): Tensor {
    return x.abs()
  }
  override _inverse(y: Tensor): Tensor {
    return y
  }
}

function same(a: Value, b: Value): boolean {
  if (!(a instanceof Tensor) && !(b instanceof Tensor)) return Number(a) === Number(b)
  const equal = a instanceof Tensor ? ops.eq(a, b as Tensor) : ops.eq(b as Tensor, a)
  return Boolean(equal.all().item())
}

const AFFINE_TRANSFORM = signature(
  'AffineTransform',
  { loc: required<Value>() },
  { scale: required<Value>() },
  { event_dim: optional(0) },
  CACHE_SIZE,
)

/**
 * y = loc + scale · x.
 *
 * @param loc - a tensor or a number
 * @param scale - a tensor or a number
 * @param event_dim - how many of the last dimensions make one event. Default: 0
 * @see torch/distributions/transforms.py
 */
export class AffineTransform extends Transform {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  declare readonly loc: Value
  declare readonly scale: Value
  readonly #event_dim: number

  constructor(...args: Call<typeof AFFINE_TRANSFORM>)
  constructor(...args: UsualCall<typeof AFFINE_TRANSFORM>)
  constructor(...args: unknown[]) {
    const given = AFFINE_TRANSFORM.take(args)
    super(given.cache_size)
    this.loc = given.loc
    this.scale = given.scale
    this.#event_dim = given.event_dim
  }

  override get event_dim(): number {
    return this.#event_dim
  }
  override get domain(): Constraint {
    return this.event_dim === 0 ? real : independent(real, this.event_dim)
  }
  override get codomain(): Constraint {
    return this.domain
  }
  override get bijective(): boolean {
    return true
  }

  override _with_cache(cache_size: number): Transform {
    return new AffineTransform(this.loc, this.scale, this.event_dim, { cache_size })
  }

  override equals(other: unknown): boolean {
    return other instanceof AffineTransform && same(this.loc, other.loc) && same(this.scale, other.scale)
  }

  override get sign(): Sign {
    return this.scale instanceof Tensor ? this.scale.sign() : Math.sign(Number(this.scale))
  }

  override _call(x: Tensor): Tensor {
    return ops.add(this.loc, ops.mul(this.scale, x))
  }
  override _inverse(y: Tensor): Tensor {
    return ops.div(y.sub(this.loc), this.scale as Tensor)
  }

  override log_abs_det_jacobian(x: Tensor, _y: Tensor): Tensor {
    let shape: number[] = x.shape
    let result =
      this.scale instanceof Tensor
        ? this.scale.abs().log()
        : ops.full_like(x, native.math.log(Math.abs(Number(this.scale as Scalar))))
    if (this.event_dim > 0) {
      result = result.view([...result.shape.slice(0, -this.event_dim), -1]).sum(-1)
      shape = shape.slice(0, -this.event_dim)
    }
    return result.expand(shape)
  }

  override forward_shape(shape: Sizes): number[] {
    return broadcast_shapes(shape, shape_of(this.loc), shape_of(this.scale))
  }
  override inverse_shape(shape: Sizes): number[] {
    return this.forward_shape(shape)
  }

  static {
    methods(AffineTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y',
    })
  }
}
