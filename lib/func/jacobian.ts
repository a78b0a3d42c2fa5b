import { not_implemented_error, runtime_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { keyworded } from '../python/methods.js'
import { Tensor } from '../tensor.js'
import { tree_flatten, tree_unflatten } from '../utils/pytree.js'
import { type Argnums, slice_argnums } from './argnums.js'
import { vjp_with_argnums } from './grad.js'
import { jvp_with_argnums } from './jvp.js'
import { vmap } from './vmap.js'

type Loose = (...args: unknown[]) => unknown
type AnyFunction = (...args: never[]) => unknown

function error_if_complex(api: string, values: readonly unknown[], is_input: boolean): void {
  values.forEach((value, i) => {
    if (value instanceof Tensor && value.is_complex())
      throw runtime_error(
        `${api}: Expected all ${is_input ? 'inputs' : 'outputs'} to be real but received complex tensor at flattened input idx: ${i}`,
      )
  })
}

/** The unit vectors of tensors laid one after the other, split back into their shapes: [total, …shape] each. */
function standard_basis(tensors: readonly Tensor[]): Tensor[] {
  const sizes = tensors.map((tensor) => tensor.numel())
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let before = 0
  return tensors.map((tensor, i) => {
    const size = sizes[i]!
    const identity = ops.eye(size, { dtype: tensor.dtype, device: tensor.device })
    const zeros = (rows: number) => identity.new_zeros([rows, size])
    const rows = ops.cat([zeros(before), identity, zeros(total - before - size)], 0)
    before += size
    return rows.view([total, ...tensor.shape])
  })
}

/** Keywords of {@link jacrev}. */
export interface JacrevOptions {
  /** Which arguments (default 0). */
  argnums?: Argnums
  /** Whether the function returns `[output, aux]` (default false). */
  has_aux?: boolean
  /** How many rows are computed at once (default: all). */
  chunk_size?: number | null
}

function own_jacrev<F extends AnyFunction>(
  func: F,
  options?: JacrevOptions & { has_aux?: false },
): (...args: Parameters<F>) => ReturnType<F>
function own_jacrev<F extends AnyFunction>(
  func: F,
  options: JacrevOptions,
): (...args: Parameters<F>) => unknown
function own_jacrev<F extends AnyFunction>(
  func: F,
  argnums: Argnums,
  options?: Omit<JacrevOptions, 'argnums'>,
): (...args: Parameters<F>) => unknown
function own_jacrev(
  func: AnyFunction,
  given: unknown = 0,
  has_aux: unknown = false,
  chunk_size: number | null = null,
  preallocate = false,
): Loose {
  const argnums = given as Argnums
  const with_aux = Boolean(has_aux)
  if (preallocate)
    throw not_implemented_error('jacrev(): _preallocate_and_copy=true is not supported; use chunk_size alone')
  if (chunk_size !== null && !(chunk_size > 0))
    throw runtime_error('jacrev: `chunk_size` should be greater than 0.')
  return (...args) => {
    error_if_complex('jacrev', tree_flatten(args)[0], true)
    const { output, vjp_fn, aux } = vjp_with_argnums(func as Loose, args, argnums, with_aux)
    const [outputs, output_spec] = tree_flatten<Tensor>(output)
    error_if_complex('jacrev', outputs, false)
    const [primals, primals_spec] = tree_flatten<Tensor>(slice_argnums(args, argnums))
    const multiply = (rows: readonly Tensor[], product: Loose = vjp_fn) =>
      tree_flatten<Tensor>(product(tree_unflatten(rows, output_spec)))[0]
    const basis = standard_basis(outputs)
    const total = basis[0]!.size(0)
    const step = chunk_size ?? Math.max(total, 1)
    const chunks: Tensor[][] = []
    for (let start = 0; start < Math.max(total, 1); start += step) {
      const rows = basis.map((all) => all.narrow(0, start, Math.min(step, total - start)))
      // A row alone needs no vmap, whose limits are then not felt.
      const products =
        chunk_size === 1
          ? multiply(rows.map((row) => row.squeeze(0))).map((row) => row.unsqueeze(0))
          : multiply(rows, vmap(vjp_fn))
      chunks.push(products)
    }
    const jacobians = primals.map((_, i) =>
      chunks.length === 1
        ? chunks[0]![i]!
        : ops.cat(
            chunks.map((chunk) => chunk[i]!),
            0,
          ),
    )
    const sizes = outputs.map((one) => one.numel())
    const split = jacobians.map((jacobian, i) =>
      jacobian.split(sizes, 0).map((part, o) => part.view([...outputs[o]!.shape, ...primals[i]!.shape])),
    )
    const by_output = outputs.map((_, o) =>
      tree_unflatten(
        split.map((parts) => parts[o]!),
        primals_spec,
      ),
    )
    const jacobian = tree_unflatten(by_output, output_spec)
    return has_aux ? [jacobian, aux] : jacobian
  }
}

/**
 * The function that computes a function's Jacobian, by reverse mode, all rows at once.
 *
 * @param func gives a tensor, or nested tensors
 * @returns a function of the same arguments: shape of the output, then shape of the argument
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.func.jacrev((x: torch.Tensor) => x.sin())(torch.zeros(2)) // tensor([[1., 0.], [0., 1.]])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.jacrev.html
 */
export const jacrev = keyworded(
  'jacrev(func, argnums?, *, has_aux?, chunk_size?, _preallocate_and_copy?)',
  own_jacrev,
)

/** Keywords of {@link jacfwd}. */
export interface JacfwdOptions {
  argnums?: Argnums
  has_aux?: boolean
  /** As {@link vmap} has it (default `'error'`). */
  randomness?: 'error' | 'different' | 'same'
}

function own_jacfwd<F extends AnyFunction>(
  func: F,
  options?: JacfwdOptions & { has_aux?: false },
): (...args: Parameters<F>) => ReturnType<F>
function own_jacfwd<F extends AnyFunction>(
  func: F,
  options: JacfwdOptions,
): (...args: Parameters<F>) => unknown
function own_jacfwd<F extends AnyFunction>(
  func: F,
  argnums: Argnums,
  has_aux?: boolean,
  options?: Pick<JacfwdOptions, 'randomness'>,
): (...args: Parameters<F>) => unknown
function own_jacfwd(
  func: AnyFunction,
  given: unknown = 0,
  given_aux: unknown = false,
  given_randomness: unknown = 'error',
): Loose {
  const argnums = given as Argnums
  const has_aux = Boolean(given_aux)
  const randomness = given_randomness as NonNullable<JacfwdOptions['randomness']>
  return (...args) => {
    error_if_complex('jacfwd', tree_flatten(args)[0], true)
    const [primals, primals_spec] = tree_flatten<Tensor>(slice_argnums(args, argnums))
    const basis = tree_unflatten(standard_basis(primals), primals_spec)
    const push = (direction: unknown): unknown => {
      const found = jvp_with_argnums(func as Loose, args, direction, argnums, { has_aux })
      error_if_complex('jacfwd', tree_flatten(found.output)[0], false)
      return has_aux ? [found.tangent, found.aux] : found.tangent
    }
    const pushed = vmap(push, { randomness })(basis)
    const [results, aux] = has_aux ? (pushed as [unknown, unknown]) : [pushed, undefined]
    const sizes = primals.map((primal) => primal.numel())
    const [columns, spec] = tree_flatten<Tensor>(results)
    const jacobians = columns.map((column) => {
      const parts = column.movedim(0, -1).split(sizes, -1)
      return tree_unflatten(
        parts.map((part, i) =>
          primals[i]!.ndim === 0 ? part.squeeze(-1) : part.unflatten(-1, primals[i]!.shape),
        ),
        primals_spec,
      )
    })
    const jacobian = tree_unflatten(jacobians, spec)
    if (!has_aux) return jacobian
    const [flat_aux, aux_spec] = tree_flatten<Tensor>(aux)
    return [
      jacobian,
      tree_unflatten(
        flat_aux.map((value) => value.select(0, 0)),
        aux_spec,
      ),
    ]
  }
}

/**
 * As {@link jacrev}, by forward mode, all columns at once.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.jacfwd.html
 */
export const jacfwd = keyworded('jacfwd(func, argnums?, has_aux?, *, randomness?)', own_jacfwd)

function own_hessian<F extends AnyFunction>(
  func: F,
  options?: Argnums | { argnums?: Argnums },
): (...args: Parameters<F>) => ReturnType<F>
function own_hessian(func: AnyFunction, given: unknown = 0): unknown {
  const argnums = given as Argnums
  return jacfwd(jacrev(func, { argnums }), { argnums })
}

/**
 * The function that computes a function's Hessian: forward over reverse mode.
 *
 * @param func gives a scalar tensor
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.func.hessian((x: torch.Tensor) => x.pow(2).sum())(torch.ones(2)) // tensor([[2., 0.], [0., 2.]])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.hessian.html
 */
export const hessian = keyworded('hessian(func, argnums?)', own_hessian)
