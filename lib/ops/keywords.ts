import { closest_name, type_error } from '../errors.js'
import { is_plain_object } from '../realm.js'

/** Whether a value is a plain object: how keywords are given. */
export function is_options(value: unknown): value is Record<string, unknown> {
  return is_plain_object(value)
}

/** A call's arguments without those keywords of a trailing plain object that are named, and the keywords by name. */
export function take_out<K extends string>(
  args: unknown[],
  names: readonly K[],
): [others: unknown[], taken: Partial<Record<K, unknown>>] {
  const last = args.at(-1)
  if (!is_options(last)) return [args, {}]
  const rest = { ...last }
  const taken: Partial<Record<K, unknown>> = {}
  for (const name of names) {
    taken[name] = rest[name]
    delete rest[name]
  }
  const others = args.slice(0, -1)
  return [Object.keys(rest).length === 0 ? others : [...others, rest], taken]
}

/**
 * A constructor's or function's arguments, each given by position or by keyword as in Python.
 *
 * @param name what errors call it
 * @param args as they were given, a trailing plain object holding the keywords
 * @param names the parameters in their order
 * @param defaults the values of those that need not be given
 * @param most how many may be given by position; those after are given by keyword only
 */
export function take_options<T extends object>(
  name: string,
  args: readonly unknown[],
  names: readonly (keyof T & string)[],
  defaults: Partial<T>,
  most = names.length,
): T {
  const taken: Record<string, unknown> = { ...defaults }
  const last = args[args.length - 1]
  const keywords = is_options(last) ? last : undefined
  const positional = keywords === undefined ? args : args.slice(0, -1)
  if (positional.length > most) {
    throw type_error(
      `${name}() takes ${most} positional argument${most === 1 ? '' : 's'} but ${positional.length} ${positional.length === 1 ? 'was' : 'were'} given`,
    )
  }
  const given = new Set<string>()
  positional.forEach((value, i) => {
    if (value === undefined) return
    taken[names[i]!] = value
    given.add(names[i]!)
  })
  for (const keyword in keywords) {
    if (keywords[keyword] === undefined) continue
    if (!(names as readonly string[]).includes(keyword)) {
      const closest = closest_name(keyword, names)
      throw type_error(
        `${name}() got an unexpected keyword argument '${keyword}'${closest === undefined ? '' : `; did you mean '${closest}'?`}`,
      )
    }
    if (given.has(keyword)) throw type_error(`${name}() got multiple values for argument '${keyword}'`)
    taken[keyword] = keywords[keyword]
  }
  const missing = names.filter((n) => !(n in taken))
  if (missing.length > 0) {
    throw type_error(
      `${name}() missing ${missing.length} required positional argument${missing.length === 1 ? '' : 's'}: ${missing.map((n) => `'${n}'`).join(' and ')}`,
    )
  }
  return taken as T
}
