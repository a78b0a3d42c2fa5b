import { grad as autograd_grad } from '../autograd/backward.js'
import { enable_grad, is_grad_enabled } from '../autograd/grad_mode.js'
import { keep_for_later } from '../autograd/reach.js'
import { runtime_error, type_name, value_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { own } from '../own.js'
import { keyworded } from '../python/methods.js'
import { Tensor } from '../tensor.js'
import { same_structure, show_structure, tree_flatten, tree_unflatten } from '../utils/pytree.js'
import { type Argnums, slice_argnums } from './argnums.js'
import { make_differentiable, split_aux, unwrap_tensors, within_level, wrap_tensors } from './levels.js'

type AnyFunction = (...args: never[]) => unknown
type Loose = (...args: unknown[]) => unknown

const not_a_tensor = (leaf: unknown) =>
  value_error(`Thing passed to transform API must be Tensor, got ${type_name(leaf)}`)

/** Gradients of outputs with respect to inputs, zeros where they do not depend on them. */
export function gradients_or_zeros(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  grad_outputs: readonly Tensor[] | null,
  retain_graph: boolean,
  create_graph: boolean,
): Tensor[] {
  const places = outputs.flatMap((output, i) => (output.requires_grad ? [i] : []))
  if (places.length === 0) return inputs.map((input) => ops.zeros_like(input))
  const found = autograd_grad(
    places.map((i) => outputs[i]!),
    inputs,
    grad_outputs === null ? null : places.map((i) => grad_outputs[i]!),
    { retain_graph, create_graph, allow_unused: true },
  )
  return found.map((gradient: Tensor | null, i) => gradient ?? ops.zeros_like(inputs[i]!))
}

/** Keywords of {@link grad} and its relatives. */
export interface GradTransformOptions {
  /** Which arguments the gradient is taken with respect to (default 0). */
  argnums?: Argnums
  /** Whether the function returns `[output, aux]`, of which aux is handed through (default false). */
  has_aux?: boolean
}

/** @internal grad_and_value of [gradient, [value, aux]]. */
function run_grad(func: Loose, argnums: Argnums, has_aux: boolean, args: unknown[]) {
  return within_level('grad', (level) =>
    enable_grad(() => {
      const wrapped = wrap_tensors(args, level) as unknown[]
      const chosen = slice_argnums(wrapped, argnums)
      make_differentiable(chosen, not_a_tensor)
      const [output, aux] = split_aux(func(...wrapped), has_aux, 'grad_and_value(f)(*args)')
      if (!(output instanceof Tensor))
        throw runtime_error(
          `grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got ${type_name(output)}`,
        )
      if (output.ndim !== 0)
        throw runtime_error(
          `grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with ${output.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?`,
        )
      const [inputs, spec] = tree_flatten<Tensor>(chosen)
      // With create_graph backward does not run in no_grad.
      const gradients = gradients_or_zeros([output], inputs, null, false, true)
      return {
        gradient: unwrap_tensors(tree_unflatten(gradients, spec), level),
        value: unwrap_tensors(output, level) as Tensor,
        aux: unwrap_tensors(aux, level),
      }
    }),
  )
}

function own_grad<F extends AnyFunction>(
  func: F,
  options: GradTransformOptions & { has_aux: true },
): (...args: Parameters<F>) => [gradient: Tensor, aux: unknown]
function own_grad<F extends AnyFunction>(
  func: F,
  options: GradTransformOptions & { argnums: readonly number[] },
): (...args: Parameters<F>) => Tensor[]
function own_grad<F extends AnyFunction>(
  func: F,
  options?: GradTransformOptions,
): (...args: Parameters<F>) => Parameters<F>[0]
function own_grad<F extends AnyFunction>(
  func: F,
  argnums: Argnums,
  has_aux?: boolean,
): (...args: Parameters<F>) => unknown
function own_grad(func: AnyFunction, argnums: unknown = 0, has_aux = false): Loose {
  return (...args) => {
    const { gradient, aux } = run_grad(func as Loose, argnums as Argnums, has_aux, args)
    return has_aux ? [gradient, aux] : gradient
  }
}

/**
 * The function that computes a function's gradient with respect to its arguments `argnums`. It nests, and {@link vmap} maps it.
 *
 * @param func gives a tensor of no dimensions
 * @returns a function of the same arguments that gives the gradient, shaped as the argument is; with `has_aux` `[gradient, aux]`
 * @throws RuntimeError where the function gives anything but a scalar tensor
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const x = torch.tensor(2)
 * torch.func.grad((x: torch.Tensor) => x.pow(3))(x) // tensor(12.)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.grad.html
 */
export const grad = keyworded('grad(func, argnums?, has_aux?)', own_grad)

function own_grad_and_value<F extends AnyFunction>(
  func: F,
  options: GradTransformOptions & { has_aux: true },
): (...args: Parameters<F>) => [gradient: Parameters<F>[0], value: [Tensor, unknown]]
function own_grad_and_value<F extends AnyFunction>(
  func: F,
  options?: GradTransformOptions,
): (...args: Parameters<F>) => [gradient: Parameters<F>[0], value: Tensor]
function own_grad_and_value<F extends AnyFunction>(
  func: F,
  argnums: Argnums,
  has_aux?: boolean,
): (...args: Parameters<F>) => [gradient: unknown, value: unknown]
function own_grad_and_value(func: AnyFunction, argnums: unknown = 0, has_aux = false): Loose {
  return (...args) => {
    const { gradient, value, aux } = run_grad(func as Loose, argnums as Argnums, has_aux, args)
    return [gradient, has_aux ? [value, aux] : value]
  }
}

/**
 * As {@link grad}, with the function's value: `[gradient, value]`, with `has_aux` `[gradient, [value, aux]]`.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.grad_and_value.html
 */
export const grad_and_value = keyworded('grad_and_value(func, argnums?, has_aux?)', own_grad_and_value)

/** @internal vjp with respect to some arguments. */
export function vjp_with_argnums(
  func: Loose,
  primals: readonly unknown[],
  argnums: Argnums | null,
  has_aux: boolean,
): { output: unknown; aux: unknown; vjp_fn: Loose } {
  return within_level('grad', (level) =>
    enable_grad(() => {
      const wrapped = wrap_tensors(primals, level) as unknown[]
      const chosen = argnums === null ? wrapped : slice_argnums(wrapped, argnums)
      make_differentiable(chosen, not_a_tensor)
      const [result, aux] = split_aux(func(...wrapped), has_aux, 'vjp(f, *primals)')
      const [outputs, output_spec] = tree_flatten<Tensor>(result)
      check_outputs(outputs, 'vjp(f, *primals)')
      const [inputs, input_spec] = tree_flatten<Tensor>(chosen)
      for (const output of outputs)
        if (!output.is_floating_point() && !output.is_complex())
          throw runtime_error(
            `vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype ${output.dtype}`,
          )
      for (const output of outputs) keep_for_later(output)
      const vjp_fn: Loose = (cotangents, options) => {
        const { retain_graph = true, create_graph = is_grad_enabled() } = own(
          (options ?? {}) as {
            retain_graph?: boolean
            create_graph?: boolean
          },
        )
        const [given, spec] = tree_flatten<Tensor>(cotangents)
        if (!same_structure(spec, output_spec))
          throw runtime_error(
            `Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. cotangents: ${show_structure(spec)}, primal output: ${show_structure(output_spec)}`,
          )
        return tree_unflatten(
          gradients_or_zeros(outputs, inputs, given, retain_graph, create_graph),
          input_spec,
        )
      }
      return { output: unwrap_tensors(result, level), aux: unwrap_tensors(aux, level), vjp_fn }
    }),
  )
}

/** @internal Results of a differentiated function are tensors, at least one. */
export function check_outputs(outputs: readonly unknown[], api: string): void {
  if (outputs.length === 0)
    throw runtime_error(`${api}: Expected f to be a function that has non-empty output (got output = [])`)
  const wrong = outputs.find((output) => !(output instanceof Tensor))
  if (wrong !== undefined || outputs.includes(undefined))
    throw runtime_error(
      `${api}: Expected f(*primals) to return only tensors, got unsupported type ${type_name(wrong)}`,
    )
}
