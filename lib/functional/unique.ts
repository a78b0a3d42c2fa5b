import { take_arguments } from '../ops/arguments.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import type { Tensor } from '../tensor.js'

/** Keywords of {@link unique_consecutive}. */
export interface UniqueConsecutiveOptions {
  /** Whether the place of each element among the unique ones comes too. Default: false. */
  return_inverse?: boolean
  /** Whether the number of times that each occurs comes too. Default: false. */
  return_counts?: boolean
  /** The dimension whose slices are compared. Default: the elements are. */
  dim?: number | null
}

/** Keywords of {@link unique}. */
export interface UniqueOptions extends UniqueConsecutiveOptions {
  /** Whether they come in ascending order. Default: true. */
  sorted?: boolean
}

type Given = Required<UniqueOptions> & { input: Tensor }
type Both = { return_inverse: true; return_counts: true }
type One = { return_inverse: true } | { return_counts: true }
type Triple = readonly [output: Tensor, inverse: Tensor, counts: Tensor]

const unique_flat = operator('aten::_unique2') as unknown as (...args: unknown[]) => Triple

function chosen(
  given: Pick<Given, 'return_inverse' | 'return_counts'>,
  [output, inverse, counts]: Triple,
): unknown {
  if (!given.return_inverse && !given.return_counts) return output
  return [output, ...(given.return_inverse ? [inverse] : []), ...(given.return_counts ? [counts] : [])]
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
  const names = ['input', 'sorted', 'return_inverse', 'return_counts', 'dim'] as const
  const given = take_arguments<Given>('unique', args, names, {
    sorted: true,
    return_inverse: false,
    return_counts: false,
    dim: null,
  })
  const { input, sorted, return_inverse, return_counts, dim } = given
  const found =
    dim === null
      ? unique_flat(input, sorted, return_inverse, return_counts)
      : ops.unique_dim(input, dim, sorted, return_inverse, return_counts)
  return chosen(given, found)
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
  const names = ['input', 'return_inverse', 'return_counts', 'dim'] as const
  const given = take_arguments<Omit<Given, 'sorted'>>('unique_consecutive', args, names, {
    return_inverse: false,
    return_counts: false,
    dim: null,
  })
  const { input, return_inverse, return_counts, dim } = given
  return chosen(given, ops.unique_consecutive(input, return_inverse, return_counts, dim))
}
