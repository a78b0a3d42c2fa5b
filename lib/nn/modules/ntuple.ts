import { value_error } from '../../errors.js'

/**
 * Makes what turns one value into a list of `n`; what is iterable stays the values that it is of.
 *
 * @see torch/nn/modules/utils.py
 */
export function _ntuple(n: number): <T>(x: T | Iterable<T>) => T[] {
  return <T>(x: T | Iterable<T>): T[] => {
    if (typeof x === 'object' && x !== null && Symbol.iterator in x) return [...(x as Iterable<T>)]
    return new Array<T>(n).fill(x as T)
  }
}

/** One value as a list of one. */
export const _single = _ntuple(1)
/** One value as a list of two: `_pair(3)` is `[3, 3]`. */
export const _pair = _ntuple(2)
/** One value as a list of three. */
export const _triple = _ntuple(3)
/** One value as a list of four. */
export const _quadruple = _ntuple(4)

/** The values from the last to the first, each `n` times: what `F.pad` takes for a convolution's padding. */
export function _reverse_repeat_tuple<T>(t: readonly T[], n: number): T[] {
  return [...t].reverse().flatMap((value) => new Array<T>(n).fill(value))
}

/**
 * Sizes with those of the input where there is none.
 *
 * @throws ValueError where the input has no more dimensions than there are sizes
 */
export function _list_with_default(
  out_size: number | readonly (number | null)[],
  defaults: readonly number[],
): number | number[] {
  if (typeof out_size === 'number') return out_size
  if (defaults.length <= out_size.length)
    throw value_error(`Input dimension should be at least ${out_size.length + 1}`)
  const last = defaults.slice(defaults.length - out_size.length)
  return out_size.map((size, i) => size ?? last[i]!)
}
