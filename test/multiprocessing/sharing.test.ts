import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { native } from '../../dist/native.js'
import { Marking } from './marking.js'

const worker_module = new URL('./marking.ts', import.meta.url)

function loader(memory: torch.Tensor, options: object = {}) {
  return new torch.utils.data.DataLoader(new Marking(memory), {
    batch_size: 2,
    num_workers: 2,
    worker_module,
    ...options,
  })
}

describe('a tensor sent to another thread', () => {
  it('is over the same memory there', async () => {
    const memory = torch.zeros(8, 3)
    const seen: number[] = []
    for await (const batch of loader(memory)) seen.push(...(batch.sum(1).tolist() as number[]))
    expect(seen).toEqual([3, 6, 9, 12, 15, 18, 21, 24])
    expect(memory.sum(1).tolist()).toEqual(seen)
    expect(memory.is_shared()).toBe(true)
    expect(native.parcels_waiting()).toBe(0)
  })

  it('keeps its strides, its type and its view', async () => {
    const memory = torch.zeros(3, 4, { dtype: torch.float64 }).t().at('1:')
    for (const batch of loader(memory)) expect(batch.dtype).toBe(torch.float64)
    expect(memory.sum(1).tolist()).toEqual([3, 6, 9])
  })

  it('does not grow, which would free what the other thread reads', async () => {
    const memory = torch.zeros(8, 3)
    const queue = new torch.multiprocessing.Queue()
    await queue.put(memory)
    const taken = (await queue.get()) as torch.Tensor
    const words = 'Trying to resize storage that is not resizable'
    for (const x of [memory, taken, memory.view(-1), torch.ones(4).share_memory_()]) {
      const sum = x.sum().item()
      expect(() => x.resize_([1 << 20])).toThrow(words)
      expect(() => torch.ones(1 << 20, { out: x.detach() })).toThrow(words)
      expect(() => torch.cat([torch.ones(64), torch.ones(64)], { out: x.detach() })).toThrow(words)
      expect(() => x.detach().set_(x, 0, [1 << 20], [1])).toThrow(words)
      expect(x.sum().item()).toBe(sum)
    }
    expect(memory.detach().resize_([2, 3]).shape).toEqual([2, 3])
    // Another tensor's memory in its place leaves what is shared alone.
    memory.set_(torch.ones(2))
    taken.add_(1)
    expect([memory.tolist(), taken.shape]).toEqual([
      [1, 1],
      [8, 3],
    ])
  })

  it('is let go with the loader, where nobody takes it', () => {
    for (const batch of loader(torch.zeros(64, 3))) {
      expect(batch.shape).toEqual([2, 3])
      break
    }
    expect(native.parcels_waiting()).toBe(0)
  })

  it('of an epoch that was left early is let go in the next', () => {
    const persistent = loader(torch.zeros(16, 3), { persistent_workers: true })
    for (let epoch = 0; epoch < 3; epoch++) for (const _ of persistent) break
    let batches = 0
    for (const _ of persistent) batches++
    expect(batches).toBe(8)
    expect(native.parcels_waiting()).toBe(0)
  })

  it('is taken once, and from an open channel only', () => {
    const FLOAT = 6
    const handle = native.from_bytes(new Float32Array([1, 2]), FLOAT, [2])
    const channel = native.open_channel()
    const parcel = native.share_tensor(handle, channel, false)
    expect(native.parcels_waiting()).toBe(1)
    const taken = native.adopt_tensor(channel, parcel)
    expect(native.data_ptr(taken)).toBe(native.data_ptr(handle))
    expect(() => native.adopt_tensor(channel, parcel)).toThrow('was taken before, or its channel is closed')
    native.close_channel(channel)
    native.close_channel(channel)
    expect(native.share_tensor(handle, channel, false)).toBe(0)
  })
})
