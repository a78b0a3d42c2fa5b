import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import type { Keywords } from '../python/call_types.js'
import { optional, tensor } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import type { Tensor } from '../tensor.js'

const CHOICES = [
  { return_inverse: optional(false) },
  { return_counts: optional(false) },
  { dim: optional<number | null>(null) },
] as const
const SORTED = { sorted: optional(true) }
const UNIQUE = signature('unique', { input: tensor }, SORTED, ...CHOICES)
const UNIQUE_CONSECUTIVE = signature('unique_consecutive', { input: tensor }, ...CHOICES)

/** Keywords of {@link unique_consecutive}. */
export type UniqueConsecutiveOptions = Keywords<typeof CHOICES>
/** Keywords of {@link unique}. */
export type UniqueOptions = Keywords<readonly [typeof SORTED, ...typeof CHOICES]>

type Both = { return_inverse: true; return_counts: true }
type One = { return_inverse: true } | { return_counts: true }
type Triple = readonly [output: Tensor, inverse: Tensor, counts: Tensor]

const unique_flat = operator('aten::_unique2') as unknown as (...args: unknown[]) => Triple

function chosen(return_inverse: boolean, return_counts: boolean, [output, inverse, counts]: Triple): unknown {
  if (!return_inverse && !return_counts) return output
  return [output, ...(return_inverse ? [inverse] : []), ...(return_counts ? [counts] : [])]
}

/**
 * The elements, or slices, that differ from each other.
 *
 * @param sorted whether they come in ascending order (default: true)
 * @param return_inverse whether the place of each element among them comes too (default: false)
 * @param return_counts whether the number of times that each occurs comes too (default: false)
 * @param dim the dimension whose slices are compared (default: the elements are)
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.unique(torch.tensor([3, 1, 3])).tolist() // [1, 3]
 * ```
 * @see torch/functional.py
 */
export function unique(input: Tensor, options: UniqueOptions & Both): [Tensor, Tensor, Tensor]
export function unique(input: Tensor, options: UniqueOptions & One): [Tensor, Tensor]
export function unique(input: Tensor, sorted?: boolean | UniqueOptions): Tensor
export function unique(
  input: Tensor,
  sorted: boolean,
  return_inverse: boolean,
  return_counts?: boolean,
  dim?: number | null,
): Tensor | [Tensor, Tensor] | [Tensor, Tensor, Tensor]
export function unique(...args: unknown[]): unknown {
  const [input, sorted, return_inverse, return_counts, dim] = UNIQUE.bind(args)
  const found =
    dim === null
      ? unique_flat(input, sorted, return_inverse, return_counts)
      : ops.unique_dim(input, dim, sorted, return_inverse, return_counts)
  return chosen(return_inverse, return_counts, found)
}

/** As {@link unique}, but only neighbours are compared. */
export function unique_consecutive(
  input: Tensor,
  options: UniqueConsecutiveOptions & Both,
): [Tensor, Tensor, Tensor]
export function unique_consecutive(input: Tensor, options: UniqueConsecutiveOptions & One): [Tensor, Tensor]
export function unique_consecutive(input: Tensor, return_inverse?: false | UniqueConsecutiveOptions): Tensor
export function unique_consecutive(
  input: Tensor,
  return_inverse: boolean,
  return_counts?: boolean,
  dim?: number | null,
): Tensor | [Tensor, Tensor] | [Tensor, Tensor, Tensor]
export function unique_consecutive(...args: unknown[]): unknown {
  const [input, return_inverse, return_counts, dim] = UNIQUE_CONSECUTIVE.bind(args)
  const found = ops.unique_consecutive(input, return_inverse, return_counts, dim)
  return chosen(return_inverse, return_counts, found)
}
