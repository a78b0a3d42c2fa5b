import { writeFileSync } from 'node:fs'

// Files of torch.save whose records are what a test wants, in the shortest zip there is: no checksums.

/** Writes an archive of records by name. */
export function forge_archive(path: string, records: Record<string, Uint8Array | string>): string {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, content] of Object.entries(records)) {
    const [bytes, full_name] = [Buffer.from(content as Uint8Array), Buffer.from(`archive/${name}`)]
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(full_name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    for (const field of [20, 24]) entry.writeUInt32LE(bytes.length, field)
    entry.writeUInt16LE(full_name.length, 28)
    entry.writeUInt32LE(at, 42)
    parts.push(local, full_name, bytes)
    directory.push(entry, full_name)
    at += 30 + full_name.length + bytes.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Object.keys(records).length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(at, 16)
  writeFileSync(path, Buffer.concat([...parts, entries, end]))
  return path
}

/** A pickle of protocol 2 from its instructions: text, bytes, numbers of one byte. */
export function pickle(...parts: (string | number | Uint8Array)[]): Buffer {
  const pieces = parts.map((part) =>
    typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part as string),
  )
  return Buffer.concat([Buffer.from([0x80, 2]), ...pieces, Buffer.from('.')])
}

/** BINUNICODE of a short text. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([0x58, bytes.length, 0, 0, 0]), bytes])
}

/** A storage's reference: `count` elements of a class under a key. */
export function storage(kind: string, key: string, count: number): Buffer {
  const size = Buffer.from([0x4a, 0, 0, 0, 0])
  size.writeInt32LE(count, 1)
  return Buffer.concat([
    Buffer.from('('),
    text('storage'),
    Buffer.from(`ctorch\n${kind}\n`),
    text(key),
    text('cpu'),
    size,
    Buffer.from('tQ'),
  ])
}
