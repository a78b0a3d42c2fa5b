import { native } from '../native.js'
import { handle_of, type Tensor, wrap } from '../tensor.js'

/** What a level of torch.func made of a tensor. */
export interface FunctorchWrapper {
  readonly kind: 'batched' | 'grad'
  /** The level's number; -2 where a level of gradients is over. */
  readonly level: number
  /** The dimension of `inner` that is mapped over; -1 where none is. */
  readonly dim: number
  readonly inner: Tensor
}

/** What a level made of a tensor; null for a tensor of no level. */
export function functorch_wrapper(self: Tensor): FunctorchWrapper | null {
  const found = native.functorch_wrapper(handle_of(self))
  if (found === null) return null
  const [kind, level, dim, inner] = found
  return { kind, level, dim, inner: wrap(inner) }
}

/** Runs a callback whose operators pass the levels by: inside one they would make tensors of it, which have no memory. */
export function outside_functorch<R>(callback: () => R): R {
  const before = native.exclude_functorch(true)
  try {
    return callback()
  } finally {
    native.exclude_functorch(before)
  }
}

/**
 * The tensor that a level of gradients follows: its values are the same.
 *
 * @returns null where a level maps over it: then it has a value for each place, and no memory that could be read
 */
export function readable(self: Tensor): Tensor | null {
  for (let tensor = self; ; ) {
    const wrapper = functorch_wrapper(tensor)
    if (wrapper === null) return tensor
    if (wrapper.kind === 'batched') return null
    tensor = wrapper.inner
  }
}
