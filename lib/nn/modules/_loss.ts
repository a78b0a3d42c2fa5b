import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import { legacy_get_string, type Reduction } from '../_reduction.js'
import { Module } from './module.js'
import type { Rest } from './utils.js'

/** Keywords of a loss. */
export interface LossOptions {
  /** Deprecated, see `reduction`. */
  size_average?: boolean | null
  /** Deprecated, see `reduction`. */
  reduce?: boolean | null
  /** `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`. */
  reduction?: Reduction
}

export type LossArguments = {
  size_average: boolean | null
  reduce: boolean | null
  reduction: Reduction
}

const NAMES = ['size_average', 'reduce', 'reduction'] as const
export const LOSS_DEFAULTS: LossArguments = { size_average: null, reduce: null, reduction: 'mean' }

/** What the losses share. */
export class _Loss extends Module {
  declare reduction: Reduction

  constructor(
    ...args: Rest<[size_average: boolean | null, reduce: boolean | null, reduction: Reduction], LossOptions>
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options<LossArguments>(new.target.name, args, NAMES, LOSS_DEFAULTS)
    const { size_average, reduce } = given
    this.reduction =
      size_average !== null || reduce !== null ? legacy_get_string(size_average, reduce) : given.reduction
  }
}

/** A loss's own three arguments among those of a subclass. */
export function loss_options({ size_average, reduce, reduction }: LossArguments): LossArguments {
  return { size_average, reduce, reduction }
}

/** Keywords of a loss with weights. */
export interface WeightedLossOptions extends LossOptions {
  /** A factor for each class. Default: none. */
  weight?: Tensor | null
}

export type WeightedLossArguments = LossArguments & { weight: Tensor | null }

/** What the losses with weights share: the weights are a buffer. */
export class _WeightedLoss extends _Loss {
  declare weight: Tensor | null

  constructor(
    ...args: Rest<
      [weight: Tensor | null, size_average: boolean | null, reduce: boolean | null, reduction: Reduction],
      WeightedLossOptions
    >
  )
  constructor(...args: unknown[]) {
    const given = take_options<WeightedLossArguments>(new.target.name, args, ['weight', ...NAMES], {
      ...LOSS_DEFAULTS,
      weight: null,
    })
    super(loss_options(given))
    this.register_buffer('weight', given.weight)
  }
}

/** The arguments of a weighted loss among those of a subclass. */
export function weighted_options(given: WeightedLossArguments): WeightedLossArguments {
  return { ...loss_options(given), weight: given.weight }
}
