import { own_value } from '../own.js'
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
    taken[name] = own_value(rest, name)
    delete rest[name]
  }
  const others = args.slice(0, -1)
  return [Object.keys(rest).length === 0 ? others : [...others, rest], taken]
}
