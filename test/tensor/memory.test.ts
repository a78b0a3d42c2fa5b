import { MessageChannel } from 'node:worker_threads'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { child_value } from '../hazards/child.js'

const GONE = 'the tensor lies over a typed array whose ArrayBuffer was detached or transferred since'

const arrays = [
  [Float32Array.of(1, -2, 3), 'float32'],
  [Float64Array.of(1, -2, 3), 'float64'],
  [Int8Array.of(1, -2, 3), 'int8'],
  [Uint8Array.of(1, 2, 3), 'uint8'],
  [Uint8ClampedArray.of(1, 2, 3), 'uint8'],
  [Int16Array.of(1, -2, 3), 'int16'],
  [Uint16Array.of(1, 2, 3), 'uint16'],
  [Int32Array.of(1, -2, 3), 'int32'],
  [Uint32Array.of(1, 2, 3), 'uint32'],
  [BigInt64Array.of(1n, -2n, 3n), 'int64'],
  [BigUint64Array.of(1n, 2n, 3n), 'uint64'],
] as const

// What has no typed array of its own: as the bits, or the parts.
const others: [string, number, Uint8Array | Uint16Array | Float32Array | Float64Array][] = [
  ['bool', 2, Uint8Array.of(1, 0)],
  ['float16', 2, Uint16Array.of(0x3c00, 0xc000)],
  ['bfloat16', 2, Uint16Array.of(0x3f80, 0xc000)],
  ['complex32', 1, Uint16Array.of(0x3c00, 0xc000)],
  ['complex64', 1, Float32Array.of(1, -2)],
  ['complex128', 1, Float64Array.of(1, -2)],
  ['float8_e5m2', 2, Uint8Array.of(0x3c, 0xc0)],
  ['float8_e4m3fn', 2, Uint8Array.of(0x38, 0xc0)],
  ['float8_e5m2fnuz', 2, Uint8Array.of(0x40, 0xc4)],
  ['float8_e4m3fnuz', 2, Uint8Array.of(0x40, 0xc8)],
  ['float8_e8m0fnu', 2, Uint8Array.of(0x7f, 0x80)],
]
const values: Record<string, unknown[]> = { bool: [true, false], float8_e8m0fnu: [1, 2] }
const dtype_named = (name: string) => (torch as unknown as Record<string, torch.DType>)[name]!

describe('a typed array and a tensor', () => {
  it.each(arrays)('share memory both ways: %s as %s', (array, name) => {
    const x = torch.from_numpy(array)
    expect([x.dtype.name, x.tolist()]).toEqual([name, Array.from(array as never, Number)])
    x.fill_(7)
    expect(Array.from(array as never, Number)).toEqual([7, 7, 7])
    ;(array as Float32Array)[1] = (typeof array[0] === 'bigint' ? 9n : 9) as never
    expect(x.tolist()).toEqual([7, 9, 7])
    const back = x.typed_array()
    expect(back.buffer).toBe(array.buffer)
    expect(x.at('1:').typed_array().byteOffset).toBe(array.BYTES_PER_ELEMENT)
  })

  it.each(others)('of %s hold the same bits, both ways', (name, count, array) => {
    const dtype = dtype_named(name)
    const x = torch.frombuffer(array, { dtype })
    expect([x.dtype, x.shape]).toEqual([dtype, [count]])
    expect(x.typed_array()).toEqual(array)
    expect(torch.ones(count).to(dtype).typed_array({ copy: true }).constructor).toBe(array.constructor)
    if (!name.startsWith('complex')) expect(x.tolist()).toEqual(values[name] ?? [1, -2])
    else expect(String(torch.view_as_real(x.to(torch.complex64)).tolist())).toBe('1,-2')
    // The tensor's own memory, written by JavaScript.
    const own = torch.zeros(count).to(dtype)
    ;(own.typed_array() as Uint8Array).set(array as Uint8Array)
    expect(own.typed_array()).toEqual(array)
  })

  it('share parts of a buffer, and of a SharedArrayBuffer', () => {
    const buffer = new ArrayBuffer(32)
    const x = torch.from_numpy(new Float32Array(buffer, 8, 3))
    x.copy_(torch.tensor([1, 2, 3]))
    expect([...new Float32Array(buffer)]).toEqual([0, 0, 1, 2, 3, 0, 0, 0])
    const shared = new Int32Array(new SharedArrayBuffer(16), 4, 2)
    torch.from_numpy(shared).fill_(5)
    expect([...new Int32Array(shared.buffer)]).toEqual([0, 5, 5, 0])
  })

  it('Node Buffers: pooled, of a file, not at a multiple of the size', () => {
    const pooled = Buffer.from([1, 2, 3, 4])
    const x = torch.frombuffer(pooled, { dtype: torch.uint8 })
    x.at(0).fill_(9)
    expect([...pooled]).toEqual([9, 2, 3, 4])
    const odd = new Uint8Array(new ArrayBuffer(9), 1)
    odd.set(new Uint8Array(Float32Array.of(1.5, 2.5).buffer))
    const copied = torch.frombuffer(odd, { dtype: torch.float32 })
    expect(copied.tolist()).toEqual([1.5, 2.5])
    odd.fill(0)
    expect(copied.tolist()).toEqual([1.5, 2.5])
    expect(torch.from_numpy(new Float32Array(0)).shape).toEqual([0])
  })
})

describe('a buffer under a tensor', () => {
  it('is not transferred', () => {
    const array = Float32Array.of(1, 2)
    const x = torch.from_numpy(array)
    const { port1, port2 } = new MessageChannel()
    // Node 20 copies what it may not transfer, later ones throw.
    for (const transfer of [
      () => structuredClone(array, { transfer: [array.buffer] }),
      () => port1.postMessage(array, [array.buffer]),
    ])
      try {
        transfer()
      } catch (error) {
        expect((error as Error).name).toBe('DataCloneError')
      }
    port1.close()
    port2.close()
    expect(() => (array.buffer as unknown as { transfer(): ArrayBuffer }).transfer()).toThrow(
      'Cannot transfer an ArrayBuffer whose memory a tensor shares',
    )
    expect(x.tolist()).toEqual([1, 2])
  })

  it.skipIf(!('transfer' in ArrayBuffer.prototype))('that was detached all the same is an Error', () => {
    const array = Float32Array.of(1, 2)
    const x = torch.from_numpy(array)
    const view = x.at('1:')
    ;(ArrayBuffer.prototype as unknown as { transfer(): ArrayBuffer }).transfer.call(array.buffer)
    for (const use of [
      () => x.add(1),
      () => view.tolist(),
      () => x.item(),
      () => x.typed_array(),
      () => torch.cat([x]),
    ])
      expect(use).toThrow(GONE)
  })

  it('that is resizable or detached is refused', () => {
    const make = ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer
    expect(() => torch.from_numpy(new Float32Array(new make(8, { maxByteLength: 16 })))).toThrow(
      'a tensor cannot share the memory of a resizable ArrayBuffer',
    )
    const gone = Float32Array.of(1)
    structuredClone(gone, { transfer: [gone.buffer] })
    for (const make_tensor of [torch.tensor, torch.from_numpy])
      expect(() => make_tensor(gone)).toThrow("the typed array's ArrayBuffer is detached")
  })

  it('lives as long as the tensor, and no longer', async () => {
    const [alive, grown] = await child_value<[number, number]>(
      `
      const kept = torch.from_numpy(Float32Array.of(1, 2, 3))
      for (let i = 0; i < 100; i++) { torch.from_numpy(new Float32Array(1 << 18).fill(7)); await tick() }
      const before = process.memoryUsage().rss
      for (let i = 0; i < 400; i++) { torch.from_numpy(new Float32Array(1 << 18).fill(7)); await tick() }
      console.log(JSON.stringify([kept.sum().item(), (process.memoryUsage().rss - before) / 2 ** 20]))
      `,
      ['--expose-gc'],
    )
    expect(alive).toBe(6)
    expect(grown).toBeLessThan(100)
  })

  it('that ends with its thread leaves what was sent from it', async () => {
    const sent = await child_value<number[]>(
      `
      const queue = new torch.multiprocessing.Queue()
      const { port1, port2 } = new (await import('node:worker_threads')).MessageChannel()
      await torch.multiprocessing.spawn(send, { args: [queue], worker_module: 'data:text/javascript,' + encodeURIComponent(source) })
      globalThis.gc()
      console.log(JSON.stringify((await queue.get()).tolist()))
      port1.close()
    `.replace(
        'await torch.multi',
        `const source = ${JSON.stringify(`import * as torch from '${new URL('../../dist/index.js', import.meta.url).href}'; export async function send(rank, queue) { await queue.put(torch.from_numpy(Float32Array.of(4, 5))) }`)}; const { send } = await import('data:text/javascript,' + encodeURIComponent(source)); await torch.multi`,
      ),
      ['--expose-gc'],
    )
    expect(sent).toEqual([4, 5])
  })
})
