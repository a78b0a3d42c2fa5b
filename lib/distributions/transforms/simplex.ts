import { value_error } from '../../errors.js'
import { log_sigmoid, pad } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { methods } from '../../python/methods.js'
import type { Tensor } from '../../tensor.js'
import { finfo } from '../../type_info.js'
import { type Constraint, real_vector, simplex } from '../constraints.js'
import { one_minus, type Sizes } from '../utils.js'
import { clipped_sigmoid } from './elementwise.js'
import { Transform } from './transform.js'

function expect_vector(shape: Sizes): number[] {
  if (shape.length < 1) throw value_error('Too few dimensions on input')
  return [...shape]
}

/**
 * y = exp(x) / Σ exp(x), x = log y. Not bijective; for optimization.
 *
 * @see torch/distributions/transforms.py
 */
export class SoftmaxTransform extends Transform {
  override get domain(): Constraint {
    return real_vector
  }
  override get codomain(): Constraint {
    return simplex
  }
  override equals(other: unknown): boolean {
    return other instanceof SoftmaxTransform
  }
  override _call(x: Tensor): Tensor {
    const probs = x.sub(x.max(-1, true).values).exp()
    return probs.div(probs.sum(-1, true))
  }
  override _inverse(y: Tensor): Tensor {
    return y.log()
  }
  override forward_shape(shape: Sizes): number[] {
    return expect_vector(shape)
  }
  override inverse_shape(shape: Sizes): number[] {
    return expect_vector(shape)
  }

  static {
    methods(SoftmaxTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
    })
  }
}

// K, K − 1, …, 1 for K elements.
function offsets(x: Tensor, count: number, first: number): Tensor {
  return ops.rsub(x.new_ones([count]).cumsum(-1), first)
}

/**
 * A vector of K − 1 numbers to K probabilities: each number says which part of the stick that is left is broken off.
 *
 * @see torch/distributions/transforms.py
 */
export class StickBreakingTransform extends Transform {
  override get domain(): Constraint {
    return real_vector
  }
  override get codomain(): Constraint {
    return simplex
  }
  override get bijective(): boolean {
    return true
  }
  override equals(other: unknown): boolean {
    return other instanceof StickBreakingTransform
  }

  override _call(x: Tensor): Tensor {
    const last = x.shape.at(-1)!
    const z = clipped_sigmoid(x.sub(offsets(x, last, last + 1).log()))
    const left = one_minus(z).cumprod(-1)
    return pad(z, [0, 1], { value: 1 }).mul(pad(left, [1, 0], { value: 1 }))
  }

  override _inverse(y: Tensor): Tensor {
    const crop = y.at('...', ':-1')
    const offset = offsets(y, crop.shape.at(-1)!, y.shape.at(-1)!)
    const left = one_minus(crop.cumsum(-1)).clamp(finfo(y.dtype).tiny)
    return crop.log().sub(left.log()).add(offset.log())
  }

  override log_abs_det_jacobian(x: Tensor, y: Tensor): Tensor {
    const last = x.shape.at(-1)!
    const shifted = x.sub(offsets(x, last, last + 1).log())
    return shifted.neg().add(log_sigmoid(shifted)).add(y.at('...', ':-1').log()).sum(-1)
  }

  override forward_shape(shape: Sizes): number[] {
    const sizes = expect_vector(shape)
    return [...sizes.slice(0, -1), sizes.at(-1)! + 1]
  }
  override inverse_shape(shape: Sizes): number[] {
    const sizes = expect_vector(shape)
    return [...sizes.slice(0, -1), sizes.at(-1)! - 1]
  }

  static {
    methods(StickBreakingTransform, {
      forward_shape: 'shape',
      inverse_shape: 'shape',
      log_abs_det_jacobian: 'x, y',
    })
  }
}
