import { runtime_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { with_grad } from '../grad_mode.js'
import {
  check_requires_grad,
  fill_in_zeros,
  finish,
  gradients_of,
  in_mode,
  outputs_of,
  separate,
  take_v,
} from './graph.js'
import { type Like, type Listed, list_tensors, type Tensors, unlist } from './tuples.js'

/** Keywords of the products: {@link vjp} and its like. */
export interface ProductOptions<V extends Tensors = Tensors> {
  /** The vector; may be left out where it is one number. */
  v?: V | null
  /** Whether outputs and result can be differentiated. Default: false. */
  create_graph?: boolean
  /** Whether a result that does not depend on an input is an Error, and not zero. Default: false. */
  strict?: boolean
}

interface Given {
  func: (...inputs: Tensor[]) => unknown
  inputs: unknown
  v: unknown
  create_graph: boolean
  strict: boolean
}

const parameters_of = (name: string) =>
  signature(
    name,
    { func: required<Given['func']>() },
    { inputs: required<unknown>() },
    { v: optional<Given['v']>(null) },
    { create_graph: optional(false) },
    { strict: optional(false) },
  )
const PARAMETERS = new Map(['vjp', 'jvp', 'vhp', 'hvp'].map((name) => [name, parameters_of(name)]))

function take(name: string, args: readonly unknown[]): Given {
  return PARAMETERS.get(name)!.take(args)
}

type Func<Out> = (...inputs: Tensor[]) => Out

// The result of each product, beside the outputs.
function results<Out, R>(given: Given, outputs: Listed, found: readonly Tensor[], many: boolean): [Out, R] {
  return [outputs.all, found].map((list, i) =>
    unlist(finish(list, given.create_graph), i === 0 ? outputs.many : many),
  ) as [Out, R]
}

/**
 * The product vᵀJ of a vector and the Jacobian of a function, and the function's outputs.
 *
 * @param func - of tensors; returns one tensor or several
 * @param inputs - one tensor, or several: where it is taken
 * @param v - of the outputs' shapes; may be left out where the output is one number
 * @param options - create_graph (default: false), strict (default: false)
 * @returns the outputs, and the product, of the inputs' shapes
 * @throws RuntimeError for a v of other shapes, and in strict mode where an output does not depend on an input
 *
 * @example
 * ```ts
 * const { vjp } = torch.autograd.functional
 * const [y, product] = vjp((x) => x.exp().sum(1), torch.rand(4, 4), torch.ones(4))
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.vjp.html
 */
export function vjp<Out extends Tensors, In extends Tensors>(
  func: Func<Out>,
  inputs: In,
  options?: ProductOptions,
): [Out, Like<In>]
export function vjp<Out extends Tensors, In extends Tensors>(
  func: Func<Out>,
  inputs: In,
  v: Tensors | null,
  options?: Omit<ProductOptions, 'v'>,
): [Out, Like<In>]
export function vjp(...args: unknown[]): unknown {
  const given = take('vjp', args)
  const { create_graph, strict } = given
  const { inputs, outputs, v, many } = with_grad(() => {
    const listed = list_tensors(given.inputs, 'inputs', 'vjp')
    const inputs = separate(listed.all, create_graph, true)
    const outputs = outputs_of(given.func, inputs, 'vjp', strict)
    if (given.v === null && (outputs.all.length !== 1 || outputs.all[0]!.numel() !== 1))
      throw runtime_error(
        'The vector v can only be None if the user-provided function returns a single Tensor with a single element.',
      )
    const v = given.v === null ? null : take_v(given.v, 'vjp', outputs.all, outputs.many, create_graph)
    return { inputs, outputs, v, many: listed.many }
  })
  const found = in_mode(create_graph, () =>
    fill_in_zeros(
      gradients_of(outputs.all, inputs, v, { create_graph }),
      inputs,
      strict,
      create_graph,
      'back',
    ),
  )
  return results(given, outputs, found, many)
}

// Inputs and the vector of the products that multiply on the inputs' side.
function inputs_and_v(given: Given, name: string, none: string) {
  const listed = list_tensors(given.inputs, 'inputs', name)
  const inputs = separate(listed.all, given.create_graph, true)
  if (given.v === null && (inputs.length !== 1 || inputs[0]!.numel() !== 1)) throw runtime_error(none)
  const v = given.v === null ? null : take_v(given.v, name, inputs, listed.many, given.create_graph)
  return { inputs, v, many: listed.many }
}

/**
 * The product Jv of the Jacobian of a function and a vector, and the function's outputs. It is computed by two backward
 * passes: the gradient of vᵀJ with respect to v.
 *
 * @param func - of tensors; returns one tensor or several
 * @param inputs - one tensor, or several: where it is taken
 * @param v - of the inputs' shapes; may be left out where the input is one number
 * @param options - create_graph (default: false), strict (default: false)
 * @returns the outputs, and the product, of the outputs' shapes
 * @throws RuntimeError for a v of other shapes, and in strict mode where an output does not depend on an input
 *
 * @example
 * ```ts
 * const { jvp } = torch.autograd.functional
 * const [y, product] = jvp((x) => x.exp().sum(1), torch.rand(4, 4), torch.ones(4, 4))
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.jvp.html
 */
export function jvp<Out extends Tensors, In extends Tensors>(
  func: Func<Out>,
  inputs: In,
  options?: ProductOptions<In>,
): [Out, Out]
export function jvp<Out extends Tensors, In extends Tensors>(
  func: Func<Out>,
  inputs: In,
  v: Like<In> | null,
  options?: Omit<ProductOptions, 'v'>,
): [Out, Out]
export function jvp(...args: unknown[]): unknown {
  const given = take('jvp', args)
  const { create_graph, strict } = given
  const { outputs, v, grad_outputs, grad_inputs } = with_grad(() => {
    const { inputs, v } = inputs_and_v(
      given,
      'jvp',
      'The vector v can only be None if the input to the user-provided function is a single Tensor with a single element.',
    )
    const outputs = outputs_of(given.func, inputs, 'jvp', strict)
    // The product is linear in them, so that any finite values do.
    const grad_outputs = outputs.all.map((output) => ops.zeros_like(output, { requires_grad: true }))
    const grad_inputs = gradients_of(outputs.all, inputs, grad_outputs, { create_graph: true })
    check_requires_grad(grad_inputs, 'grad_inputs', strict)
    return { outputs, v, grad_outputs, grad_inputs }
  })
  const found = in_mode(create_graph, () =>
    fill_in_zeros(
      gradients_of(grad_inputs, grad_outputs, v, { create_graph }),
      outputs.all,
      strict,
      create_graph,
      'back_trick',
    ),
  )
  return results(given, outputs, found, outputs.many)
}

// The gradient of a function of one number, for the products with its Hessian.
function first_gradient(given: Given, name: string) {
  const { inputs, v, many } = inputs_and_v(
    given,
    name,
    'The vector v can only be None if the input to the user-provided function is a single Tensor with a single element.',
  )
  const outputs = outputs_of(given.func, inputs, name, given.strict)
  if (outputs.many) throw runtime_error(`The function given to ${name} should return a single Tensor`)
  if (outputs.all[0]!.numel() !== 1)
    throw runtime_error(
      `The Tensor returned by the function given to ${name} should contain a single element`,
    )
  const jacobian = gradients_of(outputs.all, inputs, null, { create_graph: true })
  check_requires_grad(jacobian, 'jacobian', given.strict)
  return { inputs, v, many, outputs, jacobian }
}

/**
 * The product vᵀH of a vector and the Hessian of a function of one number, and the function's value.
 *
 * @param func - of tensors; returns a tensor of one element
 * @param inputs - one tensor, or several: where it is taken
 * @param v - of the inputs' shapes; may be left out where the input is one number
 * @param options - create_graph (default: false), strict (default: false)
 * @returns the value, and the product, of the inputs' shapes
 * @throws RuntimeError for a function of more than one number, and a v of other shapes
 *
 * @example
 * ```ts
 * const { vhp } = torch.autograd.functional
 * const [y, product] = vhp((x) => x.pow(3).sum(), torch.rand(2, 2), torch.ones(2, 2))
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.vhp.html
 */
export function vhp<In extends Tensors>(
  func: Func<Tensor>,
  inputs: In,
  options?: ProductOptions<In>,
): [Tensor, Like<In>]
export function vhp<In extends Tensors>(
  func: Func<Tensor>,
  inputs: In,
  v: Like<In> | null,
  options?: Omit<ProductOptions, 'v'>,
): [Tensor, Like<In>]
export function vhp(...args: unknown[]): unknown {
  const given = take('vhp', args)
  const { create_graph, strict } = given
  const { inputs, v, many, outputs, jacobian } = with_grad(() => first_gradient(given, 'vhp'))
  const found = in_mode(create_graph, () =>
    fill_in_zeros(
      gradients_of(jacobian, inputs, v, { create_graph }),
      inputs,
      strict,
      create_graph,
      'double_back',
    ),
  )
  return results(given, outputs, found, many)
}

/**
 * The product Hv of the Hessian of a function of one number and a vector, and the function's value. Where the function
 * is twice continuously differentiable it equals {@link vhp}, which is faster.
 *
 * @param func - of tensors; returns a tensor of one element
 * @param inputs - one tensor, or several: where it is taken
 * @param v - of the inputs' shapes; may be left out where the input is one number
 * @param options - create_graph (default: false), strict (default: false)
 * @returns the value, and the product, of the inputs' shapes
 * @throws RuntimeError for a function of more than one number, and a v of other shapes
 *
 * @example
 * ```ts
 * const { hvp } = torch.autograd.functional
 * const [y, product] = hvp((x) => x.pow(3).sum(), torch.rand(2, 2), torch.ones(2, 2))
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.hvp.html
 */
export function hvp<In extends Tensors>(
  func: Func<Tensor>,
  inputs: In,
  options?: ProductOptions<In>,
): [Tensor, Like<In>]
export function hvp<In extends Tensors>(
  func: Func<Tensor>,
  inputs: In,
  v: Like<In> | null,
  options?: Omit<ProductOptions, 'v'>,
): [Tensor, Like<In>]
export function hvp(...args: unknown[]): unknown {
  const given = take('hvp', args)
  const { create_graph, strict } = given
  const { inputs, v, many, outputs, grad_jacobian, twice } = with_grad(() => {
    const first = first_gradient(given, 'hvp')
    const grad_jacobian = first.inputs.map((input) => ops.zeros_like(input, { requires_grad: true }))
    const twice = gradients_of(first.jacobian, first.inputs, grad_jacobian, { create_graph: true })
    check_requires_grad(first.jacobian, 'hessian', strict)
    return { ...first, grad_jacobian, twice }
  })
  const found = in_mode(create_graph, () =>
    fill_in_zeros(
      gradients_of(twice, grad_jacobian, v, { create_graph }),
      inputs,
      strict,
      create_graph,
      'double_back_trick',
    ),
  )
  return results(given, outputs, found, many)
}
