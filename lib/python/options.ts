import { type_error, type_name } from '../errors.js'
import { is_options } from '../ops/keywords.js'
import { unexpected_keyword } from './words.js'

/**
 * Refuses options that are not known, for functions that take one object of options and no signature.
 *
 * @throws TypeError that names the option, and the closest one; also for anything but a plain object
 */
export function check_options(name: string, options: unknown, names: readonly string[]): void {
  if (!is_options(options))
    throw type_error(`${name}() takes its options as one object, not ${type_name(options)}`)
  for (const key of Object.keys(options))
    if (!names.includes(key)) throw type_error(unexpected_keyword(name, key, names), name)
}
