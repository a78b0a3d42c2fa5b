import { EnumMember } from '../attention/member.js'

/**
 * How a matrix of float8 or float4 has been scaled: how many elements one scale is for. See {@link scaled_mm}.
 *
 * @example
 * ```ts
 * String(nn.functional.ScalingType.RowWise) // 'ScalingType.RowWise'
 * ```
 * @see torch/nn/functional.py
 */
export class ScalingType extends EnumMember {
  /** One scale for the whole matrix. */
  static readonly TensorWise = new ScalingType('TensorWise', 0)
  /** One for each row of the first matrix, or column of the second. */
  static readonly RowWise = new ScalingType('RowWise', 1)
  /** One for 16 elements of a row. */
  static readonly BlockWise1x16 = new ScalingType('BlockWise1x16', 2)
  /** One for 32 elements of a row. */
  static readonly BlockWise1x32 = new ScalingType('BlockWise1x32', 3)
  /** One for 128 elements of a row. */
  static readonly BlockWise1x128 = new ScalingType('BlockWise1x128', 4)
  /** One for 128 by 128 elements. */
  static readonly BlockWise128x128 = new ScalingType('BlockWise128x128', 5)

  override toString(): string {
    return `ScalingType.${this.name}`
  }
}

/**
 * In which order the scales of a matrix lie in memory. See {@link scaled_mm}.
 *
 * @see torch/nn/functional.py
 */
export class SwizzleType extends EnumMember {
  /** Row by row. */
  static readonly NO_SWIZZLE = new SwizzleType('NO_SWIZZLE', 0)
  /** In blocks of 32 by 4 by 4, as NVIDIA's GPUs read them. */
  static readonly SWIZZLE_32_4_4 = new SwizzleType('SWIZZLE_32_4_4', 1)

  override toString(): string {
    return `SwizzleType.${this.name}`
  }
}
