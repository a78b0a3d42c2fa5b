import { is_map, is_set } from '../realm.js'
import type { Budget } from './budget.js'

/** What V8 takes for what an instruction makes, the value included that it becomes at the end. */
export const BYTES = {
  number: 16,
  bigint: 32,
  text: 32,
  list: 80,
  tuple: 160,
  set: 256,
  dict: 448,
  memo: 48,
  call: 256,
} as const

/** The same for an item of a container. */
export const ITEM_BYTES = { list: 16, set: 56, dict: 88 } as const

/**
 * Counts what a call may copy: all items of what it is given, and of lists in it. The same list may be given to many calls.
 *
 * @param depth - how many levels are looked at
 */
export function take_items(budget: Budget, value: unknown, depth = 2): void {
  const items = Array.isArray(value) ? value.length : is_map(value) || is_set(value) ? value.size : 0
  budget.take('objects', items)
  budget.take_heap(items * ITEM_BYTES.dict)
  if (depth > 1 && Array.isArray(value)) for (const item of value) take_items(budget, item, depth - 1)
}
