import { type_error, type_name } from './errors.js'

/**
 * A symbol for the field `_uncloneable` of an object with private state. `structuredClone` and `postMessage` would copy the
 * fields alone, and an empty object would arrive; symbols they refuse, with the symbol's text in the error.
 */
export function uncloneable(advice: string): symbol {
  return Symbol(advice)
}

/** What `toJSON` throws: Python's words, and what to do. */
export function not_json(value: object, advice: string): Error {
  return type_error(`Object of type ${type_name_of(value)} is not JSON serializable: ${advice}`)
}

// A module is a function, of a class of its own.
function type_name_of(value: object): string {
  return typeof value === 'function' ? value.constructor.name : type_name(value)
}
