// Values of JSON, changed at any place in them.

import { number } from '../bytes.mjs'

function other(dice, old) {
  return dice.weighted([
    [4, typeof old === 'number' ? number(dice, old) : number(dice)],
    [1, -number(dice)],
    [1, 0.5],
    [1, null],
    [1, true],
    [1, []],
    [1, {}],
    [1, 'x'.repeat(dice.pick([0, 1, 1000]))],
    [1, dice.pick(['F32', 'F64', 'I8', 'BOOL', 'C64', 'F8_E4M3', '__proto__', '__metadata__', 'F99'])],
    [1, new Array(dice.pick([1, 100, 2000])).fill(number(dice))],
  ])
}

/** The value, with something in it changed. */
export function mutate(dice, value) {
  if (typeof value !== 'object' || value === null || dice.chance(0.1)) return other(dice, value)
  const keys = Object.keys(value)
  const key = keys.length === 0 ? 'new' : dice.pick(keys)
  const copy = Array.isArray(value) ? [...value] : { ...value }
  switch (dice.below(8)) {
    case 0:
      delete copy[key]
      break
    case 1:
      copy[Array.isArray(copy) ? copy.length : dice.pick(['new', '', '__proto__x', key + key])] = copy[key]
      break
    default:
      copy[key] = mutate(dice, copy[key])
  }
  return copy
}
