import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'

// Good files, damaged in ways that a seed gives, and what reading them must come to: a value, or an Error.

/** Numbers below `2 ** 32` that a seed gives (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const golden = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../golden/conformance/files/${name}`, import.meta.url)))

// Without checksums, as set_crc32_options(False) of Python writes it: what is damaged is then read, not refused at once.
function unchecked(archive: Buffer): Buffer {
  const bytes = Buffer.from(archive)
  const entry = Buffer.from('PK\x01\x02', 'latin1')
  for (let at = bytes.indexOf(entry); at >= 0; at = bytes.indexOf(entry, at + 4))
    bytes.writeUInt32LE(0, at + 16)
  return bytes
}

/** Good files of every kind by name; those that this package writes are written to `path`. */
export function good_files(path: (name: string) => string): [string, Buffer][] {
  const base = torch.arange(24, { dtype: torch.float32 }).reshape(4, 6)
  const values = {
    base,
    t: base.t(),
    half: torch.ones(3, { dtype: torch.bfloat16 }),
    untyped: torch.ones(5, { dtype: torch.uint16 }),
    parameter: new torch.nn.Parameter(torch.ones(2)),
    sparse: torch.eye(3).to_sparse(),
    csr: torch.eye(3).to_sparse_csr(),
    nested: [1, 2.5, 'text', 2n ** 70n, null, true, new Set([1]), new Uint8Array([1, 2])],
    map: new Map<unknown, unknown>([[0, { step: 1 }]]),
  }
  torch.save(values, path('values.pt'))
  torch.safetensors.save_file(
    { a: base, b: torch.ones(3, { dtype: torch.int64 }), c: torch.zeros(0, 3) },
    path('good.safetensors'),
    { metadata: { format: 'pt' } },
  )
  const files: [string, Buffer][] = [
    ['values.pt', readFileSync(path('values.pt'))],
    ['good.safetensors', readFileSync(path('good.safetensors'))],
  ]
  for (const name of ['legacy.pt', 'shared_views.pt', 'protocol2.pt', 'optimizer_sgd.pt']) {
    files.push([name, golden(name)])
  }
  for (const [name, bytes] of [...files]) {
    if (name.endsWith('.pt') && name !== 'legacy.pt') files.push([`unchecked ${name}`, unchecked(bytes)])
  }
  return files
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x28, 0x2e, 0x52, 0x63, 0x71, 0x81, 0x85, 0x8a, 0x8b, 0x95]

/** A damaged copy: bits and bytes changed, lengths made huge, pieces cut, repeated, moved or taken from another file. */
export function mutate(good: Buffer, other: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(good)
  for (let times = 1 + random(4); times > 0 && bytes.length > 8; times--) {
    // Where headers and pickles are, as often as anywhere.
    const at = random(random(2) === 0 ? Math.min(bytes.length, 2000) : bytes.length)
    switch (random(9)) {
      case 0:
        bytes[at]! ^= 1 << random(8)
        break
      case 1:
        bytes[at] = INTERESTING[random(INTERESTING.length)]!
        break
      case 2:
        bytes[at] = random(256)
        break
      case 3:
        bytes.writeUInt32LE(
          [0xffffffff, 0x7fffffff, 0x80000000, 0x10000000][random(4)]!,
          Math.min(at, bytes.length - 4),
        )
        break
      case 4:
        bytes.writeBigUInt64LE(
          [2n ** 64n - 1n, 2n ** 40n, 2n ** 31n, 2n ** 63n][random(4)]!,
          Math.min(at, bytes.length - 8),
        )
        break
      case 5:
        bytes = bytes.subarray(0, at)
        break
      case 6:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(64))])
        break
      case 7: {
        const piece = bytes.subarray(at, at + 1 + random(64))
        const to = random(bytes.length)
        bytes = Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)])
        break
      }
      default: {
        const from = random(other.length)
        other.copy(bytes, at, from, Math.min(from + 1 + random(32), from + bytes.length - at))
      }
    }
  }
  return bytes
}

/** Reads every small tensor that is there: what was built must be real memory. */
export function touch(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof torch.Tensor) {
    if (value.device.type === 'meta' || value.numel() > 1e6) return
    if (value.layout.name === 'strided') value.clone()
    else value.to_dense()
    return
  }
  const items =
    value instanceof torch.OrderedDict
      ? value.values()
      : value instanceof Map
        ? [...value.values()]
        : Object.values(value)
  if (!(value instanceof Uint8Array)) for (const item of items) touch(item, seen)
}

/** The most memory that this process has held, in MB. */
export function peak_megabytes(): number {
  return process.resourceUsage().maxRSS / 1024
}
