import { type Handle, native } from '../native.js'
import { handle_of, hooks_of, set_hooks, Tensor, wrap, wrap_or_null } from '../tensor.js'
import { context } from './context.js'

// Node-API does not trace: a strong reference from the addon to a closure that holds its own tensor would never
// die. So the addon knows hooks by number, the numbers lead here weakly, and the strong edge lives in JavaScript:
// the hooked tensor's object carries its hooks, and results computed from it refer to it.

type RawHook = (gradient: Handle | Handle[]) => Handle | Handle[] | null

const registry = new Map<number, WeakRef<RawHook>>()
const forgotten = new FinalizationRegistry<number>((id) => registry.delete(id))
let next_id = 1

/** What a tensor's object keeps alive: its own hooks, and whoever carries those of its history. */
export interface Carried {
  hooks: Set<RawHook>
  from: Set<Carried>
}

/** Gives a hook a number for the addon; it lives as long as `carried` does. */
export function add_hook(carried: Carried, hook: RawHook): { id: number; remove: () => void } {
  const id = next_id++
  registry.set(id, new WeakRef(hook))
  forgotten.register(hook, id, hook)
  carried.hooks.add(hook)
  context.carriers = 1
  return {
    id,
    remove() {
      carried.hooks.delete(hook)
      registry.delete(id)
      forgotten.unregister(hook)
    },
  }
}

/** Called by the addon in backward. */
export function run_hook(id: number, gradient: Handle | Handle[]): Handle | Handle[] | null {
  const hook = registry.get(id)?.deref()
  return hook === undefined ? (Array.isArray(gradient) ? null : 0) : hook(gradient)
}

/** The hooks that a tensor's object carries; made at first use. */
export function carried_by(tensor: Tensor): Carried {
  let carried = hooks_of(tensor)
  if (carried === undefined) set_hooks(tensor, (carried = { hooks: new Set(), from: new Set() }))
  return carried
}

/** Lets results refer to the hooks of what they were computed from. */
export function link_hooks(result: unknown, values: readonly unknown[]): void {
  const sources: Carried[] = []
  const look = (value: unknown): void => {
    if (value instanceof Tensor) {
      const carried = hooks_of(value)
      if (carried !== undefined && (carried.hooks.size > 0 || carried.from.size > 0)) sources.push(carried)
    } else if (Array.isArray(value)) {
      for (const item of value) look(item)
    }
  }
  for (const value of values) look(value)
  if (sources.length === 0) return
  const link = (value: unknown): void => {
    if (value instanceof Tensor) {
      const carried = carried_by(value)
      for (const source of sources) if (source !== carried) carried.from.add(source)
    } else if (Array.isArray(value)) {
      for (const item of value) link(item)
    }
  }
  link(result)
}

/**
 * The same tensors behind one node of the graph, which shows all of their gradients at once to a hook in backward;
 * what it returns replaces them. Modules' full backward hooks stand on it.
 */
export function hooked_identity(
  tensors: readonly Tensor[],
  hook: (gradients: (Tensor | null)[]) => (Tensor | null)[] | null,
): Tensor[] {
  const carried: Carried = { hooks: new Set(), from: new Set() }
  const { id } = add_hook(carried, (handles) => hook((handles as Handle[]).map(wrap_or_null))?.map(handle_of) ?? null)
  const results = native.module_hook(tensors.map(handle_of), id).map(wrap)
  for (const result of results) carried_by(result).from.add(carried)
  link_hooks(results, tensors)
  return results
}

/** A hook's registration: `remove()` takes it back, and so does the end of a `using` block. */
export interface TensorHookHandle extends Disposable {
  remove(): void
}

/** Tensor.register_hook. */
export function register_tensor_hook(tensor: Tensor, hook: (gradient: Tensor) => Tensor | undefined | null | void): TensorHookHandle {
  const { id, remove } = add_hook(carried_by(tensor), (handle) => {
    const answer = hook(wrap(handle as Handle))
    return answer instanceof Tensor ? handle_of(answer) : 0
  })
  const place = native.register_hook(handle_of(tensor), id)
  const undo = () => {
    remove()
    native.remove_hook(handle_of(tensor), place)
  }
  return { remove: undo, [Symbol.dispose]: undo }
}
