import { memory } from '../memory.js'
import { raw_handle, type Tensor } from '../tensor.js'

// Lists of integers and of tensors cross in memory that the addon shares: Node-API takes some 60 ns for an element
// of an array.

let next = 0

/** Begins a call: the addon reads the lists of one call only. */
export function begin_lists(): void {
  next = 0
}

/** What stands for a list of numbers in the call: `true` where it was laid down, else the list itself. */
export function lay_list(list: readonly unknown[]): true | readonly unknown[] {
  const { lists } = memory
  const { length } = list
  if (next + length >= lists.length) return list
  for (let i = 0; i < length; i++) {
    const value = list[i]
    // What no int64 holds is refused by name on the other road.
    if (!Number.isSafeInteger(value)) return list
    lists[next + 1 + i] = value as number
  }
  lists[next] = length
  next += length + 1
  return true
}

/** As `lay_list`, for tensors. */
export function lay_handles(tensors: readonly Tensor[]): true | readonly number[] {
  const { lists } = memory
  const { length } = tensors
  if (next + length >= lists.length) return tensors.map(raw_handle)
  for (let i = 0; i < length; i++) lists[next + 1 + i] = raw_handle(tensors[i]!)
  lists[next] = length
  next += length + 1
  return true
}
