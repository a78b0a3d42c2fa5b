import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { as_they_are, double_scale, fails, Informed, Odd, type OddThing, Slow, Stream } from './datasets.mjs'

const { DataLoader, TensorDataset } = torch.utils.data
const worker_module = new URL('./datasets.mjs', import.meta.url)
const options = { num_workers: 2, worker_module } as const

/** What goes wrong, reading in either manner. */
async function failures(loader: Iterable<unknown> & AsyncIterable<unknown>): Promise<Error[]> {
  const caught: Error[] = []
  try {
    for (const _ of loader);
  } catch (error) {
    caught.push(error as Error)
  }
  try {
    for await (const _ of loader);
  } catch (error) {
    caught.push(error as Error)
  }
  return caught
}

const odd = (what: OddThing, more = {}) => new DataLoader(new Odd(what, 5), { ...options, ...more })

describe('a worker', () => {
  it('knows its number, seed and copy of the dataset, and runs worker_init_fn', () => {
    torch.manual_seed(0)
    const seed = torch.empty([], { dtype: torch.int64 }).random_().item_bigint()
    torch.manual_seed(0)
    const loader = new DataLoader(new Informed(), {
      ...options,
      batch_size: 1,
      collate_fn: as_they_are,
      worker_init_fn: double_scale,
    })
    const samples = [...loader].flat()
    expect(samples.map(({ index, id, scale }) => [index, id, scale])).toEqual([
      [0n, '0', 2],
      [1n, '1', 4],
      [2n, '0', 2],
      [3n, '1', 4],
    ])
    expect(samples.map((sample) => sample.seed)).toEqual([0n, 1n, 0n, 1n].map((id) => String(seed + id)))
    expect(samples.every((sample) => sample.own_dataset && sample.initial_seed === sample.seed)).toBe(true)
    expect(new Set(samples.map((sample) => sample.thread)).size).toBe(2)
    expect(torch.utils.data.get_worker_info()).toBeNull()
  })

  it('reads what crosses: tensors of each dtype and device, maps, lists, typed arrays, big integers', () => {
    const sample = {
      half: torch.tensor([1.5, 2.5], { dtype: torch.float16 }),
      columns: torch.arange(6).reshape(2, 3).t(),
      complex: torch.complex(torch.ones(2), torch.ones(2)),
      empty: torch.empty(0, 3),
      flag: torch.tensor(true),
      gradient: torch.ones([2], { requires_grad: true }),
      list: ['text', 2n ** 60n, null, true, [1.5]],
      map: new Map<unknown, unknown>([['a', torch.ones(1)]]),
      set: new Set([1, 2]),
      bytes: Uint8Array.of(1, 2, 3),
      dtype: torch.bfloat16,
      nested: { deep: { deeper: torch.zeros(2) } },
    }
    const collate_fn = as_they_are as unknown as (one: typeof sample) => typeof sample
    const [back] = [...new DataLoader([sample], { ...options, batch_size: null, collate_fn })]
    const got = back!
    for (const key of ['half', 'columns', 'complex', 'empty', 'flag', 'gradient'] as const) {
      expect(torch.equal(got[key], sample[key])).toBe(true)
      expect([got[key].dtype, got[key].shape, got[key].requires_grad]).toEqual([
        sample[key].dtype,
        sample[key].shape,
        sample[key].requires_grad,
      ])
    }
    expect(got.list).toEqual(sample.list)
    expect((got.map.get('a') as torch.Tensor).item()).toBe(1)
    expect(got.set).toEqual(sample.set)
    expect(got.bytes).toEqual(sample.bytes)
    expect(got.dtype).toBe(torch.bfloat16)
    expect(got.nested.deep.deeper.tolist()).toEqual([0, 0])
  })

  it('waits for promises and asynchronous streams', () => {
    expect([...odd('promise')].map((batch) => batch.item())).toEqual([0, 1, 2, 3, 4, 100, 6, 7])
    const batches = [...new DataLoader(new Slow(), { num_workers: 1, batch_size: 2, worker_module })]
    expect(batches.map((batch) => batch.tolist())).toEqual([[0, 1], [2, 3], [4]])
  })

  it('needs no module for the classes of the library', () => {
    const { Subset, ConcatDataset, StackDataset } = torch.utils.data
    const tensors = new TensorDataset(torch.arange(4))
    const dataset = new StackDataset({
      a: new ConcatDataset<unknown>([new Subset<unknown>(tensors, [3, 1]), tensors]),
      b: ['u', 'v', 'w', 'x', 'y', 'z'],
    })
    const batches = [...new DataLoader(dataset as never, { num_workers: 2, batch_size: 4 })] as {
      a: [torch.Tensor]
      b: string[]
    }[]
    expect(batches.map(({ a, b }) => [a[0].tolist(), b])).toEqual([
      [
        [3, 1, 0, 1],
        ['u', 'v', 'w', 'x'],
      ],
      [
        [2, 3],
        ['y', 'z'],
      ],
    ])
  })

  it('gives batches out of order where that is allowed, and all of them', () => {
    const loader = new DataLoader(torch.arange(40), { num_workers: 2, batch_size: 1, in_order: false })
    const seen = [...loader].map((batch) => batch.item() as number)
    expect(seen.sort((a, b) => a - b)).toEqual(torch.arange(40).tolist())
  })
})

describe('an error in a worker', () => {
  it('brings its class, its words and its own stack', async () => {
    for (const error of await failures(odd('throw'))) {
      expect(error).toBeInstanceOf(torch.ValueError)
      expect(error.message).toMatch(/^Caught ValueError in DataLoader worker process 1\.\nOriginal stack:\n/)
      expect(error.message).toMatch(
        /ValueError: an odd sample\n {4}at Object\.throw \(.*datasets\.mjs:\d+:\d+\)/,
      )
      expect((error.cause as Error).message).toBe('an odd sample')
    }
    const [error] = await failures(odd('tensor_error'))
    expect(error).toBeInstanceOf(torch.RuntimeError)
    expect(error!.message).toContain('The size of tensor a (2) must match the size of tensor b (3)')
    expect.assertions(10)
  })

  it('leaves the iterator usable, as in Python', () => {
    const iterator = odd('throw')[Symbol.iterator]()
    const seen: unknown[] = []
    for (let i = 0; i < 9; i++) {
      try {
        const { done, value } = iterator.next()
        seen.push(done ? 'done' : value.item())
      } catch (error) {
        seen.push((error as Error).name)
      }
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 'ValueError', 6, 7, 'done'])
  })

  it('of worker_init_fn is one too', async () => {
    const loader = new DataLoader(new Odd('throw', 9), { ...options, worker_init_fn: fails })
    const caught = await failures(loader)
    expect(caught.map((error) => error.message.split('\n')[0])).toEqual([
      'Caught TypeError in DataLoader worker process 0.',
      'Caught TypeError in DataLoader worker process 0.',
    ])
  })

  it('names what is not exported, and what cannot cross', async () => {
    class Local extends Odd {}
    const local = new DataLoader(new Local('throw', 9), options)
    expect((await failures(local))[0]!.message).toMatch(
      /AttributeError: Can't get attribute 'Local' on file:.*datasets\.mjs: it is not exported there/,
    )
    const homeless = new DataLoader(new Odd('throw', 9), { num_workers: 1 })
    expect((await failures(homeless))[0]!.message).toContain('{ worker_module: import.meta.url }')
    const [arrow] = await failures(odd('throw', { collate_fn: ((): (() => void) => () => {})() }))
    expect(arrow!.message).toBe(
      'a function cannot be sent to a worker thread: it has no name. Export it from a module, and give the module as worker_module',
    )
    const [instance] = await failures(odd('instance', { collate_fn: as_they_are }))
    expect(instance!.message).toMatch(/^DataLoader: a worker cannot send an instance of Odd: /)
    const [no_module] = await failures(odd('throw', { worker_module: './no-such-module.mjs' }))
    expect(no_module!.message).toContain('Cannot find module')
  })

  it('names the shapes of a batch that are not equal', async () => {
    const rows = [torch.ones(3), torch.ones(4)]
    for (const error of await failures(new DataLoader(rows, { batch_size: 2, num_workers: 1 })))
      expect(error.message).toContain(
        'stack expects each tensor to be equal size, but got [3] at entry 0 and [4] at entry 1',
      )
    expect.assertions(2)
  })
})

describe('a worker that dies', () => {
  it('is a clear Error', async () => {
    for (const error of await failures(odd('exit'))) {
      expect(error).toBeInstanceOf(torch.RuntimeError)
      expect(error.message).toBe('DataLoader worker (id(s) 1) exited unexpectedly')
    }
    for (const error of await failures(odd('throw_later'))) {
      expect(error.message).toMatch(
        /^DataLoader worker \(id\(s\) 1\) exited unexpectedly: Caught RangeError in/,
      )
      expect((error.cause as Error).message).toContain('RangeError: thrown by a timer')
    }
    expect.assertions(8)
  })

  it('or hangs, ends in a timeout', async () => {
    const caught = await failures(odd('hang', { timeout: 1.5 }))
    expect(caught.map((error) => error.message)).toEqual([
      'DataLoader timed out after 1.5 seconds',
      'DataLoader timed out after 1.5 seconds',
    ])
  })
})

describe('workers that persist', () => {
  it('stay from epoch to epoch, also after one that was left early', () => {
    const loader = new DataLoader(new Informed(), {
      ...options,
      batch_size: 1,
      collate_fn: as_they_are,
      persistent_workers: true,
    })
    const threads = [1, 2, 3].map(() => new Set([...loader].flat().map((sample) => sample.thread)))
    for (const _ of loader) break
    const rest = [...loader].flat()
    expect(rest.map((sample) => sample.index)).toEqual([0n, 1n, 2n, 3n])
    for (const set of [...threads, new Set(rest.map((sample) => sample.thread))])
      expect(set).toEqual(threads[0])
  })

  it('read streams anew', () => {
    const loader = new DataLoader(new Stream(0, 6), { ...options, batch_size: 2, persistent_workers: true })
    for (const _ of [1, 2])
      expect([...loader].map((batch) => batch.tolist())).toEqual([[0, 2], [1, 3], [4], [5]])
  })
})
