import { runtime_error } from '../errors.js'
import { collect_all, flush } from '../memory.js'
import { native } from '../native.js'
import { own_value } from '../own.js'
import { scope_tensors } from '../scope.js'
import { IS_LEAF } from '../tensor/facts.js'
import { hooks_of, raw_handle, set_hooks, type Tensor } from '../tensor.js'
import { context } from './context.js'

/** What a tensor's object keeps alive: its own hooks, and whoever carries those of its history. */
export interface Carried {
  /** Hooks, and what else nodes have in JavaScript. */
  hooks: Set<object>
  from: Set<Carried>
  /** What the history of the gradient needs, where that has one. */
  gradient?: Carried
  /**
   * A leaf's node in the graph may have hooks: results look for them. The leaf does not carry them, since it does not
   * keep the node. How many hooks were left when the last major collection had looked for them.
   */
  accumulator?: number
}

/** Refuses what would call this thread's functions from a graph that outlives the call: set by the thread of call_async. */
export const elsewhere = { is_call: false }

/** Refuses a hook, by the name of what makes it, in a module's call on another thread. */
export function refuse_elsewhere(what: string): void {
  if (elsewhere.is_call)
    throw runtime_error(
      `${what}: a call by call_async() records no hooks and no autograd Functions, which would belong to its own thread. Call the module itself, and use backward_async(), or call it in no_grad`,
    )
}

/** The hooks that a tensor's object carries; made at first use. */
export function carried_by(tensor: Tensor): Carried {
  let carried = hooks_of(tensor)
  if (carried === undefined) set_hooks(tensor, (carried = { hooks: new Set(), from: new Set() }))
  return carried
}

/** What a result computed from a tensor refers to, where that is anything. */
export function past_of(tensor: Tensor): Carried | undefined {
  const carried = hooks_of(tensor)
  if (carried === undefined) return undefined
  if (own_value(carried, 'accumulator') !== undefined) {
    const reached = accumulator_past(tensor, carried)
    if (reached !== undefined) return reached
    delete carried.accumulator
  }
  return carried.hooks.size > 0 || carried.from.size > 0 ? carried : undefined
}

// A leaf's node goes with the last graph that it is in. Which graphs are gone only a collection tells, and what is computed
// from the leaf until then comes into the same node: each step's graph would keep the hooks of all steps before, also
// in a collection that comes in the middle of a step. So the steps before are looked through before a result refers to them.
const MANY = 64

/** What the hooks on a leaf's node are, where it has any that live. */
function accumulator_past(leaf: Tensor, carried: Carried): Carried | undefined {
  let reached = reached_by(leaf, false)
  if (reached.hooks.size > 2 * own_value(carried, 'accumulator')! + MANY) {
    // The list would keep them itself.
    reached.hooks.clear()
    collect_all()
    reached = reached_by(leaf, false)
    carried.accumulator = reached.hooks.size
  }
  return reached.hooks.size > 0 ? reached : undefined
}

const { of_tensor: OWN, of_gradient: GRADIENT } = native.constants.reach
/** Those that have part in a change in place. */
export const CHANGE = native.constants.reach.of_change

function objects_of(find: (handles: number[]) => (object | number)[]): Tensor[] {
  flush()
  const scoped = scope_tensors()
  return find(scoped.map(raw_handle)).map((found) =>
    typeof found === 'number' ? scoped[found]! : (found as Tensor),
  )
}

/** The objects from which backward can come to where a tensor was made. */
export function objects_reaching(tensor: Tensor, way = OWN): Tensor[] {
  return objects_of((handles) => native.objects_reaching(raw_handle(tensor), way, handles))
}

function reached_by(tensor: Tensor, of_gradient: boolean): Carried {
  return { hooks: new Set(native.hooks_reached(raw_handle(tensor), of_gradient)), from: new Set() }
}

/** Lets an object that was made of what the graph holds carry what backward can come to from it. */
export function link_reached(tensor: Tensor): void {
  if (context.carriers === 0) return
  const reached = reached_by(tensor, false)
  if (reached.hooks.size > 0) carried_by(tensor).from.add(reached)
}

/**
 * Keeps what the addon holds weakly where a tensor was made alive with every object from which backward can come there.
 * Returns the tensor's own, from which it may be taken again.
 */
export function carry(tensor: Tensor, held: object): Carried {
  refuse_elsewhere('a hook')
  context.carriers = 1
  const own = carried_by(tensor)
  own.hooks.add(held)
  note_in_run(own)
  const is_leaf = native.fact(raw_handle(tensor), IS_LEAF)
  for (const other of objects_reaching(tensor)) {
    if (other === tensor || hooks_of(other) === own) continue
    const carried = carried_by(other)
    if (!is_leaf && native.fact(raw_handle(other), IS_LEAF))
      carried.accumulator = own_value(carried, 'accumulator') ?? 0
    else carried.from.add(own)
  }
  if (any_recorded)
    for (const other of objects_reaching(tensor, GRADIENT))
      carried_by(other).gradient = reached_by(other, true)
  return own
}

// A backward that is itself recorded (create_graph) makes nodes whose results LibTorch passes on without an object of
// JavaScript. So the gradients that come out refer to all that the run has met.
let current_run: Carried | null = null
// Whether gradients may have a graph of their own.
let any_recorded = false
// An object that is used no more may be collected while backward runs from its tensor.
const roots_under_way = new Set<readonly (Tensor | null)[]>()

/** Lets the recorded backward under way keep what is carried by what may be behind its gradients. */
export function note_in_run(carried: Carried): void {
  if (current_run !== null) current_run.from.add(carried)
}

/** Lets a gradient refer to the recorded backward under way that made it. */
export function link_to_run(gradient: Tensor): void {
  if (current_run !== null && !native.fact(raw_handle(gradient), IS_LEAF))
    carried_by(gradient).from.add(current_run)
}

/** A backward that may go on after the call that began it: what `around` calls is part of it, until `end`. */
export interface GraphRun {
  around<T>(part: () => T): T
  end(): void
}

/** Begins a backward from `roots`; with `create_graph` what was computed can be walked again. */
export function begin_run(roots: readonly (Tensor | null)[], create_graph: boolean): GraphRun | undefined {
  any_recorded ||= create_graph
  if (context.carriers === 0) return undefined
  const from = roots.flatMap((root) => (root === null ? [] : [carried_by(root)]))
  const own: Carried | null = create_graph ? { hooks: new Set(), from: new Set(from) } : null
  if (own !== null && current_run !== null) current_run.from.add(own)
  roots_under_way.add(roots)
  return {
    around(part) {
      const outer = current_run
      current_run = own ?? outer
      try {
        return part()
      } finally {
        current_run = outer
      }
    },
    end() {
      roots_under_way.delete(roots)
      if (create_graph) renew_gradients()
    },
  }
}

/** A whole backward from `roots`. */
export function run_graph<T>(roots: readonly (Tensor | null)[], create_graph: boolean, run: () => T): T {
  const begun = begin_run(roots, create_graph)
  if (begun === undefined) return run()
  try {
    return begun.around(run)
  } finally {
    begun.end()
  }
}

function renew_gradients(): void {
  for (const tensor of objects_of((handles) => native.objects_with_recorded_gradient(handles)))
    carried_by(tensor).gradient = reached_by(tensor, true)
}

/** Lets the object of a tensor's gradient carry what the gradient's history needs. */
export function link_gradient(tensor: Tensor, gradient: Tensor): void {
  const behind = own_value(hooks_of(tensor), 'gradient')
  if (behind !== undefined && behind.hooks.size > 0) carried_by(gradient).from.add(behind)
}

/**
 * Runs a transform of torch.func. Its tensors are wrapped and unwrapped by LibTorch, and each level has a graph of its own: so
 * what leaves the transform refers to all that it has met.
 */
export function run_transform<T>(run: () => T): T {
  const outer = current_run
  const met: Carried = { hooks: new Set(), from: new Set() }
  current_run = met
  try {
    return run()
  } finally {
    current_run = outer
    if (met.from.size > 0) outer?.from.add(met)
  }
}

/** Lets a tensor that leaves the transform under way refer to what that has met. */
export function link_to_transform(tensor: Tensor): void {
  if (current_run !== null && current_run.from.size > 0) link_to_run(tensor)
}

/** The same for one that is kept for a backward after the transform, whatever level its history is in. */
export function keep_for_later(tensor: Tensor): void {
  if (current_run !== null && current_run.from.size > 0) carried_by(tensor).from.add(current_run)
}

// What kernels written in JavaScript have recorded: their results come out of the operator that called them as other
// objects, and by way of operators that know nothing of hooks.
const escaped: Carried[] = []
let kernels = 0

/** Runs an operator's kernel: the results of the operator that it is called by refer to the hooks of what it records. */
export function run_kernel<T>(run: () => T): T {
  const outer = current_run
  const met: Carried = { hooks: new Set(), from: new Set() }
  current_run = met
  kernels++
  try {
    return run()
  } finally {
    kernels--
    current_run = outer
    if (met.from.size > 0) {
      escaped.push(met)
      if (outer !== null) outer.from.add(met)
    }
  }
}

/** What kernels have recorded since an operator that no kernel called gave its results. */
export function kernels_records(): Carried[] {
  const records = [...escaped]
  if (kernels === 0) escaped.length = 0
  return records
}

/** Lets go of what the history of a gradient needed that is no longer the tensor's. */
export function forget_gradient(tensor: Tensor): void {
  delete hooks_of(tensor)?.gradient
}
