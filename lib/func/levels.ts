import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { enter } from '../tensor/autograd.js'
import { handle_of, Tensor, wrap } from '../tensor.js'
import { tree_map } from '../utils/pytree.js'

/** What a function gave: `[output, aux]` taken apart where it was to be that. */
export function split_aux(result: unknown, has_aux: boolean, api: string): [output: unknown, aux: unknown] {
  if (!has_aux) return [result, undefined]
  if (!Array.isArray(result) || result.length !== 2)
    throw runtime_error(`${api}: output of function f should be a tuple: (output, aux) if has_aux is True`)
  return result as [unknown, unknown]
}

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
  try {
    return callback(level)
  } finally {
    native.pop_level()
  }
}

/** Each tensor as one whose gradients the level records. */
export function wrap_tensors(value: unknown, level: number): unknown {
  return tree_map(value, (leaf) =>
    leaf instanceof Tensor ? wrap(native.wrap_for_grad(handle_of(leaf), level)) : leaf,
  )
}

/** Takes the level off tensors again. */
export function unwrap_tensors(value: unknown, level: number): unknown {
  return tree_map(value, (leaf) =>
    leaf instanceof Tensor ? wrap(native.unwrap_for_grad(handle_of(leaf), level)) : leaf,
  )
}

/** Says of a level's tensors that they are differentiated with respect to. */
export function make_differentiable(value: unknown, complaint: (leaf: unknown) => Error): void {
  tree_map(value, (leaf) => {
    if (!(leaf instanceof Tensor)) throw complaint(leaf)
    native.set_requires_grad(handle_of(leaf), true)
    return leaf
  })
}
