import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as event_loop_turn } from 'node:timers/promises'
import * as torch from 'typetorch'
import { EMA, nn, type Tensor, Trainer, type TrainerOptions } from 'typetorch'
import { afterEach, describe, expect, test } from 'vitest'
import { native } from '../../dist/native.js'
import { message_of } from '../helpers/message_of.js'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Each step adds 1 to the weight, wherever that is; the averages are half as far. */
function make(options: TrainerOptions = {}) {
  const model = new nn.Linear(1, 1, { bias: false })
  torch.no_grad(() => model.weight.fill_(0))
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 1 })
  const trainer = new Trainer(model, optimizer, {
    progress: false,
    yield_every_ms: 0,
    ema: { decay: 0.5 },
    ...options,
  })
  const loss = () => model.weight.sum().neg()
  /** A step that waits for something before it computes, and while it does. */
  const slow_step = async () => {
    await sleep(2)
    const value = loss()
    await sleep(2)
    return value
  }
  return { model, optimizer, trainer, loss, slow_step, weight: () => model.weight.item() as number }
}
const data = [torch.ones(1, 1)]
/** Steps of which the third waits until the test lets it go on. */
function held_step(trainer: { global_step: number }, loss: () => Tensor) {
  let [enter, go_on] = [() => {}, () => {}]
  const within = new Promise<void>((resolve) => {
    enter = resolve
  })
  const held = new Promise<void>((resolve) => {
    go_on = resolve
  })
  const step = async () => {
    await null
    if (trainer.global_step === 2) {
      enter()
      await held
    }
    return loss()
  }
  return { step, within, go_on }
}
/** Runs a callback in no asynchronous context of the test's. */
const outside = AsyncLocalStorage.snapshot() as (callback: () => void) => void
const IN_STEP =
  'is in use by Trainer.fit(), which is within a step, a callback or a validation: trainer.between_steps(() => …) waits for its end'

afterEach(() => {
  // Nothing is left in use.
  expect(native.in_use_by([], true, 0)).toBeNull()
})

describe('the averages beside a training', () => {
  test('are refused during a step that waits, and its step counts', async () => {
    const { trainer, loss, weight } = make({ max_steps: 20 })
    const { step, within, go_on } = held_step(trainer, loss)
    const training = trainer.fit(data, step)
    await within
    let ran = false
    expect(
      await message_of(() =>
        trainer.ema!.apply(async () => {
          ran = true
        }),
      ),
    ).toBe(`EMA.apply(): the model ${IN_STEP}`)
    expect(await message_of(() => trainer.ema!.store())).toBe(`EMA.store(): the model ${IN_STEP}`)
    expect(ran).toBe(false)
    go_on()
    await training
    expect([weight(), trainer.global_step]).toEqual([20, 20])
  })

  test('are lent by between_steps, to several at a time, and the weights are those of an undisturbed run', async () => {
    const { trainer, model, slow_step, weight } = make({ max_steps: 30 })
    const training = trainer.fit(data, slow_step)
    const seen: [number, number][] = []
    const sample = () =>
      trainer.between_steps(() =>
        trainer.ema!.apply(async () => {
          const before = weight()
          await sleep(5)
          const after = torch.no_grad(() => model(torch.ones(1, 1)).item() as number)
          seen.push([before, after])
          return trainer.global_step
        }),
      )
    for (let round = 0; round < 5; round++) {
      await sleep(7)
      const steps = await Promise.all([sample(), sample(), sample()])
      expect(new Set(steps).size).toBe(1)
    }
    await training
    expect(seen).toHaveLength(15)
    for (const [before, after] of seen) expect(after).toBe(before)
    expect([weight(), trainer.global_step]).toEqual([30, 30])
  })

  test('begun between two steps, hold the next one', async () => {
    const { trainer, loss, weight } = make({ max_steps: 2000 })
    const training = trainer.fit(data, loss)
    while (trainer.global_step < 3) await event_loop_turn()
    const at = trainer.global_step
    await trainer.ema!.apply(async () => {
      expect(weight()).toBeLessThan(at)
      await sleep(20)
      expect(trainer.global_step).toBe(at)
    })
    await training
    expect(weight()).toBe(2000)
  })

  test('are in the model for their own callback alone', async () => {
    const { trainer, model, optimizer, weight } = make({ max_steps: 4 })
    await trainer.fit(data, () => model.weight.sum().neg())
    const held = (remedy: string) => `is in use by EMA.apply(), which has put the averages there: ${remedy}`
    const remedy = 'await it, or use trainer.between_steps(() => …) while fit() runs'
    const lent = trainer.ema!.apply(async () => {
      await sleep(5)
      return weight()
    })
    expect(await message_of(() => model(torch.ones(1, 1)))).toBe(
      `linear(): argument 'weight' ${held(remedy)}`,
    )
    expect(await message_of(() => optimizer.step())).toContain(held(remedy))
    expect(await message_of(() => model.load_state_dict({ weight: torch.zeros(1, 1) }))).toBe(
      `load_state_dict(): the module ${held(remedy)}`,
    )
    expect(await message_of(() => trainer.ema!.update())).toContain(
      'EMA.update(): the averages are in the model',
    )
    // A second request has them as well.
    expect(trainer.ema!.apply(weight)).toBe(await lent)
    expect(weight()).toBe(4)
  })

  test('a call of the model that the callback leaves behind is waited for before the weights come back', async () => {
    const { trainer, model, loss, weight } = make({ max_steps: 4 })
    await trainer.fit(data, loss)
    let call: Promise<Tensor> | undefined
    const average = trainer.ema!.apply(() => {
      call = model.call_async(torch.ones(1, 1))
      return weight()
    })
    expect((await call!).item()).toBe(average)
    await sleep(1)
    expect(weight()).toBe(4)
  })

  test('put in by store() are not trained on', async () => {
    const { trainer, optimizer, loss, weight } = make({ max_steps: 4 })
    await trainer.fit(data, loss)
    trainer.ema!.store()
    const held = 'is in use by EMA.store(), which has put the averages there: call EMA.restore() first'
    const more = new Trainer(trainer.model, optimizer, { max_steps: 2, progress: false })
    expect(await message_of(() => more.fit(data, loss))).toBe(`fit(): the model ${held}`)
    expect(await message_of(() => optimizer.step())).toBe(`step(): a parameter ${held}`)
    expect(await message_of(() => trainer.ema!.apply(weight))).toBe(
      'EMA.apply(): the averages are in the model already, by store()',
    )
    trainer.ema!.restore()
    await more.fit(data, loss)
    expect(weight()).toBe(6)
  })

  test('fit within apply is refused, which would throw its steps away', async () => {
    const { trainer, loss, weight } = make({ max_steps: 2 })
    expect(await message_of(() => trainer.ema!.apply(() => trainer.fit(data, loss)))).toContain(
      'fit(): the model is in use by EMA.apply()',
    )
    expect(weight()).toBe(0)
  })

  test('serve a step, a callback and a validation of fit itself', async () => {
    const seen: number[] = []
    const { trainer, weight, loss } = make({
      max_epochs: 2,
      callbacks: [
        {
          async on_step_end({ ema, model }) {
            await sleep(1)
            await ema!.apply(async () => {
              await sleep(1)
              seen.push((model as nn.Linear).weight.item() as number)
            })
          },
        },
      ],
    })
    const step = async () => {
      const teacher = await trainer.ema!.apply(async () => {
        await sleep(1)
        return weight()
      })
      expect(teacher).toBeLessThanOrEqual(weight())
      return loss()
    }
    const validation_step = async () => {
      await sleep(1)
      const inner = trainer.ema!.apply(weight)
      expect(weight()).toBe(inner)
      return loss()
    }
    await trainer.fit([...data, ...data], step, { validation: data, validation_step })
    expect([weight(), seen]).toEqual([4, [1, 1.5, 2.25, 3.125]])
    expect(trainer.metrics['val_loss']).toBe(-3.125)
  })

  test('asked for by a step are not shared with others, who would keep them from it', async () => {
    const { trainer, loss, weight } = make({ max_steps: 3 })
    let others: string | undefined
    await trainer.fit(data, async () => {
      await trainer.ema!.apply(async () => {
        const request = new Promise<string>((resolve) => {
          outside(() => void message_of(() => trainer.ema!.apply(async () => sleep(5))).then(resolve))
        })
        others ??= await request
      })
      return loss()
    })
    expect(others).toBe(
      'EMA.apply(): the averages are in the model for a step or a callback of fit(): use trainer.between_steps(() => …)',
    )
    expect(weight()).toBe(3)
  })

  test('a guest within a validation has the model as it is there', async () => {
    const { trainer, loss, weight } = make({ max_epochs: 1 })
    let validated = 0
    const training = trainer.fit([...data, ...data], loss, {
      validation: Array.from({ length: 30 }, () => data[0]!),
      validation_step: async () => {
        validated++
        await sleep(1)
        return loss()
      },
    })
    while (validated < 5) await sleep(1)
    const guests = Array.from({ length: 3 }, () =>
      trainer.between_steps(async () => {
        const plain = weight()
        await sleep(2)
        return [plain, trainer.ema!.apply(weight)]
      }),
    )
    expect(await Promise.all(guests)).toEqual([
      [1.5, 1.5],
      [1.5, 1.5],
      [1.5, 1.5],
    ])
    expect(validated).toBeLessThan(30)
    await training
    expect(weight()).toBe(2)
  })
})

describe('the weights beside a step that waits', () => {
  test('are read by others, and changed by nobody else', async () => {
    const { trainer, model, loss, weight } = make({ max_steps: 10 })
    const before = model.state_dict()['weight']!.clone()
    const { step, within, go_on } = held_step(trainer, loss)
    const training = trainer.fit(data, step)
    await within
    expect(torch.no_grad(() => model(torch.ones(1, 1))).item()).toBe(weight())
    expect(await message_of(() => model.load_state_dict({ weight: before }))).toBe(
      `load_state_dict(): the module ${IN_STEP}`,
    )
    const { register_parametrization } = nn.utils.parametrize
    expect(await message_of(() => register_parametrization(model, 'weight', new nn.Identity()))).toBe(
      `register_parametrization(): the Linear ${IN_STEP}`,
    )
    expect(await message_of(() => nn.utils.prune.identity(model, 'weight'))).toBe(`Linear.weight ${IN_STEP}`)
    expect(await message_of(() => model.double())).toContain(IN_STEP)
    expect(await message_of(() => torch.no_grad(() => model.weight.zero_()))).toBe(
      `zero_(): argument 'input' ${IN_STEP}`,
    )
    go_on()
    await training
    expect(weight()).toBe(10)
  })

  test('may be changed by the step itself and by callbacks', async () => {
    const { trainer, model, weight, loss } = make({
      max_steps: 3,
      callbacks: [
        {
          async on_step_end() {
            await sleep(1)
            torch.no_grad(() => model_weight().add_(10))
          },
        },
      ],
    })
    const model_weight = () => model.weight
    await trainer.fit(data, async () => {
      await sleep(1)
      torch.no_grad(() => model.weight.add_(100))
      return loss()
    })
    expect(weight()).toBe(333)
  })

  test('a call_async is waited for by the next step, and shares them with others', async () => {
    const { trainer, slow_step, model, weight } = make({ max_steps: 12 })
    const training = trainer.fit(data, slow_step)
    const values: number[] = []
    const request = async () => {
      for (let i = 0; i < 5; i++) {
        const y = await torch.no_grad(() => model.call_async(torch.ones(1, 1)))
        values.push(y.item() as number)
        await sleep(1)
      }
    }
    await Promise.all([request(), request(), request(), training])
    expect(values).toHaveLength(15)
    expect(values.every(Number.isInteger)).toBe(true)
    expect(weight()).toBe(12)
  })

  test('two trainings of other models do not mind each other', async () => {
    const [one, other] = [make({ max_steps: 5 }), make({ max_steps: 5 })]
    await Promise.all([one.trainer.fit(data, one.slow_step), other.trainer.fit(data, other.slow_step)])
    expect([one.weight(), other.weight()]).toEqual([5, 5])
  })
})

test('two trainings of one model whose steps wait take turns', async () => {
  const { trainer, slow_step, model, optimizer, weight } = make({ max_steps: 5 })
  const other = new Trainer(model, optimizer, { max_steps: 5, progress: false })
  await Promise.all([trainer.fit(data, slow_step), other.fit(data, slow_step)])
  expect([weight(), trainer.global_step, other.global_step]).toEqual([10, 5, 5])
})

describe('an EMA without a Trainer', () => {
  test('is refused beside a call of the model, and leaves the loop written out alone', async () => {
    const { model, optimizer, loss, weight } = make()
    const ema = new EMA(model, { decay: 0.5 })
    const step = () => {
      optimizer.zero_grad()
      loss().backward()
      optimizer.step()
      ema.update()
    }
    step()
    step()
    const call = model.call_async(torch.ones(1, 1))
    expect(await message_of(() => ema.apply(() => 0))).toBe(
      'EMA.apply(): the model is in use by call_async(), which is under way: await it first',
    )
    await call
    const sampling = ema.apply(async () => {
      await sleep(3)
      return weight()
    })
    expect(await message_of(step)).toContain('is in use by EMA.apply()')
    expect([await sampling, weight()]).toEqual([1.5, 2])
    step()
    expect(weight()).toBe(3)
  })
})

describe('random.fork_rng', () => {
  const draws = () => torch.rand(3).tolist()
  const { fork_rng } = torch.random

  test('puts back what the first found, where asynchronous ones overlap', async () => {
    torch.manual_seed(1)
    const expected = draws()
    for (const [first, second] of [
      [5, 10],
      [10, 5],
    ] as const) {
      torch.manual_seed(1)
      const forks = [first, second].map((ms) =>
        fork_rng(async () => {
          draws()
          await sleep(ms)
          draws()
        }),
      )
      await Promise.all(forks)
      expect(draws()).toEqual(expected)
    }
  })

  test('is waited for by the next step, and refused within one that waits', async () => {
    const run = async (request: (trainer: Trainer) => Promise<unknown>) => {
      const { trainer } = make({ max_steps: 10 })
      torch.manual_seed(3)
      const drawn: unknown[] = []
      const training = trainer.fit(data, () => {
        drawn.push(draws())
        return trainer.model.parameters().next().value!.sum()
      })
      await sleep(0)
      await request(trainer as unknown as Trainer)
      await training
      return drawn
    }
    const alone = await run(async () => {})
    const forked = await run(() =>
      fork_rng(async () => {
        draws()
        await sleep(10)
        draws()
      }),
    )
    expect(forked).toEqual(alone)
    const { trainer, loss } = make({ max_steps: 4 })
    const { step, within, go_on } = held_step(trainer, loss)
    const training = trainer.fit(data, step)
    await within
    const before = torch.get_rng_state().tolist()
    expect(await message_of(() => fork_rng(async () => void draws()))).toContain('is in use by Trainer.fit()')
    expect(torch.get_rng_state().tolist()).toEqual(before)
    expect(fork_rng(draws)).toEqual(fork_rng(draws))
    go_on()
    await training
  })
})
