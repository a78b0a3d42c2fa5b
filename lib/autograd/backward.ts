import { check_signal, on_background } from '../background.js'
import { make_error, runtime_error, type_error, type_name } from '../errors.js'
import { type Handle, native } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { own } from '../own.js'
import { bool, nullable_bool } from '../python/checks.js'
import { keyword, optional, required } from '../python/parameters.js'
import { entries, signature } from '../python/signature.js'
import { py_size } from '../repr.js'
import { enter } from '../tensor/autograd.js'
import type { Several } from '../tensor/several.js'
import { handle_of, raw_handle, Tensor, wrap_or_null } from '../tensor.js'
import { batched_gradients } from './batched.js'
import { GradientEdge } from './gradient_edge.js'
import { output_of } from './node.js'
import { begin_run, link_to_run, run_graph } from './reach.js'

type Tensors = Tensor | readonly (Tensor | null)[]
type Edges = Tensor | GradientEdge | readonly (Tensor | GradientEdge | null)[]

/** What may be an edge of the graph as a tensor that was made there. */
function edges_of(value: unknown): unknown {
  if (value instanceof GradientEdge) return output_of(value.node, value.output_nr)
  return Array.isArray(value) ? value.map(edges_of) : value
}

/** The same where gradients are added up: an edge to a leaf is the leaf. */
function leaves_of(value: unknown): unknown {
  if (value instanceof GradientEdge) return value.node.variable ?? edges_of(value)
  return Array.isArray(value) ? value.map(leaves_of) : value
}

function list_of(value: unknown, operator: string, argument: string): (Tensor | null)[] {
  if (value instanceof Tensor) return [value]
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) {
    for (const item of value)
      if (item !== null && !(item instanceof Tensor))
        throw type_error(
          `${operator}(): argument '${argument}' must be tuple of Tensors, not array of ${type_name(item)}`,
          operator,
        )
    return value as (Tensor | null)[]
  }
  throw type_error(
    `${operator}(): argument '${argument}' must be Tensor or tuple of Tensors, not ${type_name(value)}`,
    operator,
  )
}

/** PyTorch's own checks of the gradients given, in its words. */
function check_gradients(outputs: readonly (Tensor | null)[], gradients: readonly (Tensor | null)[]): void {
  if (gradients.length > 0 && gradients.length !== outputs.length) {
    throw runtime_error(`got ${outputs.length} tensors and ${gradients.length} gradients`)
  }
  outputs.forEach((output, i) => {
    const gradient = gradients[i]
    if (output === null) return
    if (gradient) {
      const [a, b] = [gradient.shape, output.shape]
      if (a.length !== b.length || a.some((size, d) => size !== b[d])) {
        throw runtime_error(
          `Mismatch in shape: grad_output[${i}] has a shape of ${py_size(a)} and output[${i}] has a shape of ${py_size(b)}.`,
        )
      }
      if (gradient.is_complex() !== output.is_complex()) {
        throw runtime_error(
          `For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: grad_output[${i}] has a dtype of ${gradient.dtype} and output[${i}] has a dtype of ${output.dtype}.`,
        )
      }
    } else if (output.requires_grad && output.numel() !== 1) {
      throw runtime_error(`grad can be implicitly created only for scalar outputs`)
    } else if (output.requires_grad && !output.dtype.is_floating_point) {
      throw runtime_error(
        `grad can be implicitly created only for real scalar outputs but got ${output.dtype}`,
      )
    }
  })
}

const BACKWARD = signature(
  'backward',
  { tensors: required<Edges>() },
  { grad_tensors: optional<unknown>(null) },
  { retain_graph: optional<boolean | null>(null) },
  { create_graph: optional(false) },
  { grad_variables: optional<unknown>(null) },
  { inputs: optional<Edges | null>(null) },
)

/**
 * Computes the gradients of tensors with respect to the graph's leaves and adds them to their `grad`.
 *
 * @param tensors what is differentiated
 * @param grad_tensors their gradients; null, or left out, for tensors of one element
 * @param retain_graph whether the graph is kept for another pass (default: as `create_graph`)
 * @param create_graph whether the gradients themselves can be differentiated (default: false)
 * @param inputs the only leaves whose gradients are wanted
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.backward.html
 */
export function backward(
  tensors: Edges,
  grad_tensors?: Tensors | null,
  retain_graph?: boolean | null,
  create_graph?: boolean,
  inputs?: Edges | null,
): void
export function backward(
  tensors: Edges,
  options: {
    grad_tensors?: Tensors | null
    retain_graph?: boolean | null
    create_graph?: boolean
    inputs?: Edges | null
  },
): void
export function backward(...args: unknown[]): void {
  const given = BACKWARD.take(args)
  run_backward(
    list_of(edges_of(given['tensors']), 'backward', 'tensors'),
    list_of(given['grad_tensors'], 'backward', 'grad_tensors'),
    given,
  )
}

type NativeArguments = [
  tensors: Handle[],
  gradients: Handle[],
  retain_graph: boolean | null,
  create_graph: boolean,
  inputs: Handle[],
]

/** What crosses, after the checks that Python makes. */
function lower_backward(
  tensors: (Tensor | null)[],
  gradients: (Tensor | null)[],
  given: Record<string, unknown>,
): NativeArguments {
  given = own(given)
  const inputs = list_of(leaves_of(given['inputs']), 'backward', 'inputs')
  if (given['inputs'] !== null && given['inputs'] !== undefined && inputs.length === 0) {
    throw runtime_error("'inputs' argument to backward() cannot be empty.", 'backward')
  }
  check_gradients(tensors, gradients)
  return [
    tensors.map(handle_of),
    gradients.map(handle_of),
    (given['retain_graph'] ?? null) as boolean | null,
    given['create_graph'] === true,
    inputs.map(handle_of),
  ]
}

function run_backward(
  tensors: (Tensor | null)[],
  gradients: (Tensor | null)[],
  given: Record<string, unknown>,
): void {
  const crossing = lower_backward(tensors, gradients, given)
  enter()
  run_graph(tensors, crossing[3], () => native.backward(...crossing))
}

const TENSOR_OPTIONS = entries(
  { gradient: optional<Tensors | null>(null) },
  { retain_graph: optional<boolean | null>(null, nullable_bool) },
  { create_graph: optional(false, bool) },
  { inputs: optional<Edges | null>(null) },
)
const TENSOR_BACKWARD = signature('backward', ...TENSOR_OPTIONS)
const BACKWARD_ASYNC = signature('backward_async', ...TENSOR_OPTIONS, { signal: keyword<unknown>(null) })

/** Tensor.backward. */
export function tensor_backward(this: Tensor, ...args: unknown[]): void {
  if (args.length === 0) {
    enter()
    run_graph([this], false, () => native.backward([raw_handle(this)], [], null, false, []))
    return
  }
  const given = TENSOR_BACKWARD.take(args)
  run_backward([this], list_of(given.gradient, 'backward', 'gradient'), given)
}

/** Tensor.backward_async. */
export async function tensor_backward_async(this: Tensor, ...args: unknown[]): Promise<void> {
  const given = BACKWARD_ASYNC.take(args)
  const signal = check_signal(given.signal, 'backward_async')
  const gradients = list_of(given.gradient, 'backward_async', 'gradient')
  const crossing = lower_backward([this], gradients, given)
  enter()
  const run = begin_run([this], crossing[3])
  return on_background<void>({
    signal,
    begin: (settle) => native.backward_async(...crossing, settle),
    finish: () => undefined,
    keep: [this, gradients, given.inputs],
    around: run?.around,
    end: run?.end,
    method: tensor_backward_async,
  })
}

/** Keywords of {@link grad}. */
export interface GradOptions {
  grad_outputs?: Tensors | null
  retain_graph?: boolean | null
  create_graph?: boolean
  allow_unused?: boolean | null
  is_grads_batched?: boolean
  materialize_grads?: boolean
}

const GRAD = signature(
  'grad',
  { outputs: required<Edges>() },
  { inputs: required<Edges>() },
  { grad_outputs: optional<unknown>(null) },
  { retain_graph: optional<boolean | null>(null) },
  { create_graph: optional(false) },
  { only_inputs: optional(true) },
  { allow_unused: optional<boolean | null>(null) },
  { is_grads_batched: optional(false) },
  { materialize_grads: optional(false) },
)

/**
 * The gradients of outputs with respect to inputs, without touching anybody's `grad`.
 *
 * @param outputs what is differentiated
 * @param inputs with respect to what
 * @returns a gradient for each input; null where it was not used and `allow_unused` is set
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html
 */
export function grad(outputs: Edges, inputs: Edges, options?: GradOptions): Several<Tensor>
export function grad(
  outputs: Edges,
  inputs: Edges,
  grad_outputs?: Tensors | null,
  options?: GradOptions,
): Several<Tensor>
export function grad(...args: unknown[]): (Tensor | null)[] {
  const given = GRAD.take(args)
  const materialize = given['materialize_grads'] === true
  if (materialize && given['allow_unused'] === false) {
    throw make_error(
      'ValueError',
      'Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.',
      'grad',
    )
  }
  const outputs = list_of(edges_of(given['outputs']), 'grad', 'outputs')
  const inputs = list_of(edges_of(given['inputs']), 'grad', 'inputs')
  const gradients = list_of(given['grad_outputs'], 'grad', 'grad_outputs')
  if (inputs.length === 0) throw make_error('ValueError', 'grad requires non-empty inputs.', 'grad')
  const create_graph = given['create_graph'] === true
  const may_be_unused = materialize || given['allow_unused'] === true
  const retain = (given['retain_graph'] ?? null) as boolean | null
  const pass = (given_gradients: readonly (Tensor | null)[]) => {
    check_gradients(outputs, given_gradients)
    const handles = native.gradients(
      outputs.map(handle_of),
      inputs.map(handle_of),
      given_gradients.map(handle_of),
      retain,
      create_graph,
      true,
    )
    // LibTorch's own text for it is another one than Python's.
    const unused = may_be_unused ? -1 : handles.indexOf(0)
    if (unused >= 0)
      throw runtime_error(
        `The differentiated Tensor at index ${unused} appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.`,
        'grad',
      )
    return handles.map(wrap_or_null)
  }
  enter()
  const found = run_graph(outputs, create_graph, () => {
    const is_batched = given['is_grads_batched'] === true
    const made = is_batched ? batched_gradients(outputs, gradients, pass) : pass(gradients)
    if (create_graph) for (const gradient of made) if (gradient !== null) link_to_run(gradient)
    return made
  })
  if (!materialize) return found
  const given_inputs = [given['inputs']].flat()
  return found.map((gradient, i) => {
    if (gradient !== null) return gradient
    if (given_inputs[i] instanceof GradientEdge)
      throw runtime_error('materialize_grads cannot be used when the given input is a GradientEdge', 'grad')
    return ops.zeros_like(inputs[i]!).requires_grad_(create_graph)
  })
}
