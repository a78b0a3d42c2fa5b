import { native } from '../../native.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import { get_enum, legacy_get_string, type Reduction } from '../_reduction.js'
import { warn_of_sizes } from '../functional/loss.js'
import * as F from '../functional.js'
import { Module } from './module.js'
import { call_loss } from './native_forward.js'

/** Keywords of a loss. */
export interface LossOptions {
  /** Deprecated, see `reduction`. */
  size_average?: boolean | null
  /** Deprecated, see `reduction`. */
  reduce?: boolean | null
  /** `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`. */
  reduction?: Reduction
}

type LossArguments = { size_average: boolean | null; reduce: boolean | null; reduction: Reduction }

const NAMES = ['size_average', 'reduce', 'reduction'] as const
const DEFAULTS: LossArguments = { size_average: null, reduce: null, reduction: 'mean' }

/** What the losses share. */
export class _Loss extends Module {
  declare reduction: Reduction

  constructor(options?: LossOptions)
  constructor(
    size_average: boolean | null,
    reduce?: boolean | null | LossOptions,
    reduction?: Reduction | LossOptions,
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options<LossArguments>(new.target.name, args, NAMES, DEFAULTS)
    const { size_average, reduce } = given
    this.reduction =
      size_average !== null || reduce !== null ? legacy_get_string(size_average, reduce) : given.reduction
  }
}

/**
 * The mean absolute error: l = mean |x − y|, or the sum, or each.
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.L1Loss()
 * const output = loss(torch.randn(3, 5, { requires_grad: true }), torch.randn(3, 5))
 * output.backward()
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class L1Loss extends _Loss {
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1_loss(input, target, { reduction: this.reduction })
  }
}

const bound: Partial<Record<Reduction, (input: number, target: number) => number>> = {}

/**
 * The mean squared error: l = mean (x − y)², or the sum, or each.
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.MSELoss()
 * const output = loss(torch.randn(3, 5, { requires_grad: true }), torch.randn(3, 5))
 * output.backward()
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class MSELoss extends _Loss {
  override forward(input: Tensor, target: Tensor): Tensor {
    warn_of_sizes('mse_loss', input, target)
    bound[this.reduction] ??= native.make_mse_loss(get_enum(this.reduction))
    return call_loss('mse_loss', bound[this.reduction]!, input, target)
  }
}
