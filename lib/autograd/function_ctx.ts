import { type_error, type_name } from '../errors.js'
import { native } from '../native.js'
import type { Several } from '../tensor/several.js'
import { Tensor, wrap_or_null } from '../tensor.js'

type MaybeTensor = Tensor | null

/** What a call's context says of it, for {@link AutogradFunction.apply}. */
export interface ContextState {
  to_save: readonly MaybeTensor[]
  saved_for_forward: readonly MaybeTensor[] | null
  dirty: readonly Tensor[]
  non_differentiable: readonly Tensor[]
  materialize: boolean
  /** The node in the graph, 0 where there is none. */
  node: number
  /** Called for each saved tensor's object, before the user sees it. */
  note: (tensor: Tensor) => void
}

let state_of: (ctx: FunctionCtx) => ContextState

/** The context's state, which users do not see. */
export function context_state(ctx: FunctionCtx): ContextState {
  return state_of(ctx)
}

function check_tensors(values: readonly unknown[], complaint: (place: number, type: string) => string): void {
  values.forEach((value, place) => {
    if (!(value instanceof Tensor)) throw type_error(complaint(place, type_name(value)))
  })
}

/**
 * What a call of a {@link AutogradFunction} knows: given to `forward` or `setup_context`, to `backward` and to `jvp`. Anything but
 * tensors may be kept on it as a property; tensors are kept by {@link save_for_backward}.
 *
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#context-method-mixins
 */
export class FunctionCtx {
  [name: string]: unknown

  /** For each argument, whether its gradient is wanted. */
  readonly needs_input_grad: readonly boolean[]
  readonly #state: ContextState = {
    to_save: [],
    saved_for_forward: null,
    dirty: [],
    non_differentiable: [],
    materialize: true,
    node: 0,
    note: () => {},
  }

  static {
    state_of = (ctx) => ctx.#state
  }

  constructor(needs_input_grad: readonly boolean[]) {
    this.needs_input_grad = needs_input_grad
  }

  /** Keeps tensors for backward; at most once a call. `null` comes back as null. */
  save_for_backward(...tensors: MaybeTensor[]): void {
    tensors.forEach((tensor, i) => {
      if (tensor !== null && !(tensor instanceof Tensor))
        throw type_error(
          `save_for_backward can only save variables, but argument ${i} is of type ${type_name(tensor)}`,
        )
    })
    this.#state.to_save = tensors
  }

  /** Keeps tensors for `jvp`; at most once a call. */
  save_for_forward(...tensors: MaybeTensor[]): void {
    this.#state.saved_for_forward = tensors
  }

  /** Says which of the arguments `forward` has changed in place. */
  mark_dirty(...tensors: Tensor[]): void {
    check_tensors(
      tensors,
      (i, type) => `mark_dirty can only accept variables, but argument ${i} is of type ${type}`,
    )
    this.#state.dirty = tensors
  }

  /** Says which of the results have no gradient, as indices have none. */
  mark_non_differentiable(...tensors: Tensor[]): void {
    check_tensors(
      tensors,
      (_, type) => `mark_non_differentiable only accepts variable arguments, but got ${type}`,
    )
    this.#state.non_differentiable = tensors
  }

  /** Whether gradients that nobody computed come as zeros (the default), or as null. */
  set_materialize_grads(value: boolean): void {
    this.#state.materialize = value
  }

  /**
   * What was saved. A saved tensor that was changed in place since is an Error.
   *
   * @throws RuntimeError when backward has run before without `retain_graph`
   */
  get saved_tensors(): Several<Tensor> {
    const { saved_for_forward, node, note } = this.#state
    if (saved_for_forward !== null) return [...saved_for_forward] as unknown as Several<Tensor>
    if (node === 0) return [] as unknown as Several<Tensor>
    const tensors = native.saved_of_function(node).map(wrap_or_null)
    for (const tensor of tensors) if (tensor !== null) note(tensor)
    return tensors as unknown as Several<Tensor>
  }
}
