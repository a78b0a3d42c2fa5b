import * as errors from '../../../errors.js'
import { is_error } from '../../../realm.js'

/** An error as it crosses to another thread. */
export interface Forwarded {
  name: string
  message: string
  stack: string
}

export function forward_error(error: unknown): Forwarded {
  if (!is_error(error)) return { name: 'Error', message: String(error), stack: String(error) }
  let stack = error.stack ?? `${error.name}: ${error.message}`
  for (let { cause } = error; is_error(cause); cause = cause.cause) stack += `\n[cause]: ${cause.stack}`
  return { name: error.name, message: error.message, stack }
}

const is_error_class = (value: unknown): value is new (message: string) => Error =>
  typeof value === 'function' && (value === Error || is_error(value.prototype))

function error_class(name: string): new (message: string) => Error {
  const found = [(errors as Record<string, unknown>)[name], (globalThis as Record<string, unknown>)[name]]
  return found.find(is_error_class) ?? Error
}

/** A worker's error as if it had been thrown here: its class, text and stack. */
export function same_error({ name, message, stack }: Forwarded): Error {
  const error = new (error_class(name))(message)
  if (error.name !== name) error.name = name
  error.stack = stack
  return error
}

/**
 * A worker's error, of its own class where that is one of PyTorch's or JavaScript's, with the stack that it had there; that
 * error by itself is its `cause`.
 *
 * @param where completes "Caught X …"
 */
export function revive_error({ name, message, stack }: Forwarded, where: string): Error {
  const cause = Object.assign(new Error(message), { name, stack })
  const type = error_class(name)
  const error = new type(`Caught ${name} ${where}.\nOriginal stack:\n${stack}`)
  error.cause = cause
  if (type === Error) error.name = name
  return error
}
