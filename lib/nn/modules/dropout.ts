import { value_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_bool, py_float, py_int } from '../repr.js'
import { Module } from './module.js'
import { float_number } from './utils.js'

/** Keywords of the dropouts. */
export interface DropoutModuleOptions {
  /** The probability that an element, or a channel, is dropped. Default: 0.5. */
  p?: number
  /** Whether the input itself is changed. Default: false. */
  inplace?: boolean
}

/** What the dropouts share. */
export class _DropoutNd extends Module {
  declare p: number
  declare inplace: boolean

  constructor(p?: number | DropoutModuleOptions, inplace?: boolean | DropoutModuleOptions)
  constructor(...args: unknown[]) {
    super()
    const given = take_options(new.target.name, args, ['p', 'inplace'], { p: 0.5, inplace: false })
    const p = float_number(given.p)
    if (p < 0 || p > 1)
      throw value_error(`dropout probability has to be between 0 and 1, but got ${py_int(given.p)}`)
    this.p = p
    this.inplace = given.inplace
  }

  override extra_repr(): string {
    return `p=${py_float(this.p)}, inplace=${py_bool(this.inplace)}`
  }
}

/**
 * In training, zeroes elements with probability p and multiplies the others by 1 / (1 − p); in evaluation nothing.
 *
 * @param p - the probability that an element is dropped. Default: 0.5
 * @param inplace - whether the input itself is changed. Default: false
 * @throws ValueError for a probability outside [0, 1]
 *
 * Shape: any, to the same.
 *
 * @example
 * ```ts
 * const m = new nn.Dropout(0.2)
 * const output = m(torch.randn(20, 16))
 * ```
 *
 * @see torch/nn/modules/dropout.py
 */
export class Dropout extends _DropoutNd {
  override forward(input: Tensor): Tensor {
    return F.dropout(input, this.p, this.training, this.inplace)
  }
}

/**
 * In training, zeroes whole channels (the second dimension) with probability p.
 *
 * Shape: (N, C, L) or (C, L), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.Dropout1d({ p: 0.2 })
 * const output = m(torch.randn(20, 16, 32))
 * ```
 *
 * @see torch/nn/modules/dropout.py
 */
export class Dropout1d extends _DropoutNd {
  override forward(input: Tensor): Tensor {
    return F.dropout1d(input, this.p, this.training, this.inplace)
  }
}

/**
 * In training, zeroes whole channels (feature maps) with probability p.
 *
 * Shape: (N, C, H, W) or (N, C, L), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.Dropout2d(0.2)
 * const output = m(torch.randn(20, 16, 32, 32))
 * ```
 *
 * @see torch/nn/modules/dropout.py
 */
export class Dropout2d extends _DropoutNd {
  override forward(input: Tensor): Tensor {
    return F.dropout2d(input, this.p, this.training, this.inplace)
  }
}

/**
 * In training, zeroes whole channels (volumes) with probability p.
 *
 * Shape: (N, C, D, H, W) or (C, D, H, W), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.Dropout3d(0.2)
 * const output = m(torch.randn(20, 16, 4, 32, 32))
 * ```
 *
 * @see torch/nn/modules/dropout.py
 */
export class Dropout3d extends _DropoutNd {
  override forward(input: Tensor): Tensor {
    return F.dropout3d(input, this.p, this.training, this.inplace)
  }
}

/**
 * Dropout for SELU networks: in training, elements become SELU's lower bound with probability p, and the whole is scaled
 * and shifted so that zero mean and unit variance stay.
 *
 * Shape: any, to the same.
 *
 * @example
 * ```ts
 * const m = new nn.AlphaDropout(0.2)
 * const output = m(torch.randn(20, 16))
 * ```
 *
 * @see torch/nn/modules/dropout.py
 */
export class AlphaDropout extends _DropoutNd {
  // PyTorch's passes no `inplace` on.
  override forward(input: Tensor): Tensor {
    return F.alpha_dropout(input, this.p, this.training)
  }
}

/**
 * {@link AlphaDropout} of whole channels.
 *
 * Shape: (N, C, D, H, W) or (C, D, H, W), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.FeatureAlphaDropout(0.2)
 * const output = m(torch.randn(20, 16, 4, 32, 32))
 * ```
 *
 * @see torch/nn/modules/dropout.py
 */
export class FeatureAlphaDropout extends _DropoutNd {
  // PyTorch's passes no `inplace` on.
  override forward(input: Tensor): Tensor {
    return F.feature_alpha_dropout(input, this.p, this.training)
  }
}
