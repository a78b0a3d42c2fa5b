import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { forge_archive, pickle, storage, text } from './forge.js'
import { peak_megabytes } from './mutations.js'

const path = temporary_folder()

const forged = (name: string, bytes: Buffer, more: Record<string, Uint8Array | string> = {}) =>
  forge_archive(path(name), { 'data.pkl': bytes, ...more })

// _rebuild_tensor_v2(storage, offset, size, stride, False, None)
const tensor = (held: Buffer, offset: Buffer, size: Buffer, stride: Buffer) =>
  Buffer.concat([
    Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n('),
    held,
    offset,
    size,
    stride,
    Buffer.from([0x89]),
    Buffer.from('NtR'),
  ])
const int = (value: bigint) => {
  const bytes = Buffer.alloc(10, 0x8a)
  bytes[1] = 8
  bytes.writeBigInt64LE(value, 2)
  return bytes
}
const tuple = (...items: Buffer[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')])

describe('a hostile file', () => {
  it('of tuples in tuples that double each time is read in no time', () => {
    const doubled = Array.from({ length: 200 }, () => Buffer.from([0x32, 0x86]))
    const file = forged('doubled.pt', pickle(')', ...doubled))
    let value = torch.load<unknown[]>(file)
    for (let i = 0; i < 200; i++) {
      expect(value[0]).toBe(value[1])
      value = value[0] as unknown[]
    }
  })

  it('that is nested too deeply is refused', () => {
    const file = forged('deep.pt', pickle(')', Buffer.alloc(1_000_000, 0x85)))
    expect(() => torch.load(file)).toThrow(
      `load(): '${file}': the object is nested too deeply: more than 1000 containers`,
    )
    const lists = forged('lists.pt', pickle(Buffer.alloc(300_000, ']'), Buffer.alloc(299_999, 'a')))
    expect(() => torch.load(lists)).toThrow(`load(): '${lists}': the object is nested too deeply`)
    let nested: unknown = 1
    for (let i = 0; i < 300_000; i++) nested = [nested]
    expect(() => torch.save(nested, path('nested.pt'))).toThrow('the object is nested too deeply to be saved')
  })

  it('with numbers of a million digits is read in no time', () => {
    const size = Buffer.alloc(4)
    size.writeUInt32LE(1_000_000)
    const started = performance.now()
    const value = torch.load<bigint>(forged('long.pt', pickle(0x8b, size, Buffer.alloc(1_000_000, 0x7f))))
    expect(value > 2n ** 7_999_990n).toBe(true)
    torch.save(value, path('long_again.pt'))
    expect(torch.load(path('long_again.pt'))).toBe(value)
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it.each([
    ['offset', int(8n), tuple(int(1n)), tuple(int(1n)), 'does not fit into its storage of 8 elements'],
    ['stride', int(0n), tuple(int(2n)), tuple(int(8n)), 'does not fit into its storage of 8 elements'],
    ['negative', int(0n), tuple(int(2n)), tuple(int(-1n)), 'sizes and strides must not be negative'],
    ['overflow', int(0n), tuple(int(2n ** 52n), int(16n)), tuple(int(0n), int(0n)), 'does not fit'],
    [
      'hidden',
      int(0n),
      tuple(int(2n ** 52n), int(0n), int(16n)),
      tuple(int(0n), int(0n), int(0n)),
      'does not fit',
    ],
    ['uneven', int(0n), tuple(int(1n)), tuple(), 'a tensor of 1 dimensions has 0 strides'],
  ])('with a tensor beyond its storage is refused: %s', (name, offset, size, stride, message) => {
    const file = forged(`${name}.pt`, pickle(tensor(storage('FloatStorage', '0', 8), offset, size, stride)), {
      'data/0': new Uint8Array(32),
    })
    expect(() => torch.load(file)).toThrow(message)
    expect(() => torch.load(file)).toThrow('in torch._utils._rebuild_tensor_v2 (')
    expect(() => torch.load(file, { mmap: true })).toThrow(message)
  })

  it('with a storage that it does not hold allocates nothing', () => {
    const before = peak_megabytes()
    const huge = storage('DoubleStorage', '0', 2 ** 31 - 1)
    const file = forged('huge.pt', pickle(tensor(huge, int(0n), tuple(int(1n)), tuple(int(1n)))), {
      'data/0': new Uint8Array(8),
    })
    expect(() => torch.load(file)).toThrow("record 'data/0' has 8 bytes, and 17179869176 are wanted")
    expect(peak_megabytes() - before).toBeLessThan(100)
  })

  it('with a sparse tensor of endless indices is refused, not checked for ever', () => {
    const endless = tensor(
      storage('LongStorage', '0', 1),
      int(0n),
      tuple(int(1n), int(2n ** 50n)),
      tuple(int(0n), int(0n)),
    )
    const layout = Buffer.concat([
      Buffer.from('ctorch.serialization\n_get_layout\n('),
      text('torch.sparse_coo'),
      Buffer.from('tR'),
    ])
    const file = forged(
      'endless.pt',
      pickle(
        'ctorch._utils\n_rebuild_sparse_tensor\n(',
        layout,
        tuple(endless, endless, tuple(int(1n)), Buffer.from([0x89])),
        'tR',
      ),
      { 'data/0': new Uint8Array(8) },
    )
    expect(() => torch.load(file)).toThrow('argument 0 has more elements than its storage')
  })

  it('of a newer version, of another kind or in another order of bytes says so', () => {
    const none = pickle('N')
    expect(torch.load(forged('none.pt', none, { version: '3\n' }))).toBe(null)
    expect(() => torch.load(forged('newer.pt', none, { version: '11\n' }))).toThrow(
      'Attempted to read a PyTorch file with version 11, but the maximum supported version for reading is 10',
    )
    expect(() => torch.load(forged('script.pt', none, { 'constants.pkl': none }))).toThrow(
      'Cannot use `weights_only=True` with TorchScript archives',
    )
    expect(() => torch.load(forge_archive(path('other.pt'), { 'data.txt': 'x' }))).toThrow(
      'holds no data.pkl',
    )
    expect(() => torch.load(forged('order.pt', none, { byteorder: 'middle' }))).toThrow(
      'Unknown endianness type: middle',
    )
    const big = forged(
      'big.pt',
      pickle(tensor(storage('ShortStorage', '0', 2), int(0n), tuple(int(2n)), tuple(int(1n)))),
      { 'data/0': Uint8Array.of(0, 1, 1, 0), byteorder: 'big' },
    )
    expect(torch.load<torch.Tensor>(big).tolist()).toEqual([1, 256])
  })

  it('makes nothing of a class that only looks allowed', () => {
    for (const name of ['builtins\neval', 'torch\nload', 'torch\nFloatStorage.evil', '__builtin__\ngetattr'])
      expect(() => torch.load(forged('name.pt', pickle(`c${name}\n)R`)))).toThrow(
        'Unsupported global: GLOBAL',
      )
    expect(() =>
      torch.load(forged('proto.pt', pickle('}', text('__proto__'), '}', text('x'), 'K', 1, 'ss'))),
    ).not.toThrow()
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})
