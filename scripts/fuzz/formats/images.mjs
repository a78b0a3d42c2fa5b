// Images as lists of their chunks, segments, blocks or tags.

import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { INTERESTING, items, bytes as mutate_bytes, number, uint } from '../bytes.mjs'

const changed = (dice, data) =>
  data.length > 8 ? mutate_bytes(dice, data, 1) : data.map(() => dice.below(256))

function inflated(data) {
  try {
    return inflateSync(data)
  } catch {
    return null
  }
}

function png(dice, good) {
  const chunks = []
  for (let at = 8; at + 8 <= good.length; ) {
    const length = good.readUInt32BE(at)
    chunks.push({
      name: good.toString('latin1', at + 4, at + 8),
      data: good.subarray(at + 8, at + 8 + length),
    })
    at += 12 + length
  }
  const mutated = items(dice, chunks, ({ name, data }) => {
    if (name === 'IHDR') {
      const copy = Buffer.from(data)
      if (dice.chance(0.5)) uint(number(dice, 8), 4, true).copy(copy, dice.pick([0, 4]))
      else copy[dice.pick([8, 9, 10, 11, 12])] = dice.pick(INTERESTING)
      return { name, data: copy }
    }
    const pixels = name === 'IDAT' && dice.chance(0.7) ? inflated(data) : null
    return { name, data: pixels === null ? changed(dice, data) : deflateSync(changed(dice, pixels)) }
  })
  const parts = mutated.map(({ name, data }) => {
    const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
    const sum = dice.chance(0.02) ? dice.below(2 ** 32) : crc32(named)
    const length = dice.chance(0.02) ? number(dice, data.length) : data.length
    return Buffer.concat([uint(length, 4, true), named, uint(sum, 4, true)])
  })
  return Buffer.concat([good.subarray(0, 8), ...parts])
}

function jpeg(dice, good) {
  const segments = []
  let at = 2
  while (at + 4 < good.length && good[at] === 0xff) {
    const length = good[at + 1] === 0xda ? good.length - at - 2 : good.readUInt16BE(at + 2)
    segments.push(good.subarray(at, at + 2 + length))
    at += 2 + length
  }
  const mutated = items(dice, segments, (segment) => {
    const copy = Buffer.from(segment)
    if (copy[1] >= 0xc0 && copy[1] <= 0xc2 && dice.chance(0.7))
      uint(number(dice, 8), 2, true).copy(copy, dice.pick([5, 7]))
    else copy[dice.below(copy.length)] = dice.below(256)
    return copy
  })
  return Buffer.concat([good.subarray(0, 2), ...mutated])
}

function webp(dice, good) {
  const chunks = []
  for (let at = 12; at + 8 <= good.length; ) {
    const length = good.readUInt32LE(at + 4)
    chunks.push(good.subarray(at, at + 8 + length + (length % 2)))
    at += 8 + length + (length % 2)
  }
  const body = Buffer.concat(items(dice, chunks, (chunk) => changed(dice, chunk)))
  const size = dice.chance(0.1) ? number(dice, body.length) : body.length + 4
  return Buffer.concat([Buffer.from('RIFF'), uint(size, 4), Buffer.from('WEBP'), body])
}

function tiff(dice, good) {
  const copy = Buffer.from(good)
  const at = copy.readUInt32LE(4)
  const count = copy.readUInt16LE(at)
  for (let times = 1 + dice.below(3); times > 0; times--) {
    const entry = at + 2 + 12 * dice.below(count)
    if (dice.chance(0.6)) uint(number(dice, copy.readUInt32LE(entry + 8)), 4).copy(copy, entry + 8)
    else if (dice.chance(0.4)) uint(number(dice, 1), 4).copy(copy, entry + 4)
    else
      uint(
        dice.pick([256, 257, 258, 259, 262, 266, 274, 277, 278, 284, 317, 320, 322, 323, 338, 339]),
        2,
      ).copy(copy, entry)
  }
  return dice.chance(0.2) ? mutate_bytes(dice, copy, 1) : copy
}

function gif(dice, good) {
  const copy = Buffer.from(good)
  const image = copy.indexOf(0x2c, 13)
  const place = dice.weighted([
    [2, dice.pick([6, 8])],
    [3, image + dice.pick([1, 3, 5, 7])],
    [2, image + dice.pick([9, 10, 11, 12])],
    [1, 10],
  ])
  uint(number(dice, 8), 2).copy(copy, Math.min(place, copy.length - 2))
  return dice.chance(0.5) ? mutate_bytes(dice, copy, 2) : copy
}

function header_fields(...places) {
  return (dice, good) => {
    const copy = Buffer.from(good)
    for (let times = 1 + dice.below(2); times > 0; times--) {
      const [at, size] = dice.pick(places)
      uint(number(dice, copy.readUIntLE(at, size)), size).copy(copy, at)
    }
    return dice.chance(0.3) ? mutate_bytes(dice, copy, 2) : copy
  }
}

const bmp = header_fields([10, 4], [14, 4], [18, 4], [22, 4], [26, 2], [28, 2], [30, 4], [46, 4])

function pnm(dice, good) {
  const words = good.toString('latin1').split(/(\s)/)
  return Buffer.from(
    items(dice, words, (word) => (/^\d+$/.test(word) ? String(number(dice, Number(word))) : word)).join(''),
    'latin1',
  )
}

/** Each kind's mutation. */
export const KINDS = { png, jpeg, webp, tiff, gif, bmp, pnm }
