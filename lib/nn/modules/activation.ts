import { expect_number } from '../../expect.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_float, py_int, py_string } from '../repr.js'
import { InplaceActivation, inplace_suffix } from './inplace_activation.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

export { Hardtanh, ReLU6 } from './hardtanh.js'
export { MultiheadAttention } from './multihead_attention.js'
export { PReLU, RReLU } from './prelu.js'
export { LogSoftmax, Softmax, Softmax2d, Softmin } from './softmax.js'

/**
 * ReLU(x) = max(0, x), element by element.
 *
 * @param inplace - whether the input itself is changed. Default: false
 *
 * @example
 * ```ts
 * const m = new nn.ReLU()
 * const output = m(torch.randn(2))
 * ```
 *
 * @see torch/nn/modules/activation.py
 */
export class ReLU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.relu(input, this.inplace)
  }

  static {
    methods(ReLU, { forward: 'input' })
  }
}

/**
 * SELU(x) = scale · (max(0, x) + min(0, α (exp x − 1))), element by element.
 *
 * @param inplace - whether the input itself is changed. Default: false
 */
export class SELU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.selu(input, this.inplace)
  }

  static {
    methods(SELU, { forward: 'input' })
  }
}

/**
 * SiLU(x) = x · σ(x), element by element.
 *
 * @param inplace - whether the input itself is changed. Default: false
 */
export class SiLU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.silu(input, this.inplace)
  }

  static {
    methods(SiLU, { forward: 'input' })
  }
}

/**
 * Mish(x) = x · tanh(softplus(x)), element by element.
 *
 * @param inplace - whether the input itself is changed. Default: false
 */
export class Mish extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.mish(input, this.inplace)
  }

  static {
    methods(Mish, { forward: 'input' })
  }
}

/**
 * A sigmoid of three straight lines: 0 up to −3, 1 from 3 on, x/6 + 1/2 between.
 *
 * @param inplace - whether the input itself is changed. Default: false
 */
export class Hardsigmoid extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.hardsigmoid(input, this.inplace)
  }

  // PyTorch's prints nothing here.
  override extra_repr(): string {
    return ''
  }

  static {
    methods(Hardsigmoid, { forward: 'input', extra_repr: '' })
  }
}

/**
 * x · Hardsigmoid(x), element by element.
 *
 * @param inplace - whether the input itself is changed. Default: false
 */
export class Hardswish extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.hardswish(input, this.inplace)
  }

  // PyTorch's prints nothing here.
  override extra_repr(): string {
    return ''
  }

  static {
    methods(Hardswish, { forward: 'input', extra_repr: '' })
  }
}

/** Sigmoid(x) = 1 / (1 + exp −x), element by element. */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return input.sigmoid()
  }

  static {
    methods(Sigmoid, { forward: 'input' })
  }
}

/** tanh x, element by element. */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return input.tanh()
  }

  static {
    methods(Tanh, { forward: 'input' })
  }
}

/** x − tanh x, element by element. */
export class Tanhshrink extends Module {
  override forward(input: Tensor): Tensor {
    return F.tanhshrink(input)
  }

  static {
    methods(Tanhshrink, { forward: 'input' })
  }
}

/** x / (1 + |x|), element by element. */
export class Softsign extends Module {
  override forward(input: Tensor): Tensor {
    return F.softsign(input)
  }

  static {
    methods(Softsign, { forward: 'input' })
  }
}

/** log σ(x), element by element. */
export class LogSigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return nn.log_sigmoid(input)
  }

  static {
    methods(LogSigmoid, { forward: 'input' })
  }
}

const ELU_PARAMETERS = signature('ELU', { alpha: optional(1, float) }, { inplace: optional(false, bool) })

/**
 * ELU(x) = x for x > 0, α (exp x − 1) elsewhere; α is 1 by default.
 *
 * @param alpha - α, the scale of the negative part. Default: 1
 * @param inplace - whether the input itself is changed. Default: false
 */
export class ELU extends Module {
  declare alpha: number
  declare inplace: boolean

  constructor(...args: Call<typeof ELU_PARAMETERS>)
  constructor(...args: UsualCall<typeof ELU_PARAMETERS>)
  constructor(...args: unknown[]) {
    super()
    const { alpha, inplace } = ELU_PARAMETERS.take(args)
    this.alpha = alpha
    this.inplace = inplace
  }

  override forward(input: Tensor): Tensor {
    return F.elu(input, this.alpha, this.inplace)
  }

  override extra_repr(): string {
    return `alpha=${py_float(this.alpha)}${inplace_suffix(this)}`
  }

  static {
    methods(ELU, { forward: 'input', extra_repr: '' })
  }
}

const CELU_PARAMETERS = signature('CELU', { alpha: optional(1, float) }, { inplace: optional(false, bool) })

/**
 * CELU(x) = max(0, x) + min(0, α (exp(x/α) − 1)); α is 1 by default.
 *
 * @param alpha - α. Default: 1
 * @param inplace - whether the input itself is changed. Default: false
 */
export class CELU extends Module {
  declare alpha: number
  declare inplace: boolean

  constructor(...args: Call<typeof CELU_PARAMETERS>)
  constructor(...args: UsualCall<typeof CELU_PARAMETERS>)
  constructor(...args: unknown[]) {
    super()
    const { alpha, inplace } = CELU_PARAMETERS.take(args)
    this.alpha = alpha
    this.inplace = inplace
  }

  override forward(input: Tensor): Tensor {
    return F.celu(input, this.alpha, this.inplace)
  }

  override extra_repr(): string {
    return `alpha=${py_float(this.alpha)}${inplace_suffix(this)}`
  }

  static {
    methods(CELU, { forward: 'input', extra_repr: '' })
  }
}

const LEAKY_RE_LU = signature(
  'LeakyReLU',
  { negative_slope: optional(0.01, float) },
  { inplace: optional(false, bool) },
)

/**
 * LeakyReLU(x) = max(0, x) + slope · min(0, x); the slope is 0.01 by default.
 *
 * @param negative_slope - the slope of the negative part. Default: 0.01
 * @param inplace - whether the input itself is changed. Default: false
 */
export class LeakyReLU extends Module {
  declare negative_slope: number
  declare inplace: boolean

  constructor(...args: Call<typeof LEAKY_RE_LU>)
  constructor(...args: UsualCall<typeof LEAKY_RE_LU>)
  constructor(...args: unknown[]) {
    super()
    const given = LEAKY_RE_LU.take(args)
    this.negative_slope = given.negative_slope
    this.inplace = given.inplace
  }

  override forward(input: Tensor): Tensor {
    return F.leaky_relu(input, this.negative_slope, this.inplace)
  }

  override extra_repr(): string {
    return `negative_slope=${py_float(this.negative_slope)}${inplace_suffix(this)}`
  }

  static {
    methods(LeakyReLU, { forward: 'input', extra_repr: '' })
  }
}

const THRESHOLD = signature(
  'Threshold',
  { threshold: required<number>(expect_number) },
  { value: required<number>(expect_number) },
  { inplace: optional(false, bool) },
)

/**
 * x where it is above the threshold, `value` elsewhere.
 *
 * @param threshold - the threshold
 * @param value - the value at and below the threshold
 * @param inplace - whether the input itself is changed. Default: false
 */
export class Threshold extends Module {
  declare threshold: number
  declare value: number
  declare inplace: boolean

  constructor(...args: Call<typeof THRESHOLD>)
  constructor(...args: UsualCall<typeof THRESHOLD>)
  constructor(...args: unknown[]) {
    super()
    const given = THRESHOLD.take(args)
    this.threshold = given.threshold
    this.value = given.value
    this.inplace = given.inplace
  }

  override forward(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, this.inplace)
  }

  override extra_repr(): string {
    return `threshold=${py_int(this.threshold)}, value=${py_int(this.value)}${inplace_suffix(this)}`
  }

  static {
    methods(Threshold, { forward: 'input', extra_repr: '' })
  }
}

const GELU_PARAMETERS = signature('GELU', { approximate: optional<'none' | 'tanh'>('none') })

/**
 * x · Φ(x), with Φ the normal distribution's function, or its approximation by tanh.
 *
 * @param approximate - `'none'`, or `'tanh'` for the approximation. Default: `'none'`
 */
export class GELU extends Module {
  declare approximate: 'none' | 'tanh'

  constructor(...args: Call<typeof GELU_PARAMETERS>)
  constructor(...args: UsualCall<typeof GELU_PARAMETERS>)
  constructor(...args: unknown[]) {
    super()
    const given = GELU_PARAMETERS.take(args)
    this.approximate = given.approximate
  }

  override forward(input: Tensor): Tensor {
    return nn.gelu(input, { approximate: this.approximate })
  }

  override extra_repr(): string {
    return `approximate=${py_string(this.approximate)}`
  }

  static {
    methods(GELU, { forward: 'input', extra_repr: '' })
  }
}

const GLU_PARAMETERS = signature('GLU', { dim: optional<Int>(-1) })

/**
 * a · σ(b), where a and b are the halves of the input along a dimension, the last by default.
 *
 * @param dim - the dimension that is halved. Default: -1
 */
export class GLU extends Module {
  declare dim: number

  constructor(...args: Call<typeof GLU_PARAMETERS>)
  constructor(...args: UsualCall<typeof GLU_PARAMETERS>)
  constructor(...args: unknown[]) {
    super()
    this.dim = whole_number(GLU_PARAMETERS.take(args).dim, 'dim')
  }

  override forward(input: Tensor): Tensor {
    return F.glu(input, this.dim)
  }

  override extra_repr(): string {
    return `dim=${py_int(this.dim)}`
  }

  static {
    methods(GLU, { forward: 'input', extra_repr: '' })
  }
}

const HARDSHRINK = signature('Hardshrink', { lambd: optional(0.5, float) })

/**
 * x outside [−λ, λ], 0 inside; λ is 0.5 by default.
 *
 * @param lambd - λ. Default: 0.5
 */
export class Hardshrink extends Module {
  declare lambd: number

  constructor(...args: Call<typeof HARDSHRINK>)
  constructor(...args: UsualCall<typeof HARDSHRINK>)
  constructor(...args: unknown[]) {
    super()
    this.lambd = HARDSHRINK.take(args).lambd
  }

  override forward(input: Tensor): Tensor {
    return ops.hardshrink(input, this.lambd)
  }

  override extra_repr(): string {
    return py_float(this.lambd)
  }

  static {
    methods(Hardshrink, { forward: 'input', extra_repr: '' })
  }
}

const SOFTSHRINK = signature('Softshrink', { lambd: optional(0.5, float) })

/**
 * x moved towards 0 by λ, and 0 inside [−λ, λ]; λ is 0.5 by default.
 *
 * @param lambd - λ. Default: 0.5
 */
export class Softshrink extends Module {
  declare lambd: number

  constructor(...args: Call<typeof SOFTSHRINK>)
  constructor(...args: UsualCall<typeof SOFTSHRINK>)
  constructor(...args: unknown[]) {
    super()
    this.lambd = SOFTSHRINK.take(args).lambd
  }

  override forward(input: Tensor): Tensor {
    return nn.softshrink(input, this.lambd)
  }

  override extra_repr(): string {
    return py_float(this.lambd)
  }

  static {
    methods(Softshrink, { forward: 'input', extra_repr: '' })
  }
}

const SOFTPLUS = signature('Softplus', { beta: optional(1, float) }, { threshold: optional(20, float) })

/**
 * log(1 + exp βx) / β, and x itself where βx is above the threshold.
 *
 * @param beta - β. Default: 1
 * @param threshold - where the function becomes linear. Default: 20
 */
export class Softplus extends Module {
  declare beta: number
  declare threshold: number

  constructor(...args: Call<typeof SOFTPLUS>)
  constructor(...args: UsualCall<typeof SOFTPLUS>)
  constructor(...args: unknown[]) {
    super()
    const { beta, threshold } = SOFTPLUS.take(args)
    this.beta = beta
    this.threshold = threshold
  }

  override forward(input: Tensor): Tensor {
    return nn.softplus(input, this.beta, this.threshold)
  }

  override extra_repr(): string {
    return `beta=${py_float(this.beta)}, threshold=${py_float(this.threshold)}`
  }

  static {
    methods(Softplus, { forward: 'input', extra_repr: '' })
  }
}
