import { runtime_error, type_error, type_name } from '../errors.js'
import { IDENTITY, next_identity } from '../identity.js'
import { type Handle, native, type RawHook } from '../native.js'
import { keep } from '../scope.js'
import { adopt, handle_of, Tensor, wrap, wrap_or_null } from '../tensor.js'
import { registration, type TensorHookHandle } from './hooks.js'
import { carry, link_reached, link_to_run } from './reach.js'

/** Gradients that a node takes or gives; null where there is none. */
export type NodeGradients = (Tensor | null)[]

// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return
type Answer = readonly (Tensor | null)[] | null | undefined | void

/** Runs after a node: what it returns stands in the place of the gradients of the node's inputs. */
export type NodeHook = (grad_inputs: NodeGradients, grad_outputs: NodeGradients) => Answer

/** Runs before a node: what it returns stands in the place of the gradients of the node's outputs. */
export type NodePreHook = (grad_outputs: NodeGradients) => Answer

let tensor_of: (node: Node) => Tensor

/**
 * A node of the graph that backward walks: the derivative of one operation, as `Tensor.grad_fn`. The object keeps the graph
 * behind the node, and is the same for the same node.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const a = torch.tensor([1, 2], { requires_grad: true })
 * const b = a.clone()
 * b.grad_fn!.name() // CloneBackward0
 * b.grad_fn!.register_hook((grad_inputs, grad_outputs) => [grad_outputs[0]!.mul(2)])
 * b.sum().backward()
 * a.grad // tensor([2., 2.])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.Node
 */
export class Node {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  // Made by the node and by nothing else: see native/graph.cpp.
  readonly #tensor: Tensor

  static {
    tensor_of = (node) => node.#tensor
  }

  /** For our own classes: nodes come from `Tensor.grad_fn` and `next_functions`. */
  constructor(key: typeof adopt, tensor: Tensor) {
    if (key !== adopt) throw type_error("Can't instantiate abstract class Node: take Tensor.grad_fn")
    this.#tensor = tensor
  }

  /** `CloneBackward0` */
  name(): string {
    const found = native.grad_fn_name(handle_of(this.#tensor))!
    // Modules' full backward hooks stand on a node of ours.
    return found.includes('HookedIdentity') ? 'BackwardHookFunctionBackward' : found
  }

  /** Where the gradients go that the node computes: nodes, null where nobody wants one, and which of their inputs. */
  get next_functions(): [node: Node | null, input_nr: number][] {
    const handle = handle_of(this.#tensor)
    return native
      .next_edges(handle)
      .map((number, i) => (number < 0 ? [null, 0] : [as_node(native.graph_node(handle, i)), number]))
  }

  /** An object of the user's, kept as long as the node; under `detect_anomaly` `traceback_` says where it was made. */
  get metadata(): Record<string, unknown> {
    const fresh = {}
    const found = native.node_metadata(handle_of(this.#tensor), fresh)
    if (found === fresh) carry(this.#tensor, fresh)
    return found as Record<string, unknown>
  }

  /** The leaf that the node adds its gradient to; null for a node that is no `AccumulateGrad`. */
  get variable(): Tensor | null {
    const leaf = wrap_or_null(native.node_variable(handle_of(this.#tensor)))
    if (leaf !== null) link_reached(leaf)
    return leaf
  }

  /** The number of the operation in the order in which its thread made nodes. */
  _sequence_nr(): number {
    return native.node_sequence_number(handle_of(this.#tensor))
  }

  /**
   * Calls `fn` each time the node has computed gradients; those that it returns stand in their place.
   *
   * @param fn `(grad_inputs, grad_outputs)`; must not change its arguments
   * @throws TypeError in backward, for an answer that is no array of tensors; RuntimeError for another number of them, or
   * another shape or dtype
   */
  register_hook(fn: NodeHook): TensorHookHandle {
    return register_node_hook(this, fn as GradientsHook, false)
  }

  /** Calls `fn` each time before the node computes gradients; those that it returns stand in the place of what it is given. */
  register_prehook(fn: NodePreHook): TensorHookHandle {
    return register_node_hook(this, fn as GradientsHook, true)
  }
  /** The object itself: comparing by value does not go by the printed form. */
  valueOf(): this {
    return this
  }

  toString(): string {
    return `<${this.name().split('::').at(-1)}>`
  }
}

function as_node(found: object | Handle | null): Node | null {
  if (typeof found !== 'number') return found as Node | null
  const tensor = keep(wrap(found))
  link_reached(tensor)
  const node = new Node(adopt, tensor)
  native.remember_node(found, node)
  return node
}

/** The node that a tensor was made by, or null for a leaf. */
export function node_of(tensor: Tensor): Node | null {
  return as_node(native.graph_node(handle_of(tensor), native.constants.node_of.tensor))
}

/** The node that a tensor's gradient goes to: of a leaf that which accumulates it. Null where it needs none. */
export function gradient_node_of(tensor: Tensor): Node | null {
  return tensor.requires_grad
    ? as_node(native.graph_node(handle_of(tensor), native.constants.node_of.gradient))
    : null
}

/** Whether the backward under way comes to a node. */
export function will_execute(node: Node): boolean {
  return native.will_execute(handle_of(tensor_of(node)))
}

/** A tensor made by a node as its output `output_nr`: of that shape and dtype, without data. */
export function output_of(node: Node, output_nr: number): Tensor {
  const tensor = wrap(native.edge_tensor(handle_of(tensor_of(node)), output_nr))
  link_reached(tensor)
  return tensor
}

type GradientsHook = (...gradients: NodeGradients[]) => Answer

function register_node_hook(node: Node, fn: GradientsHook, before: boolean): TensorHookHandle {
  if (typeof fn !== 'function')
    throw type_error(
      `${before ? 'register_prehook' : 'register_hook'}(): argument 'fn' must be function, not ${type_name(fn)}`,
    )
  const tensor = tensor_of(node)
  const handle = handle_of(tensor)
  const name = fn.name || '<lambda>'
  const count = before ? undefined : native.next_edges(handle).length
  let live: GradientsHook | null = fn
  const raw: RawHook = (handles) => {
    const gradients = (handles as Handle[]).map(wrap_or_null)
    for (const gradient of gradients) if (gradient !== null) link_to_run(gradient)
    const first = gradients.slice(0, count)
    return checked(live?.(first, gradients.slice(first.length)), first, name)
  }
  const place = native.register_node_hook(handle, raw, name, before)
  return registration(tensor, raw, () => {
    live = null
    native.remove_node_hook(handle_of(tensor), place, before)
  })
}

/** A hook's answer after the checks that Python makes; null where it changes nothing. */
function checked(answer: Answer, given: NodeGradients, name: string): Handle[] | null {
  if (answer === null || answer === undefined || answer === given) return null
  if (!Array.isArray(answer)) throw type_error(`expected tuple, but hook returned '${type_name(answer)}'`)
  if (answer.length !== given.length)
    throw runtime_error(
      `hook '${name}' has returned an incorrect number of values (got ${answer.length}, but expected ${given.length})`,
    )
  return answer.map((value: unknown, i) => {
    if (value === null || value === undefined) return 0
    if (given[i] === null) throw runtime_error("can't replace a None gradient with a non-None value")
    if (!(value instanceof Tensor))
      throw type_error(`expected Variable, but hook returned '${type_name(value)}'`)
    return handle_of(value)
  })
}
