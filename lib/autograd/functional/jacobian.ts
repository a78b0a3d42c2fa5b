import { assertion_error, not_implemented_error, runtime_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { dual_level, make_dual, unpack_dual } from '../forward_ad.js'
import { with_grad } from '../grad_mode.js'
import { legacy_vmap } from '../legacy_vmap.js'
import { check_requires_grad, finish, gradients_of, outputs_of, separate } from './graph.js'
import { type Like, type Listed, list_tensors, type Tensors, untable } from './tuples.js'

/** Keywords of {@link jacobian}. */
export interface JacobianOptions {
  /** Whether the result can be differentiated. Default: false. */
  create_graph?: boolean
  /** Whether an output that does not depend on an input is an Error, and not zero. Default: false. */
  strict?: boolean
  /** Whether all rows are computed by one call of `autograd.grad` with batched gradients. Default: false. */
  vectorize?: boolean
  /** Default: `'reverse-mode'`. */
  strategy?: 'reverse-mode' | 'forward-mode'
}

interface Given extends Required<JacobianOptions> {
  func: (...inputs: Tensor[]) => unknown
  inputs: unknown
}

const JACOBIAN = signature(
  'jacobian',
  { func: required<Given['func']>() },
  { inputs: required<unknown>() },
  { create_graph: optional(false) },
  { strict: optional(false) },
  { vectorize: optional(false) },
  { strategy: optional<Given['strategy']>('reverse-mode') },
)

/**
 * The Jacobian of a function: the derivative of each output by each input.
 *
 * @param func - of tensors; returns one tensor or several
 * @param inputs - one tensor, or several: where it is taken
 * @param options - create_graph, strict, vectorize, strategy
 * @returns for one output and one input, a tensor of shape (…output, …input); an array by outputs, by inputs, or of
 * arrays, where there are several
 * @throws RuntimeError in strict mode where an output does not depend on an input
 *
 * @example
 * ```ts
 * torch.autograd.functional.jacobian((x) => x.exp().sum(1), torch.rand(2, 3)).shape // [2, 2, 3]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.jacobian.html
 */
export function jacobian<Out extends Tensors, In extends Tensors>(
  func: (...inputs: Tensor[]) => Out,
  inputs: In,
  options?: JacobianOptions,
): Like<Out, Like<In>>
export function jacobian<Out extends Tensors, In extends Tensors>(
  func: (...inputs: Tensor[]) => Out,
  inputs: In,
  create_graph: boolean,
  options?: Omit<JacobianOptions, 'create_graph'>,
): Like<Out, Like<In>>
export function jacobian(...args: unknown[]): unknown {
  const given = JACOBIAN.take(args)
  const { table, outputs, inputs } = compute(given)
  return untable(table, outputs, inputs)
}

/** The Jacobian as a table by outputs and inputs, and which of the two were given as several. */
export function compute(given: Given): {
  table: readonly (readonly Tensor[])[]
  outputs: boolean
  inputs: boolean
} {
  check_strategy(given)
  if (given.strategy === 'forward-mode') return by_forward_mode(given)
  return with_grad(() => {
    const listed = list_tensors(given.inputs, 'inputs', 'jacobian')
    const inputs = separate(listed.all, given.create_graph, true)
    const outputs = outputs_of(given.func, inputs, 'jacobian', given.strict)
    const table = (given.vectorize ? at_once : row_by_row)(given, outputs, inputs)
    return {
      table: table.map((row) => finish(row, given.create_graph)),
      outputs: outputs.many,
      inputs: listed.many,
    }
  })
}

function check_strategy({ strategy, create_graph, strict, vectorize }: Given): void {
  if (strategy === 'reverse-mode') return
  if (strategy !== 'forward-mode')
    throw assertion_error(
      'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".',
    )
  if (create_graph)
    throw not_implemented_error(
      'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are not supported together (yet). Please either set `create_graph=False` or `strategy="reverse-mode"`.',
    )
  if (strict)
    throw runtime_error(
      'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are not supported together (yet). Please either set `strict=False` or `strategy="reverse-mode"`.',
    )
  if (!vectorize)
    throw not_implemented_error(
      'Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`.',
    )
}

/** One call under vmap, whose tangents are the unit vectors of all inputs. */
function by_forward_mode(given: Given): ReturnType<typeof compute> {
  const inputs = list_tensors(given.inputs, 'inputs', 'jacobian')
  const sizes = inputs.all.map((input) => input.numel())
  let shapes: number[][] = []
  let outputs = false
  const products = legacy_vmap((...tangents) =>
    dual_level(() => {
      const duals = inputs.all.map((input, i) => make_dual(input, tangents[i]!.view(input.shape)))
      const listed = list_tensors(given.func(...duals), 'outputs', 'None')
      outputs = listed.many
      const unpacked = listed.all.map(unpack_dual)
      shapes = unpacked.map(({ primal }) => [...primal.shape])
      return unpacked.map(({ primal, tangent }) => tangent ?? ops.zeros_like(primal))
    }),
  )(...unit_vectors(inputs.all))
  const table = products.map((product, o) =>
    product
      .split(sizes, 0)
      .map((part, i) => part.movedim(0, -1).reshape([...shapes[o]!, ...inputs.all[i]!.shape])),
  )
  return { table, outputs, inputs: inputs.many }
}

/** The identity matrix of all tensors' elements, cut by tensors. */
function unit_vectors(tensors: readonly Tensor[]): Tensor[] {
  const count = tensors.reduce((sum, tensor) => sum + tensor.numel(), 0)
  let before = 0
  return tensors.map((tensor) => {
    const part = tensor.new_zeros([count, tensor.numel()])
    part.diagonal(-before).fill_(1)
    before += tensor.numel()
    return part
  })
}

function row_by_row({ strict, create_graph }: Given, outputs: Listed, inputs: readonly Tensor[]): Tensor[][] {
  return outputs.all.map((output, i) => {
    const columns: Tensor[][] = inputs.map(() => [])
    for (let j = 0; j < output.numel(); j++) {
      const element = output.reshape(-1).select(0, j)
      const found = gradients_of([element], inputs, null, { retain_graph: true, create_graph })
      found.forEach((gradient, k) => {
        if (strict && gradient === null)
          throw runtime_error(
            `Output ${i} of the user-provided function is independent of input ${k}. This is not allowed in strict mode.`,
          )
        if (strict && create_graph && !gradient!.requires_grad)
          throw runtime_error(
            `The jacobian of the user-provided function is independent of input ${i}. This is not allowed in strict mode when create_graph=True.`,
          )
        columns[k]!.push(gradient ?? ops.zeros_like(inputs[k]!))
      })
    }
    return columns.map((column, k) => ops.stack(column, 0).view([...output.shape, ...inputs[k]!.shape]))
  })
}

function at_once({ strict, create_graph }: Given, outputs: Listed, inputs: readonly Tensor[]): Tensor[][] {
  if (strict)
    throw runtime_error(
      'torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. Please either set `strict=False` or `vectorize=False`.',
    )
  const sizes = outputs.all.map((output) => output.numel())
  const count = sizes.reduce((sum, size) => sum + size, 0)
  const basis = unit_vectors(outputs.all)
  const flat = outputs.all.map((output) => output.reshape(-1))
  const found = gradients_of(flat, inputs, basis, { create_graph, is_grads_batched: true })
  const by_input = found.map((gradient, k) =>
    (gradient ?? ops.zeros_like(inputs[k]!).expand([count, ...inputs[k]!.shape])).split(sizes, 0),
  )
  return outputs.all.map((output, i) =>
    by_input.map((parts, k) => parts[i]!.view([...output.shape, ...inputs[k]!.shape])),
  )
}

/** Keywords of {@link hessian}. */
export interface HessianOptions extends Omit<JacobianOptions, 'strategy'> {
  /** How the Jacobian of the gradient is taken. Default: `'reverse-mode'`. */
  outer_jacobian_strategy?: 'reverse-mode' | 'forward-mode'
}

interface HessianGiven extends Required<HessianOptions> {
  func: (...inputs: Tensor[]) => unknown
  inputs: unknown
}

const HESSIAN = signature(
  'hessian',
  { func: required<HessianGiven['func']>() },
  { inputs: required<unknown>() },
  { create_graph: optional(false) },
  { strict: optional(false) },
  { vectorize: optional(false) },
  { outer_jacobian_strategy: optional<HessianGiven['outer_jacobian_strategy']>('reverse-mode') },
)

/**
 * The Hessian of a function of one number: its second derivatives.
 *
 * @param func - of tensors; returns a tensor of one element
 * @param inputs - one tensor, or several: where it is taken
 * @param options - create_graph, strict, vectorize, outer_jacobian_strategy
 * @returns for one input, a tensor of shape (…input, …input); an array of arrays of them for several
 * @throws RuntimeError for a function of more than one number
 *
 * @example
 * ```ts
 * torch.autograd.functional.hessian((x) => x.pow(3).sum(), torch.rand(2, 2)).shape // [2, 2, 2, 2]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.hessian.html
 */
export function hessian<In extends Tensors>(
  func: (...inputs: Tensor[]) => Tensor,
  inputs: In,
  options?: HessianOptions,
): Like<In, Like<In>>
export function hessian<In extends Tensors>(
  func: (...inputs: Tensor[]) => Tensor,
  inputs: In,
  create_graph: boolean,
  options?: Omit<HessianOptions, 'create_graph'>,
): Like<In, Like<In>>
export function hessian(...args: unknown[]): unknown {
  const given = HESSIAN.take(args)
  const { strict, outer_jacobian_strategy: strategy } = given
  const { all, many } = list_tensors(given.inputs, 'inputs', 'hessian')
  if (strategy !== 'forward-mode' && strategy !== 'reverse-mode')
    throw assertion_error('Expected strategy to be either "forward-mode" or "reverse-mode".')
  const single = (...inputs: Tensor[]) => {
    const outputs = outputs_of(given.func, inputs, 'hessian', strict)
    if (outputs.many) throw runtime_error('The function given to hessian should return a single Tensor')
    if (outputs.all[0]!.numel() !== 1)
      throw runtime_error(
        'The Tensor returned by the function given to hessian should contain a single element',
      )
    return outputs.all[0]!.squeeze()
  }
  const gradient = (...given_inputs: Tensor[]) => {
    const inputs =
      strategy === 'forward-mode' ? given_inputs.map((input) => input.requires_grad_()) : given_inputs
    const found = jacobian(single, inputs, { create_graph: true })
    check_requires_grad(found, 'jacobian', strict)
    return found
  }
  const { table } = compute({ ...given, func: gradient, inputs: all, strategy })
  return untable(table, many, many)
}
