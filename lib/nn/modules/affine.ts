import * as ops from '../../ops/generated/torch.js'
import { member } from '../../own.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import type { factory_options } from './linear.js'
import type { Module } from './module.js'
import { type AnySize, ntuple } from './utils.js'

/** The weight and bias of a normalisation; null where there is none. */
export interface Affine {
  weight: Parameter | null
  bias?: Parameter | null
}

/** Registers the weight and the bias that a normalisation multiplies by and adds, or the lack of them. */
export function register_affine(
  module: Module,
  shape: readonly number[],
  wanted: { weight: boolean; bias?: boolean },
  factory: ReturnType<typeof factory_options>,
): void {
  for (const [name, is_wanted] of Object.entries(wanted))
    module.register_parameter(name, is_wanted ? new Parameter(ops.empty([...shape], factory)) : null)
}

/** Sets the weight to one and the bias to zero. */
export function reset_affine(module: Affine): void {
  if (module.weight !== null) init.ones_(module.weight)
  const bias = member(module, 'bias')
  if (bias) init.zeros_(bias)
}

/** The shape that is normalised: a single number stands for the last dimension. */
export function normalized_shape(value: AnySize): readonly number[] {
  return ntuple(value, 1, 'normalized_shape')
}
