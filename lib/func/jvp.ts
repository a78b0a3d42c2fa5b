import { dual_level, is_dual_level_open, make_dual, unpack_dual } from '../autograd/forward_ad.js'
import { runtime_error, type_name } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { own } from '../own.js'
import { keyworded } from '../python/methods.js'
import { py_size } from '../repr.js'
import { Tensor } from '../tensor.js'
import { same_structure, show_structure, tree_flatten, tree_unflatten } from '../utils/pytree.js'
import { type Argnums, refuse_keywords, replace_args, slice_argnums } from './argnums.js'
import { check_outputs } from './grad.js'
import { split_aux, unwrap_tensors, with_forward_mode, within_level, wrap_tensors } from './levels.js'

type Loose = (...args: unknown[]) => unknown

const API = 'jvp(f, primals, tangents)'

function check_tensors(values: readonly unknown[], name: string): asserts values is Tensor[] {
  if (values.length === 0) throw runtime_error(`${API}: Expected ${name} to contain at least one Tensor.`)
  const wrong = values.find((value) => !(value instanceof Tensor))
  if (wrong !== undefined)
    throw runtime_error(`${API}: Expected ${name} to only contain Tensors, got ${type_name(wrong)}`)
}

function in_forward_mode<T>(callback: () => T): T {
  return with_forward_mode(true, () => (is_dual_level_open() ? callback() : dual_level(callback)))
}

/** @internal jvp with respect to some arguments. */
export function jvp_with_argnums(
  func: Loose,
  primals: readonly unknown[],
  tangents: unknown,
  argnums: Argnums | null,
  options: JvpOptions,
): { output: unknown; tangent: unknown; aux: unknown } {
  const { strict = false, has_aux = false } = own(options)
  if (!Array.isArray(primals))
    throw runtime_error(
      `${API}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).`,
    )
  const chosen = argnums === null ? primals : slice_argnums(primals, argnums)
  const [flat_primals, spec] = tree_flatten(chosen)
  const [flat_tangents, tangents_spec] = tree_flatten(tangents)
  if (!same_structure(spec, tangents_spec))
    throw runtime_error(
      `${API}: Expected primals and tangents to have the same python structure. For example, if primals is a tuple of 3 tensors, tangents also must be. Got primals with structure ${show_structure(spec)} and tangents with structure ${show_structure(tangents_spec)}`,
    )
  check_tensors(flat_primals, 'primals')
  check_tensors(flat_tangents, 'tangents')
  return within_level('jvp', (level) =>
    in_forward_mode(() => {
      const duals = flat_primals.map((primal, i) => make_dual(primal, flat_tangents[i]!))
      const own = tree_unflatten(duals, spec)
      const args =
        argnums === null
          ? (own as unknown[])
          : replace_args(wrap_tensors(primals, level) as unknown[], own, argnums)
      const [result, aux] = split_aux(func(...args), has_aux, API)
      const [outputs, output_spec] = tree_flatten<Tensor>(result)
      check_outputs(outputs, API)
      const pairs = outputs.map((dual) => {
        const { primal, tangent } = unpack_dual(dual)
        if (tangent === null && strict)
          throw runtime_error(
            'jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed with strict=True.',
          )
        return [primal, tangent ?? ops.zeros_like(primal)] as const
      })
      const unwrapped = (which: 0 | 1) =>
        tree_unflatten(
          unwrap_tensors(
            pairs.map((pair) => pair[which]),
            level,
          ) as unknown[],
          output_spec,
        )
      return { output: unwrapped(0), tangent: unwrapped(1), aux: unwrap_tensors(aux, level) }
    }),
  )
}

/** Keywords of {@link jvp}. */
export interface JvpOptions {
  /** Whether an output that does not depend on the inputs is an Error (default false). */
  strict?: boolean
  /** Whether the function returns `[output, aux]` (default false). */
  has_aux?: boolean
}

function own_jvp<A extends readonly unknown[], R>(
  func: (...args: A) => R,
  primals: A,
  tangents: A,
  options: JvpOptions & { has_aux: true },
): R extends readonly [infer Output, infer Aux] ? [output: Output, jvp: Output, aux: Aux] : never
function own_jvp<A extends readonly unknown[], R>(
  func: (...args: A) => R,
  primals: A,
  tangents: A,
  options?: JvpOptions,
): [output: R, jvp: R]
function own_jvp(
  func: Loose,
  primals: readonly unknown[],
  tangents: readonly unknown[],
  strict: unknown = false,
  has_aux = false,
): unknown[] {
  const options = { strict: Boolean(strict), has_aux }
  const { output, tangent, aux } = jvp_with_argnums(func, primals, tangents, null, options)
  return has_aux ? [output, tangent, aux] : [output, tangent]
}

/**
 * A function's value, and its Jacobian times `tangents`: forward mode.
 *
 * @param func takes the primals
 * @param primals its arguments, in an array
 * @param tangents nested and shaped as they are
 * @returns `[output, jvp]`, with `has_aux` `[output, jvp, aux]`
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const [value, slope] = torch.func.jvp((x: torch.Tensor) => x.pow(3), [torch.tensor(2)], [torch.tensor(1)])
 * slope // tensor(12.)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.jvp.html
 */
export const jvp = keyworded('jvp(func, primals, tangents, *, strict?, has_aux?)', own_jvp)

type Linearize = <A extends readonly unknown[], R>(
  func: (...args: A) => R,
  ...primals: A
) => [output: R, jvp_fn: (...tangents: A) => R]

function own_linearize(func: Loose, primals: unknown[]): unknown[] {
  refuse_keywords('linearize', primals, [])
  const shapes = tree_flatten<Tensor>(primals)[0].map((primal) => py_size(primal.shape))
  const jvp_fn = (...tangents: unknown[]): unknown => {
    tree_flatten<Tensor>(tangents)[0].forEach((tangent, i) => {
      const shape = py_size(tangent.shape)
      if (shape !== shapes[i])
        throw runtime_error(
          `tangent:${i} with shape ${shape} in flattened pytree doesn't match the shape ${shapes[i]} of the corresponding primal.`,
        )
    })
    return jvp(func, primals, tangents)[1]
  }
  return [func(...primals), jvp_fn]
}

/**
 * A function's value at the primals, and the function of tangents that is its Jacobian there.
 *
 * @returns `[output, jvp_fn]`; `jvp_fn(…tangents)` evaluates the function anew in forward mode
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.linearize.html
 */
export const linearize = keyworded('linearize(func, *primals{})', own_linearize) as unknown as Linearize
