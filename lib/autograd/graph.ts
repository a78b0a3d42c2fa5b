// torch.autograd.graph: what one sees of the graph, and what one may hook into.

import { python_type_name, runtime_error } from '../errors.js'
import { native } from '../native.js'
import { handle_of, Tensor } from '../tensor.js'
import { GradientEdge } from './gradient_edge.js'
import { gradient_node_of } from './node.js'

export { GradientEdge } from './gradient_edge.js'
export {
  type AllGradientsHook,
  type AnyGradientHook,
  type MultiGradHookOptions,
  register_multi_grad_hook,
} from './multi_grad_hook.js'
export { allow_mutation_on_saved_tensors } from './mutation.js'
export { Node, type NodeGradients, type NodeHook, type NodePreHook } from './node.js'
export { disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks } from './saved_tensors.js'

/**
 * The place in the graph where a tensor's gradient is computed: `autograd.grad(loss, get_gradient_edge(x))` gives what
 * `autograd.grad(loss, x)` gives, and the edge does not keep the tensor's data.
 *
 * @throws RuntimeError for a tensor that needs no gradient
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.get_gradient_edge
 */
export function get_gradient_edge(tensor: Tensor): GradientEdge {
  const node = gradient_node_of(tensor)
  if (node === null)
    throw runtime_error(
      'It is not possible to get the gradient edge for a Tensor that does not require gradients',
    )
  return new GradientEdge(node, tensor.output_nr)
}

/**
 * Says that a tensor's data were changed in place in a way that PyTorch does not see, so that a backward that needs the old
 * ones is an Error.
 *
 * @param tensor one, or several
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.increment_version
 */
export function increment_version(tensor: Tensor | Iterable<Tensor>): void {
  if (
    !(tensor instanceof Tensor) &&
    typeof (tensor as Iterable<Tensor> | null)?.[Symbol.iterator] !== 'function'
  )
    throw runtime_error('increment_version expect a Iterable[Tensor] as input')
  const tensors = tensor instanceof Tensor ? [tensor] : [...tensor]
  if (!tensors.every((one: unknown) => one instanceof Tensor))
    throw runtime_error('increment_version expects each element of the iterable to be a tensor')
  native.increment_version(tensors.map(handle_of))
}

/**
 * Sets whether a warning says that a gradient is accumulated on another CUDA stream than that it was computed on. The
 * switch is the process's.
 *
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.set_warn_on_accumulate_grad_stream_mismatch
 */
export function set_warn_on_accumulate_grad_stream_mismatch(enabled: boolean): void {
  set_stream_switch('set_warn_on_accumulate_grad_stream_mismatch', 'accumulate_grad_stream_warning', enabled)
}

/**
 * Sets whether a node that remembers a CUDA stream which is no part of a capture under way runs on the capture's. The
 * switch is the process's.
 *
 * @see torch/autograd/graph.py
 */
export function set_override_stale_capture_stream(enabled: boolean): void {
  set_stream_switch('set_override_stale_capture_stream', 'override_stale_capture_stream', enabled)
}

function set_stream_switch(name: string, key: string, enabled: boolean): void {
  if (typeof enabled !== 'boolean')
    throw runtime_error(`enabled must be a bool, but got ${python_type_name(enabled)}`, name)
  native.context_set(key, enabled)
}
