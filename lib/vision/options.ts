import { closest_name, type_error, type_name } from '../errors.js'
import { is_options } from '../ops/keywords.js'

/**
 * Refuses what is no plain object, and options that are not known.
 *
 * @throws TypeError that names the option, and the closest one
 */
export function check_options(name: string, options: unknown, names: readonly string[]): void {
  if (!is_options(options))
    throw type_error(`${name}() takes its options as one object, not ${type_name(options)}`)
  for (const key of Object.keys(options)) {
    if (names.includes(key) || options[key] === undefined) continue
    const closest = closest_name(key, names)
    throw type_error(
      `${name}() got an unexpected keyword argument '${key}'${closest === undefined ? '' : `; did you mean '${closest}'?`}`,
    )
  }
}
