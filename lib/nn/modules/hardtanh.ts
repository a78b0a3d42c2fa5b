import { assertion_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_float } from '../repr.js'
import { type InplaceOptions, inplace_suffix } from './inplace_activation.js'
import { Module } from './module.js'
import { float_number } from './utils.js'

/** Keywords of {@link Hardtanh}. */
export interface HardtanhOptions extends InplaceOptions {
  /** What less becomes. Default: -1. */
  min_val?: number
  /** What more becomes. Default: 1. */
  max_val?: number
  /** Deprecated: `min_val`. */
  min_value?: number | null
  /** Deprecated: `max_val`. */
  max_value?: number | null
}

type HardtanhArguments = Required<HardtanhOptions>
const HARDTANH_NAMES = ['min_val', 'max_val', 'inplace', 'min_value', 'max_value'] as const

/** x between two bounds, −1 and 1 by default. */
export class Hardtanh extends Module {
  declare min_val: number
  declare max_val: number
  declare inplace: boolean

  constructor(
    min_val?: number | HardtanhOptions,
    max_val?: number | HardtanhOptions,
    inplace?: boolean | HardtanhOptions,
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options<HardtanhArguments>('Hardtanh', args, HARDTANH_NAMES, {
      min_val: -1,
      max_val: 1,
      inplace: false,
      min_value: null,
      max_value: null,
    })
    for (const end of ['min', 'max'] as const)
      if (given[`${end}_value`] !== null)
        process.emitWarning(`keyword argument \`${end}_value\` is deprecated and renamed to \`${end}_val\``)
    this.min_val = float_number(given.min_value ?? given.min_val)
    this.max_val = float_number(given.max_value ?? given.max_val)
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
}

/** min(max(0, x), 6), element by element. */
export class ReLU6 extends Hardtanh {
  constructor(inplace?: boolean | InplaceOptions)
  constructor(...args: unknown[]) {
    super(0, 6, take_options('ReLU6', args, ['inplace'], { inplace: false }).inplace)
  }

  override extra_repr(): string {
    return this.inplace ? 'inplace=True' : ''
  }
}
