/**
 * The field by which two objects of one class are told apart from outside. Tools that compare objects by their fields, as
 * node:assert, chai, lodash, Jest and vitest do, see nothing of private state: without a field of its own each object
 * would equal every other one of its class.
 */
export const IDENTITY = '_identity'

/**
 * Where this process's identities begin: at random, so that a snapshot of fields, which shows the identity and no values,
 * differs at the next run instead of passing for ever.
 */
export const FIRST = Math.floor(Math.random() * 2 ** 29)

let last = FIRST

/** The field whose symbol stops `structuredClone`; see uncloneable.ts. */
export const UNCLONEABLE = '_uncloneable'

/** An object's own attributes by name: its enumerable fields but those that every object of the library's has. */
export function own_attributes(value: object): [name: string, value: unknown][] {
  return Object.entries(value).filter(([name]) => name !== IDENTITY && name !== UNCLONEABLE)
}

/** An identity that no other object of this thread has had. */
export function next_identity(): string {
  last++
  return `#${last}`
}
