import { index_error, runtime_error, type_error, value_error } from './errors.js'

type Message = () => string

const checker =
  (raise: (message: string) => Error) =>
  (condition: boolean, message?: Message): asserts condition => {
    if (!condition) throw raise(message?.() ?? 'Expected cond to be True, but got False')
  }

/**
 * Throws a RuntimeError where a condition does not hold.
 *
 * @param condition what must be true
 * @param message makes the error's text, only where it is needed
 * @see torch/__init__.py
 */
export const _check: (condition: boolean, message?: Message) => asserts condition = checker(runtime_error)
/** As {@link _check}, with an IndexError. */
export const _check_index: (condition: boolean, message?: Message) => asserts condition = checker(index_error)
/** As {@link _check}, with a ValueError. */
export const _check_value: (condition: boolean, message?: Message) => asserts condition = checker(value_error)
/** As {@link _check}, with a TypeError. */
export const _check_type: (condition: boolean, message?: Message) => asserts condition = checker(type_error)
