import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { Noisy, Stream } from './datasets.mjs'

const { data } = torch.utils
const worker_module = new URL('./datasets.mjs', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'typetorch-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Loader = Iterable<unknown> & {
  state_dict(): torch.utils.data.DataLoaderState
  load_state_dict(state: torch.utils.data.DataLoaderState): void
}

function plain(x: unknown): unknown {
  if (x instanceof torch.Tensor) return x.tolist()
  return Array.isArray(x) ? x.map(plain) : x
}

/** The batches of two epochs, and what the default generator draws after them. */
function undisturbed(make: () => Loader): unknown[] {
  torch.manual_seed(11)
  const loader = make()
  return [...Array.from(loader, plain), ...Array.from(loader, plain), torch.rand(2).tolist()]
}

/** The same, with all of it thrown away after `stop` batches and taken up from what was saved. */
function resumed(make: () => Loader, stop: number): unknown[] {
  torch.manual_seed(11)
  const seen: unknown[] = []
  let saved: { loader: torch.utils.data.DataLoaderState; rng: torch.Tensor } | undefined
  const first = make()
  let epochs = 0
  outer: for (; epochs < 2; epochs++) {
    for (const batch of first) {
      seen.push(plain(batch))
      if (seen.length < stop) continue
      saved = { loader: first.state_dict(), rng: torch.get_rng_state() }
      break outer
    }
  }
  const path = join(folder, 'state.pt')
  torch.save(saved!, path)
  torch.manual_seed(99)
  torch.rand(7)
  const loaded = torch.load(path) as NonNullable<typeof saved>
  torch.set_rng_state(loaded.rng)
  const second = make()
  second.load_state_dict(loaded.loader)
  for (; epochs < 2; epochs++) for (const batch of second) seen.push(plain(batch))
  return [...seen, torch.rand(2).tolist()]
}

const range = (n: number) => new data.TensorDataset(torch.arange(n))
const generator = () => new torch.Generator().manual_seed(17)

const loaders: Record<string, () => Loader> = {
  shuffled: () => new data.DataLoader(range(10), 3, true),
  'shuffled by a generator': () =>
    new data.DataLoader(range(10), { batch_size: 3, shuffle: true, generator: generator() }),
  'with replacement, by a generator of the sampler': () =>
    new data.DataLoader(range(10), {
      batch_size: 3,
      sampler: new data.RandomSampler(range(10), true, 10, generator()),
    }),
  'a subset at random': () =>
    new data.DataLoader(range(10), {
      batch_size: 3,
      sampler: new data.SubsetRandomSampler(torch.arange(10).tolist() as number[]),
    }),
  weighted: () =>
    new data.DataLoader(range(10), {
      batch_size: 3,
      sampler: new data.WeightedRandomSampler(torch.ones(10), 10),
    }),
  'a stream': () => new data.DataLoader(new Stream(0, 10), 3),
  workers: () =>
    new data.DataLoader(new Noisy(10), { batch_size: 3, shuffle: true, num_workers: 2, worker_module }),
  'workers that persist': () =>
    new data.DataLoader(new Noisy(10), {
      batch_size: 3,
      shuffle: true,
      num_workers: 2,
      persistent_workers: true,
      worker_module,
    }),
  'a stream in workers': () =>
    new data.DataLoader(new Stream(0, 12), { batch_size: 3, num_workers: 2, worker_module }),
}

describe('a loader that goes on from its state gives the undisturbed batches', () => {
  for (const [name, make] of Object.entries(loaders)) {
    it(name, () => {
      const expected = undisturbed(make)
      // After the first batch, in the middle, after the last of an epoch, in the second epoch, after its last.
      const stops = name.includes('persist') ? [3] : name.includes('workers') ? [3, 6] : [1, 2, 4, 6, 8]
      for (const stop of stops) expect(resumed(make, stop), `after ${stop}`).toEqual(expected)
    })
  }
})

describe('state_dict', () => {
  it('between epochs holds the generators as they are', () => {
    const first = loaders['shuffled by a generator']!()
    Array.from(first)
    const second = loaders['shuffled by a generator']!()
    second.load_state_dict(first.state_dict())
    expect(Array.from(second, plain)).toEqual(Array.from(first, plain))
  })

  it('is that of a dataset that has one, too', () => {
    class Reader extends data.IterableDataset<bigint> {
      place = 0
      reads = 0
      override *[Symbol.iterator]() {
        while (this.place < 9) {
          this.reads++
          yield BigInt(this.place++)
        }
        this.place = 0
      }
      state_dict() {
        return { place: this.place }
      }
      load_state_dict({ place }: { place: number }) {
        this.place = place
      }
    }
    const first = new data.DataLoader(new Reader(), { batch_size: 2 })
    const iterator = first[Symbol.iterator]()
    iterator.next()
    iterator.next()
    const dataset = new Reader()
    const second = new data.DataLoader(dataset, { batch_size: 2 })
    second.load_state_dict(first.state_dict())
    expect([...second].map((batch) => batch.tolist())).toEqual([[4, 5], [6, 7], [8]])
    expect(dataset.reads).toBe(5)
  })

  it('keeps the epoch of a DistributedSampler', () => {
    const make = () => {
      const sampler = new data.DistributedSampler(range(12), { num_replicas: 2, rank: 0 })
      return { sampler, loader: new data.DataLoader(range(12), { batch_size: 2, sampler }) }
    }
    const [first, second] = [make(), make()]
    first.sampler.set_epoch(4)
    const iterator = first.loader[Symbol.iterator]()
    iterator.next()
    second.loader.load_state_dict(first.loader.state_dict())
    const rest = Array.from({ [Symbol.iterator]: () => iterator }, plain)
    expect(Array.from(second.loader, plain)).toEqual(rest)
    expect(second.sampler.epoch).toBe(4)
  })

  it('refuses what is no state, and that of another loader', () => {
    const loader = loaders['shuffled']!()
    expect(() => loader.load_state_dict({} as never)).toThrow(
      new TypeError('load_state_dict(): expected what state_dict() of a DataLoader gave'),
    )
    loader.load_state_dict(loaders['shuffled by a generator']!().state_dict())
    expect(() => [...loader]).toThrow('the state holds 1 generators, and the DataLoader has 0')
  })
})
