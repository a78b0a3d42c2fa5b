// What worker threads import in the tests of DataLoader: classes and functions, found by their names.
import { isMainThread, threadId } from 'node:worker_threads'
import * as torch from 'typetorch'

const { Dataset, IterableDataset, get_worker_info } = torch.utils.data

/** Samples with random numbers of the worker's own generator. */
export class Noisy extends Dataset {
  constructor(length) {
    super()
    this.count = length
  }
  at(index) {
    return [torch.tensor(BigInt(index)), torch.rand(2)]
  }
  get length() {
    return this.count
  }
}

/** Numbers of a stream, every worker its own part. */
export class Stream extends IterableDataset {
  constructor(start, end) {
    super()
    this.start = start
    this.end = end
  }
  *[Symbol.iterator]() {
    const info = get_worker_info()
    const [id, step] = info === null ? [0, 1] : [info.id, info.num_workers]
    for (let i = this.start + id; i < this.end; i += step) yield torch.tensor(BigInt(i))
  }
  get length() {
    return this.end - this.start
  }
}

/** A stream that comes with time. */
export class Slow extends IterableDataset {
  async *[Symbol.asyncIterator]() {
    for (let i = 0; i < 5; i++) {
      await new Promise((take) => setTimeout(take, 1))
      yield BigInt(i)
    }
  }
}

/** Does something odd at one index. */
export class Odd extends Dataset {
  constructor(what, index) {
    super()
    this.what = what
    this.index = index
  }
  get length() {
    return 8
  }
  at(index) {
    if (index === this.index) return ODD[this.what]()
    return BigInt(index)
  }
}

function hang() {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
}

function out_of_memory() {
  const kept = []
  for (;;) kept.push(new Array(1e6).fill(kept.length))
}

const ODD = {
  throw: () => {
    throw new torch.ValueError('an odd sample')
  },
  tensor_error: () => torch.ones(2).add(torch.ones(3)),
  exit: () => process.exit(7),
  throw_later: () => {
    setTimeout(() => {
      throw new RangeError('thrown by a timer')
    })
    return new Promise(() => {})
  },
  hang,
  out_of_memory,
  promise: async () => 100n,
  nothing: () => undefined,
  function: () => () => 1,
  instance: () => new Odd('throw', 0),
}

/** Tells what a worker knows. */
export class Informed extends Dataset {
  scale = 1
  get length() {
    return 4
  }
  at(index) {
    const info = get_worker_info()
    return {
      index: BigInt(index),
      id: String(info?.id),
      seed: String(info?.seed),
      initial_seed: String(torch.initial_seed()),
      scale: this.scale,
      own_dataset: info?.dataset === this,
      thread: isMainThread ? 0 : threadId,
    }
  }
}

export const double_scale = (id) => {
  get_worker_info().dataset.scale = 2 * (id + 1)
}

export const as_they_are = (samples) => samples

export const sums = (samples) => samples.map(([i]) => i).reduce((a, b) => a.add(b))

export const fails = () => {
  throw new TypeError('no worker today')
}

/** Decodes for five milliseconds a sample. */
export class Decoding extends Dataset {
  constructor(length, milliseconds) {
    super()
    this.count = length
    this.milliseconds = milliseconds
  }
  get length() {
    return this.count
  }
  at(index) {
    const end = performance.now() + this.milliseconds
    while (performance.now() < end);
    return BigInt(index)
  }
}
