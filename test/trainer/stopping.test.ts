import * as torch from 'typetorch'
import { nn, Trainer, type TrainerCallback, type TrainerOptions } from 'typetorch'
import { describe, expect, test } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'

const path = temporary_folder()
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const never = () => new Promise<never>(() => {})

function make(options: TrainerOptions = {}) {
  const model = new nn.Linear(1, 1, { bias: false })
  torch.no_grad(() => model.weight.fill_(0))
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 1 })
  const trainer = new Trainer(model, optimizer, {
    progress: false,
    max_steps: 100,
    stop_timeout_ms: 50,
    ...options,
  })
  return { model, trainer, loss: () => model.weight.sum().neg() }
}
const data = [torch.ones(1, 1)]

/** Stops a training soon after it began; what it ended with. */
async function ended(trainer: Trainer<nn.Linear, torch.optim.SGD>, training: Promise<unknown>) {
  await sleep(20)
  trainer.stop('enough')
  return (await training.catch((error: unknown) => error)) as Error
}
const left_behind = (what: string) =>
  `fit(): was stopped, and ${what} has not settled its Promise within 50 ms since (stop_timeout_ms); it is left behind`

describe('what never settles its Promise ends fit after a stop, by name', () => {
  test('a step, whose late loss changes nothing', async () => {
    const { trainer, loss, model } = make()
    let settle: (value: torch.Tensor) => void = () => {}
    const training = trainer.fit(data, () => {
      const value = loss()
      return trainer.global_step < 3 ? value : new Promise<torch.Tensor>((resolve) => (settle = resolve))
    })
    const error = await ended(trainer, training)
    expect(error).toBeInstanceOf(torch.RuntimeError)
    expect(error.message).toBe(left_behind('the step of batch 0 in epoch 3'))
    expect([trainer.global_step, trainer.stopped]).toEqual([3, 'enough'])
    settle(loss())
    await sleep(5)
    expect([trainer.global_step, model.weight.item()]).toEqual([3, 3])
    // Nothing is held any more.
    torch.no_grad(() => model.weight.zero_())
    expect(await trainer.fit(data, loss)).toHaveLength(97)
  })

  test('by an AbortSignal, which is in time for a step that ends by itself', async () => {
    const { trainer, loss } = make()
    const stopping = new AbortController()
    const training = trainer.fit(data, async () => never(), { signal: stopping.signal })
    await sleep(10)
    stopping.abort(new Error('the request is gone'))
    await expect(training).rejects.toThrow(left_behind('the step of batch 0 in epoch 0'))
    expect(trainer.stopped).toEqual(new Error('the request is gone'))
    const slow = make({ stop_timeout_ms: 1000 })
    const ending = slow.trainer.fit(data, async () => {
      await sleep(60)
      return slow.loss()
    })
    await sleep(10)
    slow.trainer.stop()
    expect(await ending).toHaveLength(1)
    expect(loss().item()).toBe(-0)
  })

  test.each([
    ['on_fit_start', 'on_fit_start of callback 1 (Hanging)'],
    ['on_epoch_start', 'on_epoch_start of callback 1 (Hanging)'],
    ['on_step_end', 'on_step_end of callback 1 (Hanging)'],
    ['on_fit_end', 'on_fit_end of callback 1 (Hanging)'],
  ] as const)('a callback: %s', async (event, what) => {
    class Hanging implements TrainerCallback {}
    let others = 0
    const hanging: TrainerCallback = Object.assign(new Hanging(), { [event]: never })
    const callbacks: TrainerCallback[] = [{}, hanging, { [event]: () => void others++ }]
    const { trainer, loss } = make({ callbacks, max_steps: 4 })
    const error = await ended(trainer, trainer.fit(data, loss))
    expect(error.message).toBe(left_behind(what))
    expect(others).toBe(0)
  })

  test('on_error, which then does not hide the error', async () => {
    const { trainer } = make({ callbacks: [{ on_error: never }] })
    const error = await ended(
      trainer,
      trainer.fit(data, () => {
        throw new Error('from the step')
      }),
    )
    expect(error.message).toBe(left_behind('on_error of callback 0'))
    expect((error.cause as Error).message).toBe('from the step')
  })

  test('the data, a validation and a guest', async () => {
    async function* hanging() {
      yield data[0]!
      await never()
    }
    const one = make()
    expect((await ended(one.trainer, one.trainer.fit(hanging(), one.loss))).message).toBe(
      left_behind("the data's next batch"),
    )
    const two = make()
    const validation_step = never
    const validating = two.trainer.fit(data, two.loss, { validation: data, validation_step })
    expect((await ended(two.trainer, validating)).message).toBe(
      left_behind("the validation's step of batch 0"),
    )
    expect(two.model.training).toBe(true)
    const three = make()
    const reading = three.trainer.fit(data, three.loss, { validation: hanging() })
    expect((await ended(three.trainer, reading)).message).toBe(
      left_behind("the validation data's next batch"),
    )
    const four = make({ max_steps: 1e6, yield_every_ms: 0 })
    const training = four.trainer.fit(data, four.loss)
    void four.trainer.between_steps(never)
    expect((await ended(four.trainer, training)).message).toBe(left_behind('a callback of between_steps()'))
    const five = make({ max_steps: 1e6, yield_every_ms: 0, ema: { decay: 0.5 } })
    const lent = five.trainer.fit(data, five.loss)
    void five.trainer.ema!.apply(never)
    expect((await ended(five.trainer, lent)).message).toBe(left_behind('EMA.apply(), which uses the model,'))
  })

  test('and gives its folder back', async () => {
    const checkpoints = path('checkpoints')
    const one = make({ checkpoints })
    await ended(
      one.trainer,
      one.trainer.fit(data, async () => never()),
    )
    const other = make({ checkpoints, max_steps: 2 })
    expect(await other.trainer.fit(data, other.loss)).toHaveLength(2)
  })

  test('has a limit that can be set, and none at Infinity', async () => {
    const { trainer } = make({ stop_timeout_ms: Number.POSITIVE_INFINITY })
    const training = trainer.fit(data, async () => never())
    expect(await Promise.race([ended(trainer, training), sleep(150).then(() => 'waits')])).toBe('waits')
    expect(() => make({ stop_timeout_ms: Number.NaN })).toThrow(
      "Trainer(): argument 'stop_timeout_ms' must be a number of at least 0, but got NaN",
    )
  })
})
