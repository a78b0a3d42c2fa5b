import { is_map, is_plain_object } from '../realm.js'
// Nested arrays, plain objects and Maps of leaves, taken apart and put together again: Python's torch.utils._pytree.

/** How a value was put together. */
export type TreeSpec =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'list'; readonly children: readonly TreeSpec[] }
  | {
      readonly kind: 'dict' | 'map'
      readonly keys: readonly unknown[]
      readonly children: readonly TreeSpec[]
    }

const LEAF: TreeSpec = { kind: 'leaf' }

/**
 * The leaves of a value, in order, and how they are nested. Named results count as lists. What the leaves are is for the
 * caller to know.
 */
export function tree_flatten<Leaf = unknown>(value: unknown): [leaves: Leaf[], spec: TreeSpec] {
  const leaves: Leaf[] = []
  const walk = (item: unknown): TreeSpec => {
    if (Array.isArray(item)) return { kind: 'list', children: item.map(walk) }
    if (is_map(item))
      return { kind: 'map', keys: [...item.keys()], children: Array.from(item.values(), walk) }
    if (is_plain_object(item))
      return { kind: 'dict', keys: Object.keys(item), children: Object.values(item).map(walk) }
    leaves.push(item as Leaf)
    return LEAF
  }
  const spec = walk(value)
  return [leaves, spec]
}

/** Puts leaves together as they were. */
export function tree_unflatten(leaves: readonly unknown[], spec: TreeSpec): unknown {
  let next = 0
  const build = (node: TreeSpec): unknown => {
    if (node.kind === 'leaf') return leaves[next++]
    const values = node.children.map(build)
    if (node.kind === 'list') return values
    const entries = node.keys.map((key, i) => [key, values[i]] as const)
    return node.kind === 'map' ? new Map(entries) : Object.fromEntries(entries as [string, unknown][])
  }
  return build(spec)
}

/** The same nesting, with each leaf mapped. */
export function tree_map(value: unknown, change: (leaf: unknown) => unknown): unknown {
  const [leaves, spec] = tree_flatten(value)
  return tree_unflatten(leaves.map(change), spec)
}

/** Whether two values are nested alike. */
export function same_structure(a: TreeSpec, b: TreeSpec): boolean {
  if (a.kind === 'leaf' || b.kind === 'leaf') return a.kind === b.kind
  if (a.kind !== b.kind || a.children.length !== b.children.length) return false
  if (a.kind !== 'list' && b.kind !== 'list' && a.keys.some((key, i) => key !== b.keys[i])) return false
  return a.children.every((child, i) => same_structure(child, b.children[i]!))
}

/** One value for every leaf: `value` is one for all, or nested as far as `spec` is; null where it does not fit. */
export function broadcast_to_leaves(value: unknown, spec: TreeSpec): unknown[] | null {
  const found: unknown[] = []
  const count = (node: TreeSpec): number =>
    node.kind === 'leaf' ? 1 : node.children.reduce((sum, child) => sum + count(child), 0)
  const walk = (item: unknown, node: TreeSpec): boolean => {
    const is_nested = Array.isArray(item) || is_map(item) || is_plain_object(item)
    if (!is_nested) {
      for (let i = count(node); i > 0; i--) found.push(item)
      return true
    }
    const [, own] = tree_flatten(item)
    if (own.kind === 'leaf' || node.kind !== own.kind || own.children.length !== node.children.length)
      return false
    const items = Array.isArray(item) ? item : is_map(item) ? [...item.values()] : Object.values(item)
    return items.every((child, i) => walk(child, node.children[i]!))
  }
  return walk(value, spec) ? found : null
}

/** A text that shows the nesting, for errors. */
export function show_structure(spec: TreeSpec): string {
  if (spec.kind === 'leaf') return '*'
  const children = spec.children.map(show_structure)
  if (spec.kind === 'list') return `[${children.join(', ')}]`
  return `{${spec.keys.map((key, i) => `${String(key)}: ${children[i]}`).join(', ')}}`
}
