import { type_error, type_name, value_error } from './errors.js'
import { own_value } from './own.js'
import { Tensor } from './tensor.js'

// Checks of the numbers in a state that `load_state_dict` is given. Numbers that Python's files may hold are accepted: a loss
// that is NaN, a best metric that is infinite. With a count that is NaN, training would never end, or never begin.

const WORDS = {
  /** How often something was done. */
  count: 'a whole number of at least 0',
  whole: 'a whole number',
  positive_whole: 'a whole number of at least 1',
  /** An epoch of a schedule, −1 before the first; a schedule's step may be given a fraction. */
  epoch: 'a number of at least -1',
  finite: 'a finite number',
  duration: 'a finite number of at least 0',
  positive: 'a finite number above 0',
  /** Infinite, as a best metric before the first. */
  not_nan: 'a number, and not NaN',
  any: 'a number',
} as const

/** A kind of number, by the rule that it must keep. */
export type NumberKind = keyof typeof WORDS

/** Kinds by name; a list's is that of each of its numbers. */
export type NumberKinds = Readonly<Record<string, NumberKind>>

function fits(value: number, kind: NumberKind): boolean {
  switch (kind) {
    case 'count':
      return Number.isSafeInteger(value) && value >= 0
    case 'whole':
      return Number.isSafeInteger(value)
    case 'positive_whole':
      return Number.isSafeInteger(value) && value >= 1
    case 'epoch':
      return Number.isFinite(value) && value >= -1
    case 'finite':
      return Number.isFinite(value)
    case 'duration':
      return Number.isFinite(value) && value >= 0
    case 'positive':
      return Number.isFinite(value) && value > 0
    case 'not_nan':
      return !Number.isNaN(value)
    case 'any':
      return true
  }
}

/**
 * Throws for a number of a state that makes no sense.
 *
 * @param where - its place in the state: `place.batch`
 */
export function check_number(where: string, value: unknown, kind: NumberKind): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) check_number(`${where}[${i}]`, item, kind)
    return
  }
  const number =
    value instanceof Tensor && value.numel() === 1
      ? Number(value.item())
      : typeof value === 'bigint'
        ? Number(value)
        : value
  if (typeof number !== 'number')
    throw type_error(
      `load_state_dict(): '${where}' of the state must be ${WORDS[kind]}, not ${type_name(value)}`,
    )
  if (!fits(number, kind))
    throw value_error(`load_state_dict(): '${where}' of the state must be ${WORDS[kind]}, but got ${number}`)
}

/**
 * Throws for numbers of a state that make no sense. What the state lacks, or has null for, is the business of whoever takes
 * it.
 *
 * @param within - where they are in the state: `place`; `''` for the state itself
 */
export function check_numbers(within: string, state: unknown, kinds: NumberKinds): void {
  if (typeof state !== 'object' || state === null) return
  for (const [name, kind] of Object.entries(kinds)) {
    const value: unknown = own_value(state, name)
    if (value !== undefined && value !== null)
      check_number(within === '' ? name : `${within}.${name}`, value, kind)
  }
}
