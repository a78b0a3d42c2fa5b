import { value_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_int } from '../repr.js'
import { Module } from './module.js'

/** Activations along a dimension. */
class DimActivation extends Module {
  declare dim: number | null

  constructor(dim?: number | null | { dim?: number | null })
  constructor(...args: unknown[]) {
    super()
    this.dim = take_options(new.target.name, args, ['dim'], { dim: null as number | null }).dim
  }

  override extra_repr(): string {
    return `dim=${this.dim === null ? 'None' : py_int(this.dim)}`
  }
}

/** exp(xᵢ) / Σⱼ exp(xⱼ) along a dimension. */
export class Softmax extends DimActivation {
  override forward(input: Tensor): Tensor {
    return F.softmax(input, this.dim)
  }
}

/** The softmax of −x along a dimension. */
export class Softmin extends DimActivation {
  override forward(input: Tensor): Tensor {
    return F.softmin(input, this.dim)
  }
}

/** The logarithm of the softmax along a dimension. */
export class LogSoftmax extends DimActivation {
  override forward(input: Tensor): Tensor {
    return F.log_softmax(input, this.dim)
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
}
