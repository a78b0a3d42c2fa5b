// The mutated file of a seed and a number: always the same one.

import { gzipSync } from 'node:zlib'
import { Dice } from '../hazards/dice.mjs'
import { bytes, number, uint } from './bytes.mjs'
import { KINDS } from './formats/images.mjs'
import * as json from './formats/json.mjs'
import * as pickle from './formats/pickle.mjs'
import * as zip from './formats/zip.mjs'

// Mutated before, it may be no JSON any more.
function kinds(dice, text) {
  try {
    return Buffer.from(JSON.stringify(json.mutate(dice, JSON.parse(text))) ?? '')
  } catch {
    return bytes(dice, text, 1)
  }
}

function archive(dice, { archives }) {
  const other = zip.parse(dice.pick(archives)).find(({ name }) => name.endsWith('data.pkl')).bytes
  return zip.mutate(dice, dice.pick(archives), (record) => {
    if (record.name.endsWith('data.pkl'))
      return { ...record, bytes: pickle.mutate(dice, record.bytes, other) }
    if (record.name.endsWith('.json') && dice.chance(0.7))
      return { ...record, bytes: kinds(dice, record.bytes) }
    if (dice.chance(0.1))
      return { ...record, name: dice.pick([`x/${record.name}`, record.name.replace(/\d+$/, '1'), '']) }
    return { ...record, bytes: bytes(dice, record.bytes, 1) }
  })
}

function legacy(dice, seeds) {
  const file = dice.pick(seeds.legacy)
  const parts = []
  let at = 0
  for (let i = 0; i < 5; i++) {
    const { end } = pickle.parse(file, at)
    parts.push(file.subarray(at, end))
    at = end
  }
  const which = dice.weighted([[1, 0], [1, 1], [1, 2], [6, 3], [3, 4]]) // biome-ignore format: pairs
  parts[which] = pickle.mutate(dice, parts[which])
  const rest = dice.chance(0.5) ? bytes(dice, file.subarray(at), 1) : file.subarray(at)
  return Buffer.concat([...parts, rest])
}

function safetensors(dice, seeds) {
  const file = dice.pick(seeds.safetensors)
  const length = Number(file.readBigUInt64LE())
  let header = JSON.parse(file.toString('utf8', 8, 8 + length))
  for (let times = 1 + dice.below(3); times > 0; times--) header = json.mutate(dice, header)
  let text = Buffer.from(JSON.stringify(header) ?? '')
  if (dice.chance(0.1)) text = bytes(dice, text, 1)
  if (dice.chance(0.02)) text = Buffer.alloc(100_000, dice.pick(['[', '{"a":', '[],', '"']))
  const said = dice.chance(0.05) ? number(dice, text.length) : text.length
  return Buffer.concat([uint(said, 8), text, file.subarray(8 + length)])
}

function npy(dice, file) {
  const length = file.readUInt16LE(8)
  const text = file.toString('latin1', 10, 10 + length)
  const mutated = text
    .replace(/\d+/g, (digits) => (dice.chance(0.3) ? String(number(dice, Number(digits))) : digits))
    .replace(/[(){}',:]/g, (sign) => (dice.chance(0.02) ? dice.pick([...'(){}[]\',: L']) : sign))
    .replace(/'[<|]..?'/, (descr) => (dice.chance(0.2) ? dice.pick(["'>f8'", "'|O'", "'<c16'", "'<U4'", "[('a', '<f4')]"]) : descr)) // biome-ignore format: one line
  const body = Buffer.from(mutated, 'latin1')
  const said = dice.chance(0.05) ? number(dice, body.length) : body.length
  const version = Buffer.from([dice.chance(0.05) ? dice.below(5) : 1, 0])
  return Buffer.concat([file.subarray(0, 6), version, uint(said, 2), body, file.subarray(10 + length)])
}

function idx(dice) {
  const shape = [3, 2, 2].map((size) => (dice.chance(0.3) ? number(dice, size) : size))
  const head = Buffer.from([
    0,
    0,
    dice.chance(0.05) ? dice.below(16) : 8,
    dice.chance(0.1) ? dice.below(6) : 3,
  ])
  return Buffer.concat([
    head,
    ...shape.map((size) => uint(size, 4, true)),
    Buffer.alloc(dice.chance(0.2) ? dice.below(50) : 12, 5),
  ])
}

const zipped = (dice, file) => {
  const packed = gzipSync(file)
  return dice.chance(0.6) ? bytes(dice, packed, 1) : packed
}

/** Each format's mutation, how often it is taken, and what reads it. */
const FORMATS = {
  pt: { weight: 8, readers: ['load', 'load', 'mmap', 'meta', 'unsafe_globals'], make: archive },
  legacy: { weight: 3, readers: ['load'], make: legacy },
  safetensors: { weight: 3, readers: ['load_file', 'map_file', 'slices', 'load_bytes'], make: safetensors },
  npy: { weight: 2, readers: ['npy'], make: (dice, seeds) => npy(dice, dice.pick(seeds.npy)) },
  npz: {
    weight: 2,
    readers: ['npz'],
    make: (dice, seeds) =>
      zip.mutate(dice, dice.pick(seeds.npz), (record) => ({ ...record, bytes: npy(dice, record.bytes) })),
  },
  idx: { weight: 1, readers: ['idx'], make: idx },
  idx_gz: { weight: 1, readers: ['idx_gz'], make: (dice) => zipped(dice, idx(dice)) },
  cifar: {
    weight: 2,
    readers: ['cifar'],
    make: (dice, seeds) => pickle.mutate(dice, dice.pick(seeds.cifar)),
  },
  ...Object.fromEntries(
    Object.entries(KINDS).map(([kind, mutate]) => [
      kind,
      {
        weight: 2,
        readers: ['open', 'decode'],
        make: (dice, seeds) => mutate(dice, dice.pick(seeds.images[kind])),
      },
    ]),
  ),
}

/** The names of all formats. */
export const NAMES = Object.keys(FORMATS)

/** `{ format, reader, file }` of a number. */
export function make_file(seed, number, seeds, formats = NAMES) {
  const dice = new Dice(seed, number)
  const format = dice.weighted(formats.map((name) => [FORMATS[name].weight, name]))
  const { readers, make } = FORMATS[format]
  const reader = dice.pick(readers)
  const made = make(dice, seeds)
  return { format, reader, file: dice.chance(0.1) ? bytes(dice, made) : made }
}
