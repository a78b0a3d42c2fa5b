import { runtime_error, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { keyword_tensor, optional, optional_tensor, tensor, variadic } from '../python/parameters.js'
import { callable, signature } from '../python/signature.js'
import { expect_tensor, Tensor } from '../tensor.js'
import { tensor_list } from './shapes.js'

/** A subscript of an operand: 0 to 51, or `'...'`. */
export type Subscript = number | '...'

function letter(subscript: unknown): string {
  if (subscript === '...') return '...'
  const n = Number(subscript)
  if (Number.isInteger(n) && n >= 0 && n < 26) return String.fromCharCode(65 + n)
  if (Number.isInteger(n) && n >= 26 && n < 52) return String.fromCharCode(97 + n - 26)
  throw value_error('einsum(): subscript in subscript list is not within the valid range [0, 52)')
}

const EINSUM = signature('einsum', { args: variadic<unknown>() })

/**
 * Sums of products by Einstein's convention. Operands are contracted from left to right.
 *
 * @param equation `'ij,jk->ik'`, or an operand followed by its subscripts, and so on
 * @throws ValueError where no operand is given
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.einsum('i,i->', torch.tensor([1, 2]), torch.tensor([3, 4])).item() // 11
 * ```
 * @see torch/functional.py
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor
export function einsum(equation: string, operands: readonly Tensor[]): Tensor
export function einsum(...operands_and_subscripts: readonly (Tensor | readonly Subscript[])[]): Tensor
export function einsum(...given: unknown[]): Tensor {
  const [args] = EINSUM.bind(given)
  if (args.length < 2) {
    throw value_error(
      'einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list',
    )
  }
  if (!(args[0] instanceof Tensor)) return ops.einsum(args[0] as string, tensor_list('einsum', args.slice(1)))
  const subscripts = (list: unknown) => (list as unknown[]).map(letter).join('')
  const has_output = args.length % 2 === 1
  const pairs = has_output ? args.slice(0, -1) : args
  const equation = pairs
    .filter((_, i) => i % 2 === 1)
    .map(subscripts)
    .join(',')
  const operands = pairs
    .filter((_, i) => i % 2 === 0)
    .map((item) => expect_tensor(item, 'einsum', 'operands'))
  return ops.einsum(has_output ? `${equation}->${subscripts(args.at(-1))}` : equation, operands)
}

/** What {@link tensordot} contracts: so many last with so many first dimensions, or two lists. */
export type Contraction = number | readonly [readonly number[], readonly number[]] | Tensor

/**
 * Sums of products over several dimensions of two tensors.
 *
 * @param dims a number n for the last n of `a` and the first n of `b`, or a list for each (default: 2)
 * @throws RuntimeError for a negative number, or one greater than the numbers of dimensions
 */
export const tensordot = callable(
  signature(
    'tensordot',
    { a: tensor },
    { b: tensor },
    { dims: optional<Contraction>(2) },
    { out: optional_tensor },
  ),
  (a, b, dims, out): Tensor => {
    const [dims_a, dims_b] = lists_of(a, b, dims)
    return out === null ? ops.tensordot(a, b, dims_a, dims_b) : ops.tensordot(a, b, dims_a, dims_b, { out })
  },
)

function lists_of(a: Tensor, b: Tensor, dims: Contraction): readonly [readonly number[], readonly number[]] {
  if (Array.isArray(dims)) return dims as unknown as [number[], number[]]
  if (dims instanceof Tensor && dims.numel() > 1) return dims.tolist() as [number[], number[]]
  const count = dims instanceof Tensor ? dims.item() : dims
  if (typeof count !== 'number') {
    throw runtime_error(
      `tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two lists, but got dims=${String(dims)}`,
    )
  }
  if (count < 0) throw runtime_error(`tensordot expects dims >= 0, but got dims=${String(dims)}`)
  if (count > Math.min(a.ndim, b.ndim)) {
    throw runtime_error(`tensordot expects dims < ndim_a or ndim_b, but got dims=${count}`)
  }
  const places = Array.from({ length: count }, (_, d) => d)
  return [places.map((d) => d - count), places]
}

/** The product of matrices, in the order that needs the fewest operations. Deprecated: `torch.linalg.multi_dot`. */
export const chain_matmul = callable(
  signature('chain_matmul', { matrices: variadic<Tensor>() }, { out: keyword_tensor }),
  (given, out): Tensor => {
    const matrices = tensor_list('chain_matmul', given)
    return out === null ? ops.chain_matmul(matrices) : ops.chain_matmul(matrices, { out })
  },
)
