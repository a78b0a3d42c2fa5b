import { closest_name } from '../errors.js'
import { table } from '../own.js'

// Python's words for arguments that do not fit, shared by operators and functions written here.

const quoted = (names: readonly string[]): string => {
  const list = names.map((name) => `'${name}'`)
  if (list.length < 3) return list.join(' and ')
  return `${list.slice(0, -1).join(', ')}, and ${list.at(-1)}`
}

/** Names that people bring from other libraries, and PyTorch's own name for each. */
const FAMILIAR = table<string>({
  learning_rate: 'lr',
  keep_dims: 'keepdim',
  keepdims: 'keepdim',
  axis: 'dim',
})

/** `f() got an unexpected keyword argument 'x'`, with the closest known name. */
export function unexpected_keyword(name: string, keyword: string, known: readonly string[]): string {
  const familiar = FAMILIAR[keyword]
  const closest = familiar !== undefined && known.includes(familiar) ? familiar : closest_name(keyword, known)
  const advice = closest === undefined ? '' : `; did you mean '${closest}'?`
  return `${name}() got an unexpected keyword argument '${keyword}'${advice}`
}

/** `f() got multiple values for argument 'x'`. */
export function multiple_values(name: string, argument: string): string {
  return `${name}() got multiple values for argument '${argument}'`
}

/** `f() got some positional-only arguments passed as keyword arguments: 'x'`. */
export function positional_as_keyword(name: string, argument: string): string {
  return `${name}() got some positional-only arguments passed as keyword arguments: '${argument}'`
}

/** `f() missing 2 required positional arguments: 'x' and 'y'`. */
export function missing_positionals(name: string, missing: readonly string[]): string {
  return `${name}() missing ${missing.length} required positional argument${missing.length === 1 ? '' : 's'}: ${quoted(missing)}`
}

/** `f() missing 1 required keyword-only argument: 'x'`. */
export function missing_keywords(name: string, missing: readonly string[]): string {
  return `${name}() missing ${missing.length} required keyword-only argument${missing.length === 1 ? '' : 's'}: ${quoted(missing)}`
}

/** `f() takes from 1 to 3 positional arguments but 4 were given`. */
export function too_many_positionals(
  name: string,
  least: number,
  optional: number,
  given: number,
  keyword_only = 0,
): string {
  const most = least + optional
  const takes = optional === 0 ? `${most}` : `from ${least} to ${most}`
  const plural = most === 1 && optional === 0 ? '' : 's'
  if (keyword_only === 0)
    return `${name}() takes ${takes} positional argument${plural} but ${given} ${given === 1 ? 'was' : 'were'} given`
  const count = `${given} positional argument${given === 1 ? '' : 's'} (and ${keyword_only} keyword-only argument${keyword_only === 1 ? '' : 's'})`
  return `${name}() takes ${takes} positional argument${plural} but ${count} were given`
}

/** A plain object where a value is expected: keywords come last. */
export function keyword_object_in_place(name: string, argument: string): string {
  return `${name}(): argument '${argument}' must not be a plain object; keywords are given as the last argument`
}
