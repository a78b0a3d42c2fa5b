import { zip } from './archives.js'
import { type Bomb, repeated, u32 } from './bomb.js'

// Pickles: those of .pt archives, of older files and of CIFAR's batches. A letter is an instruction.

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const length = (count: number) => u32(count).toString('latin1')
const text = (value: string) => `X${length(Buffer.byteLength(value))}${value}`
const int = (value: number) => `J${length(value >>> 0)}`
/** A whole number of 64 bits. */
const long = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return `\x8a\x08${bytes.toString('latin1')}`
}
const get = (index: number) => `j${length(index)}`
const put = (index: number) => `r${length(index)}`
const storage = (key: string, count: number, kind = 'FloatStorage') =>
  `(${text('storage')}ctorch\n${kind}\n${text(key)}${text('cpu')}${int(count)}tQ`
const REBUILD = 'ctorch._utils\n_rebuild_tensor_v2\n'

type Parts = readonly (string | Uint8Array)[]

function pickle(...parts: Parts): Buffer {
  return Buffer.concat(
    ['\x80\x02', ...parts, '.'].map((part) => (typeof part === 'string' ? latin1(part) : part)),
  )
}

function archive(...parts: Parts): Buffer {
  return zip([
    { name: 'a/data.pkl', bytes: pickle(...parts) },
    { name: 'a/data/0', bytes: Buffer.alloc(64) },
  ])
}

/** A list of so many numbers as memo 0, and then an instruction again and again. */
const over_list = (items: number, again: string, times: number, kept = '') =>
  archive(
    ']',
    put(0),
    '(',
    latin1(Array.from({ length: items }, (_, i) => int(i)).join('')),
    'e',
    kept,
    '](',
    repeated(latin1(again), times),
    'e',
  )

/** Tuples in tuples, each twice: as a text it would be longer than any memory. */
const TOWER = `)${'\x32\x86'.repeat(60)}`

const tensor = (of: { size: string; stride: string; count?: number; kind?: string }) =>
  `${REBUILD}(${storage('0', of.count ?? 1, of.kind)}K\x00${of.size}${of.stride}\x89NtR`

const bomb = (
  name: string,
  ends: Bomb['ends'],
  make: () => Uint8Array,
  reader: Bomb['reader'] = 'load',
): Bomb => ({
  name: `a pickle of ${name}`,
  reader,
  ends,
  make,
})

const MEMORY = /limit '(bytes|objects|records)'/

const LEGACY_HEAD = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.'

export const pickles: readonly Bomb[] = [
  bomb('sets over one list', MEMORY, () =>
    over_list(25_000, `${get(1)}${get(0)}\x85R`, 12_000, `c__builtin__\nset\n${put(1)}0`),
  ),
  bomb('Counters over one dict', MEMORY, () =>
    archive(
      `}${put(0)}(`,
      Buffer.concat(Array.from({ length: 20_000 }, (_, i) => latin1(`${int(i)}K\x01`))),
      `uccollections\nCounter\n${put(1)}0](`,
      repeated(latin1(`${get(1)}${get(0)}\x85R`), 10_000),
      'e',
    ),
  ),
  bomb('sizes over one list', MEMORY, () =>
    over_list(25_000, `${get(1)}${get(0)}\x85R`, 12_000, `ctorch\nSize\n${put(1)}0`),
  ),
  bomb('bytes of one text', MEMORY, () =>
    archive(
      `X${length(100_000)}`,
      Buffer.from('é'.repeat(50_000)),
      put(0),
      `c_codecs\nencode\n${put(1)}`,
      `${text('latin1')}${put(2)}00](`,
      repeated(latin1(`${get(1)}${get(0)}${get(2)}\x86R`), 8000),
      'e',
    ),
  ),
  bomb('an OrderedDict that gets one dict as attributes again and again', MEMORY, () =>
    archive(
      `}${put(0)}(`,
      Buffer.concat(Array.from({ length: 20_000 }, (_, i) => latin1(`${text(`k${i}`)}K\x01`))),
      'uccollections\nOrderedDict\n)R',
      repeated(latin1(`${get(0)}b`), 30_000),
    ),
  ),
  bomb('tensors of sizes without end', /at most 1000 are read|limit/, () =>
    archive(
      `${storage('0', 1)}${put(0)}0`,
      '(',
      repeated(latin1('K\x01'), 50_000),
      `t${put(1)}0${REBUILD}${put(2)}0](`,
      repeated(latin1(`${get(2)}(${get(0)}K\x00${get(1)}${get(1)}\x89NtR`), 5000),
      'e',
    ),
  ),
  bomb('half a million tensors over one storage', MEMORY, () =>
    archive(
      `${storage('0', 1)}${put(0)}0K\x01\x85${put(1)}0${REBUILD}${put(2)}0](`,
      repeated(latin1(`${get(2)}(${get(0)}K\x00${get(1)}${get(1)}\x89NtR`), 500_000),
      'e',
    ),
  ),
  bomb('five million empty dicts', MEMORY, () => archive(']', '(', repeated('}', 5_000_000), 'e')),
  bomb('twenty million empty lists', MEMORY, () => archive(']', '(', repeated(']', 20_000_000), 'e')),
  bomb('ten million empty tuples', MEMORY, () => archive(']', '(', repeated(')', 10_000_000), 'e')),
  bomb('five million empty sets', MEMORY, () => archive(']', '(', repeated(latin1('\x8f'), 5_000_000), 'e')),
  bomb('ten million places of its memo', MEMORY, () => archive('N', repeated(latin1('\x94'), 10_000_000))),
  bomb('four million times the same value', 'value', () => archive(']', '(N', repeated('2', 4_000_000), 'e')),
  bomb('tuples in tuples', /nested too deeply.*limit 'depth'/, () =>
    archive(')', repeated(latin1('\x85'), 1_000_000)),
  ),
  bomb('lists in lists', /nested too deeply.*limit 'depth'/, () =>
    archive(repeated(']', 300_000), repeated('a', 299_999)),
  ),
  bomb('dicts in dicts', /nested too deeply.*limit 'depth'/, () =>
    archive(repeated(latin1('}K\x01'), 100_000), 'N', repeated('s', 100_000)),
  ),
  bomb('a set in which a list holds the set', 'value', () =>
    archive(`]${put(0)}\x8f${put(1)}(${get(0)}\x90${get(0)}${get(1)}a0`),
  ),
  bomb('a number of 2 GB', /truncated/, () => archive(`\x8b${length(0x7fffffff)}`)),
  bomb('a text of 2^63 bytes', /truncated/, () => archive(`\x8d${'\xff'.repeat(8)}`)),
  bomb('a name of 8 MB', /Unsupported global/, () => archive(text('a'.repeat(8_000_000)), text('b'), '\x93')),
  bomb('a device of a tower of tuples', /a device is made of array/, () =>
    archive(`ctorch\ndevice\n${TOWER}\x85R`),
  ),
  bomb('a complex number of towers of tuples', /must be a number, not array/, () =>
    archive(`c__builtin__\ncomplex\n${TOWER}2\x86R`),
  ),
  bomb('a layout of a tower of tuples', /no layout is called/, () =>
    archive(`ctorch.serialization\n_get_layout\n${TOWER}\x85R`),
  ),
  bomb('a storage of a tower of tuples', /described in a way that is not known/, () =>
    archive(`(${text('storage')}ctorch\nFloatStorage\n${TOWER}${TOWER}K\x01tQ`),
  ),
  bomb('a reference to a tower of tuples', /Only persistent_load of storage is allowed/, () =>
    archive(`(${TOWER}tQ`),
  ),
  bomb('a quantized tensor of towers of tuples', /are none/, () =>
    archive(
      `ctorch._utils\n_rebuild_qtensor\n(${storage('0', 1, 'QInt8Storage')}K\x00K\x01\x85K\x01\x85(ctorch\nper_tensor_affine\n${TOWER}${TOWER}t\x89NtR`,
    ),
  ),
  bomb('a quantized tensor of 2^40 elements', /limit 'bytes'/, () =>
    archive(
      `ctorch._utils\n_rebuild_qtensor\n(${storage('0', 1, 'QInt8Storage')}K\x00${long(2n ** 40n)}\x85K\x00\x85(ctorch\nper_tensor_affine\nK\x01K\x00t\x89NtR`,
    ),
  ),
  bomb('an empty tensor of 2^34 elements', /limit 'bytes'/, () =>
    archive(`ctorch\nFloatTensor\n${long(2n ** 34n)}\x85R`),
  ),
  bomb('tensors of 64 MB without contents', /limit 'bytes'/, () =>
    archive('](', repeated(latin1(`ctorch\nByteTensor\n${int(1 << 26)}\x85R`), 100), 'e'),
  ),
  bomb('a tensor of 2^33 elements that is to be converted', /limit 'bytes'/, () =>
    archive(
      `ctorch._utils\n_rebuild_device_tensor_from_cpu_tensor\n(${tensor({ size: `${long(2n ** 33n)}\x85`, stride: 'K\x00\x85' })}ctorch\nfloat64\n${text('cpu')}\x89tR`,
    ),
  ),
  bomb('a nested tensor whose sizes are one row again and again', /more elements than its storage/, () =>
    archive(
      `ctorch._utils\n_rebuild_nested_tensor\n(${tensor({ size: 'K\x01\x85', stride: 'K\x01\x85' })}` +
        tensor({ size: `${int(50_000_000)}K\x01\x86`, stride: 'K\x00K\x00\x86', kind: 'LongStorage' }).repeat(
          2,
        ) +
        `${tensor({ size: `${int(50_000_000)}\x85`, stride: 'K\x00\x85', kind: 'LongStorage' })}tR`,
    ),
  ),
  bomb('a sparse tensor whose indices are one again and again', /more elements than its storage/, () =>
    archive(
      `ctorch._utils\n_rebuild_sparse_tensor\n(ctorch.serialization\n_get_layout\n${text('torch.sparse_coo')}\x85R(` +
        tensor({ size: `K\x01${long(2n ** 32n)}\x86`, stride: 'K\x00K\x00\x86', kind: 'LongStorage' }) +
        `${tensor({ size: `${long(2n ** 32n)}\x85`, stride: 'K\x00\x85' })}K\x05\x85\x89ttR`,
    ),
  ),
  bomb('scales that are one again and again', /limit 'bytes'|more elements/, () =>
    archive(
      `ctorch._utils\n_rebuild_qtensor\n(${storage('0', 1, 'QInt8Storage')}K\x00${int(1 << 30)}K\x00\x86K\x00K\x00\x86(ctorch\nper_channel_affine\n` +
        tensor({ size: `${int(1 << 30)}\x85`, stride: 'K\x00\x85', kind: 'DoubleStorage' }) +
        `${tensor({ size: `${int(1 << 30)}\x85`, stride: 'K\x00\x85', kind: 'LongStorage' })}K\x00t\x89NtR`,
    ),
  ),
  bomb(
    'names that are asked for again and again',
    'value',
    () => archive('](', repeated('ctorch\nfloat32\n', 500_000), 'e'),
    'unsafe_globals',
  ),
  bomb('five million empty dicts, in an older file', MEMORY, () =>
    Buffer.concat([latin1(LEGACY_HEAD), pickle(']', '(', repeated('}', 5_000_000), 'e'), pickle(']')]),
  ),
  bomb('a list of storages that is a tower of tuples, in an older file', /belongs to no tensor/, () =>
    Buffer.concat([latin1(LEGACY_HEAD), pickle('N'), pickle(`](${TOWER}e`)]),
  ),
  bomb('a protocol that is a tower of tuples, in an older file', /Invalid protocol version/, () =>
    Buffer.concat([latin1(LEGACY_HEAD.slice(0, 15)), pickle(TOWER)]),
  ),
  bomb(
    'sets over one list, for CIFAR',
    MEMORY,
    () =>
      pickle(
        `]${put(0)}(`,
        repeated(latin1('K\x01'), 25_000),
        'e](',
        repeated(latin1(`c__builtin__\nset\n${get(0)}\x85R`), 12_000),
        'e',
      ),
    'cifar',
  ),
  bomb('a list where CIFAR has a dictionary', /holds no dictionary/, () => pickle(']'), 'cifar'),
  bomb(
    'labels for CIFAR that are no numbers',
    /holds no array of bytes/,
    () => pickle(`}U\x06labels]U\x01xas`),
    'cifar',
  ),
  bomb('an instruction for CIFAR without anything to do it to', /stack is empty/, () => pickle('s'), 'cifar'),
]
