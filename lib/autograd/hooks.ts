import { autocast_mode } from '../amp/autocast_state.js'
import { within_call } from '../background.js'
import { type_error, type_name } from '../errors.js'
import { type Handle, type Mode, native, type RawHook } from '../native.js'
import { IS_LEAF, SHARES_STORAGE } from '../tensor/facts.js'
import { handle_of, hooks_of, raw_handle, set_hooks, Tensor, wrap, wrap_or_null } from '../tensor.js'
import { context, grad_mode } from './context.js'
import {
  type Carried,
  CHANGE,
  carried_by,
  carry,
  kernels_records,
  link_to_run,
  note_in_run,
  objects_reaching,
  past_of,
  refuse_elsewhere,
} from './reach.js'
import { saved_behind, saves_by_hooks } from './saved_tensors.js'

// Node-API does not trace: a strong reference from the addon to a closure that holds its own tensor would never
// die. So the addon holds hooks weakly, and the strong edge lives in JavaScript: every object from which backward can
// come to a hook carries it. Results refer to what their arguments carry; where a hook comes later, the addon finds
// the objects (lib/autograd/reach.ts). (A WeakRef would not do: what it was made of lives until the turn of the event
// loop ends.)

/** Called by the addon in backward, whose thread may be in another mode than ours. */
export function run_hook(
  hook: RawHook,
  gradient: Handle | Handle[],
  mode: Mode,
  call: number,
): Handle | Handle[] | null {
  return within_call(call, () =>
    grad_mode.within(mode, () => autocast_mode.within(autocast_mode.current(), () => hook(gradient))),
  )
}

/** Lets results refer to the hooks of what they were computed from, where backward can come from them. */
export function link_hooks(result: unknown, values: readonly unknown[]): void {
  const sources: Carried[] = kernels_records()
  const look = (value: unknown): void => {
    if (value instanceof Tensor) {
      const past = past_of(value)
      if (past !== undefined) sources.push(past)
    } else if (Array.isArray(value)) {
      for (const item of value) look(item)
    }
  }
  for (const value of values) look(value)
  const saved = saves_by_hooks() ? saved_behind(handles_in(result)) : []
  if (saved.length > 0) sources.push({ hooks: new Set(saved), from: new Set() })
  if (sources.length === 0) return
  const link = (value: unknown): void => {
    if (value instanceof Tensor) {
      // A running mean under no_grad would otherwise carry its whole past.
      if (native.fact(raw_handle(value), IS_LEAF)) {
        link_leaf(value, values)
        return
      }
      const carried = carried_by(value)
      for (const source of sources) if (source !== carried) carried.from.add(source)
      if (values.includes(value)) link_changed(value, sources)
    } else if (Array.isArray(value)) {
      for (const item of value) link(item)
    }
  }
  link(result)
}

function handles_in(result: unknown): Handle[] {
  if (result instanceof Tensor) return [raw_handle(result)]
  return Array.isArray(result) ? result.flatMap(handles_in) : []
}

// The same leaf under another object has the same hooks; one that was cut off its history has no past.
function link_leaf(leaf: Tensor, values: readonly unknown[]): void {
  const same = values.find((value) => value instanceof Tensor && value !== leaf && value.is(leaf))
  if (same !== undefined) set_hooks(leaf, carried_by(same as Tensor))
  else hooks_of(leaf)?.from.clear()
}

// What is written into a tensor comes into the history of its base and of all views of it.
function link_changed(changed: Tensor, sources: readonly Carried[]): void {
  if (sources.every((source) => source === hooks_of(changed))) return
  if (!native.fact(raw_handle(changed), SHARES_STORAGE)) return
  for (const other of objects_reaching(changed, CHANGE))
    for (const source of sources) if (source !== hooks_of(other)) carried_by(other).from.add(source)
}

/**
 * The same tensors behind one node of the graph, which shows all of their gradients at once to a hook in backward;
 * what it returns replaces them. Modules' full backward hooks stand on it.
 */
export function hooked_identity(
  tensors: readonly Tensor[],
  hook: (gradients: (Tensor | null)[]) => readonly (Tensor | null)[] | null,
): Tensor[] {
  const raw: RawHook = (handles) => {
    const gradients = (handles as Handle[]).map(wrap_or_null)
    for (const gradient of gradients) if (gradient !== null) link_to_run(gradient)
    return hook(gradients)?.map(handle_of) ?? null
  }
  const results = native.module_hook(tensors.map(handle_of), raw).map(wrap)
  carry_together(raw, results, tensors)
  return results
}

/** A node of the graph, as JavaScript keeps it alive. */
export interface CarriedNode {
  /** Lets a tensor that its backward sees refer to what the graph behind that tensor needs. */
  note(tensor: Tensor): void
}

/** Keeps the hook of a node alive with the node's results, and with it the hooks of what they were computed from. */
export function carry_together(
  hook: RawHook,
  results: readonly unknown[],
  sources: readonly Tensor[],
): CarriedNode {
  refuse_elsewhere('a hook')
  const carried: Carried = { hooks: new Set([hook]), from: new Set() }
  context.carriers = 1
  // Also those that carry nothing yet: a hook may come later.
  for (const source of sources) {
    const past = native.fact(raw_handle(source), IS_LEAF) ? past_of(source) : carried_by(source)
    if (past !== undefined) carried.from.add(past)
  }
  // Backward does not come from a leaf.
  for (const result of results)
    if (result instanceof Tensor && !native.fact(raw_handle(result), IS_LEAF))
      carried_by(result).from.add(carried)
  note_in_run(carried)
  return {
    note(tensor) {
      const behind = carried_by(tensor)
      if (behind !== carried) behind.from.add(carried)
      link_to_run(tensor)
    },
  }
}

/** A hook's registration: `remove()` takes it back, and so does the end of a `using` block. */
export interface TensorHookHandle extends Disposable {
  remove(): void
}

/** Sees a gradient in backward; a tensor that it returns stands in the gradient's place. */
export type TensorHook = ((gradient: Tensor) => Tensor | null | undefined) | ((gradient: Tensor) => void)

/** Tensor.register_post_accumulate_grad_hook. */
export function register_post_accumulate_hook(
  tensor: Tensor,
  hook: (tensor: Tensor) => void,
): TensorHookHandle {
  let live: typeof hook | null = hook
  const raw: RawHook = () => {
    live?.(tensor)
    return 0
  }
  const place = native.register_post_accumulate_hook(handle_of(tensor), raw)
  return registration(tensor, raw, () => {
    live = null
    if (raw_handle(tensor) > 0) native.remove_post_accumulate_hook(raw_handle(tensor), place)
  })
}

/** Keeps a hook that the addon holds at a tensor's place in the graph, until it is removed. */
export function registration(tensor: Tensor, raw: RawHook, remove_native: () => void): TensorHookHandle {
  const own = carry(tensor, raw)
  let registered = true
  const undo = () => {
    if (!registered) return
    registered = false
    own.hooks.delete(raw)
    remove_native()
  }
  return { remove: undo, [Symbol.dispose]: undo }
}

/** Tensor.register_hook. */
export function register_tensor_hook(tensor: Tensor, hook: TensorHook): TensorHookHandle {
  let live: TensorHook | null = hook
  const raw: RawHook = (handle) => {
    const gradient = wrap(handle as Handle)
    link_to_run(gradient)
    const answer = live?.(gradient)
    if (answer instanceof Tensor) return handle_of(answer)
    if (answer === undefined || answer === null) return 0
    throw type_error(`expected Variable, but hook returned '${type_name(answer)}'`, 'register_hook')
  }
  const place = native.register_hook(handle_of(tensor), raw)
  return registration(tensor, raw, () => {
    live = null
    if (raw_handle(tensor) > 0) native.remove_hook(raw_handle(tensor), place)
  })
}
