import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as torch from 'typetorch'
import { type Tensor, Trainer, type TrainerOptions } from 'typetorch'
import { describe, expect, test } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'

const path = temporary_folder()
const { Dataset, DataLoader } = torch.utils.data

/** Samples of which some go while somebody trains. */
class Shrinking extends Dataset<Tensor> {
  count = 10
  override get length(): number {
    return this.count
  }
  override at(i: number): Tensor {
    if (i >= this.count) throw new torch.IndexError(`no sample ${i}: there are ${this.count}`)
    return torch.full([3], i)
  }
}

function make(options: TrainerOptions = {}, groups = 1) {
  const model = new torch.nn.Linear(3, 1)
  const optimizer = new torch.optim.SGD(
    groups === 1 ? model.parameters() : [{ params: [model.weight] }, { params: [model.bias!] }],
    { lr: 0.01 },
  )
  const trainer = new Trainer(model, optimizer, { progress: false, ...options })
  return { model, trainer, step: (x: Tensor) => model(x).pow(2).mean() }
}

describe.each([false, true])('a data set that shrinks (shuffled: %s)', (shuffle) => {
  test('between epochs gives shorter ones', async () => {
    const data = new Shrinking()
    const shorter = { on_epoch_end: () => void (data.count -= 3) }
    const { trainer, step } = make({ max_epochs: 3, callbacks: [shorter] })
    // 10, 7, 4 samples.
    expect(await trainer.fit(new DataLoader(data, { batch_size: 2, shuffle }), step)).toHaveLength(5 + 4 + 2)
    expect(trainer.epoch).toBe(3)
  })

  test('within an epoch is the data set’s own error, and the Trainer is where it was', async () => {
    const data = new Shrinking()
    const { trainer, step } = make({ callbacks: [{ on_step_end: () => void (data.count = 1) }] })
    await expect(trainer.fit(new DataLoader(data, { batch_size: 2, shuffle }), step)).rejects.toThrow(
      /^no sample \d: there are 1$/,
    )
    expect(trainer.global_step).toBeGreaterThan(0)
  })

  test('while training was stopped within an epoch', async () => {
    const data = new Shrinking()
    const loader = new DataLoader(data, { batch_size: 2, shuffle })
    const { trainer, step } = make({
      callbacks: [{ on_step_end: (trainer, { step }) => void (step === 2 && trainer.stop()) }],
    })
    await trainer.fit(loader, step)
    data.count = 4
    await expect(trainer.fit(loader, step)).rejects.toThrow(
      "fit(): the state was saved after 3 of an epoch's 5 batches, and the data has 2 now",
    )
  })
})

test('a data set that has emptied itself: none in order, an Error where they are drawn', async () => {
  const data = new Shrinking()
  const [ordered, drawn] = [false, true].map((shuffle) => new DataLoader(data, { batch_size: 2, shuffle }))
  data.count = 0
  const { trainer, step } = make()
  expect(await trainer.fit(ordered!, step)).toEqual([])
  await expect(make().trainer.fit(drawn!, step)).rejects.toThrow(
    new torch.ValueError('num_samples should be a positive integer value, but got num_samples=0'),
  )
})

describe('a state that does not fit changes nothing', () => {
  const refused = ({ model, trainer }: ReturnType<typeof make>, state: object, message: string) => {
    const before = [model.weight.tolist(), trainer.global_step]
    expect(() => trainer.load_state_dict(state)).toThrow(message)
    expect([model.weight.tolist(), trainer.global_step]).toEqual(before)
  }

  test('of a model with other names', () => {
    const state = make().trainer.state_dict()
    const { weight, ...rest } = Object.fromEntries(state.model.items())
    refused(make(), { ...state, model: rest }, "the state is of another model: it has no 'weight'")
    refused(make(), { ...state, model: { weight, ...rest, x: weight } }, "'x' is not in the model")
  })

  test('of an optimizer with other groups', () => {
    const state = make().trainer.state_dict()
    refused(make({}, 2), state, 'loaded state dict has a different number of parameter groups')
  })

  test('without a generator that the Trainer has', () => {
    const state = { ...make().trainer.state_dict(), step: 7 }
    const noise = new torch.Generator()
    refused(make({ generators: { noise } }), state, "the state has no generator 'noise'")
  })
})

test('two processes do not have one folder', async () => {
  const folder = path('shared')
  const entry = new URL('../../dist/index.js', import.meta.url).href
  const script = `import * as torch from '${entry}'
const model = new torch.nn.Linear(3, 1)
const options = { progress: false, max_steps: 1e9, checkpoints: { folder: '${folder}', every_steps: 1e9 } }
const trainer = new torch.Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.01 }), options)
await trainer.fit([torch.ones(1, 3)], (x) => {
  if (trainer.global_step === 0) console.log('begun')
  return model(x).mean().mul(0)
})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  const ended = once(child, 'exit')
  try {
    await once(child.stdout, 'data')
    const { trainer, step } = make({ checkpoints: folder })
    await expect(trainer.fit([torch.ones(1, 3)], step)).rejects.toThrow(
      `Trainer: '${folder}' is in use by another Trainer (process ${child.pid}); two must not write checkpoints`,
    )
    expect(trainer.global_step).toBe(0)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  // It was killed, and holds nobody up.
  const { trainer, step } = make({ checkpoints: folder })
  expect(await trainer.fit([torch.ones(1, 3)], step)).toHaveLength(1)
})
