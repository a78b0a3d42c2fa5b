import * as torch from 'typetorch'
import { EMA, nn, Trainer } from 'typetorch'
import { describe, expect, it } from 'vitest'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number
const data = [torch.ones(2, 3)]

function trained(options: torch.TrainerOptions = {}) {
  torch.manual_seed(0)
  const model = new nn.Linear(3, 1)
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 0.1 })
  const schedule = new torch.optim.lr_scheduler.StepLR(optimizer, 10)
  const trainer = new Trainer(model, optimizer, {
    max_steps: 3,
    progress: false,
    schedule,
    scaler: new torch.amp.GradScaler('cpu'),
    ema: { decay: 0.9 },
    early_stopping: { metric: 'loss', patience: 100 },
    ...options,
  })
  const step = (x: torch.Tensor) => model(x).pow(2).mean()
  return { model, optimizer, schedule, trainer, step }
}

/** A state with the number at a path replaced. */
function changed(state: object, path: string, value: unknown): never {
  const [first, ...rest] = path.split('.') as [string, ...string[]]
  const copy: object = Array.isArray(state) ? [...(state as unknown[])] : { ...state }
  const old: unknown = Reflect.get(state, first)
  Object.defineProperty(copy, first, {
    value: rest.length === 0 ? value : changed(old as object, rest.join('.'), value),
    enumerable: true,
    configurable: true,
    writable: true,
  })
  return copy as never
}

describe('a Trainer refuses a state with a number that makes no sense, and changes nothing', () => {
  it.each([
    ['version', nan, 'a whole number of at least 1'],
    ['step', nan, 'a whole number of at least 0'],
    ['step', -1, 'a whole number of at least 0'],
    ['step', 1.5, 'a whole number of at least 0'],
    ['step', inf, 'a whole number of at least 0'],
    ['epoch', nan, 'a whole number of at least 0'],
    ['epoch', 2 ** 60, 'a whole number of at least 0'],
    ['seconds', nan, 'a finite number of at least 0'],
    ['seconds', inf, 'a finite number of at least 0'],
    ['place.batch', nan, 'a whole number of at least 0'],
    ['place.batch', -3, 'a whole number of at least 0'],
    ['place.length', nan, 'a whole number of at least 0'],
    ['accumulation.batches', nan, 'a whole number of at least 0'],
    ['accumulation.skipped', -1, 'a whole number of at least 0'],
    ['means.loss.count', nan, 'a whole number of at least 0'],
    ['early_stopping.failures', nan, 'a whole number of at least 0'],
    ['early_stopping.best', nan, 'a number, and not NaN'],
    ['optimizer.state.0.step', nan, 'a whole number of at least 0'],
    ['optimizer.state.0.step', torch.tensor(nan), 'a whole number of at least 0'],
    ['optimizer.state.1.step', torch.tensor(-1), 'a whole number of at least 0'],
    ['optimizer.param_groups.0.lr', nan, 'a number, and not NaN'],
    ['optimizer.param_groups.0.lr', torch.tensor(nan), 'a number, and not NaN'],
    ['optimizer.param_groups.0.eps', nan, 'a number, and not NaN'],
    ['schedule.last_epoch', nan, 'a number of at least -1'],
    ['schedule._step_count', -2, 'a whole number of at least 0'],
    ['schedule.base_lrs.0', nan, 'a finite number'],
    ['schedule.gamma', nan, 'a number, and not NaN'],
    ['scaler.scale', nan, 'a finite number of at least 0'],
    ['scaler.scale', inf, 'a finite number of at least 0'],
    ['scaler.growth_interval', 0, 'a whole number of at least 1'],
    ['scaler._growth_tracker', nan, 'a whole number of at least 0'],
    ['ema.n_averaged', torch.tensor(-1), 'a whole number of at least 0'],
  ])('%s: %s', async (path, value, words) => {
    const { trainer, step, model } = trained()
    await trainer.fit(data, step)
    const state = trainer.state_dict()
    const other = trained()
    const before = [...other.model.parameters()].map((p) => p.tolist())
    const place = path
      .replace(/^optimizer\./, '')
      .replace(/^(schedule|ema)\./, '')
      .replace(/\.(\d)(?=\.|$)/g, '[$1]')
    expect(() => other.trainer.load_state_dict(changed(state, path, value))).toThrow(
      `load_state_dict(): '${place}' of the state must be ${words}, but got`,
    )
    expect([...other.model.parameters()].map((p) => p.tolist())).toEqual(before)
    expect([other.trainer.global_step, other.schedule.last_epoch]).toEqual([0, 0])
    other.trainer.load_state_dict(state)
    expect([...other.model.parameters()].map((p) => p.tolist())).toEqual(
      [...model.parameters()].map((p) => p.tolist()),
    )
  })

  it('and one that is no number, or a list of another length', async () => {
    const { trainer, step } = trained()
    await trainer.fit(data, step)
    const state = trainer.state_dict()
    expect(() => trainer.load_state_dict(changed(state, 'step', '3'))).toThrow(
      "load_state_dict(): 'step' of the state must be a whole number of at least 0, not string",
    )
    expect(() => trainer.load_state_dict(changed(state, 'accumulation.batches', 2))).toThrow(
      "'accumulation' of the state says 2 batches, and has 0 losses and 0 gradients",
    )
  })

  it('but takes what training may come to: losses, means and metrics that are no numbers', async () => {
    const { trainer, step } = trained()
    await trainer.fit(data, step)
    let state: never = changed(trainer.state_dict(), 'means.loss', { sum: nan, count: 3 })
    state = changed(state, 'metrics', { loss: nan, val_loss: inf })
    state = changed(state, 'early_stopping.best', inf)
    trainer.load_state_dict(state)
    expect(trainer.metrics).toEqual({ loss: nan, val_loss: inf })
  })
})

describe('each part refuses it by itself', () => {
  const schedules = torch.optim.lr_scheduler
  const optimizer = () => new torch.optim.SGD([torch.ones(1, { requires_grad: true })], { lr: 0.1 })

  it('schedules', () => {
    const plateau = new schedules.ReduceLROnPlateau(optimizer())
    const state = plateau.state_dict()
    for (const [name, value] of [
      ['last_epoch', nan],
      ['num_bad_epochs', nan],
      ['cooldown_counter', -1],
      ['best', nan],
      ['factor', nan],
    ] as const)
      expect(() => plateau.load_state_dict({ ...state, [name]: value })).toThrow(
        `'${name}' of the state must be`,
      )
    expect(state['best']).toBe(inf)
    plateau.load_state_dict(state)
    const warm = new schedules.CosineAnnealingWarmRestarts(optimizer(), 5)
    warm.step(1.5)
    warm.load_state_dict(warm.state_dict())
    const sequential = new schedules.SequentialLR(
      ...(() => {
        const own = optimizer()
        return [own, [new schedules.ConstantLR(own), new schedules.StepLR(own, 2)], [2]] as const
      })(),
    )
    const composed = sequential.state_dict()
    expect(() => sequential.load_state_dict({ ...composed, last_epoch: nan })).toThrow("'last_epoch'")
    expect(() => sequential.load_state_dict(changed(composed, '_schedulers.1.last_epoch', nan))).toThrow(
      "'last_epoch' of the state must be a number of at least -1, but got NaN",
    )
  })

  it('schedules of users, whose own fields may be anything', () => {
    class Mine extends schedules.LRScheduler {
      seen = nan
      override get_lr() {
        return this.base_lrs.map(Number)
      }
    }
    const mine = new Mine(optimizer())
    mine.load_state_dict(mine.state_dict())
    expect(() => mine.load_state_dict({ last_epoch: nan })).toThrow("'last_epoch' of the state")
  })

  it('optimizers, of any class', () => {
    for (const make of [
      (p: torch.Tensor) => new torch.optim.AdamW([p]),
      (p: torch.Tensor) => new torch.optim.NAdam([p]),
      (p: torch.Tensor) => new torch.optim.ASGD([p]),
      (p: torch.Tensor) => new torch.optim.RMSprop([p]),
      (p: torch.Tensor) => new torch.optim.Adagrad([p]),
    ]) {
      const weight = torch.ones(2, { requires_grad: true })
      const one = make(weight)
      weight.sum().backward()
      ;(one as torch.optim.AdamW).step()
      const state = one.state_dict()
      expect(() => one.load_state_dict(changed(state, 'state.0.step', torch.tensor(nan)))).toThrow(
        "'state[0].step' of the state must be a whole number of at least 0, but got NaN",
      )
      // Numbers of a training that went wrong are its own.
      const [name] = Object.keys(state.state['0']!).filter((key) => key !== 'step')
      if (name !== 'eta' && name !== 'mu_product')
        one.load_state_dict(changed(state, `state.0.${name}`, torch.full([2], nan)))
      one.load_state_dict(state)
    }
  })

  it('averages, loaders and samplers', () => {
    const ema = new EMA(new nn.Linear(2, 1))
    const state = ema.state_dict()
    expect(() => ema.load_state_dict(state, nan)).toThrow("'steps' of the state must be a whole number")
    ema.load_state_dict(state, 0)
    const dataset = new torch.utils.data.TensorDataset(torch.ones(4, 1))
    const loader = new torch.utils.data.DataLoader(dataset, { batch_size: 2 })
    for (const value of [nan, -1, 0.5])
      expect(() => loader.load_state_dict({ ...loader.state_dict(), num_yielded: value })).toThrow(
        "'num_yielded' of the state must be a whole number of at least 0",
      )
    const sampler = new torch.utils.data.DistributedSampler(dataset, { num_replicas: 2, rank: 0 })
    expect(() => sampler.load_state_dict({ epoch: nan })).toThrow(
      "'epoch' of the state must be a whole number",
    )
    sampler.load_state_dict({ epoch: 3 })
    expect(sampler.epoch).toBe(3)
  })
})
