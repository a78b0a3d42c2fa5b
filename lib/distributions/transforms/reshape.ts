import { value_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import { py_size } from '../../repr.js'
import type { Tensor } from '../../tensor.js'
import { type Constraint, independent, real } from '../constraints.js'
import type { Sizes } from '../utils.js'
import { CACHE_SIZE, Transform } from './transform.js'

const count = (shape: Sizes) => shape.reduce((product, size) => product * size, 1)

// Replaces the last dimensions of a shape.
function exchange(shape: Sizes, from: Sizes, to: Sizes): number[] {
  if (shape.length < from.length) throw value_error('Too few dimensions on input')
  const cut = shape.length - from.length
  const tail = shape.slice(cut)
  if (tail.some((size, i) => size !== from[i]))
    throw value_error(`Shape mismatch: expected ${py_size(tail)} but got ${py_size(from as number[])}`)
  return [...shape.slice(0, cut), ...to]
}

const RESHAPE_TRANSFORM = signature(
  'ReshapeTransform',
  { in_shape: required<Sizes>() },
  { out_shape: required<Sizes>() },
  CACHE_SIZE,
)

/**
 * The last dimensions in another shape.
 *
 * @param in_shape - the event's shape in x
 * @param out_shape - the event's shape in y
 * @throws ValueError where the numbers of elements differ
 * @see torch/distributions/transforms.py
 */
export class ReshapeTransform extends Transform {
  declare readonly in_shape: number[]
  declare readonly out_shape: number[]

  constructor(...args: Call<typeof RESHAPE_TRANSFORM>)
  constructor(...args: UsualCall<typeof RESHAPE_TRANSFORM>)
  constructor(...args: unknown[]) {
    const given = RESHAPE_TRANSFORM.take(args)
    if (count(given.in_shape) !== count(given.out_shape))
      throw value_error('in_shape, out_shape have different numbers of elements')
    super(given.cache_size)
    this.in_shape = [...given.in_shape]
    this.out_shape = [...given.out_shape]
  }

  override get domain(): Constraint {
    return independent(real, this.in_shape.length)
  }
  override get codomain(): Constraint {
    return independent(real, this.out_shape.length)
  }
  override get bijective(): boolean {
    return true
  }

  override _with_cache(cache_size: number): Transform {
    return new ReshapeTransform(this.in_shape, this.out_shape, cache_size)
  }

  override _call(x: Tensor): Tensor {
    return x.reshape([...x.shape.slice(0, x.ndim - this.in_shape.length), ...this.out_shape])
  }
  override _inverse(y: Tensor): Tensor {
    return y.reshape([...y.shape.slice(0, y.ndim - this.out_shape.length), ...this.in_shape])
  }
  override log_abs_det_jacobian(x: Tensor, _y: Tensor): Tensor {
    return x.new_zeros(x.shape.slice(0, x.ndim - this.in_shape.length))
  }

  override forward_shape(shape: Sizes): number[] {
    return exchange(shape, this.in_shape, this.out_shape)
  }
  override inverse_shape(shape: Sizes): number[] {
    return exchange(shape, this.out_shape, this.in_shape)
  }

  static {
    methods(ReshapeTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y',
    })
  }
}
