import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { EMA, type MetricsEvent, type StepEnd, type Tensor, Trainer, type TrainerOptions } from 'typetorch'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'

const { nn } = torch
const root = mkdtempSync(join(tmpdir(), 'typetorch-options-'))
const threads_before = torch.get_num_threads()
beforeAll(() => torch.set_num_threads(1))
afterAll(() => {
  torch.set_num_threads(threads_before)
  rmSync(root, { recursive: true })
})

function make(options: TrainerOptions = {}, seed = 0) {
  torch.manual_seed(seed)
  const model = new nn.Sequential(new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 1))
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 })
  const batches = Array.from({ length: 6 }, () => torch.randn(4, 3))
  const step = (x: Tensor) => model(x).pow(2).mean()
  return {
    model,
    optimizer,
    batches,
    step,
    trainer: new Trainer(model, optimizer, { progress: false, ...options }),
  }
}
const weights = (model: torch.nn.Module) => [...model.parameters()].map((p) => p.tolist())

test('accumulation is the loop written out, and an epoch’s last step may have fewer batches', async () => {
  const { trainer, model, batches, step } = make({
    accumulate: 4,
    max_epochs: 2,
    clip_grad_value: 0.05,
    clip_grad_norm: 0.08,
  })
  const ends: StepEnd[] = []
  const watching = new Trainer(model, trainer.optimizer, {
    ...trainer.options,
    callbacks: [{ on_step_end: (_t, end) => void ends.push(end) }],
  })
  const losses = await watching.fit(batches, (x) => ({ loss: step(x), rows: x.shape[0]! }))

  const plain = make()
  const expected: number[] = []
  for (let epoch = 0; epoch < 2; epoch++)
    for (const window of [plain.batches.slice(0, 4), plain.batches.slice(4)]) {
      plain.optimizer.zero_grad()
      const parts = window.map((x) => {
        const loss = plain.step(x)
        loss.div(4).backward()
        return loss.item() as number
      })
      nn.utils.clip_grad_value_(plain.model.parameters(), 0.05)
      nn.utils.clip_grad_norm_(plain.model.parameters(), 0.08)
      plain.optimizer.step()
      expected.push(parts.reduce((sum, part) => sum + part, 0) / parts.length)
    }
  expect(losses).toEqual(expected)
  expect(weights(model)).toEqual(weights(plain.model))
  expect(ends.map(({ step, epoch, batch, lr, metrics }) => [step, epoch, batch, lr, metrics])).toEqual([
    [0, 0, 3, 0.1, { rows: 4 }],
    [1, 0, 5, 0.1, { rows: 4 }],
    [2, 1, 3, 0.1, { rows: 4 }],
    [3, 1, 5, 0.1, { rows: 4 }],
  ])
  expectTypeOf(ends[0]!.loss).toEqualTypeOf<number>()
})

test('autocast with a scaler is the loop written out; a step with infinite gradients is left out', async () => {
  const scaler = () => new torch.amp.GradScaler('cpu', { init_scale: 2 ** 127, growth_interval: 2 })
  const own = scaler()
  const skipped: boolean[] = []
  const { trainer, model, batches, step } = make({
    autocast: { device_type: 'cpu', dtype: torch.bfloat16 },
    scaler: own,
    callbacks: [{ on_step_end: (_t, end) => void skipped.push(end.skipped) }],
  })
  await trainer.fit(batches, (x) => step(x).mul(50))
  const plain = make()
  const other = scaler()
  for (const x of plain.batches) {
    plain.optimizer.zero_grad()
    const loss = torch.autocast('cpu', { dtype: torch.bfloat16 }, () => plain.step(x).mul(50))
    other.scale(loss).backward()
    other.step(plain.optimizer)
    other.update()
  }
  expect(weights(model)).toEqual(weights(plain.model))
  expect(own.state_dict()).toEqual(other.state_dict())
  expect(skipped.includes(true) && skipped.includes(false)).toBe(true)
})

describe('EMA', () => {
  test('is the average by its formula, with warm-up, and gives the weights back', async () => {
    const { trainer, model, batches, step } = make({ ema: { decay: 0.9, warmup: true } })
    const seen: number[] = []
    const weight = () => model.state_dict()['2.bias']!.item() as number
    const watching = new Trainer(model, trainer.optimizer, {
      ...trainer.options,
      callbacks: [{ on_step_end: () => void seen.push(weight()) }],
    })
    await watching.fit(batches, step)
    let average = seen[0]!
    for (const [i, now] of seen.slice(1).entries()) {
      const decay = Math.min(0.9, (2 + i) / (11 + i))
      average = decay * average + (1 - decay) * now
    }
    const ema = watching.ema!
    const before = weights(model)
    expect(ema.apply(weight)).toBeCloseTo(average, 5)
    expect(weights(model)).toEqual(before)
    expect(() => ema.restore()).toThrow('EMA.restore(): store() was not called')
    ema.store()
    expect(() => ema.store()).toThrow('EMA.store(): the averages are in the model already')
    ema.restore()
    expect(Object.keys(ema.state_dict())).toContain('n_averaged')
    expect(() => new EMA(model, { decay: 2 })).toThrow(torch.ValueError)
  })
})

describe('validation', () => {
  test('after each epoch, without gradients, in evaluation mode, with random numbers of its own', async () => {
    const plain = make({ max_epochs: 3 })
    const expected = await plain.trainer.fit(plain.batches, (x) => plain.step(x.add(torch.randn(3))))
    const events: MetricsEvent[] = []
    const { trainer, model, batches, step } = make({
      max_epochs: 3,
      callbacks: [{ on_validation_end: (_t, event) => void events.push(event) }],
    })
    const noise: unknown[] = []
    const losses = await trainer.fit(batches, (x) => step(x.add(torch.randn(3))), {
      validation: [batches[0]!],
      validation_step: (x) => {
        expect([model.training, torch.is_grad_enabled()]).toEqual([false, false])
        noise.push(torch.randn(2).tolist())
        return { loss: step(x), half: 0.5 }
      },
    })
    expect(losses).toEqual(expected)
    expect(noise).toHaveLength(3)
    expect(new Set(noise.map(String)).size).toBe(1)
    expect(events.map(({ step, epoch }) => [step, epoch])).toEqual([
      [6, 1],
      [12, 2],
      [18, 3],
    ])
    expect(events[2]!.metrics).toEqual({ val_loss: step(batches[0]!).item(), val_half: 0.5 })
    expect(model.training).toBe(true)
    expect(trainer.metrics['loss']).toBe(losses.slice(12).reduce((sum, loss) => sum + loss, 0) / 6)
  })

  test('early stopping, by what an epoch came to', async () => {
    const values = [5, 4, 4.5, 4.2, 4.1, 1]
    const { trainer, batches, step } = make({ max_epochs: 6, early_stopping: { patience: 3 } })
    await trainer.fit(batches, step, {
      validation: [batches[0]!],
      validation_step: () => torch.tensor(values[trainer.epoch - 1]!),
    })
    expect([trainer.epoch, trainer.stopped]).toEqual([5, 'early stopping: val_loss'])
  })

  test('every so many steps', async () => {
    const steps: number[] = []
    const { trainer, batches, step } = make({
      max_steps: 10,
      validate_every: 4,
      callbacks: [{ on_validation_end: (_t, event) => void steps.push(event.step) }],
    })
    await trainer.fit(batches, step, { validation: batches })
    expect(steps).toEqual([4, 8])
  })
})

test('a schedule by epoch, and one that takes a metric', async () => {
  const by_epoch = make({ max_epochs: 3, schedule_by: 'epoch' })
  const schedule = new torch.optim.lr_scheduler.StepLR(by_epoch.optimizer, 1, { gamma: 0.5 })
  await new Trainer(by_epoch.model, by_epoch.optimizer, { ...by_epoch.trainer.options, schedule }).fit(
    by_epoch.batches,
    by_epoch.step,
  )
  expect(by_epoch.optimizer.param_groups[0]!.lr).toBe(0.0125)

  const { model, optimizer, batches } = make()
  const plateau = new torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, 'min', 0.1, 0)
  const options = { schedule: plateau, schedule_by: 'epoch', progress: false, max_epochs: 3 } as const
  const constant = () => torch.ones([], { requires_grad: true })
  await new Trainer(model, optimizer, { ...options, schedule_metric: 'loss' }).fit(batches, constant)
  expect(optimizer.param_groups[0]!.lr).toBeCloseTo(0.001)
  await expect(
    new Trainer(model, optimizer, { ...options, schedule_metric: 'val_loss' }).fit(batches, constant),
  ).rejects.toThrow("Trainer: schedule_metric 'val_loss' is none of the metrics: loss")
})

test('fast_dev_run tries everything once and saves nothing; overfit_batches stays with the first ones', async () => {
  const folder = join(root, 'dev')
  const validated: unknown[] = []
  const dev = make({
    fast_dev_run: 2,
    max_epochs: 100,
    checkpoints: folder,
    checkpoint: join(root, 'dev.pt'),
  })
  const losses = await dev.trainer.fit(dev.batches, dev.step, {
    validation: dev.batches,
    validation_step: (x) => {
      validated.push(x)
      return dev.step(x)
    },
  })
  expect([losses.length, validated.length]).toEqual([2, 2])
  expect(readdirSync(root)).toEqual([])

  const seen = new Set<Tensor>()
  const over = make({ overfit_batches: 2, max_steps: 9 })
  await over.trainer.fit(over.batches, (x) => {
    seen.add(x)
    return over.step(x)
  })
  expect(over.batches.map((batch) => seen.has(batch))).toEqual([true, true, false, false, false, false])
})

test('max_seconds, and a memory scope', async () => {
  const timed = make({ max_seconds: 0.3 })
  await timed.trainer.fit(timed.batches, timed.step)
  expect(timed.trainer.seconds).toBeGreaterThanOrEqual(0.3)
  expect(timed.trainer.global_step).toBeGreaterThan(6)

  const plain = make()
  const expected = await plain.trainer.fit(plain.batches, plain.step)
  const scoped = make({ memory_scope: true })
  let between: Tensor | undefined
  const losses = await scoped.trainer.fit(scoped.batches, (x) => {
    between = x.add(1)
    return scoped.step(x)
  })
  expect(losses).toEqual(expected)
  expect(() => between!.item()).toThrow(/freed at the end of torch.scope/)
  await expect(scoped.trainer.fit(scoped.batches, async (x) => scoped.step(x))).rejects.toThrow(
    'with memory_scope the step must be synchronous',
  )
})

test('pause and resume, stop while paused', async () => {
  const events: string[] = []
  const { trainer, batches, step } = make({
    max_steps: 4,
    callbacks: [
      {
        on_pause: () => {
          events.push('pause')
          setTimeout(() => trainer.resume(), 20)
        },
        on_resume: () => void events.push('resume'),
        on_step_end: (_t, { step }) => {
          events.push(`step ${step}`)
          if (step === 1) trainer.pause()
        },
      },
    ],
  })
  expect(await trainer.fit(batches, step)).toHaveLength(4)
  expect(events).toEqual(['step 0', 'step 1', 'pause', 'resume', 'step 2', 'step 3'])
  const other = make({
    max_steps: 4,
    callbacks: [
      { on_step_end: (t) => t.pause(), on_pause: (t) => void setTimeout(() => t.stop('enough'), 10) },
    ],
  })
  expect(await other.trainer.fit(other.batches, other.step)).toHaveLength(1)
  expect(other.trainer.stopped).toBe('enough')
})

describe('a loss that is not finite', () => {
  class Model extends nn.Module {
    first = new nn.Linear(3, 3)
    second = new nn.Linear(3, 1)
    override forward(x: Tensor) {
      return this.second(this.first(x).abs().neg().log())
    }
  }
  const fails = async (
    step: (x: Tensor) => Tensor,
    model: torch.nn.Module,
    batches: Tensor[],
    options: TrainerOptions = {},
  ) =>
    new Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 1 }), { progress: false, ...options })
      .fit(batches, step)
      .then(
        () => 'nothing',
        (error: Error) => error.message,
      )

  test('is named with step, batch, operator and module', async () => {
    torch.manual_seed(0)
    const model = new Model()
    const good = make()
    expect(await fails((x) => model(x).sum(), model, good.batches)).toBe(
      "Trainer: the loss is NaN at step 0 (epoch 0, batch 0): the first number that is not finite came from operator Log (result of shape [4, 3]), in module 'second' Linear",
    )
    let count = 0
    const late = (x: Tensor) => good.step(x).mul(++count === 5 ? Number.POSITIVE_INFINITY : 1)
    expect(await fails(late, good.model, good.batches)).toMatch(
      /^Trainer: the loss is Infinity at step 4 \(epoch 0, batch 4\): /,
    )
  })

  test('the batch or a parameter is named where it is theirs; off where it is not wanted', async () => {
    const { model, step, batches } = make()
    const bad = torch.tensor([[1, Number.NaN, 2]])
    expect(await fails(step, model, [batches[0]!, bad])).toBe(
      'Trainer: the loss is NaN at step 1 (epoch 0, batch 1): the batch of shape [1, 3] holds numbers that are not finite',
    )
    torch.no_grad(() => [...model.parameters()][1]!.fill_(Number.NaN))
    expect(await fails(step, model, batches)).toContain(
      "the parameter '0.bias' holds numbers that are not finite",
    )
    expect(await fails(step, model, batches, { nan_guard: false })).toBe('nothing')
  })

  test('gradients, where their norm is known', async () => {
    const model = new nn.Linear(3, 1)
    const zero = torch.zeros(2, 3)
    torch.no_grad(() => model.bias!.zero_())
    // The root's slope at 0 is infinite.
    expect(await fails((x) => model(x).abs().sqrt().sum(), model, [zero], { clip_grad_norm: 1 })).toMatch(
      /^Trainer: the gradients' norm is (NaN|Infinity) at step 0 \(epoch 0, batch 0\): the gradients of .*'bias' are not finite, though the loss is$/,
    )
  })
})

test('errors of options', () => {
  const bad = (options: object) => () => make(options as TrainerOptions)
  expect(bad({ accumulate: 0 })).toThrow(
    "Trainer(): argument 'accumulate' must be a whole number of at least 1, but got 0",
  )
  expect(bad({ schedule_by: 'year' })).toThrow(
    "Trainer(): argument 'schedule_by' must be 'step' or 'epoch', but got 'year'",
  )
  expect(bad({ schedule_metric: 'loss' })).toThrow("argument 'schedule_metric' needs schedule_by: 'epoch'")
  expect(bad({ checkpoints: {} })).toThrow("Trainer.checkpoints(): argument 'folder' must be string, not ")
  expect(bad({ checkpoints: { folder: 'x', keep_lats: 3 } })).toThrow("did you mean 'keep_last'?")
  expect(bad({ checkpoints: { folder: 'x', keep_last: 0 } })).toThrow('of at least 1, but got 0')
  expect(bad({ fast_dev_run: 0.5 })).toThrow(
    "argument 'fast_dev_run' must be a whole number of at least 1, but got 0.5",
  )
  expect(bad({ early_stopping: { mode: 'up' } })).toThrow("must be 'min' or 'max', but got 'up'")
})
