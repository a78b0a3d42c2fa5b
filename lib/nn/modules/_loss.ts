import { nullable_bool } from '../../python/checks.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { legacy_get_string, type Reduction } from '../_reduction.js'
import { Module } from './module.js'

/** The parameters of every loss: `size_average` and `reduce` are deprecated, see `reduction`. */
export const REDUCTION = [
  { size_average: optional<boolean | null>(null, nullable_bool) },
  { reduce: optional<boolean | null>(null, nullable_bool) },
  { reduction: optional<Reduction>('mean') },
] as const

/** A factor for each class or element; the module keeps it as a buffer, and refuses what is no tensor. */
export const WEIGHT = { weight: optional<Tensor | null>(null) } as const

const LOSS = signature('_Loss', ...REDUCTION)
const WEIGHTED_LOSS = signature('_WeightedLoss', WEIGHT, ...REDUCTION)

export type LossArguments = {
  size_average: boolean | null
  reduce: boolean | null
  reduction: Reduction
}

/**
 * Base class of the losses.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
 */
export class _Loss extends Module {
  declare reduction: Reduction

  constructor(...args: Call<typeof LOSS>)
  constructor(...args: UsualCall<typeof LOSS>)
  constructor(...args: unknown[]) {
    super()
    const { size_average, reduce, reduction } = LOSS.take(args, new.target.name)
    this.reduction =
      size_average !== null || reduce !== null ? legacy_get_string(size_average, reduce) : reduction
  }
}

/** A loss's own three arguments among those of a subclass. */
export function loss_options({ size_average, reduce, reduction }: LossArguments): LossArguments {
  return { size_average, reduce, reduction }
}

export type WeightedLossArguments = LossArguments & { weight: Tensor | null }

/**
 * Base class of the losses with weights, which are a buffer.
 *
 * @param weight - a factor for each class. Default: none
 */
export class _WeightedLoss extends _Loss {
  declare weight: Tensor | null

  constructor(...args: Call<typeof WEIGHTED_LOSS>)
  constructor(...args: UsualCall<typeof WEIGHTED_LOSS>)
  constructor(...args: unknown[]) {
    const given = WEIGHTED_LOSS.take(args, new.target.name)
    super(loss_options(given))
    this.register_buffer('weight', given.weight)
  }
}

/** The arguments of a weighted loss among those of a subclass. */
export function weighted_options(given: WeightedLossArguments): WeightedLossArguments {
  return { ...loss_options(given), weight: given.weight }
}
