// Zip archives as lists of records, written without checksums, so that what is damaged is read.

import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { items, number, uint } from '../bytes.mjs'

/** The records of an archive that a good program wrote. */
export function parse(bytes) {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const count = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  const found = []
  for (let i = 0; i < count; i++) {
    const [name_length, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field))
    const [method, packed, header] = [
      bytes.readUInt16LE(at + 10),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt32LE(at + 42),
    ]
    const name = bytes.toString('latin1', at + 46, at + 46 + name_length)
    const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28)
    const raw = bytes.subarray(start, start + packed)
    found.push({ name, bytes: method === 0 ? raw : inflateRawSync(raw) })
    at += 46 + name_length + extra + comment
  }
  return found
}

const field = (dice, value) => (dice.chance(0.03) ? number(dice, value) : value)

/** An archive of records, whose lengths and places now and then lie. */
export function write(dice, records) {
  const parts = []
  const directory = []
  const headers = []
  let at = 0
  for (const { name, bytes } of records) {
    const deflated = dice.chance(0.2)
    const raw = deflated ? deflateRawSync(bytes) : bytes
    const sizes = [field(dice, raw.length), field(dice, bytes.length)]
    const method = dice.chance(0.01) ? dice.below(100) : deflated ? 8 : 0
    const head = Buffer.concat([uint(method, 2), Buffer.alloc(8), uint(sizes[0], 4), uint(sizes[1], 4)])
    const full = Buffer.from(name, 'latin1')
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04\x14\0\0\0', 'latin1'),
      head,
      uint(field(dice, full.length), 2),
      uint(field(dice, 0), 2),
      full,
      raw,
    ])
    headers.push(at)
    const header = dice.chance(0.02) ? dice.pick(headers) : field(dice, at)
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02\x14\0\x14\0\0\0', 'latin1'),
        head,
        uint(field(dice, full.length), 2),
        Buffer.alloc(12),
        uint(header, 4),
        full,
      ]),
    )
    parts.push(local)
    at += local.length
  }
  const listed = Buffer.concat(directory)
  return Buffer.concat([
    ...parts,
    listed,
    Buffer.from('PK\x05\x06\0\0\0\0', 'latin1'),
    uint(0, 2).subarray(0, 0),
    uint(field(dice, records.length), 2),
    uint(field(dice, records.length), 2),
    uint(field(dice, listed.length), 4),
    uint(field(dice, at), 4),
    uint(0, 2),
  ])
}

/** The archive with records changed by `change`, left out or twice. */
export function mutate(dice, bytes, change) {
  const records = parse(bytes)
  const mutated = dice.chance(0.7)
    ? records.map((one) => (dice.chance(0.6) ? change(one) : one))
    : items(dice, records, change)
  return write(dice, mutated)
}
