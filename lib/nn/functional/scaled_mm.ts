import type { DType } from '../../dtype.js'
import { bfloat16 } from '../../dtype.js'
import { python_type_name, type_error } from '../../errors.js'
import { operator } from '../../ops/operator.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import type { EnumMember } from '../attention/member.js'
import { ScalingType, SwizzleType } from './scaling.js'

const product = operator('aten::_scaled_mm_v2')
const grouped_product = operator('aten::_scaled_grouped_mm_v2')

type OneOrMany<T> = T | readonly T[]

type Swizzles = OneOrMany<SwizzleType> | null

const SCALED = [
  { mat_a: tensor },
  { mat_b: tensor },
  { scale_a: required<OneOrMany<Tensor>>() },
  { scale_recipe_a: required<OneOrMany<ScalingType>>() },
  { scale_b: required<OneOrMany<Tensor>>() },
  { scale_recipe_b: required<OneOrMany<ScalingType>>() },
  { swizzle_a: optional<Swizzles>(null) },
  { swizzle_b: optional<Swizzles>(null) },
  { bias: optional_tensor },
] as const
const OUTPUT = [
  { output_dtype: optional<DType | null>(bfloat16) },
  { contraction_dim: optional<readonly number[]>([]) },
  { use_fast_accum: optional(false) },
] as const

function many<T>(value: OneOrMany<T> | null): readonly T[] {
  if (value === null) return []
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

/** The numbers of enum members. */
function numbers<T extends EnumMember>(
  given: OneOrMany<T> | null,
  type: { name: string; [Symbol.hasInstance](value: unknown): boolean },
  operator: string,
  argument: string,
): number[] {
  return many(given).map((member) => {
    if (member instanceof type) return member.valueOf()
    throw type_error(
      `${operator}(): argument '${argument}' must be ${type.name} or a list of them, not ${python_type_name(member)}`,
    )
  })
}

/** The scales, recipes and swizzles of one matrix, as the operators take them. */
function scales(
  name: string,
  side: 'a' | 'b',
  scale: OneOrMany<Tensor>,
  recipe: OneOrMany<ScalingType>,
  swizzle: Swizzles,
) {
  return [
    many(scale),
    numbers(recipe, ScalingType, name, `scale_recipe_${side}`),
    numbers(swizzle, SwizzleType, name, `swizzle_${side}`),
  ] as const
}

/**
 * The product of two matrices whose elements stand for more: each is multiplied by a scale. What float8 and float4 are
 * multiplied with. On a processor one scale for a matrix or for a row is there.
 *
 * @param mat_a - (M, K), of a float8
 * @param mat_b - (K, N), column by column in memory
 * @param scale_a - float32: by what `mat_a` is multiplied
 * @param scale_recipe_a - how many elements of it each scale is for
 * @param scale_b - float32: by what `mat_b` is multiplied
 * @param scale_recipe_b - how many elements of it each scale is for
 * @param swizzle_a - in which order the scales of `mat_a` lie in memory. Default: row by row
 * @param swizzle_b - in which order the scales of `mat_b` lie in memory. Default: row by row
 * @param bias - added to the products. Default: none
 * @param output_dtype - the product's dtype. Default: `torch.bfloat16`
 * @param contraction_dim - which dimensions are summed over. Default: the last of `mat_a`, the first but one of `mat_b`
 * @param use_fast_accum - sums with fewer bits, on GPUs that can. Default: false
 * @returns (M, N), bfloat16 where `output_dtype` says nothing else
 * @throws RuntimeError or ValueError where shapes, dtypes or recipes do not fit
 * @example
 * ```ts
 * const { ScalingType, scaled_mm } = nn.functional
 * const a = torch.eye(16).to(torch.float8_e4m3fn)
 * const scale = torch.tensor(2)
 * const { TensorWise } = ScalingType
 * scaled_mm(a, a.t(), scale, TensorWise, scale, TensorWise).at(0, 0).item() // 4
 * ```
 * @see torch/nn/functional.py
 */
export const scaled_mm = callable(
  signature('scaled_mm', ...SCALED, ...OUTPUT),
  (a, b, scale_a, recipe_a, scale_b, recipe_b, swizzle_a, swizzle_b, bias, ...output): Tensor =>
    product(
      a,
      b,
      ...scales('scaled_mm', 'a', scale_a, recipe_a, swizzle_a),
      ...scales('scaled_mm', 'b', scale_b, recipe_b, swizzle_b),
      bias,
      ...output,
    ),
)

/**
 * {@link scaled_mm} of several pairs of matrices at once. LibTorch has it for GPUs only.
 *
 * @param mat_a - (M, K), or (groups, M, K)
 * @param mat_b - (K, N), or (groups, K, N), column by column in memory
 * @param offs - (groups), int32: where each group ends, for matrices of two dimensions
 * @throws NotImplementedError on a processor
 * @see torch/nn/functional.py
 */
export const scaled_grouped_mm = callable(
  signature('scaled_grouped_mm', ...SCALED, { offs: optional_tensor }, ...OUTPUT),
  (a, b, scale_a, recipe_a, scale_b, recipe_b, swizzle_a, swizzle_b, bias, offs, ...output): Tensor =>
    grouped_product(
      a,
      b,
      ...scales('scaled_grouped_mm', 'a', scale_a, recipe_a, swizzle_a),
      ...scales('scaled_grouped_mm', 'b', scale_b, recipe_b, swizzle_b),
      offs,
      bias,
      ...output,
    ),
)
