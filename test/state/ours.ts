import * as torch from 'typetorch'
import type { Case } from './cases.js'
import { bits, type Subject, scaler_subject } from './subjects.js'

// What only this library has, or what a user writes.

const { nn, optim, utils } = torch
type Loaded = ReturnType<torch.nn.Module['state_dict']>

function ema_subject(name: string): Subject {
  torch.manual_seed(0)
  const model = new nn.Linear(3, 2)
  const options = name === 'EMA' ? { decay: 0.9 } : { decay: 0.99, warmup: true, update_every: 3 }
  const ema = new torch.EMA(model, options)
  return {
    step(i) {
      torch.manual_seed(i)
      torch.no_grad(() => {
        for (const param of model.parameters()) param.add_(torch.randn(param.shape))
      })
      ema.update()
      return bits([...ema.averaged.parameters()])
    },
    state: () => ({ model: model.state_dict(), ema: ema.state_dict() }),
    load(state: { model: Loaded; ema: Loaded }) {
      model.load_state_dict(state.model)
      ema.load_state_dict(state.ema)
    },
  }
}

// Keeps a number by epoch, as people write it.
class Counting implements torch.TrainerCallback {
  counts: Record<number, number> = {}
  seen = new Map<number, { mean: number }>()
  on_step_end(_trainer: torch.Trainer, { epoch, loss }: torch.StepEnd): void {
    this.counts[epoch] = (this.counts[epoch] ?? 0) + 1
    this.seen.set(epoch, { mean: loss })
  }
  state_dict() {
    return { counts: this.counts, seen: [...this.seen] }
  }
  load_state_dict({ counts, seen }: { counts: Record<number, number>; seen: [number, { mean: number }][] }) {
    this.counts = counts
    this.seen = new Map(seen)
  }
}

function trainer_subject(by_epoch: boolean): Subject {
  torch.manual_seed(0)
  const model = new nn.Sequential(
    new nn.Linear(3, 8),
    new nn.BatchNorm1d(8),
    new nn.Dropout(0.25),
    new nn.Linear(8, 1),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
  const noise = new torch.Generator().manual_seed(2)
  const counting = new Counting()
  const options: torch.TrainerOptions = {
    max_steps: 0,
    clip_grad_norm: 1,
    accumulate: 2,
    schedule: new optim.lr_scheduler.MultiStepLR(optimizer, by_epoch ? [1, 2, 4] : [4, 10, 16], 0.5),
    schedule_by: by_epoch ? 'epoch' : 'step',
    scaler: new torch.GradScaler('cpu', { init_scale: 64, growth_interval: 3 }),
    ema: { decay: 0.9, update_every: 2 },
    generators: { 0: noise },
    callbacks: [counting],
    early_stopping: { metric: 'loss', patience: 100 },
    progress: false,
  }
  const trainer = new torch.Trainer(model, optimizer, options)
  const rows = torch.arange(42, { dtype: torch.float32 }).reshape(14, 3).div(10)
  const data = new utils.data.DataLoader(new utils.data.TensorDataset(rows), { batch_size: 2, shuffle: true })
  const criterion = new nn.MSELoss()
  return {
    async step(i) {
      options.max_steps = i + 1
      const losses = await trainer.fit(data, ([x]) =>
        criterion(model(x!.add(torch.randn([3], { generator: noise }))), torch.ones(x!.shape[0]!, 1)),
      )
      const { ema } = trainer
      return [
        bits([...losses, ...model.parameters(), ...ema!.averaged.parameters()]),
        structuredClone(counting.state_dict()),
      ]
    },
    state: () => trainer.state_dict(),
    load(state: torch.TrainerStateDict) {
      trainer.load_state_dict(state)
    },
  }
}

class Remembering extends optim.Optimizer<{ params: torch.Tensor[]; lr: number; betas: number[] }> {
  constructor(params: torch.optim.Params) {
    super(params, { lr: 0.1, betas: [0.5, 0.25] })
  }
  override step() {
    torch.no_grad(() => {
      for (const { params, lr, betas } of this.param_groups)
        for (const param of params) {
          let state = this.state.get(param)
          if (state === undefined)
            this.state.set(
              param,
              (state = { step: 0, sums: { 0: torch.zeros_like(param) }, by: new Map([[1, 0]]), none: null }),
            )
          const { sums, by } = state as { sums: Record<number, torch.Tensor>; by: Map<number, number> }
          state['step'] = (state['step'] as number) + 1
          by.set(1, by.get(1)! + betas[1]!)
          sums[0] = sums[0]!.mul(betas[0]!).add(param.grad!)
          param.sub_(sums[0], { alpha: lr / by.get(1)! })
        }
    })
    return null
  }
}

function own_optimizer_subject(): Subject {
  const params = [torch.ones([2], { requires_grad: true }), torch.zeros([1, 2], { requires_grad: true })]
  const optimizer = new Remembering(params)
  return {
    step(i) {
      torch.manual_seed(i)
      for (const param of params) param.grad = torch.randn(param.shape)
      optimizer.step()
      return bits(params)
    },
    state: () => ({ optimizer: optimizer.state_dict(), params: params.map((param) => param.detach()) }),
    load(state: { optimizer: torch.optim.OptimizerStateDict; params: torch.Tensor[] }) {
      const given = state.optimizer
      // Python has no Map: what went through it comes back as an object.
      for (const own of Object.values(given.state))
        own['by'] =
          own['by'] instanceof Map
            ? own['by']
            : new Map(Object.entries(own['by'] as object).map(([key, item]) => [Number(key), item]))
      optimizer.load_state_dict(given)
      torch.no_grad(() => params.forEach((param, i) => void param.copy_(state.params[i]!)))
    },
  }
}

class Table extends optim.lr_scheduler.LRScheduler {
  rates: Record<number, number> = { 0: 1, 5: 0.5, 9: 0.25, 16: 0.125 }
  override get_lr() {
    const now = this.rates[this.last_epoch]
    return this.base_lrs.map((lr, i) => (now === undefined ? this.get_last_lr()[i]! : (lr as number) * now))
  }
}

function own_schedule_subject(): Subject {
  const optimizer = new optim.SGD([torch.zeros([1], { requires_grad: true })], { lr: 0.1 })
  const schedule = new Table(optimizer)
  return {
    step() {
      optimizer.step()
      schedule.step()
      return bits(schedule.get_last_lr() as number[])
    },
    state: () => ({ optimizer: optimizer.state_dict(), schedule: schedule.state_dict() }),
    load(state: { optimizer: torch.optim.OptimizerStateDict; schedule: Record<string, unknown> }) {
      optimizer.load_state_dict(state.optimizer)
      schedule.load_state_dict(state.schedule)
    },
  }
}

class Counter extends utils.data.Dataset<number> {
  reads: Record<number, number> = {}
  override at(index: number): number {
    this.reads[index] = (this.reads[index] ?? 0) + 1
    return index * 10 + this.reads[index]!
  }
  override get length(): number {
    return 10
  }
}

class StatefulCounter extends Counter {
  state_dict() {
    return { reads: { ...this.reads } }
  }
  load_state_dict({ reads }: { reads: Record<number, number> }): void {
    this.reads = { ...reads }
  }
}

class Stream extends utils.data.IterableDataset<number> {
  override *[Symbol.iterator]() {
    for (let i = 0; i < 9; i++) yield i * i
  }
}

function loader_of(name: string): torch.utils.data.DataLoader<number> {
  const { DataLoader, BatchSampler, RandomSampler, WeightedRandomSampler } = utils.data
  const generator = new torch.Generator().manual_seed(4)
  const rows = new utils.data.TensorDataset(torch.arange(10))
  switch (name) {
    case 'DataLoader in order':
      return new DataLoader(rows as never, { batch_size: 3 })
    case 'DataLoader that shuffles':
      return new DataLoader(rows as never, { batch_size: 3, shuffle: true })
    case 'DataLoader with a weighted sampler and its generator': {
      const weights = Array.from({ length: 10 }, (_, i) => i + 1)
      const sampler = new WeightedRandomSampler(weights, 8, { generator })
      return new DataLoader(rows as never, {
        batch_size: 3,
        sampler,
        generator: new torch.Generator().manual_seed(9),
      })
    }
    case 'DataLoader with a batch sampler':
      return new DataLoader(rows as never, {
        batch_sampler: new BatchSampler(new RandomSampler(rows, { generator }), 4, false),
      })
    case 'DataLoader over a dataset with a state':
      return new DataLoader(new StatefulCounter(), { batch_size: 4, shuffle: true })
    case 'DataLoader over a stream':
      return new DataLoader(new Stream(), { batch_size: 2 })
    default:
      return new DataLoader(rows as never, { batch_size: 3, shuffle: true, num_workers: 2 })
  }
}

function loader_subject(name: string): Subject {
  const loader = loader_of(name)
  let epoch: Iterator<unknown> | null = null
  // Others draw from the default generator too.
  torch.manual_seed(7)
  let rng = torch.get_rng_state()
  const alone = <T>(callback: () => T): T => {
    torch.set_rng_state(rng)
    const result = callback()
    rng = torch.get_rng_state()
    return result
  }
  const next = () => {
    epoch ??= loader[Symbol.iterator]()
    let result = epoch.next()
    if (result.done) {
      epoch = loader[Symbol.iterator]()
      result = epoch.next()
    }
    const value = result.value as torch.Tensor | torch.Tensor[]
    return Array.isArray(value) ? value.map((one) => one.tolist()) : value.tolist()
  }
  return {
    step: () =>
      JSON.parse(
        JSON.stringify(alone(next), (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
      ),
    state: () => alone(() => ({ loader: loader.state_dict(), rng: torch.get_rng_state() })),
    load(state: { loader: torch.utils.data.DataLoaderState; rng: torch.Tensor }) {
      loader.load_state_dict(state.loader)
      rng = state.rng
    },
  }
}

function distributed_subject(): Subject {
  const sampler = new utils.data.DistributedSampler(torch.arange(7), { num_replicas: 2, rank: 1 })
  return {
    step() {
      sampler.set_epoch(sampler.epoch + 1)
      return [...sampler]
    },
    state: () => sampler.state_dict(),
    load(state: { epoch: number }) {
      sampler.load_state_dict(state)
    },
  }
}

/** Makes what a case of `kind: 'ours'` says. */
export function ours({ of, name }: Case): Subject {
  switch (of) {
    case 'cpu.amp.GradScaler':
      return scaler_subject(new torch.cpu.amp.GradScaler({ init_scale: 32, growth_interval: 2 }))
    case 'cuda.amp.GradScaler':
      return scaler_subject(new torch.cuda.amp.GradScaler({ init_scale: 32, growth_interval: 2 }))
    case 'EMA':
      return ema_subject(name)
    case 'Trainer':
      return trainer_subject(name !== 'Trainer')
    case 'optim.Optimizer':
      return own_optimizer_subject()
    case 'optim.lr_scheduler.LRScheduler':
      return own_schedule_subject()
    case 'utils.data.DataLoader':
      return loader_subject(name)
    case 'utils.data.DistributedSampler':
      return distributed_subject()
    default:
      throw new Error(`no subject for ${of}`)
  }
}
