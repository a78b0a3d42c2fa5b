import { assertion_error } from '../../errors.js'
import { bool, float, nullable_float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_float } from '../repr.js'
import { inplace_suffix } from './inplace_activation.js'
import { Module } from './module.js'

const HARDTANH = signature(
  'Hardtanh',
  { min_val: optional(-1, float) },
  { max_val: optional(1, float) },
  { inplace: optional(false, bool) },
  { min_value: optional<number | null>(null, nullable_float) },
  { max_value: optional<number | null>(null, nullable_float) },
)

/**
 * x between two bounds, −1 and 1 by default.
 *
 * @param min_val - the lower bound. Default: -1
 * @param max_val - the upper bound. Default: 1
 * @param inplace - whether the input itself is changed. Default: false
 * @param min_value - deprecated: `min_val`
 * @param max_value - deprecated: `max_val`
 */
export class Hardtanh extends Module {
  declare min_val: number
  declare max_val: number
  declare inplace: boolean

  constructor(...args: Call<typeof HARDTANH>)
  constructor(...args: UsualCall<typeof HARDTANH>)
  constructor(...args: unknown[]) {
    super()
    const given = HARDTANH.take(args)
    for (const end of ['min', 'max'] as const)
      if (given[`${end}_value`] !== null)
        process.emitWarning(`keyword argument \`${end}_value\` is deprecated and renamed to \`${end}_val\``)
    this.min_val = given.min_value ?? given.min_val
    this.max_val = given.max_value ?? given.max_val
    this.inplace = given.inplace
    if (this.max_val <= this.min_val)
      throw assertion_error(
        `max_val (${py_float(this.max_val)}) must be greater than min_val (${py_float(this.min_val)})`,
      )
  }

  override forward(input: Tensor): Tensor {
    return F.hardtanh(input, this.min_val, this.max_val, this.inplace)
  }

  override extra_repr(): string {
    return `min_val=${py_float(this.min_val)}, max_val=${py_float(this.max_val)}${inplace_suffix(this)}`
  }

  static {
    methods(Hardtanh, { forward: 'input', extra_repr: '' })
  }
}

const RELU6 = signature('ReLU6', { inplace: optional(false, bool) })

/**
 * min(max(0, x), 6), element by element.
 *
 * @param inplace - whether the input itself is changed. Default: false
 */
export class ReLU6 extends Hardtanh {
  constructor(...args: Call<typeof RELU6>)
  constructor(...args: UsualCall<typeof RELU6>)
  constructor(...args: unknown[]) {
    super(0, 6, RELU6.take(args).inplace)
  }

  override extra_repr(): string {
    return this.inplace ? 'inplace=True' : ''
  }

  static {
    methods(ReLU6, { extra_repr: '' })
  }
}
