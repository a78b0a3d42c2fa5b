import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_float, py_int, py_string } from '../repr.js'
import { InplaceActivation, type InplaceOptions, inplace_suffix } from './inplace_activation.js'
import { Module } from './module.js'
import { float_number } from './utils.js'

export { Hardtanh, type HardtanhOptions, ReLU6 } from './hardtanh.js'
export type { InplaceOptions } from './inplace_activation.js'
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
}

/** SELU(x) = scale · (max(0, x) + min(0, α (exp x − 1))), element by element. */
export class SELU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.selu(input, this.inplace)
  }
}

/** SiLU(x) = x · σ(x), element by element. */
export class SiLU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.silu(input, this.inplace)
  }
}

/** Mish(x) = x · tanh(softplus(x)), element by element. */
export class Mish extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.mish(input, this.inplace)
  }
}

/** A sigmoid of three straight lines: 0 up to −3, 1 from 3 on, x/6 + 1/2 between. */
export class Hardsigmoid extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.hardsigmoid(input, this.inplace)
  }

  // PyTorch's prints nothing here.
  override extra_repr(): string {
    return ''
  }
}

/** x · Hardsigmoid(x), element by element. */
export class Hardswish extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.hardswish(input, this.inplace)
  }

  // PyTorch's prints nothing here.
  override extra_repr(): string {
    return ''
  }
}

/** Sigmoid(x) = 1 / (1 + exp −x), element by element. */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return input.sigmoid()
  }
}

/** tanh x, element by element. */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return input.tanh()
  }
}

/** x − tanh x, element by element. */
export class Tanhshrink extends Module {
  override forward(input: Tensor): Tensor {
    return F.tanhshrink(input)
  }
}

/** x / (1 + |x|), element by element. */
export class Softsign extends Module {
  override forward(input: Tensor): Tensor {
    return F.softsign(input)
  }
}

/** log σ(x), element by element. */
export class LogSigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return nn.log_sigmoid(input)
  }
}

/** ELU(x) = x for x > 0, α (exp x − 1) elsewhere; α is 1 by default. */
export class ELU extends Module {
  declare alpha: number
  declare inplace: boolean

  constructor(alpha?: number | ({ alpha?: number } & InplaceOptions), inplace?: boolean | InplaceOptions)
  constructor(...args: unknown[]) {
    super()
    const { alpha, inplace } = take_options('ELU', args, ['alpha', 'inplace'], { alpha: 1, inplace: false })
    this.alpha = float_number(alpha)
    this.inplace = inplace
  }

  override forward(input: Tensor): Tensor {
    return F.elu(input, this.alpha, this.inplace)
  }

  override extra_repr(): string {
    return `alpha=${py_float(this.alpha)}${inplace_suffix(this)}`
  }
}

/** CELU(x) = max(0, x) + min(0, α (exp(x/α) − 1)); α is 1 by default. */
export class CELU extends Module {
  declare alpha: number
  declare inplace: boolean

  constructor(alpha?: number | ({ alpha?: number } & InplaceOptions), inplace?: boolean | InplaceOptions)
  constructor(...args: unknown[]) {
    super()
    const { alpha, inplace } = take_options('CELU', args, ['alpha', 'inplace'], { alpha: 1, inplace: false })
    this.alpha = float_number(alpha)
    this.inplace = inplace
  }

  override forward(input: Tensor): Tensor {
    return F.celu(input, this.alpha, this.inplace)
  }

  override extra_repr(): string {
    return `alpha=${py_float(this.alpha)}${inplace_suffix(this)}`
  }
}

/** LeakyReLU(x) = max(0, x) + slope · min(0, x); the slope is 0.01 by default. */
export class LeakyReLU extends Module {
  declare negative_slope: number
  declare inplace: boolean

  constructor(
    negative_slope?: number | ({ negative_slope?: number } & InplaceOptions),
    inplace?: boolean | InplaceOptions,
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options('LeakyReLU', args, ['negative_slope', 'inplace'], {
      negative_slope: 0.01,
      inplace: false,
    })
    this.negative_slope = float_number(given.negative_slope)
    this.inplace = given.inplace
  }

  override forward(input: Tensor): Tensor {
    return F.leaky_relu(input, this.negative_slope, this.inplace)
  }

  override extra_repr(): string {
    return `negative_slope=${py_float(this.negative_slope)}${inplace_suffix(this)}`
  }
}

/** x where it is above the threshold, `value` elsewhere. */
export class Threshold extends Module {
  declare threshold: number
  declare value: number
  declare inplace: boolean

  constructor(threshold: number, value: number, inplace?: boolean | InplaceOptions)
  constructor(options: { threshold: number; value: number } & InplaceOptions)
  constructor(...args: unknown[]) {
    super()
    const given = take_options<{ threshold: number; value: number; inplace: boolean }>(
      'Threshold',
      args,
      ['threshold', 'value', 'inplace'],
      { inplace: false },
    )
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
}

/** x · Φ(x), with Φ the normal distribution's function, or its approximation by tanh. */
export class GELU extends Module {
  declare approximate: 'none' | 'tanh'

  constructor(approximate?: 'none' | 'tanh' | { approximate?: 'none' | 'tanh' })
  constructor(...args: unknown[]) {
    super()
    const given = take_options('GELU', args, ['approximate'], { approximate: 'none' as 'none' | 'tanh' })
    this.approximate = given.approximate
  }

  override forward(input: Tensor): Tensor {
    return nn.gelu(input, { approximate: this.approximate })
  }

  override extra_repr(): string {
    return `approximate=${py_string(this.approximate)}`
  }
}

/** a · σ(b), where a and b are the halves of the input along a dimension, the last by default. */
export class GLU extends Module {
  declare dim: number

  constructor(dim?: number | { dim?: number })
  constructor(...args: unknown[]) {
    super()
    this.dim = take_options('GLU', args, ['dim'], { dim: -1 }).dim
  }

  override forward(input: Tensor): Tensor {
    return F.glu(input, this.dim)
  }

  override extra_repr(): string {
    return `dim=${py_int(this.dim)}`
  }
}

/** x outside [−λ, λ], 0 inside; λ is 0.5 by default. */
export class Hardshrink extends Module {
  declare lambd: number

  constructor(lambd?: number | { lambd?: number })
  constructor(...args: unknown[]) {
    super()
    this.lambd = float_number(take_options('Hardshrink', args, ['lambd'], { lambd: 0.5 }).lambd)
  }

  override forward(input: Tensor): Tensor {
    return ops.hardshrink(input, this.lambd)
  }

  override extra_repr(): string {
    return py_float(this.lambd)
  }
}

/** x moved towards 0 by λ, and 0 inside [−λ, λ]; λ is 0.5 by default. */
export class Softshrink extends Module {
  declare lambd: number

  constructor(lambd?: number | { lambd?: number })
  constructor(...args: unknown[]) {
    super()
    this.lambd = float_number(take_options('Softshrink', args, ['lambd'], { lambd: 0.5 }).lambd)
  }

  override forward(input: Tensor): Tensor {
    return nn.softshrink(input, this.lambd)
  }

  override extra_repr(): string {
    return py_float(this.lambd)
  }
}

/** log(1 + exp βx) / β, and x itself where βx is above the threshold. */
export class Softplus extends Module {
  declare beta: number
  declare threshold: number

  constructor(
    beta?: number | { beta?: number; threshold?: number },
    threshold?: number | { threshold?: number },
  )
  constructor(...args: unknown[]) {
    super()
    const { beta, threshold } = take_options('Softplus', args, ['beta', 'threshold'], {
      beta: 1,
      threshold: 20,
    })
    this.beta = float_number(beta)
    this.threshold = float_number(threshold)
  }

  override forward(input: Tensor): Tensor {
    return nn.softplus(input, this.beta, this.threshold)
  }

  override extra_repr(): string {
    return `beta=${py_float(this.beta)}, threshold=${py_float(this.threshold)}`
  }
}
