// Mutations of plain bytes, of lists and of numbers: what every format's own mutations are made of.

export const INTERESTING = [0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 255, 256, 32767, 32768, 65535, 65536]
const LARGE = [
  2 ** 20,
  2 ** 24 - 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 40,
  2 ** 53 - 1,
  Number.MAX_SAFE_INTEGER - 1,
]

/** A number near another, or one at an edge. */
export function number(dice, old = 0) {
  return dice.weighted([
    [3, Math.max(0, old + dice.below(9) - 4)],
    [1, old * 2],
    [1, Math.floor(old / 2)],
    [4, dice.pick(INTERESTING)],
    [3, dice.pick(LARGE)],
    [1, dice.below(2 ** 32)],
  ])
}

/** An unsigned number of so many bytes, whatever of it fits. */
export function uint(value, size, big = false) {
  const bytes = Buffer.alloc(size)
  let rest = BigInt(Math.floor(value))
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[big ? size - 1 - i : i] = Number(rest & 0xffn)
  return bytes
}

/** A list of which items are left out, come twice, change places or are changed by `change`. */
export function items(dice, list, change, others = list) {
  const found = [...list]
  for (let times = 1 + dice.below(3); times > 0; times--) {
    const at = dice.below(found.length + 1)
    switch (dice.below(6)) {
      case 0:
        found.splice(at, 1)
        break
      case 1:
        if (at < found.length) found.splice(dice.below(found.length), 0, found[at])
        break
      case 2: {
        const to = dice.below(found.length + 1)
        const [item] = found.splice(at, 1)
        if (item !== undefined) found.splice(to, 0, item)
        break
      }
      case 3:
        if (others.length > 0) found.splice(at, 0, dice.pick(others))
        break
      default:
        if (at < found.length) found[at] = change(found[at])
    }
    // What comes again and again.
    if (dice.chance(0.02) && at < found.length)
      found.splice(at, 0, ...new Array(dice.pick([10, 1000, 30_000])).fill(found[at]))
  }
  return found
}

/** Bits and bytes changed, lengths made huge, pieces cut, repeated or moved. */
export function bytes(dice, good, times = 1 + dice.below(4)) {
  let found = Buffer.from(good)
  for (; times > 0 && found.length > 8; times--) {
    // Where headers are, as often as anywhere.
    const at = dice.below(dice.chance(0.5) ? Math.min(found.length, 500) : found.length)
    switch (dice.below(8)) {
      case 0:
        found[at] ^= 1 << dice.below(8)
        break
      case 1:
        found[at] = dice.below(256)
        break
      case 2: {
        const size = dice.pick([1, 2, 4, 8])
        uint(number(dice), size, dice.chance(0.5)).copy(found, Math.min(at, found.length - size))
        break
      }
      case 3:
        found = found.subarray(0, at)
        break
      case 4:
        found = Buffer.concat([found.subarray(0, at), found.subarray(at + 1 + dice.below(64))])
        break
      case 5: {
        const piece = found.subarray(at, at + 1 + dice.below(64))
        const to = dice.below(found.length)
        found = Buffer.concat([found.subarray(0, to), piece, found.subarray(to)])
        break
      }
      default: {
        const from = dice.below(found.length)
        found.copy(found, at, from, Math.min(from + 1 + dice.below(32), found.length))
      }
    }
  }
  return found
}
