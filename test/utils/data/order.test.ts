import * as torch from 'typetorch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'
import { Noisy, Stream, sums } from './datasets.mjs'

const { data } = torch.utils
const { DataLoader } = data
const worker_module = new URL('./datasets.mjs', import.meta.url)

type Loader = Iterable<unknown> & AsyncIterable<unknown>
type Make = (length: number) => Loader

const range = (length: number) => new data.TensorDataset(torch.arange(length))
const generator = () => new torch.Generator().manual_seed(17)
const weights = [0.1, 0.9, 0.4, 0.7, 3, 0.6]

// Each pair makes a loader over n samples; both are gone through twice after the same seed.
const loaders: Record<string, [python: string, ours: Make]> = {
  'in order': ['DataLoader(range_of(n), batch_size=3)', (n) => new DataLoader(range(n), 3)],
  'in order, last left out': [
    'DataLoader(range_of(n), 3, drop_last=True)',
    (n) => new DataLoader(range(n), 3, { drop_last: true }),
  ],
  shuffled: ['DataLoader(range_of(n), 3, True)', (n) => new DataLoader(range(n), 3, true)],
  'shuffled, last left out': [
    'DataLoader(range_of(n), 4, shuffle=True, drop_last=True)',
    (n) => new DataLoader(range(n), { batch_size: 4, shuffle: true, drop_last: true }),
  ],
  'shuffled by a generator': [
    'DataLoader(range_of(n), 3, shuffle=True, generator=generator())',
    (n) => new DataLoader(range(n), { batch_size: 3, shuffle: true, generator: generator() }),
  ],
  'one by one': [
    'DataLoader(range_of(n), batch_size=None, shuffle=True)',
    (n) => new DataLoader(range(n), { batch_size: null, shuffle: true }),
  ],
  'with replacement': [
    'DataLoader(range_of(n), 5, sampler=RandomSampler(range(n), replacement=True, num_samples=70))',
    (n) =>
      new DataLoader(range(n), {
        batch_size: 5,
        sampler: new data.RandomSampler(range(n), { replacement: true, num_samples: 70 }),
      }),
  ],
  'with replacement, by a generator': [
    'DataLoader(range_of(n), 5, sampler=RandomSampler(range(n), True, generator=generator()))',
    (n) =>
      new DataLoader(range(n), {
        batch_size: 5,
        sampler: new data.RandomSampler(range(n), true, null, generator()),
      }),
  ],
  'more samples than there are': [
    'DataLoader(range_of(n), 4, sampler=RandomSampler(range(n), num_samples=2 * n + 3, generator=generator()))',
    (n) =>
      new DataLoader(range(n), {
        batch_size: 4,
        sampler: new data.RandomSampler(range(n), { num_samples: 2 * n + 3, generator: generator() }),
      }),
  ],
  'a subset at random': [
    'DataLoader(range_of(n), 2, sampler=SubsetRandomSampler(list(range(0, n, 2))))',
    (n) =>
      new DataLoader(range(n), {
        batch_size: 2,
        sampler: new data.SubsetRandomSampler(torch.arange(0, n, 2).tolist() as number[]),
      }),
  ],
  weighted: [
    'DataLoader(range_of(n), 3, sampler=WeightedRandomSampler(weights, 8))',
    (n) => new DataLoader(range(n), { batch_size: 3, sampler: new data.WeightedRandomSampler(weights, 8) }),
  ],
  'weighted, each once, by a generator': [
    'DataLoader(range_of(n), 3, sampler=WeightedRandomSampler(weights, 5, False, generator()))',
    (n) =>
      new DataLoader(range(n), {
        batch_size: 3,
        sampler: new data.WeightedRandomSampler(weights, 5, { replacement: false, generator: generator() }),
      }),
  ],
  'a batch sampler': [
    'DataLoader(range_of(n), batch_sampler=BatchSampler(RandomSampler(range(n)), 4, True))',
    (n) =>
      new DataLoader(range(n), {
        batch_sampler: new data.BatchSampler(new data.RandomSampler(range(n)), 4, true),
      }),
  ],
  'batches by the dataset': [
    'DataLoader(range_of(n), batch_size=None, sampler=BatchSampler(RandomSampler(range(n)), 4, False))',
    (n) =>
      new DataLoader(range(n), {
        batch_size: null,
        sampler: new data.BatchSampler(new data.RandomSampler(range(n)), { batch_size: 4, drop_last: false }),
      }),
  ],
  'distributed, rank 1 of 3': [
    'DataLoader(range_of(n), 2, sampler=DistributedSampler(range(n), 3, 1))',
    (n) => new DataLoader(range(n), 2, { sampler: new data.DistributedSampler(range(n), 3, 1) }),
  ],
  'distributed, rank 2 of 4, last left out': [
    'DataLoader(range_of(n), 2, sampler=DistributedSampler(range(n), 4, 2, seed=5, drop_last=True))',
    (n) =>
      new DataLoader(range(n), {
        batch_size: 2,
        sampler: new data.DistributedSampler(range(n), {
          num_replicas: 4,
          rank: 2,
          seed: 5,
          drop_last: true,
        }),
      }),
  ],
  'a random part': [
    'DataLoader(random_split(range_of(n), [0.5, 0.3, 0.2])[0], 3, shuffle=True)',
    (n) => new DataLoader(data.random_split(range(n), [0.5, 0.3, 0.2])[0]!, { batch_size: 3, shuffle: true }),
  ],
  'random numbers in the dataset': [
    'DataLoader(Noisy(n), 3, shuffle=True)',
    (n) => new DataLoader(new Noisy(n), { batch_size: 3, shuffle: true }),
  ],
  'a stream': ['DataLoader(Stream(2, n), 3)', (n) => new DataLoader(new Stream(2, n), 3)],
  'a stream, last left out': [
    'DataLoader(Stream(2, n), 4, drop_last=True)',
    (n) => new DataLoader(new Stream(2, n), { batch_size: 4, drop_last: true }),
  ],
}

const with_workers: Record<string, [python: string, ours: Make]> = {
  shuffled: [
    'DataLoader(range_of(n), 3, True, num_workers=2)',
    (n) => new DataLoader(range(n), { batch_size: 3, shuffle: true, num_workers: 2 }),
  ],
  'a generator, three workers': [
    'DataLoader(Noisy(n), 2, True, num_workers=3, generator=generator(), prefetch_factor=1)',
    (n) =>
      new DataLoader(new Noisy(n), {
        batch_size: 2,
        shuffle: true,
        num_workers: 3,
        prefetch_factor: 1,
        generator: generator(),
        worker_module,
      }),
  ],
  'random numbers in workers': [
    'DataLoader(Noisy(n), 2, True, num_workers=2)',
    (n) => new DataLoader(new Noisy(n), { batch_size: 2, shuffle: true, num_workers: 2, worker_module }),
  ],
  'workers that persist': [
    'DataLoader(Noisy(n), 2, True, num_workers=2, persistent_workers=True)',
    (n) =>
      new DataLoader(new Noisy(n), {
        batch_size: 2,
        shuffle: true,
        num_workers: 2,
        persistent_workers: true,
        worker_module,
      }),
  ],
  'a collate_fn of our own': [
    'DataLoader(Noisy(n), 2, num_workers=2, collate_fn=sums, prefetch_factor=3)',
    (n) =>
      new DataLoader(new Noisy(n), {
        batch_size: 2,
        num_workers: 2,
        prefetch_factor: 3,
        collate_fn: sums,
        worker_module,
      }),
  ],
  'a stream': [
    'DataLoader(Stream(2, n), 3, num_workers=2)',
    (n) => new DataLoader(new Stream(2, n), { batch_size: 3, num_workers: 2, worker_module }),
  ],
  'a stream in more workers than samples': [
    'DataLoader(Stream(n - 2, n), 3, num_workers=3)',
    (n) => new DataLoader(new Stream(n - 2, n), { batch_size: 3, num_workers: 3, worker_module }),
  ],
  'a stream, workers that persist': [
    'DataLoader(Stream(2, n), None, num_workers=2, persistent_workers=True)',
    (n) =>
      new DataLoader(new Stream(2, n), {
        batch_size: null,
        num_workers: 2,
        persistent_workers: true,
        worker_module,
      }),
  ],
}

const python = `
import json, sys, warnings
import torch
from torch.utils.data import *
warnings.simplefilter('ignore')
def generator(): return torch.Generator().manual_seed(17)
weights = ${JSON.stringify(weights)}
def range_of(n): return TensorDataset(torch.arange(n))
def sums(samples): return sum(i for i, _ in samples)
class Noisy(Dataset):
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
    def __getitem__(self, i): return torch.tensor(i), torch.rand(2)
class Stream(IterableDataset):
    def __init__(self, start, end): self.start, self.end = start, end
    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return (torch.tensor(i) for i in range(self.start + first, self.end, step))
def plain(x):
    if isinstance(x, torch.Tensor): return x.tolist()
    return [plain(item) for item in x]
def run(make, n):
    torch.manual_seed(3)
    loader = make(n)
    epochs = [[plain(batch) for batch in loader] for _ in range(2)]
    return [epochs, torch.rand(2).tolist()]
made = {${Object.entries({
  ...loaders,
  ...Object.fromEntries(Object.entries(with_workers).map(([k, v]) => [`workers: ${k}`, v])),
})
  .map(([name, [source]]) => `${JSON.stringify(name)}: lambda n: ${source}`)
  .join(',\n')}}
print(json.dumps({name: [run(make, n) for n in ([10] if name.startswith('workers') else [10, 13])] for name, make in made.items()}))
`

const lengths = [10, 13]
let expected: Record<string, unknown[]> = {}
const timeout = 180_000

function plain(x: unknown): unknown {
  if (x instanceof torch.Tensor) return x.tolist()
  return (x as unknown[]).map(plain)
}

function run_all(make: Make, n: number): unknown {
  torch.manual_seed(3)
  const loader = make(n)
  const epochs = [1, 2].map(() => Array.from(loader, plain))
  return [epochs, torch.rand(2).tolist()]
}

async function run_async(make: Make, n: number): Promise<unknown> {
  torch.manual_seed(3)
  const loader = make(n)
  const epochs: unknown[] = []
  for (const _ of [1, 2]) {
    const batches: unknown[] = []
    for await (const batch of loader) batches.push(plain(batch))
    epochs.push(batches)
  }
  return [epochs, torch.rand(2).tolist()]
}

describe.skipIf(live_torch() === null)('the order under a seed is that of Python', () => {
  const before = torch.get_rng_state()
  beforeAll(() => {
    expected = run_python(python) as typeof expected
  }, timeout)
  afterAll(() => torch.set_rng_state(before))

  for (const [name, [, make]] of Object.entries(loaders)) {
    it(name, async () => {
      expect(lengths.map((n) => run_all(make, n))).toEqual(expected[name])
      expect([await run_async(make, lengths[0]!)]).toEqual([expected[name]![0]])
    })
  }
  for (const [name, [, make]] of Object.entries(with_workers)) {
    it(
      `workers: ${name}`,
      async () => {
        expect(run_all(make, lengths[0]!)).toEqual(expected[`workers: ${name}`]![0])
        expect(await run_async(make, lengths[0]!)).toEqual(expected[`workers: ${name}`]![0])
      },
      timeout,
    )
  }
})
