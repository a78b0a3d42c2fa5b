import { is_promise } from '../callback.js'
import { type_error, type_name } from '../errors.js'

type Callable = (abstract new (...args: never[]) => unknown) | ((...args: never[]) => unknown)

/** A class or function that files may name, and what Python calls it there: `[Namespace, 'argparse.Namespace']`. */
export type SafeGlobal = readonly [callable: Callable, path: string]

let added: readonly SafeGlobal[] = []

function check(operator: string, globals: readonly SafeGlobal[]): readonly SafeGlobal[] {
  if (!Array.isArray(globals))
    throw type_error(`${operator}(): argument 'safe_globals' must be a list, not ${type_name(globals)}`)
  for (const item of globals as readonly unknown[]) {
    const [callable, path] = Array.isArray(item) ? (item as unknown[]) : [item, undefined]
    if (typeof callable !== 'function' || typeof path !== 'string' || !/^[^\s]+\.[^\s.]+$/.test(path)) {
      throw type_error(
        `${operator}(): each item must be [class or function, 'module.name'], the name as Python writes it, not ${type_name(item)}`,
      )
    }
  }
  return globals
}

/**
 * Lets files name classes and functions: a function is called with what the file says, a class constructed, or an object
 * of it made without its constructor and given the file's attributes (to its `__setstate__` where it has one). Objects of
 * such classes can be saved as well.
 *
 * @param safe_globals pairs of a class or function and the name that files have for it
 *
 * @example
 * ```ts
 * class Namespace {}
 * torch.serialization.add_safe_globals([[Namespace, 'argparse.Namespace']])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/notes/serialization.html#torch.serialization.add_safe_globals
 */
export function add_safe_globals(safe_globals: readonly SafeGlobal[]): void {
  added = [...added, ...check('add_safe_globals', safe_globals)]
}

/** What {@link add_safe_globals} has added. */
export function get_safe_globals(): SafeGlobal[] {
  return [...added]
}

/** Forgets what {@link add_safe_globals} has added. */
export function clear_safe_globals(): void {
  added = []
}

/**
 * {@link add_safe_globals} for the time of a callback, or of a block: `using _ = safe_globals([…])`.
 *
 * @param globals pairs of a class or function and the name that files have for it
 * @param callback what runs with them; it may be asynchronous
 */
export function safe_globals(globals: readonly SafeGlobal[]): Disposable
export function safe_globals<T>(globals: readonly SafeGlobal[], callback: () => T): T
export function safe_globals<T>(globals: readonly SafeGlobal[], callback?: () => T): T | Disposable {
  const before = added
  add_safe_globals(check('safe_globals', globals))
  const restore = () => {
    added = before
  }
  if (callback === undefined) return { [Symbol.dispose]: restore }
  let is_pending = false
  try {
    const value = callback()
    if (!is_promise(value)) return value
    is_pending = true
    return Promise.resolve(value).finally(restore) as T
  } finally {
    if (!is_pending) restore()
  }
}

/** What a name stands for among the added ones; the last that was added counts. */
export function added_global(path: string): Callable | undefined {
  return added.findLast((item) => item[1] === path)?.[0]
}

/** The name of an added class; undefined where it is none. */
export function added_path(callable: unknown): string | undefined {
  return added.findLast((item) => item[0] === callable)?.[1]
}
