import { expect_bool } from '../expect.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import { keyword, keyword_tensor, of_objects, optional, positional, tensor } from '../python/parameters.js'
import { callable, signature } from '../python/signature.js'
import type { Several } from '../tensor/several.js'
import { Tensor } from '../tensor.js'

const nonzero_numpy = operator('aten::nonzero_numpy') as unknown as (input: Tensor) => Tensor[]

const NONZERO = signature(
  'nonzero',
  { input: tensor },
  { out: keyword_tensor },
  { as_tuple: keyword(false, expect_bool) },
)

/**
 * Where the elements are that are not zero: one row of indices for each, or one tensor of indices for each dimension.
 *
 * @param as_tuple whether there is a tensor for each dimension (default: false)
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nonzero(torch.tensor([0, 3, 4])).tolist() // [[1], [2]]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nonzero.html
 */
export function nonzero(input: Tensor, options: { as_tuple: true }): Several<Tensor>
export function nonzero(input: Tensor, options?: { out?: Tensor | null; as_tuple?: false }): Tensor
export function nonzero(...args: unknown[]): Tensor | Tensor[] {
  const [input, out, as_tuple] = NONZERO.bind(args)
  if (as_tuple) return nonzero_numpy(input)
  return out === null ? ops.nonzero(input) : ops.nonzero(input, { out })
}

/** The number of elements. */
export const numel = callable(signature('numel', { input: tensor }), (input): number => input.numel())

const IS_TENSOR = signature('is_tensor', { obj: of_objects(positional<unknown>()) })

/** Whether a value is a tensor. */
export function is_tensor(obj: unknown): obj is Tensor
export function is_tensor(...args: unknown[]): boolean {
  const [obj] = IS_TENSOR.bind(args)
  return obj instanceof Tensor
}

type Factors = [LU: Tensor, pivots: Tensor] | [LU: Tensor, pivots: Tensor, infos: Tensor]
const lu_with_info = operator('aten::_lu_with_info') as unknown as (
  A: Tensor,
  pivot: boolean,
  check_errors: boolean,
) => [Tensor, Tensor, Tensor]

const LU = signature(
  'lu',
  { A: tensor },
  { pivot: optional(true, expect_bool) },
  { get_infos: optional(false) },
)

/** Deprecated: `torch.linalg.lu_factor`. The LU factors of matrices, packed, and the pivots. */
export function lu(
  A: Tensor,
  pivot?: boolean | { pivot?: boolean; get_infos?: boolean },
  get_infos?: boolean | { get_infos?: boolean },
): Factors
export function lu(...args: unknown[]): Factors {
  const [A, pivot, get_infos] = LU.bind(args)
  const [factors, pivots, infos] = lu_with_info(A, pivot, !get_infos)
  return get_infos ? [factors, pivots, infos] : [factors, pivots]
}
