import { is_plain_object, is_root } from './realm.js'

// Reads of objects by name that see the object's own keys only. `Object.prototype` is everybody's: what another library
// has put there is no option, keyword or entry of ours, whatever its name. test/own_keys finds reads that would see it.

/** A table whose names may come from outside; it inherits nothing. */
export interface Table<T> {
  readonly [name: string]: T
}

/** A plain object's own enumerable keys in one that inherits nothing; any other value as it is. */
export function own<T>(given: T): T {
  return is_plain_object(given) ? ({ __proto__: null, ...given } as unknown as T) : given
}

/** A table that inherits nothing, of a literal's entries. */
export function table<T>(entries: Readonly<Record<string, T>>): Table<T> {
  return { __proto__: null, ...entries } as unknown as Table<T>
}

/** An object's own value of a key; undefined where it has none, and for what is no object. */
export function own_value<T extends object, K extends keyof T>(
  given: T | null | undefined,
  key: K,
): T[K] | undefined
export function own_value(given: unknown, key: PropertyKey): unknown
export function own_value(given: unknown, key: PropertyKey): unknown {
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) return undefined
  return Object.hasOwn(given, key) ? (given as Record<PropertyKey, unknown>)[key] : undefined
}

/** Tells the members of a union that have a key, as `in` does, of own keys. */
export function has_own<T extends object, K extends PropertyKey>(given: T, key: K): given is Having<T, K> {
  return Object.hasOwn(given, key)
}
type Having<T, K extends PropertyKey> =
  T extends Partial<Record<K, unknown>> ? (K extends keyof T ? T : never) : never

/** Sets an own key, whatever it is called: an assignment to `__proto__` would change the prototype. */
export function set_own(object: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Assigns an object's own enumerable keys; `__proto__` is a key as any other. */
export function assign_own<T extends object>(target: T, given: object | null | undefined): T {
  for (const [key, value] of Object.entries(given ?? {}))
    if (is_built_in(key)) set_own(target, key, value)
    else (target as Record<string, unknown>)[key] = value
  return target
}

/** The keys that every object inherits from JavaScript itself. */
const BUILT_IN: ReadonlySet<string> = new Set([
  ...['constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString'],
  ...['valueOf', '__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__'],
])

/** True for a key that every object inherits from JavaScript itself; no field can have such a name. */
export function is_built_in(key: string): boolean {
  return BUILT_IN.has(key)
}

/**
 * Whether an object or a class of it has a key, as `in` tells: a stranger's extension of `Object.prototype` does not
 * count.
 */
export function has_member(given: object, key: string): boolean {
  if (!(key in given)) return false
  for (
    let holder: object | null = given;
    holder !== null;
    holder = Object.getPrototypeOf(holder) as object | null
  )
    if (Object.hasOwn(holder, key)) return !is_root(holder) || is_built_in(key)
  // A proxy's.
  return true
}

/** A method that an object or its class may have; undefined where neither has it. */
export function member<T extends object, K extends keyof T & string>(given: T, key: K): T[K] | undefined {
  return has_member(given, key) ? given[key] : undefined
}

/** The traps of a Proxy, and no others. */
export function traps<T extends object>(handler: ProxyHandler<T>): ProxyHandler<T> {
  return { __proto__: null, ...handler } as unknown as ProxyHandler<T>
}
