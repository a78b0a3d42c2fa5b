import { autocast_mode } from '../amp/autocast_state.js'
import { type_error, type_name } from '../errors.js'
import { type Handle, type Mode, native, type RawHook } from '../native.js'
import { handle_of, hooks_of, raw_handle, set_hooks, Tensor, wrap, wrap_or_null } from '../tensor.js'
import { context, grad_mode } from './context.js'

// Node-API does not trace: a strong reference from the addon to a closure that holds its own tensor would never
// die. So the addon holds hooks weakly, and the strong edge lives in JavaScript: the hooked tensor's object carries
// its hooks, and results computed from it refer to it. (A WeakRef would not do: what it was made of lives until the
// turn of the event loop ends.)

/** What a tensor's object keeps alive: its own hooks, and whoever carries those of its history. */
export interface Carried {
  hooks: Set<RawHook>
  from: Set<Carried>
}

/** Keeps a hook alive as long as `carried`. */
export function add_hook(carried: Carried, hook: RawHook): { remove: () => void } {
  carried.hooks.add(hook)
  context.carriers = 1
  return { remove: () => void carried.hooks.delete(hook) }
}

/** Called by the addon in backward, whose thread may be in another mode than ours. */
export function run_hook(hook: RawHook, gradient: Handle | Handle[], mode: Mode): Handle | Handle[] | null {
  return grad_mode.within(mode, () => autocast_mode.within(autocast_mode.current(), () => hook(gradient)))
}

/** The hooks that a tensor's object carries; made at first use. */
export function carried_by(tensor: Tensor): Carried {
  let carried = hooks_of(tensor)
  if (carried === undefined) set_hooks(tensor, (carried = { hooks: new Set(), from: new Set() }))
  return carried
}

const IS_LEAF = 1

/** What a tensor carries, where that is anything. */
function past_of(tensor: Tensor): Carried | undefined {
  const carried = hooks_of(tensor)
  return carried !== undefined && (carried.hooks.size > 0 || carried.from.size > 0) ? carried : undefined
}

/** Lets results refer to the hooks of what they were computed from, where backward can come from them. */
export function link_hooks(result: unknown, values: readonly unknown[]): void {
  const sources: Carried[] = []
  const look = (value: unknown): void => {
    if (value instanceof Tensor) {
      const past = past_of(value)
      if (past !== undefined) sources.push(past)
    } else if (Array.isArray(value)) {
      for (const item of value) look(item)
    }
  }
  for (const value of values) look(value)
  if (sources.length === 0) return
  const link = (value: unknown): void => {
    if (value instanceof Tensor) {
      // A running mean under no_grad would otherwise carry its whole past.
      if (native.fact(raw_handle(value), IS_LEAF)) return
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
  hook: (gradients: (Tensor | null)[]) => readonly (Tensor | null)[] | null,
): Tensor[] {
  const raw: RawHook = (handles) => hook((handles as Handle[]).map(wrap_or_null))?.map(handle_of) ?? null
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
  const carried: Carried = { hooks: new Set(), from: new Set() }
  add_hook(carried, hook)
  for (const source of sources) {
    const past = past_of(source)
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
      if (current_run !== null) behind.from.add(current_run)
    },
  }
}

// A backward that is itself recorded (create_graph) makes nodes whose results LibTorch passes on without an object of
// JavaScript. So the gradients that come out refer to all that the run has met.
let current_run: Carried | null = null
let latest_run: Carried | null = null

function note_in_run(carried: Carried): void {
  if (current_run !== null) current_run.from.add(carried)
}

/** Runs backward from `roots`; with `create_graph` what was computed can be walked again. */
export function run_graph<T>(roots: readonly (Tensor | null)[], create_graph: boolean, run: () => T): T {
  if (!create_graph || context.carriers === 0) return run()
  const outer = current_run
  const from = roots.flatMap((root) => (root === null ? [] : (hooks_of(root) ?? [])))
  current_run = { hooks: new Set(), from: new Set(from) }
  latest_run = current_run
  if (outer !== null) outer.from.add(current_run)
  try {
    return run()
  } finally {
    current_run = outer
  }
}

/** Lets a gradient that backward made refer to the run that made it. */
export function link_gradient(gradient: Tensor): void {
  if (latest_run !== null && !native.fact(raw_handle(gradient), IS_LEAF))
    carried_by(gradient).from.add(latest_run)
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
  const raw: RawHook = () => {
    hook(tensor)
    return 0
  }
  const place = native.register_post_accumulate_hook(handle_of(tensor), raw)
  return registration(tensor, raw, () => native.remove_post_accumulate_hook(raw_handle(tensor), place))
}

function registration(tensor: Tensor, raw: RawHook, remove_native: () => void): TensorHookHandle {
  const { remove } = add_hook(carried_by(tensor), raw)
  let registered = true
  const undo = () => {
    if (!registered) return
    registered = false
    remove()
    if (raw_handle(tensor) > 0) remove_native()
  }
  return { remove: undo, [Symbol.dispose]: undo }
}

/** Tensor.register_hook. */
export function register_tensor_hook(tensor: Tensor, hook: TensorHook): TensorHookHandle {
  const raw: RawHook = (handle) => {
    const answer = hook(wrap(handle as Handle))
    if (answer instanceof Tensor) return handle_of(answer)
    if (answer === undefined || answer === null) return 0
    throw type_error(`expected Variable, but hook returned '${type_name(answer)}'`, 'register_hook')
  }
  const place = native.register_hook(handle_of(tensor), raw)
  return registration(tensor, raw, () => native.remove_hook(raw_handle(tensor), place))
}
