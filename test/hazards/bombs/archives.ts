import { type Bomb, u16, u32, zeros_deflated } from './bomb.js'

// Zip archives whose records, directories or lengths lie: .pt and .npz.

interface Entry {
  name: string
  /** What stands in the file; null where another entry's bytes are used. */
  bytes: Uint8Array | null
  deflated?: boolean
  /** Its length as the archive says. Default: that of its bytes. */
  size?: number
  packed?: number
  /** Where its local header is said to be. Default: where it is. */
  header?: number
  /** Lengths of the local header's name and extra field. Default: the name's, and none. */
  local_lengths?: [number, number]
}

/** An archive that says of its entries whatever a test wants. */
export function zip(entries: readonly Entry[], end: { count?: number; length?: number } = {}): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes, deflated = false, header = at, local_lengths, ...said } of entries) {
    const packed = said.packed ?? bytes?.length ?? 0
    const size = said.size ?? packed
    const method = u16(deflated ? 8 : 0)
    const head = [method, Buffer.alloc(4), u32(0, packed, size)]
    if (bytes !== null) {
      const local = Buffer.concat([
        u32(0x04034b50),
        u16(20, 0),
        ...head,
        u16(...(local_lengths ?? [name.length, 0])),
        Buffer.from(name),
        bytes,
      ])
      parts.push(local)
      at += local.length
    }
    directory.push(
      Buffer.concat([
        u32(0x02014b50),
        u16(20, 20, 0),
        ...head,
        u16(name.length, 0, 0, 0, 0),
        u32(0, header),
        Buffer.from(name),
      ]),
    )
  }
  const listed = Buffer.concat(directory)
  const count = end.count ?? entries.length
  return Buffer.concat([
    ...parts,
    listed,
    u32(0x06054b50),
    u16(0, 0, Math.min(count, 0xffff), Math.min(count, 0xffff)),
    u32(end.length ?? listed.length, at),
    u16(0),
  ])
}

const pickle = (text: string) => Buffer.from(`\x80\x02${text}.`, 'latin1')

/** Zero bytes as a .npy file has them, compressed. */
function npy_zeros(megabytes: number): { bytes: Buffer; size: number } {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${megabytes * 2 ** 20},), }`.padEnd(117)
  const head = Buffer.concat([Buffer.from('\x93NUMPY\x01\0', 'latin1'), u16(118), Buffer.from(`${text}\n`)])
  // A stored block that is not the last one, then the zeros.
  const stored = Buffer.concat([Buffer.from([0]), u16(head.length, 0xffff - head.length), head])
  return {
    bytes: Buffer.concat([stored, zeros_deflated(megabytes)]),
    size: head.length + megabytes * 2 ** 20,
  }
}

function shared_stream(count: number, folder: string, megabytes: number): Entry[] {
  const bytes = zeros_deflated(megabytes)
  const first: Entry = { name: `${folder}data/0`, bytes, deflated: true, size: megabytes << 20 }
  const others = Array.from({ length: count - 1 }, (_, i) => ({
    ...first,
    name: `${folder}data/${i + 1}`,
    bytes: null,
    packed: bytes.length,
    header: 0,
  }))
  return [first, ...others]
}

const storage = (key: string, count: number) =>
  `(X\x07\0\0\0storagectorch\nByteStorage\nX${u32(key.length).toString('latin1')}${key}X\x03\0\0\0cpuJ${u32(count).toString('latin1')}tQ`

export const archives: readonly Bomb[] = [
  {
    name: '1,500 records over one deflate stream',
    reader: 'load',
    ends: /overlaps what begins at byte/,
    make: () => {
      const all = Array.from({ length: 1500 }, (_, i) => storage(String(i), 4 << 20)).join('')
      return zip([...shared_stream(1500, 'a/', 4), { name: 'a/data.pkl', bytes: pickle(`](${all}e`) }])
    },
  },
  {
    name: 'arrays over one deflate stream',
    reader: 'npz',
    ends: /overlaps what begins at byte/,
    make: () => {
      const { bytes, size } = npy_zeros(16)
      const first: Entry = { name: '0.npy', bytes, deflated: true, size }
      const others = Array.from({ length: 255 }, (_, i) => ({
        ...first,
        name: `${i + 1}.npy`,
        bytes: null,
        packed: bytes.length,
        header: 0,
      }))
      return zip([first, ...others])
    },
  },
  {
    name: 'a record that begins in another one',
    reader: 'npz',
    ends: /overlaps what begins at byte/,
    make: () => {
      const { bytes, size } = npy_zeros(1)
      return zip([
        { name: 'a.npy', bytes, deflated: true, size },
        { name: 'b.npy', bytes: null, packed: bytes.length - 50, header: 60, deflated: true, size },
      ])
    },
  },
  {
    name: 'a local header whose name reaches into the next record',
    reader: 'npz',
    ends: /overlaps what begins at byte/,
    make: () => {
      const { bytes, size } = npy_zeros(1)
      const entry = { bytes, deflated: true, size }
      return zip([
        { ...entry, name: 'a.npy', local_lengths: [0xffff, 0xffff] },
        ...Array.from({ length: 80 }, (_, i) => ({ ...entry, name: `b${i}.npy` })),
      ])
    },
  },
  {
    name: 'an array of 4 GB in one deflate stream',
    reader: 'npz',
    ends: /limit 'bytes'/,
    make: () => zip([{ name: 'a.npy', deflated: true, ...npy_zeros(4000) }]),
  },
  {
    name: 'many arrays that are large together',
    reader: 'npz',
    ends: /limit 'bytes'/,
    make: () =>
      zip(Array.from({ length: 64 }, (_, i) => ({ name: `${i}.npy`, deflated: true, ...npy_zeros(16) }))),
  },
  {
    name: 'a record that is longer than it says',
    reader: 'npz',
    ends: /is damaged/,
    make: () => zip([{ name: 'a.npy', deflated: true, ...npy_zeros(500), size: 1000 }]),
  },
  {
    name: 'a record of 128 bytes that says 120 MB',
    reader: 'npz',
    ends: /and \d+ cannot/,
    make: () => zip([{ name: 'a.npy', deflated: true, bytes: Buffer.alloc(128), size: 120 << 20 }]),
  },
  {
    name: 'a directory of 60,000 entries in 46 bytes',
    reader: 'load',
    ends: /is not in the file/,
    make: () => zip([{ name: 'a/data.pkl', bytes: pickle('N') }], { count: 60_000 }),
  },
  {
    name: 'a directory of 65,534 arrays that are not there',
    reader: 'npz',
    ends: /overlaps what begins at byte|is not where/,
    make: () => zip(Array.from({ length: 65_534 }, (_, i) => ({ name: `${i}.npy`, bytes: null, header: 0 }))),
  },
  {
    name: 'a version of 500 MB',
    reader: 'load',
    ends: /is no word/,
    make: () =>
      zip([
        { name: 'a/data.pkl', bytes: pickle('N') },
        { name: 'a/version', bytes: zeros_deflated(500), deflated: true, size: 500 << 20 },
      ]),
  },
  {
    name: 'the kinds of JavaScript as lists in lists',
    reader: 'load',
    ends: /limit 'depth'/,
    make: () =>
      zip([
        { name: 'a/data.pkl', bytes: pickle('N') },
        { name: 'a/javascript.json', bytes: Buffer.alloc(20 << 20, '[') },
      ]),
  },
  {
    name: 'the kinds of JavaScript as ten million empty objects',
    reader: 'load',
    ends: /limit '(bytes|objects)'/,
    make: () =>
      zip([
        { name: 'a/data.pkl', bytes: pickle('N') },
        { name: 'a/javascript.json', bytes: Buffer.alloc(30_000_001, '[{},'.slice(1)) },
      ]),
  },
  {
    name: 'a storage of 300 MB in 300 KB',
    reader: 'load',
    ends: /limit 'bytes'/,
    make: () =>
      zip([
        { name: 'a/data/0', bytes: zeros_deflated(300), deflated: true, size: 300 << 20 },
        { name: 'a/data.pkl', bytes: pickle(storage('0', 300 << 20)) },
      ]),
  },
]
