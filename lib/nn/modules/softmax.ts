import { value_error } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_int } from '../repr.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const DIM = signature('DimActivation', { dim: optional<Int | null>(null) })

/** Activations along a dimension. */
class DimActivation extends Module {
  declare dim: number | null

  constructor(...args: Call<typeof DIM>)
  constructor(...args: UsualCall<typeof DIM>)
  constructor(...args: unknown[]) {
    super()
    const { dim } = DIM.take(args, new.target.name)
    this.dim = dim === null ? null : whole_number(dim, 'dim')
  }

  override extra_repr(): string {
    return `dim=${this.dim === null ? 'None' : py_int(this.dim)}`
  }

  static {
    methods(DimActivation, { extra_repr: '' })
  }
}

/**
 * exp(xᵢ) / Σⱼ exp(xⱼ) along a dimension.
 *
 * @param dim - the dimension; null chooses one by the number of dimensions, with a warning. Default: null
 */
export class Softmax extends DimActivation {
  override forward(input: Tensor): Tensor {
    return F.softmax(input, this.dim)
  }

  static {
    methods(Softmax, { forward: 'input' })
  }
}

/**
 * The softmax of −x along a dimension.
 *
 * @param dim - the dimension; null chooses one by the number of dimensions, with a warning. Default: null
 */
export class Softmin extends DimActivation {
  override forward(input: Tensor): Tensor {
    return F.softmin(input, this.dim)
  }

  static {
    methods(Softmin, { forward: 'input' })
  }
}

/**
 * The logarithm of the softmax along a dimension.
 *
 * @param dim - the dimension; null chooses one by the number of dimensions, with a warning. Default: null
 */
export class LogSoftmax extends DimActivation {
  override forward(input: Tensor): Tensor {
    return F.log_softmax(input, this.dim)
  }

  static {
    methods(LogSoftmax, { forward: 'input' })
  }
}

/**
 * The softmax over the channels of each place of an image.
 *
 * Shape: (N, C, H, W) or (C, H, W), to the same.
 *
 * @throws ValueError for another number of dimensions
 *
 * @example
 * ```ts
 * const m = new nn.Softmax2d()
 * const output = m(torch.randn(2, 3, 12, 13))
 * ```
 *
 * @see torch/nn/modules/activation.py
 */
export class Softmax2d extends Module {
  override forward(input: Tensor): Tensor {
    if (input.ndim !== 3 && input.ndim !== 4)
      throw value_error(`Softmax2d: expected input to be 3D or 4D, got ${input.ndim}D instead`)
    return F.softmax(input, -3)
  }

  static {
    methods(Softmax2d, { forward: 'input' })
  }
}
