import { native } from '../../native.js'
import type { Operator } from '../../ops/operator.js'
import type { Overload } from '../../ops/schema.js'
import { handle_of, Tensor } from '../../tensor.js'
import { tree_map } from '../../utils/pytree.js'
import { memory_of } from '../tensors.js'

export type Keywords = Readonly<Record<string, unknown>>

/** A call of an operator that is to be looked at. */
export interface Call {
  overload: Overload
  op: Operator
  args: readonly unknown[]
  kwargs: Keywords
}

export const run = ({ op, args, kwargs }: Call): unknown =>
  Object.keys(kwargs).length > 0 ? op(...args, kwargs) : op(...args)

/** The same call of other tensors; one that it has twice is changed once. */
export function with_tensors(call: Call, change: (tensor: Tensor) => Tensor): Call {
  const changed = new Map<Tensor, Tensor>()
  const other = (leaf: unknown) => {
    if (!(leaf instanceof Tensor)) return leaf
    if (!changed.has(leaf)) changed.set(leaf, change(leaf))
    return changed.get(leaf)
  }
  return {
    ...call,
    args: tree_map(call.args, other) as unknown[],
    kwargs: tree_map(call.kwargs, other) as Keywords,
  }
}

/** Whether a tensor of one list is related to one of the other. */
const any_pair =
  (related: (a: Tensor, b: Tensor) => boolean) =>
  (some: readonly Tensor[], others: readonly Tensor[]): boolean =>
    some.some((a) => others.some((b) => related(a, b)))

export const share_memory = any_pair((a, b) => memory_of(a) !== 0 && memory_of(a) === memory_of(b))
export const share_a_tensor = any_pair(
  (a, b) => native.identity(handle_of(a)) === native.identity(handle_of(b)),
)
