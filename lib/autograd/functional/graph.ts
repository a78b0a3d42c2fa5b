import { runtime_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { py_size } from '../../repr.js'
import type { Tensor } from '../../tensor.js'
import { grad } from '../backward.js'
import { with_grad } from '../grad_mode.js'
import { list_tensors } from './tuples.js'

/**
 * New tensors in the given ones' place: what a function gets as an argument can be told from the same tensor when it
 * reaches it in another way.
 */
export function separate(inputs: readonly Tensor[], create_graph: boolean, need_graph: boolean): Tensor[] {
  return inputs.map((input) => {
    if (!create_graph || !input.requires_grad) return input.detach().requires_grad_(need_graph)
    // A sparse tensor has no views.
    return input.is_sparse ? input.clone() : input.view_as(input)
  })
}

/** Results without history where none was asked for. */
export const finish = (results: readonly Tensor[], create_graph: boolean): readonly Tensor[] =>
  create_graph ? results : results.map((result) => result.detach())

/** Records where the result is to be differentiated; otherwise the mode is the caller's. */
export const in_mode = <T>(create_graph: boolean, callback: () => T): T =>
  create_graph ? with_grad(callback) : callback()

/** `autograd.grad` that leaves out outputs which need no gradient. */
export function gradients_of(
  outputs: readonly (Tensor | null)[],
  inputs: readonly (Tensor | null)[],
  grad_outputs: readonly Tensor[] | null,
  options: { create_graph?: boolean; retain_graph?: boolean; is_grads_batched?: boolean } = {},
): (Tensor | null)[] {
  const used: Tensor[] = []
  const gradients: (Tensor | null)[] = []
  outputs.forEach((output, i) => {
    if (!output?.requires_grad) return
    used.push(output)
    gradients.push(grad_outputs === null ? null : grad_outputs[i]!)
  })
  if (used.length === 0) return inputs.map(() => null)
  return grad(used, inputs, gradients, { ...options, allow_unused: true })
}

/** Takes v as the function's other arguments are taken: of the shapes of `other`. */
export function take_v(
  v: unknown,
  name: string,
  other: readonly Tensor[],
  many: boolean,
  create_graph: boolean,
): Tensor[] {
  const all = separate(list_tensors(v, 'v', name).all, create_graph, false)
  if (all.length !== other.length)
    throw runtime_error(
      many
        ? `v is a tuple of invalid length: should be ${other.length} but got ${all.length}.`
        : 'The given v should contain a single Tensor.',
    )
  all.forEach((entry, i) => {
    const [given, wanted] = [entry.shape, other[i]!.shape]
    if (given.length === wanted.length && given.every((size, d) => size === wanted[d])) return
    throw runtime_error(
      `${many ? `Entry ${i} in ` : ''}v has invalid size: should be ${py_size(wanted)} but got ${py_size(given)}.`,
    )
  })
  return all
}

/** Gradients with zeros, of the shape of `refs`, where there are none. */
export function fill_in_zeros(
  gradients: readonly (Tensor | null)[],
  refs: readonly Tensor[],
  strict: boolean,
  create_graph: boolean,
  stage: keyof typeof independent,
): Tensor[] {
  return gradients.map((gradient, i) => {
    if (gradient === null) {
      if (strict) throw runtime_error(independent[stage](i))
      return ops.zeros_like(refs[i]!)
    }
    if (strict && create_graph && !gradient.requires_grad) {
      const what = stage.startsWith('double') ? 'hessian' : 'jacobian'
      throw runtime_error(
        `The ${what} of the user-provided function is independent of input ${i}. This is not allowed in strict mode when create_graph=True.`,
      )
    }
    return gradient
  })
}

const independent = {
  back: (i: number) =>
    `The output of the user-provided function is independent of input ${i}. This is not allowed in strict mode.`,
  back_trick: (i: number) =>
    `The gradient with respect to the input is independent of entry ${i} in the grad_outputs when using the double backward trick to compute forward mode gradients. This is not allowed in strict mode.`,
  double_back: (i: number) =>
    `The jacobian of the user-provided function is independent of input ${i}. This is not allowed in strict mode.`,
  double_back_trick: (i: number) =>
    `The hessian of the user-provided function is independent of entry ${i} in the grad_jacobian. This is not allowed in strict mode as it prevents from using the double backward trick to replace forward mode AD.`,
}

const needs_no_gradient = {
  outputs: (i: number) =>
    `Output ${i} of the user-provided function does not require gradients. The outputs must be computed in a differentiable manner from the input when running in strict mode.`,
  grad_inputs: (i: number) =>
    `The gradient with respect to input ${i} is independent of the inputs of the user-provided function. This is not allowed in strict mode.`,
  jacobian: (i: number) =>
    `While computing the hessian, found that the jacobian of the user-provided function with respect to input ${i} is independent of the input. This is not allowed in strict mode. You should ensure that your function is twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for example).`,
  hessian: (i: number) =>
    `The hessian of the user-provided function with respect to input ${i} is independent of the input. This is not allowed in strict mode. You should ensure that your function is thrice differentiable and that the hessian depends on the inputs.`,
}

/** In strict mode, refuses tensors that do not depend on the inputs. */
export function check_requires_grad(
  tensors: readonly (Tensor | null)[],
  kind: keyof typeof needs_no_gradient,
  strict: boolean,
): void {
  if (!strict) return
  tensors.forEach((tensor, i) => {
    if (tensor === null) throw runtime_error(independent.back(i))
    if (!tensor.requires_grad) throw runtime_error(needs_no_gradient[kind](i))
  })
}

/** What a function of tensors returned, as a list; in strict mode each must depend on the inputs. */
export function outputs_of(
  func: (...inputs: Tensor[]) => unknown,
  inputs: readonly Tensor[],
  name: string,
  strict: boolean,
) {
  const outputs = list_tensors(func(...inputs), 'outputs of the user-provided function', name)
  check_requires_grad(outputs.all, 'outputs', strict)
  return outputs
}
