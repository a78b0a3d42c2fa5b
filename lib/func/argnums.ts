import { runtime_error, type_error } from '../errors.js'
import { is_options } from '../ops/keywords.js'
import { unexpected_keyword } from '../python/words.js'
import { Tensor } from '../tensor.js'
import { tree_flatten } from '../utils/pytree.js'

/** One argument by its place, or several. */
export type Argnums = number | readonly number[]

function place_of(argnum: number, count: number): number {
  if (!Number.isInteger(argnum)) throw runtime_error(`argnum must be int, got: ${argnum}`)
  if (argnum >= -count && argnum < count) return argnum < 0 ? argnum + count : argnum
  throw runtime_error(`Got argnum=${argnum}, but only ${count} positional inputs`)
}

function places_of(argnums: readonly number[], count: number): number[] {
  if (argnums.length === 0) throw runtime_error('argnums must be non-empty')
  const places = argnums.map((argnum) => place_of(argnum, count))
  if (new Set(places).size !== places.length)
    throw runtime_error(`argnums elements must be unique, got (${places.join(', ')})`)
  return places
}

/** The arguments chosen: one for a number, a list for a list. */
export function slice_argnums(args: readonly unknown[], argnums: Argnums): unknown {
  if (typeof argnums === 'number') return args[place_of(argnums, args.length)]
  return places_of(argnums, args.length).map((place) => args[place])
}

/** The arguments, with those chosen replaced. */
export function replace_args(args: readonly unknown[], chosen: unknown, argnums: Argnums): unknown[] {
  const result = [...args]
  if (typeof argnums === 'number') result[place_of(argnums, args.length)] = chosen
  else {
    const places = places_of(argnums, args.length)
    places.forEach((place, i) => {
      result[place] = (chosen as unknown[])[i]
    })
  }
  return result
}

/** Throws where the last primal is a plain object without a tensor: a misspelt keyword, not an argument. */
export function refuse_keywords(name: string, primals: readonly unknown[], known: readonly string[]): void {
  const last = primals.at(-1)
  if (!is_options(last)) return
  const [keyword] = Object.keys(last)
  if (keyword === undefined || tree_flatten(last)[0].some((leaf) => leaf instanceof Tensor)) return
  throw type_error(unexpected_keyword(name, keyword, known), name)
}
