import { expect_bool } from '../expect.js'
import { take_arguments } from '../ops/arguments.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import type { Several } from '../tensor/several.js'
import { Tensor } from '../tensor.js'

const nonzero_numpy = operator('aten::nonzero_numpy') as unknown as (input: Tensor) => Tensor[]

type Given = { input: Tensor; out: Tensor | null; as_tuple: boolean }

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
  const names = ['input', 'out', 'as_tuple'] as const
  const { input, out, as_tuple } = take_arguments<Given>('nonzero', args, names, {
    out: null,
    as_tuple: false,
  })
  if (as_tuple) return nonzero_numpy(input)
  return out === null ? ops.nonzero(input) : ops.nonzero(input, { out })
}

/** The number of elements. */
export function numel(input: Tensor): number {
  return take_arguments<{ input: Tensor }>('numel', [input], ['input'], {}).input.numel()
}

/** Whether a value is a tensor. */
export function is_tensor(value: unknown): value is Tensor {
  return value instanceof Tensor
}

type Factors = [LU: Tensor, pivots: Tensor] | [LU: Tensor, pivots: Tensor, infos: Tensor]
const lu_with_info = operator('aten::_lu_with_info') as unknown as (
  A: Tensor,
  pivot: boolean,
  check_errors: boolean,
) => [Tensor, Tensor, Tensor]

/** Deprecated: `torch.linalg.lu_factor`. The LU factors of matrices, packed, and the pivots. */
export function lu(
  A: Tensor,
  pivot?: boolean | { pivot?: boolean; get_infos?: boolean },
  get_infos?: boolean,
): Factors
export function lu(...args: unknown[]): Factors {
  const given = take_arguments<{ A: Tensor; pivot: boolean; get_infos: boolean }>(
    'lu',
    args,
    ['A', 'pivot', 'get_infos'],
    {
      pivot: true,
      get_infos: false,
    },
  )
  expect_bool(given.pivot, 'lu', 'pivot')
  const [factors, pivots, infos] = lu_with_info(given.A, given.pivot, !given.get_infos)
  return given.get_infos ? [factors, pivots, infos] : [factors, pivots]
}
