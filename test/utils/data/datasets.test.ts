import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { Slow, Stream } from './datasets.mjs'

const { data } = torch.utils
const { DataLoader } = data
const options = (given: object) => new DataLoader([1, 2, 3], given as never)

describe('datasets', () => {
  it('TensorDataset gives rows, also several at once', () => {
    const dataset = new data.TensorDataset(torch.arange(6).reshape(3, 2), torch.tensor([1n, 2n, 3n]))
    expect(dataset.length).toBe(3)
    expect(dataset.at(-1).map((row) => row.tolist())).toEqual([[4, 5], 3])
    expect(dataset.at([0, 2])[1]!.tolist()).toEqual([1, 3])
    expect(() => new data.TensorDataset(torch.ones(2), torch.ones(3))).toThrow(
      new torch.AssertionError('Size mismatch between tensors'),
    )
    expect(() => new data.TensorDataset()).toThrow('expected at least one Tensor')
  })

  it('ConcatDataset counts through its parts', () => {
    const dataset = new data.ConcatDataset([['a', 'b'], ['c'], [], ['d']])
    expect([0, 1, 2, 3, -1, -4].map((i) => dataset.at(i))).toEqual(['a', 'b', 'c', 'd', 'd', 'a'])
    expect([dataset.length, dataset.cumulative_sizes]).toEqual([4, [2, 3, 3, 4]])
    expect(() => dataset.at(-5)).toThrow(
      new torch.ValueError('absolute value of index should not exceed dataset length'),
    )
    expect(() => dataset.at(4)).toThrow(torch.IndexError)
    expect(() => new data.ConcatDataset([])).toThrow('datasets should not be an empty iterable')
    expect(() => new data.ConcatDataset([new Stream(0, 1) as never])).toThrow(
      'ConcatDataset does not support IterableDataset',
    )
    const sum = new data.TensorDataset(torch.ones(2)).add(new data.TensorDataset(torch.ones(3)))
    expect(sum.length).toBe(5)
  })

  it('ChainDataset reads stream after stream', () => {
    const chain = new Stream(0, 2).add(new Stream(5, 7))
    expect(Array.from(chain, (x) => x.item())).toEqual([0, 1, 5, 6])
    expect(chain.length).toBe(4)
    expect(() => [...new data.ChainDataset([[1] as never])]).toThrow(
      'ChainDataset only supports IterableDataset',
    )
  })

  it('StackDataset puts samples side by side', () => {
    const named = new data.StackDataset({ x: torch.arange(2), y: ['a', 'b'] })
    const sample = named.at(1) as { x: torch.Tensor; y: string }
    expect([sample.x.item(), sample.y, named.length]).toEqual([1, 'b', 2])
    const listed = new data.StackDataset([1, 2], ['a', 'b'])
    expect([listed.at(0), listed.__getitems__([1, 0])]).toEqual([
      [1, 'a'],
      [
        [2, 'b'],
        [1, 'a'],
      ],
    ])
    class Short extends data.Dataset<number> {
      override get length() {
        return 2
      }
      __getitems__() {
        return [1]
      }
    }
    expect(() => new data.StackDataset(new Short(), [1, 2]).__getitems__([0, 1])).toThrow(
      new torch.ValueError("Nested dataset's output size mismatch. Expected 2, got 1"),
    )
    expect(() => new data.StackDataset([1], [1, 2])).toThrow('Size mismatch between datasets')
    expect(() => new data.StackDataset({})).toThrow('At least one dataset should be passed')
  })

  it('Subset takes places, and must be overridden whole', () => {
    const subset = new data.Subset(['a', 'b', 'c'], [2, 0])
    expect([subset.at(0), subset.at(-1), subset.__getitems__([1]), subset.length]).toEqual([
      'c',
      'a',
      ['a'],
      2,
    ])
    class Half extends data.Subset<string> {
      override at() {
        return 'half'
      }
    }
    expect(() => new Half(['a'], [0])).toThrow(torch.NotImplementedError)
  })

  it('random_split by counts and fractions', () => {
    const generator = new torch.Generator().manual_seed(42)
    const parts = data.random_split(torch.arange(10), [3, 7], { generator })
    expect(parts.map((part) => part.length)).toEqual([3, 7])
    expect(parts.flatMap((part) => [...(part.indices as number[])]).sort()).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
    expect(data.random_split(torch.arange(11), [0.3, 0.3, 0.4]).map((part) => part.length)).toEqual([4, 3, 4])
    expect(() => data.random_split([1, 2], [1, 2])).toThrow(
      new torch.ValueError('Sum of input lengths does not equal the length of the input dataset!'),
    )
    expect(() => data.random_split([1, 2], [-0.5, 1.5])).toThrow('Fraction at index 0 is not between 0 and 1')
  })

  it('abstract ones say what is missing', () => {
    expect(() => new data.Dataset().at(0)).toThrow(torch.NotImplementedError)
    expect(() => new data.Dataset().length).toThrow(new TypeError("object of type 'Dataset' has no len()"))
    expect(() => [...new data.IterableDataset()]).toThrow(torch.NotImplementedError)
    expect(() => [...new data.Sampler()]).toThrow(torch.NotImplementedError)
    expect(() => new data.SequentialSampler({}).length).toThrow("object of type 'Object' has no len()")
  })
})

describe('samplers', () => {
  it('refuse wrong options in PyTorch words', () => {
    const { RandomSampler, WeightedRandomSampler, BatchSampler, DistributedSampler } = data
    expect(() => new RandomSampler([])).toThrow(
      new torch.ValueError('num_samples should be a positive integer value, but got num_samples=0'),
    )
    expect(() => new RandomSampler([1], { replacement: 1 as never })).toThrow(
      new TypeError('replacement should be a boolean value, but got replacement=1'),
    )
    expect(() => new RandomSampler([1], { replacment: true } as never)).toThrow("did you mean 'replacement'?")
    expect(() => new WeightedRandomSampler([[1]], 1)).toThrow(
      new torch.ValueError('weights should be a 1d sequence but given weights have shape (1, 1)'),
    )
    expect(() => new WeightedRandomSampler([1], 0)).toThrow('but got num_samples=0')
    expect(() => new BatchSampler([1], 0, false)).toThrow(
      new torch.ValueError('batch_size should be a positive integer value, but got batch_size=0'),
    )
    expect(() => new BatchSampler([1], 1, 1 as never)).toThrow('drop_last should be a boolean value')
    expect(() => new DistributedSampler([1, 2], 2, 2)).toThrow(
      new torch.ValueError('Invalid rank 2, rank should be in the interval [0, 1]'),
    )
    expect(() => new DistributedSampler([1, 2])).toThrow('WORLD_SIZE is not set')
  })

  it('have lengths', () => {
    expect(new data.BatchSampler([0, 1, 2], 2, false).length).toBe(2)
    expect(new data.BatchSampler([0, 1, 2], 2, true).length).toBe(1)
    expect(new data.RandomSampler([0, 1], true, 7).length).toBe(7)
    expect(new data.SubsetRandomSampler([4, 5]).length).toBe(2)
    expect(new data.DistributedSampler([0, 1, 2], 2, 0).length).toBe(2)
  })
})

describe('default_collate', () => {
  const { default_collate, default_convert } = data

  it('makes what Python makes of each kind', () => {
    expect(default_collate([1, 2.5]).dtype).toBe(torch.float64)
    expect(default_collate([1n, 2n]).dtype).toBe(torch.int64)
    expect(default_collate([true, false]).dtype).toBe(torch.bool)
    expect(default_collate(['a', 'b'])).toEqual(['a', 'b'])
    expect(default_collate([Float32Array.of(1, 2), Float32Array.of(3, 4)]).shape).toEqual([2, 2])
    const bytes = [Buffer.from('a'), Buffer.from('b')]
    expect(default_collate(bytes)).toEqual(bytes)
    const batch = default_collate([
      { x: [torch.ones(2), 'a'] as [torch.Tensor, string], m: new Map([['k', 1n]]) },
      { x: [torch.zeros(2), 'b'] as [torch.Tensor, string], m: new Map([['k', 2n]]) },
    ])
    expectTypeOf(batch.x).toEqualTypeOf<[torch.Tensor, string[]]>()
    expect(batch.x[0].tolist()).toEqual([
      [1, 1],
      [0, 0],
    ])
    expect(batch.x[1]).toEqual(['a', 'b'])
    expect(batch.m.get('k')!.tolist()).toEqual([1, 2])
    expect(default_convert([Float32Array.of(1), 'a', 2])[0].tolist()).toEqual([1])
  })

  it('refuses the rest, and names shapes', () => {
    expect(() => default_collate([torch.ones(2, 3), torch.ones(3)])).toThrow(
      'stack expects each tensor to be equal size, but got [2, 3] at entry 0 and [3] at entry 1',
    )
    expect(() => default_collate([[1], [1, 2]])).toThrow(
      new torch.RuntimeError('each element in list of batch should be of equal size'),
    )
    expect(() => default_collate([new Date()])).toThrow(
      new TypeError(
        'default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found Date',
      ),
    )
    expect(() => default_collate([null])).toThrow('found null')
    expect(() => default_collate([{ a: 1 }, { b: 1 }])).toThrow(new torch.KeyError("'a'"))
    expect(() => default_collate([torch.eye(2).to_sparse()])).toThrow(
      'Batches of sparse tensors are not currently supported by the default collate_fn',
    )
  })

  it('takes functions for classes of our own', () => {
    const { collate, default_collate_fn_map } = data._utils.collate
    class Point {
      constructor(readonly x: number) {}
    }
    const collate_fn_map = new Map([
      ...default_collate_fn_map,
      [Point, (points: readonly Point[]) => points.map((point) => point.x)] as never,
    ])
    expect(collate([[new Point(1)], [new Point(2)]], { collate_fn_map })).toEqual([[1, 2]])
  })
})

describe('DataLoader', () => {
  it('reads arrays, typed arrays and tensors as they are, and has their types', () => {
    const numbers = new DataLoader([5, 6, 7], { batch_size: 2 })
    expectTypeOf([...numbers]).toEqualTypeOf<torch.Tensor[]>()
    expect([...numbers].map((batch) => batch.tolist())).toEqual([[5, 6], [7]])
    expect([...new DataLoader(torch.arange(3))].map((batch) => batch.tolist())).toEqual([[0], [1], [2]])
    const texts = new DataLoader(['a', 'b'], { batch_size: null })
    expectTypeOf([...texts]).toEqualTypeOf<string[]>()
    expect([...texts]).toEqual(['a', 'b'])
    const pairs = new DataLoader(new data.TensorDataset(torch.ones(2), torch.ones(2)))
    expectTypeOf([...pairs]).toExtend<torch.Tensor[][]>()
    const sums = new DataLoader([1, 2, 3], {
      batch_size: 2,
      collate_fn: (all) => all.reduce((a, b) => a + b),
    })
    expectTypeOf([...sums]).toEqualTypeOf<number[]>()
    expect([...sums]).toEqual([3, 3])
    expect([numbers.length, sums.length, texts.length]).toEqual([2, 2, 2])
  })

  it('waits for promises with for await only', async () => {
    const slow = { at: async (i: number) => BigInt(i), length: 3 }
    expect(() => [...new DataLoader(slow, 2)]).toThrow(
      'go through the loader with for await, or give it workers',
    )
    const seen: unknown[] = []
    for await (const batch of new DataLoader(slow, 2)) seen.push(batch.tolist())
    for await (const batch of new DataLoader(new Slow(), 3)) seen.push(batch.tolist())
    expect(seen).toEqual([[0, 1], [2], [0, 1, 2], [3, 4]])
    expect(() => [...new DataLoader(new Slow(), 3)]).toThrow('has only [Symbol.asyncIterator]')
  })

  it('refuses options in PyTorch words', () => {
    const refusals: [object, string][] = [
      [
        { num_workers: -1 },
        'num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.',
      ],
      [{ timeout: -1 }, 'timeout option should be non-negative'],
      [{ prefetch_factor: 2 }, 'prefetch_factor option could only be specified in multiprocessing.'],
      [{ persistent_workers: true }, 'persistent_workers option needs num_workers > 0'],
      [{ sampler: [0], shuffle: true }, 'sampler option is mutually exclusive with shuffle'],
      [{ batch_sampler: [[0]], batch_size: 2 }, 'batch_sampler option is mutually exclusive with batch_size'],
      [{ batch_size: null, drop_last: true }, 'batch_size=None option disables auto-batching'],
      [{ batch_size: 0 }, 'batch_size should be a positive integer value, but got batch_size=0'],
      [
        { batchsize: 2 },
        "DataLoader() got an unexpected keyword argument 'batchsize'; did you mean 'batch_size'?",
      ],
      [{ collate_fn: 1 }, "DataLoader(): argument 'collate_fn' must be a function, not number"],
      [{ sampler: 1 }, "DataLoader(): argument 'sampler' must be iterable, not number"],
      [{ generator: 1 }, "DataLoader(): argument 'generator' must be Generator, not number"],
    ]
    for (const [given, message] of refusals) expect(() => options(given), message).toThrow(message)
    for (const given of [{ shuffle: true }, { sampler: [0] }, { batch_sampler: [[0]] }]) {
      expect(() => new DataLoader(new Stream(0, 2), given)).toThrow(
        `DataLoader with IterableDataset: expected unspecified ${Object.keys(given)[0]} option`,
      )
    }
    expect(() => new DataLoader([], { shuffle: true })).toThrow('but got num_samples=0')
    expect(() => [...new DataLoader({ length: 1 } as never)]).toThrow(
      'a dataset must have at(index) and length',
    )
  })

  it('says that a dataset has shrunk', () => {
    const shrinking = [1, 2, 3, 4]
    const iterator = new DataLoader(shrinking, 2)[Symbol.iterator]()
    iterator.next()
    shrinking.length = 3
    const sampled = new DataLoader(shrinking, { sampler: [0, 3] })
    expect(() => [...sampled]).toThrow(
      new torch.IndexError('the dataset has no sample at index 3: its length is 3'),
    )
  })
})
