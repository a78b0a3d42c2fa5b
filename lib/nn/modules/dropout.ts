import { value_error } from '../../errors.js'
import { expect_int } from '../../expect.js'
import { bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_bool, py_float, py_int } from '../repr.js'
import { Module } from './module.js'

const DROPOUT = signature('_DropoutNd', { p: optional(0.5, expect_int) }, { inplace: optional(false, bool) })

/** What the dropouts share. */
export class _DropoutNd extends Module {
  declare p: number
  declare inplace: boolean

  constructor(...args: Call<typeof DROPOUT>)
  constructor(...args: UsualCall<typeof DROPOUT>)
  constructor(...args: unknown[]) {
    super()
    const given = DROPOUT.take(args, new.target.name)
    const p = Number(given.p)
    if (p < 0 || p > 1)
      throw value_error(`dropout probability has to be between 0 and 1, but got ${py_int(given.p)}`)
    this.p = p
    this.inplace = given.inplace
  }

  override extra_repr(): string {
    return `p=${py_float(this.p)}, inplace=${py_bool(this.inplace)}`
  }

  static {
    methods(_DropoutNd, { extra_repr: '' })
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

  static {
    methods(Dropout, { forward: 'input' })
  }
}

/**
 * In training, zeroes whole channels (the second dimension) with probability p.
 *
 * @param p - the probability that an element, or a channel, is dropped. Default: 0.5
 * @param inplace - whether the input itself is changed. Default: false
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

  static {
    methods(Dropout1d, { forward: 'input' })
  }
}

/**
 * In training, zeroes whole channels (feature maps) with probability p.
 *
 * @param p - the probability that an element, or a channel, is dropped. Default: 0.5
 * @param inplace - whether the input itself is changed. Default: false
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

  static {
    methods(Dropout2d, { forward: 'input' })
  }
}

/**
 * In training, zeroes whole channels (volumes) with probability p.
 *
 * @param p - the probability that an element, or a channel, is dropped. Default: 0.5
 * @param inplace - whether the input itself is changed. Default: false
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

  static {
    methods(Dropout3d, { forward: 'input' })
  }
}

/**
 * Dropout for SELU networks: in training, elements become SELU's lower bound with probability p, and the whole is scaled
 * and shifted so that zero mean and unit variance stay.
 *
 * @param p - the probability that an element, or a channel, is dropped. Default: 0.5
 * @param inplace - whether the input itself is changed. Default: false
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

  static {
    methods(AlphaDropout, { forward: 'input' })
  }
}

/**
 * {@link AlphaDropout} of whole channels.
 *
 * @param p - the probability that an element, or a channel, is dropped. Default: 0.5
 * @param inplace - whether the input itself is changed. Default: false
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

  static {
    methods(FeatureAlphaDropout, { forward: 'input' })
  }
}
