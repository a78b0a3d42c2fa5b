import { spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bomb, repeated, u16, u32, zeros_deflated } from './bomb.js'

// safetensors, .npy and IDX files, and paths that are no regular files.

function safetensors(header: string | Uint8Array, bytes: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([u32(header.length, 0), Buffer.from(header as Uint8Array), bytes])
}

const empty_tensors = (count: number): Buffer =>
  Buffer.concat([
    Buffer.from('{'),
    ...Array.from({ length: count }, (_, i) =>
      Buffer.from(`${i === 0 ? '' : ','}"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`),
    ),
    Buffer.from('}'),
  ])

function npy(header: string, bytes: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\0', 'latin1'),
    u16(header.length),
    Buffer.from(header, 'latin1'),
    bytes,
  ])
}

const npy_of = (shape: string) => npy(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }`)

const gzip = (deflated: Uint8Array, size: number) =>
  Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), deflated, u32(0, size)])

/** A folder of MNIST's whose images are these bytes. */
function mnist(images: () => Uint8Array, ending: string): (path: string) => void {
  return (path) => {
    mkdirSync(path)
    writeFileSync(join(path, `train-images-idx3-ubyte${ending}`), images())
    writeFileSync(join(path, 'train-labels-idx1-ubyte'), Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 0]))
  }
}

/** A file without blocks: for a reader, as many zeros. */
function hole(path: string): void {
  writeFileSync(path, '')
  truncateSync(path, 3 * 2 ** 30)
}

function pipe(path: string): void {
  spawnSync('mkfifo', [path])
}

export const tables: readonly Bomb[] = [
  {
    name: 'a header of a million empty tensors',
    reader: 'load_file',
    ends: /limit '(records|objects|bytes)'/,
    make: () => safetensors(empty_tensors(1_000_000)),
  },
  {
    name: 'a header of 90 MB of lists in lists',
    reader: 'load_file',
    ends: /limit 'depth'/,
    make: () => safetensors(Buffer.alloc(90_000_000, '[')),
  },
  {
    name: 'a header of 90 MB of numbers',
    reader: 'load_file',
    ends: /limit '(objects|bytes)'/,
    make: () => safetensors(Buffer.concat([Buffer.from('[1'), repeated(',1', 45_000_000), Buffer.from(']')])),
  },
  {
    name: 'a tensor of a million dimensions',
    reader: 'load_file',
    ends: /has no shape/,
    make: () =>
      safetensors(
        `{"a":{"dtype":"F32","shape":[1${',1'.repeat(1_000_000)}],"data_offsets":[0,4]}}`,
        Buffer.alloc(4),
      ),
  },
  {
    name: 'tensors over the same bytes',
    reader: 'load_file',
    ends: /begins at byte 0, and the one before it ends at/,
    make: () =>
      safetensors(
        `{${Array.from({ length: 5000 }, (_, i) => `"t${i}":{"dtype":"U8","shape":[1048576],"data_offsets":[0,1048576]}`).join()}}`,
        Buffer.alloc(1 << 20),
      ),
  },
  {
    name: 'a header of 2^63 bytes',
    reader: 'load_file',
    ends: /is more than the format allows/,
    make: () => Buffer.concat([u32(0, 0x80000000), Buffer.alloc(100)]),
  },
  {
    name: 'a name of 50 MB, of a dtype of 40 MB',
    reader: 'load_file',
    ends: /is of dtype/,
    make: () =>
      safetensors(
        `{"${'n'.repeat(50_000_000)}":{"dtype":"${'d'.repeat(40_000_000)}","shape":[],"data_offsets":[0,0]}}`,
      ),
  },
  {
    name: 'an array of 2^53 elements',
    reader: 'npy',
    ends: /are there/,
    make: () => npy_of('(9007199254740991,)'),
  },
  {
    name: 'an array of no element and dimensions without end',
    reader: 'npy',
    ends: /shape is not valid|storage|negative|overflow/,
    make: () => npy_of(`(0, ${'9007199254740991, '.repeat(70)})`),
  },
  {
    name: 'a header of 60,000 bytes',
    reader: 'npy',
    ends: /more than 10000 are not read/,
    make: () => npy(' '.repeat(60_000)),
  },
  {
    name: 'a header of brackets, which a pattern may try in many ways',
    reader: 'npy',
    ends: /cannot parse header|correct keys|structured/,
    make: () => npy(`{'descr': ${'['.repeat(4000)}${']'.repeat(4000)}, `),
  },
  {
    name: '3 GB of IDX in 3 MB',
    reader: 'mnist',
    ends: /limit 'bytes'/,
    write: mnist(() => gzip(zeros_deflated(3000), 3000 * 2 ** 20), '.gz'),
  },
  {
    name: '3 GB of IDX in 3 MB that say 100 bytes',
    reader: 'mnist',
    ends: /limit 'bytes'|is damaged/,
    write: mnist(() => gzip(zeros_deflated(3000), 100), '.gz'),
  },
  {
    name: '1,000 gzip files after each other',
    reader: 'mnist',
    ends: /limit 'bytes'|is damaged/,
    write: mnist(() => repeated(gzip(zeros_deflated(1), 1 << 20), 1000), '.gz'),
  },
  {
    name: 'an IDX shape of 2^96 elements',
    reader: 'mnist',
    ends: /and its shape/,
    write: mnist(() => Buffer.from([0, 0, 8, 3, ...new Array<number>(12).fill(255)]), ''),
  },
  {
    name: 'a hole of 3 GB for MNIST',
    reader: 'mnist',
    ends: /is not of the IDX format/,
    write: (path) => {
      mkdirSync(path)
      hole(join(path, 'train-images-idx3-ubyte'))
    },
  },
  ...(['load', 'load_file', 'npy', 'npz', 'open', 'decode'] as const).map(
    (reader): Bomb => ({
      name: 'a hole of 3 GB',
      reader,
      ends: /no zip archive|header|at most \d+ are read|no \.npy file|failed finding central directory/,
      write: hole,
    }),
  ),
  { name: 'a pipe for torch.load', reader: 'load', ends: /is no regular file/, write: pipe },
  { name: 'a pipe for Image.open', reader: 'open', ends: /is no regular file/, write: pipe },
  { name: 'a pipe for load_file', reader: 'load_file', ends: /is no regular file/, write: pipe },
  {
    name: 'a pipe for MNIST',
    reader: 'mnist',
    ends: /is no regular file/,
    write: (path) => {
      mkdirSync(path)
      pipe(join(path, 'train-images-idx3-ubyte'))
    },
  },
]
