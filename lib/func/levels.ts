import { without_grad } from '../autograd/grad_mode.js'
import { link_to_transform, run_transform } from '../autograd/reach.js'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { enter } from '../tensor/autograd.js'
import { handle_of, Tensor, wrap, wrap_or_null } from '../tensor.js'
import { tree_flatten, tree_map, tree_unflatten } from '../utils/pytree.js'

/** What a function gave: `[output, aux]` taken apart where it was to be that. */
export function split_aux(result: unknown, has_aux: boolean, api: string): [output: unknown, aux: unknown] {
  if (!has_aux) return [result, undefined]
  if (!Array.isArray(result) || result.length !== 2)
    throw runtime_error(`${api}: output of function f should be a tuple: (output, aux) if has_aux is True`)
  return result as [unknown, unknown]
}

/** Whether a level was ever opened: then tensors may be about that one has left. */
export const opened = { any: false }

type Kind = 'vmap' | 'grad' | 'jvp'

/** Runs a callback inside a level of LibTorch's own; levels nest, and are synchronous. */
export function within_level<R>(
  kind: Kind,
  callback: (level: number) => R,
  batch_size?: number,
  randomness?: string,
): R {
  enter()
  const level = kind === 'vmap' ? native.push_level(kind, batch_size, randomness) : native.push_level(kind)
  opened.any = true
  try {
    return run_transform(() => callback(level))
  } finally {
    native.pop_level()
  }
}

/** Runs a callback inside the outer levels only, in the mode in which the innermost was opened. */
export function below_level<R>(callback: () => R): R {
  const [kind, , , , mode_before] = native.current_level()
  native.suspend_level()
  try {
    if (mode_before) return callback()
    return kind === 'grad' ? without_grad(callback) : with_forward_mode(false, callback)
  } finally {
    native.resume_level()
  }
}

/** Runs a callback with forward mode on or off. */
export function with_forward_mode<R>(enabled: boolean, callback: () => R): R {
  const before = native.set_forward_mode(enabled)
  try {
    return callback()
  } finally {
    native.set_forward_mode(before)
  }
}

/** Each tensor as one whose gradients the level records. */
export function wrap_tensors(value: unknown, level: number): unknown {
  return tree_map(value, (leaf) =>
    leaf instanceof Tensor ? wrap(native.wrap_for_grad(handle_of(leaf), level)) : leaf,
  )
}

function unwrap_tensor(tensor: Tensor, level: number): Tensor {
  const unwrapped = wrap(native.unwrap_for_grad(handle_of(tensor), level))
  link_to_transform(unwrapped)
  return unwrapped
}

/** Takes the level off tensors again. */
export function unwrap_tensors(value: unknown, level: number): unknown {
  return tree_map(value, (leaf) => (leaf instanceof Tensor ? unwrap_tensor(leaf, level) : leaf))
}

/** Says of a level's tensors that they are differentiated with respect to. */
export function make_differentiable(value: unknown, complaint: (leaf: unknown) => Error): void {
  tree_map(value, (leaf) => {
    if (!(leaf instanceof Tensor)) throw complaint(leaf)
    native.set_requires_grad(handle_of(leaf), true)
    return leaf
  })
}

/** A tensor as the innermost level, of grad or jvp, has it. */
export function lift(leaf: unknown): unknown {
  return leaf instanceof Tensor ? (wrap_or_null(native.lift(handle_of(leaf))) ?? leaf) : leaf
}

/** A tensor without the levels that are over. */
export function unwrap_if_dead(leaf: unknown): unknown {
  return leaf instanceof Tensor ? (wrap_or_null(native.unwrap_if_dead(handle_of(leaf))) ?? leaf) : leaf
}

/** A tensor whose dimension a level maps over; none where `dim` is null. */
export function add_batch_dim(tensor: Tensor, dim: number | null, level: number): Tensor {
  return dim === null ? tensor : wrap(native.add_batch_dim(handle_of(tensor), dim, level))
}

/** Values without the dimension that a level maps over, and where each has it, nested alike; null where it has none. */
export function unwrap_batched(value: unknown, level: number): [value: unknown, dims: unknown] {
  const [leaves, spec] = tree_flatten(value)
  const pairs = leaves.map((leaf): [unknown, number | null] => {
    if (!(leaf instanceof Tensor)) return [leaf, null]
    const [handle, dim] = native.unwrap_batched(handle_of(leaf), level)
    return dim < 0 ? [leaf, null] : [wrap(handle), dim]
  })
  return [0, 1].map((part) =>
    tree_unflatten(
      pairs.map((pair) => pair[part]),
      spec,
    ),
  ) as [unknown, unknown]
}
