import { closest_name, not_implemented_error, type_error, type_name, value_error } from '../../errors.js'
import { is_options } from '../../ops/keywords.js'
import { own_value } from '../../own.js'
import { keyword, required, variadic } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { unexpected_keyword } from '../../python/words.js'

type Loose = (...args: unknown[]) => unknown

const CHECKPOINT = signature(
  'checkpoint',
  { function: required<Loose>(expect_function) },
  { args: variadic<unknown>() },
  { use_reentrant: keyword<boolean | null>(null) },
  { context_fn: keyword<unknown>(null) },
  { determinism_check: keyword<string>('default') },
  { debug: keyword<unknown>(false) },
  { early_stop: keyword(true) },
  { preserve_rng_state: keyword(true) },
)

/** Keywords of {@link checkpoint}. */
export interface CheckpointOptions {
  /**
   * Whether backward runs a second backward inside itself (`true`, the older way), or operators' saved tensors are computed
   * again as they are asked for (`false`, better).
   */
  use_reentrant?: boolean | null
  /** Whether what is computed again draws the same random numbers. Default: true. */
  preserve_rng_state?: boolean
  /** `'default'` compares shapes, types and devices of what is computed again, `'none'` does not. Default: `'default'`. */
  determinism_check?: 'default' | 'none'
  /** Whether computing again ends with the last tensor that is needed. Default: true. */
  early_stop?: boolean
}

function expect_function(value: unknown, name: string, argument: string): Loose {
  if (typeof value === 'function') return value as Loose
  throw type_error(`${name}(): argument '${argument}' must be function, not ${type_name(value)}`, name)
}

const NAMES = CHECKPOINT.names.filter((name) => name !== 'args')

/**
 * A call's own keywords, and those of the function. An object after the arguments which has none of ours is the function's
 * last argument.
 */
function split_keywords(
  last: Record<string, unknown>,
): [own: Record<string, unknown>, others: object | null] {
  const names = Object.keys(last)
  const others = names.filter((name) => !NAMES.includes(name))
  if (others.length === names.length) {
    const misspelt = others.find((name) => closest_name(name, NAMES) !== undefined)
    if (misspelt !== undefined)
      throw type_error(unexpected_keyword('checkpoint', misspelt, NAMES), 'checkpoint')
    return [{}, last]
  }
  const own = Object.fromEntries(Object.entries(last).filter(([name]) => NAMES.includes(name)))
  if (others.length === 0) return [own, null]
  if (own_value(own, 'use_reentrant') !== false)
    throw value_error(`Unexpected keyword arguments: ${others.join(',')}`)
  return [own, Object.fromEntries(others.map((name) => [name, own_value(last, name)]))]
}

/** The function, its arguments, and our keywords after them. */
export function split_arguments(given: readonly unknown[]) {
  const last = given.at(-1)
  const [own, others] = is_options(last) ? split_keywords(last) : [{}, null]
  const positional = is_options(last) ? given.slice(0, -1) : given
  const call = CHECKPOINT.take([...positional, ...(others === null ? [] : [others]), own])
  const { determinism_check } = call
  if (determinism_check !== 'default' && determinism_check !== 'none')
    throw value_error(
      `determinism_check should be one of ['default', 'none'], but got ${String(determinism_check)}`,
    )
  for (const name of ['context_fn', 'debug'] as const) {
    if (call[name] === null || call[name] === false) continue
    if (call.use_reentrant !== false)
      throw value_error('Passing `context_fn` or `debug` is only supported when use_reentrant=False.')
    throw not_implemented_error(`checkpoint(): argument '${name}' is not supported; leave it out`)
  }
  return { ...call, determinism_check } as const
}
