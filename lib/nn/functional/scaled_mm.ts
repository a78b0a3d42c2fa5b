import type { DType } from '../../dtype.js'
import { bfloat16 } from '../../dtype.js'
import { python_type_name, type_error } from '../../errors.js'
import { take_arguments } from '../../ops/arguments.js'
import { operator } from '../../ops/operator.js'
import type { Tensor } from '../../tensor.js'
import type { EnumMember } from '../attention/member.js'
import { ScalingType, SwizzleType } from './scaling.js'

const product = operator('aten::_scaled_mm_v2')
const grouped_product = operator('aten::_scaled_grouped_mm_v2')

type OneOrMany<T> = T | readonly T[]

/** Keywords of {@link scaled_mm}. */
export interface ScaledMmKeywords {
  /** In which order the scales of `mat_a` lie in memory. Default: row by row. */
  swizzle_a?: OneOrMany<SwizzleType> | null
  /** In which order the scales of `mat_b` lie in memory. Default: row by row. */
  swizzle_b?: OneOrMany<SwizzleType> | null
  /** Added to the products. Default: none. */
  bias?: Tensor | null
  /** The product's dtype. Default: `torch.bfloat16`. */
  output_dtype?: DType | null
  /** Which dimensions are summed over. Default: the last of `mat_a`, the first but one of `mat_b`. */
  contraction_dim?: readonly number[]
  /** Sums with fewer bits, on GPUs that can. Default: false. */
  use_fast_accum?: boolean
}

/** Keywords of {@link scaled_grouped_mm}. */
export interface ScaledGroupedMmKeywords extends ScaledMmKeywords {
  /** Where each group ends. Default: none. */
  offs?: Tensor | null
}

interface Given extends Required<ScaledGroupedMmKeywords> {
  mat_a: Tensor
  mat_b: Tensor
  scale_a: OneOrMany<Tensor>
  scale_b: OneOrMany<Tensor>
  scale_recipe_a: OneOrMany<ScalingType>
  scale_recipe_b: OneOrMany<ScalingType>
}

const SCALES = ['mat_a', 'mat_b', 'scale_a', 'scale_recipe_a', 'scale_b', 'scale_recipe_b'] as const
const LAST = ['output_dtype', 'contraction_dim', 'use_fast_accum'] as const
const DEFAULTS = {
  swizzle_a: null,
  swizzle_b: null,
  bias: null,
  output_dtype: bfloat16,
  contraction_dim: [],
  use_fast_accum: false,
}

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

/** What both operators take first: the matrices, and for each its scales, recipes and swizzles. */
function scaled(given: Given, name: string) {
  const recipe = (side: 'a' | 'b') =>
    [
      many(given[`scale_${side}`]),
      numbers(given[`scale_recipe_${side}`], ScalingType, name, `scale_recipe_${side}`),
      numbers(given[`swizzle_${side}`], SwizzleType, name, `swizzle_${side}`),
    ] as const
  return [given.mat_a, given.mat_b, ...recipe('a'), ...recipe('b')] as const
}

/**
 * The product of two matrices whose elements stand for more: each is multiplied by a scale. What float8 and float4 are
 * multiplied with. On a processor one scale for a matrix or for a row is there.
 *
 * @param mat_a (M, K), of a float8
 * @param mat_b (K, N), column by column in memory
 * @param scale_a float32: by what `mat_a` is multiplied
 * @param scale_recipe_a how many elements of it each scale is for
 * @param scale_b float32: by what `mat_b` is multiplied
 * @param scale_recipe_b how many elements of it each scale is for
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
export function scaled_mm(
  mat_a: Tensor,
  mat_b: Tensor,
  scale_a: OneOrMany<Tensor>,
  scale_recipe_a: OneOrMany<ScalingType>,
  scale_b: OneOrMany<Tensor>,
  scale_recipe_b: OneOrMany<ScalingType>,
  options?: ScaledMmKeywords,
): Tensor
export function scaled_mm(...args: unknown[]): Tensor {
  const given = take_arguments<Given>(
    'scaled_mm',
    args,
    [...SCALES, 'swizzle_a', 'swizzle_b', 'bias', ...LAST],
    DEFAULTS,
  )
  const { bias, output_dtype, contraction_dim, use_fast_accum } = given
  const rest = [bias, output_dtype, contraction_dim, use_fast_accum] as const
  return product(...scaled(given, 'scaled_mm'), ...rest)
}

/**
 * {@link scaled_mm} of several pairs of matrices at once. LibTorch has it for GPUs only.
 *
 * @param mat_a (M, K), or (groups, M, K)
 * @param mat_b (K, N), or (groups, K, N), column by column in memory
 * @param options.offs (groups), int32: where each group ends, for matrices of two dimensions
 * @throws NotImplementedError on a processor
 * @see torch/nn/functional.py
 */
export function scaled_grouped_mm(
  mat_a: Tensor,
  mat_b: Tensor,
  scale_a: OneOrMany<Tensor>,
  scale_recipe_a: OneOrMany<ScalingType>,
  scale_b: OneOrMany<Tensor>,
  scale_recipe_b: OneOrMany<ScalingType>,
  options?: ScaledGroupedMmKeywords,
): Tensor
export function scaled_grouped_mm(...args: unknown[]): Tensor {
  const given = take_arguments<Given>(
    'scaled_grouped_mm',
    args,
    [...SCALES, 'swizzle_a', 'swizzle_b', 'bias', 'offs', ...LAST],
    { ...DEFAULTS, offs: null },
  )
  const { offs, bias, output_dtype, contraction_dim, use_fast_accum } = given
  const rest = [offs, bias, output_dtype, contraction_dim, use_fast_accum] as const
  return grouped_product(...scaled(given, 'scaled_grouped_mm'), ...rest)
}
