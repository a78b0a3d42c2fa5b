import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { Trainer, type TrainerOptions } from 'typetorch'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { numbers_hex, run_reference } from '../diffusion/reference.js'
import { live_torch } from '../helpers/python.js'
import { make_training, plain_loop } from './loop.js'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-trainer-'))
const threads_before = torch.get_num_threads()
beforeAll(() => torch.set_num_threads(1))
afterAll(() => {
  torch.set_num_threads(threads_before)
  rmSync(folder, { recursive: true })
})

function make(options: TrainerOptions = {}) {
  const training = make_training()
  const trainer = new Trainer(training.model, training.optimizer, { progress: false, ...options })
  return { ...training, trainer }
}

describe('numbers', () => {
  test('are those of the loop written out', async () => {
    const expected = plain_loop(30)
    const { trainer, x0, step } = make({ max_steps: 30 })
    expect(await trainer.fit([x0], step)).toEqual(expected)
    expect(new Set(expected).size).toBe(30)
    expect([trainer.global_step, trainer.stopped]).toEqual([30, undefined])
  })

  test('are the same from an asynchronous iterable and an asynchronous step', async () => {
    const { trainer, x0, step } = make()
    async function* batches() {
      for (let i = 0; i < 10; i++) yield x0
    }
    expect(await trainer.fit(batches(), async (batch) => step(batch))).toEqual(plain_loop(10))
    expect(trainer.epoch).toBe(1)
  })

  test('go on from a state as if nothing had happened', async () => {
    const whole = plain_loop(20)
    const first = make({ max_steps: 12 })
    const before = await first.trainer.fit([first.x0], first.step)
    const state = first.trainer.state_dict()
    const path = join(folder, 'trainer.pt')
    torch.save(state, path)

    const second = make({ max_steps: 20 })
    torch.manual_seed(99)
    const saved = torch.load(path) as typeof state
    second.trainer.load_state_dict(saved)
    const after = await second.trainer.fit([second.x0], second.step)
    expect([...before, ...after]).toEqual(whole)
    expect(second.trainer.global_step).toBe(20)
  })

  test.skipIf(!live_torch())(
    "with clipping are a live Python's, bit for bit",
    async () => {
      const expected = run_reference('--side', 8, '--iterations', 60, '--clip', 2)
      torch.manual_seed(0)
      const x0 = torch.rand(1, 3, 8, 8).mul(2).sub(1)
      const { diffusion } = torch
      const model = new diffusion.Model()
      const norms: number[] = []
      const trainer = new Trainer(model, new torch.optim.Adam(model.parameters()), {
        max_steps: 60,
        clip_grad_norm: 2,
        progress: false,
        callbacks: [{ on_step_end: (_trainer, end) => void norms.push(end.grad_norm!) }],
      })
      const step = diffusion.noise_prediction_step(model, new diffusion.NoiseScheduler())
      expect(numbers_hex(await trainer.fit([x0], step))).toBe(expected.losses)
      expect(numbers_hex(norms)).toBe(expected.norms)
      expect(norms.some((norm) => norm > 2) && norms.some((norm) => norm < 2)).toBe(true)
    },
    300_000,
  )
})

describe('limits', () => {
  test('one pass through the data, where nothing else is said', async () => {
    const { trainer, x0, step } = make()
    expect(await trainer.fit([x0, x0, x0], step)).toHaveLength(3)
    expect([trainer.global_step, trainer.epoch]).toEqual([3, 1])
    expect(await trainer.fit([x0, x0], step)).toHaveLength(2)
    expect([trainer.global_step, trainer.epoch]).toEqual([5, 2])
  })

  test('max_epochs, and max_steps within them', async () => {
    const epochs = make({ max_epochs: 4 })
    expect(await epochs.trainer.fit([epochs.x0, epochs.x0], epochs.step)).toHaveLength(8)
    expect(epochs.trainer.epoch).toBe(4)
    const both = make({ max_epochs: 4, max_steps: 5 })
    expect(await both.trainer.fit([both.x0, both.x0], both.step)).toHaveLength(5)
    expect(both.trainer.epoch).toBe(2)
  })

  test('an iterator that is used up ends training', async () => {
    const { trainer, x0, step } = make({ max_steps: 10 })
    expect(await trainer.fit([x0, x0].values(), step)).toHaveLength(2)
    expect(await trainer.fit([], step)).toEqual([])
  })
})

describe('callbacks and metrics', () => {
  test('are called in order with what happened', async () => {
    const seen: unknown[] = []
    const { trainer, x0, step } = make({
      max_epochs: 2,
      callbacks: [
        {
          on_fit_start: () => void seen.push('fit'),
          on_epoch_start: (trainer) => void seen.push(`epoch ${trainer.epoch}`),
          on_step_end: async (_trainer, { step, epoch, metrics }) => void seen.push([step, epoch, metrics]),
          on_epoch_end: (trainer) => void seen.push(`end ${trainer.epoch}`),
          on_fit_end: () => void seen.push('done'),
        },
        { on_fit_end: () => void seen.push('second') },
      ],
    })
    await trainer.fit([x0], (batch) => ({ loss: step(batch), accuracy: 0.5, count: torch.tensor(3n) }))
    const metrics = { accuracy: 0.5, count: 3 }
    expect(seen).toEqual([
      'fit',
      'epoch 0',
      [0, 0, metrics],
      'end 1',
      'epoch 1',
      [1, 1, metrics],
      'end 2',
      'done',
      'second',
    ])
  })

  test('the schedule takes its step after each of the optimizer', async () => {
    const { model, optimizer, x0, step } = make_training()
    const schedule = {
      last: 0,
      step: () => void (optimizer.param_groups[0]!.lr = 1e-2 / ++schedule.last),
      state_dict: () => ({ last: schedule.last }),
      load_state_dict: (state: Record<string, unknown>) => void (schedule.last = state['last'] as number),
    }
    const trainer = new Trainer(model, optimizer, { max_steps: 4, schedule, progress: false })
    await trainer.fit([x0], step)
    expect(optimizer.param_groups[0]!.lr).toBe(1e-2 / 4)
    expect(trainer.state_dict().schedule).toEqual({ last: 4 })
    trainer.load_state_dict({ ...trainer.state_dict(), schedule: { last: 7 } })
    expect(schedule.last).toBe(7)
  })
})

describe('stopping', () => {
  test('an AbortSignal ends it after the step under way, and the model is saved', async () => {
    const checkpoint = join(folder, 'aborted.pt')
    const { trainer, model, x0, step } = make({ max_steps: 1000, checkpoint })
    const abort = new AbortController()
    let steps = 0
    const stopping = (batch: torch.Tensor) => {
      if (++steps === 5) abort.abort('enough')
      return step(batch)
    }
    const loss_history = await trainer.fit([x0], stopping, { signal: abort.signal })
    expect(loss_history).toEqual(plain_loop(5))
    expect(trainer.stopped).toBe('enough')
    const saved = torch.load(checkpoint) as torch.nn.StateDict
    for (const [name, value] of model.state_dict().items())
      expect((saved as unknown as Record<string, torch.Tensor>)[name]!.equal(value)).toBe(true)
  })

  test('one that is aborted already ends it before the first step', async () => {
    const { trainer, x0, step } = make({ max_steps: 10 })
    expect(await trainer.fit([x0], step, { signal: AbortSignal.abort('no') })).toEqual([])
    expect(await trainer.fit([x0], step)).toHaveLength(10)
    expect(trainer.stopped).toBeUndefined()
  })

  test('stop() from a callback', async () => {
    const { trainer, x0, step } = make({
      callbacks: [{ on_step_end: (trainer, { step }) => void (step === 2 && trainer.stop()) }],
      max_steps: 100,
    })
    expect(await trainer.fit([x0], step)).toHaveLength(3)
    expect(trainer.stopped).toBe('stop')
  })

  test('timers have their turn while it runs, also between epochs of one short step', async () => {
    const started = performance.now()
    const { trainer, x0, step } = make({
      max_steps: 1_000_000,
      callbacks: [{ on_step_end: (trainer) => void (performance.now() - started > 1000 && trainer.stop()) }],
    })
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await trainer.fit([x0], step)
    clearInterval(timer)
    // Every 50 ms or after a longer step: some 19 on an idle machine.
    expect(ticks).toBeGreaterThan(3)
  })
})

describe('what it prints where there is no terminal', () => {
  const lines_of = async (run: () => Promise<unknown>) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    try {
      await run()
      return log.mock.calls.map(([line]) => line as string)
    } finally {
      log.mockRestore()
    }
  }
  // Times differ from run to run.
  const timeless = (lines: string[]) =>
    lines.map((line) => line.replace(/[\d.e+-]+ steps\/s/, 'N steps/s').replace(/in [\d.e-]+ s/, 'in T s'))

  test('a line every log_every steps and at the last one, and a summary', async () => {
    const { trainer, x0, step } = make({ max_steps: 6, log_every: 3, progress: true })
    let loss_history: number[] = []
    const lines = await lines_of(async () => (loss_history = await trainer.fit([x0], step)))
    const said = [0, 3, 5].map(
      (step) => `Iteration ${step}, Loss ${loss_history[step]}, lr 0.01, N steps/s, 0:00 left`,
    )
    const loss = Number(loss_history[5]!.toPrecision(4))
    expect(timeless(lines)).toEqual([...said, `Trained 6 steps in T s, N steps/s: loss ${loss}`])
  })

  test('epochs with their means, validations, metrics, and the rate of each step', async () => {
    const { trainer, optimizer, x0, step } = make({
      max_epochs: 2,
      log_every: 2,
      progress: true,
      callbacks: [{ on_step_end: () => void (optimizer.param_groups[0]!.lr = 0.25) }],
    })
    const lines = await lines_of(() =>
      trainer.fit([x0, x0, x0], (batch) => ({ loss: step(batch), accuracy: 0.5 }), {
        validation: [x0],
        validation_step: (batch) => ({ loss: step(batch).mul(0).add(2), accuracy: 0.75 }),
      }),
    )
    const without_losses = timeless(lines).map((line) => line.replace(/(?<=\b[Ll]oss )[\d.e-]+/g, 'X'))
    const rest = 'N steps/s, 0:00 left'
    expect(without_losses).toEqual([
      `Iteration 0, Loss X, accuracy 0.5, epoch 1/2, lr 0.01, ${rest}`,
      `Iteration 2, Loss X, accuracy 0.5, epoch 1/2, lr 0.25, ${rest}`,
      'Epoch 1/2: loss X, accuracy 0.5, val_loss 2, val_accuracy 0.75',
      `Iteration 4, Loss X, accuracy 0.5, epoch 2/2, lr 0.25, ${rest}`,
      `Iteration 5, Loss X, accuracy 0.5, epoch 2/2, lr 0.25, ${rest}`,
      'Epoch 2/2: loss X, accuracy 0.5, val_loss 2, val_accuracy 0.75',
      'Trained 6 steps (2 epochs) in T s, N steps/s: loss X, accuracy 0.5, val_loss 2, val_accuracy 0.75',
    ])
  })

  test('a validation within an epoch, the reason of a stop, and what was done before', async () => {
    const { trainer, x0, step } = make({ max_steps: 10, log_every: 100, validate_every: 2, progress: true })
    const stopping = (batch: torch.Tensor) => {
      if (trainer.global_step === 2 || trainer.global_step === 4) trainer.stop('enough')
      return step(batch)
    }
    const validation_step = (batch: torch.Tensor) => step(batch).mul(0).add(2)
    const run = () => trainer.fit([x0], stopping, { validation: [x0], validation_step })
    const lines = timeless(await lines_of(run))
    expect(lines[1]).toBe('Validation: val_loss 2')
    expect(lines.at(-1)).toMatch(/^Stopped by enough after 3 steps in T s, N steps\/s: loss .*, val_loss 2$/)
    const again = timeless(await lines_of(run))
    expect(again.at(-1)).toMatch(/^Stopped by enough after 2 steps \(5 in all\) in T s/)
  })

  test('at most a hundred lines of epochs, the last one among them', async () => {
    const { trainer, x0 } = make({ max_epochs: 250, log_every: 1000, progress: true })
    const w = [...trainer.model.parameters()][0]!
    const lines = await lines_of(() => trainer.fit([x0], () => w.sum()))
    const epochs = lines.filter((line) => line.startsWith('Epoch '))
    expect(epochs.map((line) => Number(/\d+/.exec(line)![0])).slice(-2)).toEqual([249, 250])
    expect(epochs).toHaveLength(84)
  })

  test.each([
    ['a Set', (x0: torch.Tensor) => new Set([x0, x0.add(1)])],
    [
      'a loader of batches with a length',
      (x0: torch.Tensor) => ({ length: 2, [Symbol.iterator]: () => [x0, x0][Symbol.iterator]() }),
    ],
    [
      'data that says so in its first epoch only',
      (x0: torch.Tensor) => ({
        *[Symbol.iterator]() {
          yield* [x0, x0]
        },
      }),
    ],
  ] as [string, (x0: torch.Tensor) => Iterable<torch.Tensor>][])(
    'the time that is left, for %s',
    async (_name, data_of) => {
      const { trainer, x0, step } = make({ max_epochs: 2, log_every: 1, progress: true })
      const lines = await lines_of(() => trainer.fit(data_of(x0), step))
      expect(lines.filter((line) => line.startsWith('Iteration 2')).join()).toMatch(/0:0\d left/)
    },
  )

  test('nothing with progress: false, or where the step throws', async () => {
    const quiet = make({ max_steps: 2 })
    expect(await lines_of(() => quiet.trainer.fit([quiet.x0], quiet.step))).toEqual([])
    const { trainer, x0 } = make({ progress: true })
    const failing = () => {
      throw new Error('no')
    }
    expect(await lines_of(() => expect(trainer.fit([x0], failing)).rejects.toThrow('no'))).toEqual([])
  })
})

describe('errors', () => {
  test('of options', () => {
    const { model, optimizer } = make_training()
    const options = (given: object) => () => new Trainer(model, optimizer, given)
    expect(options({ max_step: 3 })).toThrow(
      new TypeError("Trainer() got an unexpected keyword argument 'max_step'; did you mean 'max_steps'?"),
    )
    expect(options({ max_steps: '3' })).toThrow(
      new TypeError("Trainer(): argument 'max_steps' must be a number, not string"),
    )
    expect(options({ max_steps: 1.5 })).toThrow(
      "Trainer(): argument 'max_steps' must be a whole number of at least 0, but got 1.5",
    )
    expect(options({ log_every: 0 })).toThrow(torch.ValueError)
    expect(options({ clip_grad_norm: Number.NaN })).toThrow(
      "Trainer(): argument 'clip_grad_norm' must be a number of at least 0, but got NaN",
    )
  })

  test('of data and of what the step returns', async () => {
    const { trainer, x0, step } = make()
    // @ts-expect-error -- a number is not iterable
    await expect(trainer.fit(3, step)).rejects.toThrow("fit(): argument 'data' must be iterable, not number")
    // @ts-expect-error -- no loss
    await expect(trainer.fit([x0], () => 3)).rejects.toThrow(
      'fit(): the step must return the loss (Tensor) or { loss, …metrics }, not number',
    )
    await expect(
      trainer.fit([x0], () => {
        throw new Error('from the step')
      }),
    ).rejects.toThrow('from the step')
    expect(await trainer.fit([x0], step)).toHaveLength(1)
  })

  test('of a second fit at the same time', async () => {
    const { trainer, x0, step } = make({ max_steps: 3 })
    const first = trainer.fit([x0], step)
    await expect(trainer.fit([x0], step)).rejects.toThrow('Trainer.fit() is running already')
    expect(await first).toHaveLength(3)
  })

  test('nothing is saved where the step throws', async () => {
    const checkpoint = join(folder, 'thrown.pt')
    const { trainer, x0 } = make({ checkpoint })
    await expect(
      trainer.fit([x0], () => {
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(existsSync(checkpoint)).toBe(false)
  })
})
