import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { type StepEnd, type Tensor, Trainer, type TrainerOptions } from 'typetorch'
import { afterAll, expect, test } from 'vitest'

const { nn } = torch
const root = mkdtempSync(join(tmpdir(), 'typetorch-lbfgs-'))
afterAll(() => rmSync(root, { recursive: true }))

function make(options: TrainerOptions = {}) {
  torch.manual_seed(0)
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1))
  const optimizer = new torch.optim.LBFGS(model.parameters(), { lr: 0.5, max_iter: 5, history_size: 4 })
  const batches = Array.from({ length: 3 }, () => torch.randn(6, 3))
  const step = (x: Tensor) =>
    model(x)
      .sub(x.sum(1, { keepdim: true }))
      .pow(2)
      .mean()
  const trainer = new Trainer(model, optimizer, { progress: false, max_epochs: 3, ...options })
  return { model, optimizer, batches, step, trainer }
}
const weights = (model: torch.nn.Module) => [...model.parameters()].map((p) => p.tolist())

test('LBFGS computes the loss as often as it wants, as in the loop written out', async () => {
  const ends: StepEnd[] = []
  let calls = 0
  const { trainer, model, batches, step } = make({
    callbacks: [{ on_step_end: (_trainer, end) => void ends.push(end) }],
  })
  const losses = await trainer.fit(batches, (x) => {
    calls++
    return { loss: step(x), rows: x.shape[0]! }
  })
  const plain = make()
  const expected: number[] = []
  for (let epoch = 0; epoch < 3; epoch++)
    for (const x of plain.batches) {
      const loss = plain.optimizer.step(() => {
        plain.optimizer.zero_grad()
        const loss = plain.step(x)
        loss.backward()
        return loss
      })
      expected.push(loss.item() as number)
    }
  expect(losses).toEqual(expected)
  expect(weights(model)).toEqual(weights(plain.model))
  expect(calls).toBeGreaterThan(2 * losses.length)
  expect(ends[4]).toMatchObject({
    step: 4,
    epoch: 1,
    batch: 1,
    lr: 0.5,
    metrics: { rows: 6 },
    skipped: false,
  })
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 10)
})

test('goes on from a checkpoint with the same numbers, and in a memory scope', async () => {
  const whole = make()
  const expected = await whole.trainer.fit(whole.batches, whole.step)
  const checkpoints = join(root, 'checkpoints')
  const first = make({ max_steps: 4, checkpoints })
  const before = await first.trainer.fit(first.batches, first.step)
  const second = make({ checkpoints })
  const after = await second.trainer.fit(second.batches, second.step)
  expect([...before, ...after]).toEqual(expected)
  expect(weights(second.model)).toEqual(weights(whole.model))

  const scoped = make({ memory_scope: true })
  expect(await scoped.trainer.fit(scoped.batches, scoped.step)).toEqual(expected)
})

test('clipping is the closure’s own', async () => {
  const ends: StepEnd[] = []
  const { trainer, batches, step, model } = make({
    clip_grad_norm: 0.1,
    callbacks: [{ on_step_end: (_trainer, end) => void ends.push(end) }],
  })
  await trainer.fit(batches, step)
  const plain = make()
  const norms: number[] = []
  for (let epoch = 0; epoch < 3; epoch++)
    for (const x of plain.batches) {
      let first = true
      plain.optimizer.step(() => {
        plain.optimizer.zero_grad()
        const loss = plain.step(x)
        loss.backward()
        const norm = nn.utils.clip_grad_norm_(plain.model.parameters(), 0.1)
        if (first) norms.push(norm.item() as number)
        first = false
        return loss
      })
    }
  expect(ends.map(({ grad_norm }) => grad_norm)).toEqual(norms)
  expect(weights(model)).toEqual(weights(plain.model))
})

test('errors', async () => {
  expect(() => make({ accumulate: 2 })).toThrow(
    "Trainer(): argument 'accumulate' does not go with LBFGS, which computes the loss anew within its step",
  )
  expect(() => make({ scaler: new torch.amp.GradScaler('cpu') })).toThrow(
    "argument 'scaler' does not go with",
  )
  const { trainer, batches, step } = make()
  await expect(trainer.fit(batches, async (x) => step(x))).rejects.toThrow(
    'fit(): with LBFGS the step must be synchronous, not return a Promise',
  )
  const bad = make()
  await expect(bad.trainer.fit(bad.batches, (x) => bad.step(x).mul(Number.NaN))).rejects.toThrow(
    /^Trainer: the loss is NaN at step 0 \(epoch 0, batch 0\): .*operator Mul/,
  )
})
