import { bool, type DType } from '../../dtype.js'
import { assertion_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'

/** What a mask is called in errors, and what it must fit. */
export interface MaskRules {
  mask_name: string
  other_type?: DType | null
  other_name?: string
  target_type: DType
}

/** A mask that is added to scores: −∞ where a boolean one is true. */
export function canonical_mask(mask: Tensor | null, rules: MaskRules): Tensor | null {
  if (mask === null) return null
  const is_float = mask.is_floating_point()
  if (mask.dtype !== bool && !is_float)
    throw assertion_error(`only bool and floating types of ${rules.mask_name} are supported`)
  const other = rules.other_type ?? null
  if (other !== null && mask.dtype !== other)
    process.emitWarning(
      `Support for mismatched ${rules.mask_name} and ${rules.other_name} is deprecated. Use same type for both instead.`,
    )
  if (is_float) return mask
  return ops.zeros_like(mask, { dtype: rules.target_type }).masked_fill_(mask, Number.NEGATIVE_INFINITY)
}
