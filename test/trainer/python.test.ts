import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { Trainer, type TrainerStateDict } from 'typetorch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { differences } from '../../scripts/torture/compare.mjs'
import { live_torch } from '../helpers/python.js'

const { nn } = torch
const SCRIPT = fileURLToPath(new URL('continue.py', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'typetorch-crossing-'))
const threads_before = torch.get_num_threads()
beforeAll(() => torch.set_num_threads(1))
afterAll(() => {
  torch.set_num_threads(threads_before)
  rmSync(folder, { recursive: true })
})

function make(max_steps: number) {
  torch.manual_seed(11)
  const model = new nn.Sequential(
    new nn.Linear(3, 8),
    new nn.BatchNorm1d(8),
    new nn.Dropout(0.25),
    new nn.Linear(8, 1),
  )
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-2 })
  const noise = new torch.Generator().manual_seed(2)
  const trainer = new Trainer(model, optimizer, {
    max_steps,
    clip_grad_norm: 1,
    schedule: new torch.optim.lr_scheduler.StepLR(optimizer, 4, { gamma: 0.5 }),
    scaler: new torch.amp.GradScaler('cpu', { init_scale: 64, growth_interval: 3 }),
    ema: { decay: 0.9 },
    generators: { noise },
    progress: false,
  })
  const batches = [0, 1, 2].map((i) => torch.arange(12).reshape(4, 3).add(i).div(10))
  const criterion = new nn.MSELoss()
  const fit = () =>
    trainer.fit(batches, (x) =>
      criterion(model(x.add(torch.randn(3, { generator: noise }))), torch.ones(4, 1)),
    )
  return { trainer, fit }
}

function in_python(from: string, steps: number, to: string): number[] {
  const { python, env } = live_torch()!
  const { status, stdout, stderr } = spawnSync(python, [SCRIPT, from, String(steps), to], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as number[]
}

// What Python's half keeps up to date.
const state_of = ({
  model,
  optimizer,
  schedule,
  scaler,
  ema,
  step,
  epoch,
  rng_state,
  generators,
}: TrainerStateDict) => ({
  weights: Object.fromEntries(model.items()),
  optimizer,
  schedule,
  scaler,
  averages: Object.fromEntries(ema!.items()),
  step,
  epoch,
  rng_state,
  generators,
})

test.skipIf(!live_torch())(
  'five steps here, ten in Python, five here are twenty in either, bit for bit',
  async () => {
    const [start, middle, later, end] = ['start', 'middle', 'later', 'end'].map((name) =>
      join(folder, `${name}.pt`),
    ) as [string, string, string, string]
    const whole = make(20)
    torch.save(whole.trainer.state_dict(), start)
    const expected = await whole.fit()
    expect(new Set(expected).size).toBe(20)
    expect(in_python(start, 20, end)).toEqual(expected)

    const first = make(5)
    const ours = await first.fit()
    torch.save(first.trainer.state_dict(), middle)
    const theirs = in_python(middle, 10, later)
    const last = make(20)
    last.trainer.load_state_dict(torch.load<TrainerStateDict>(later))
    expect(last.trainer.global_step).toBe(15)
    expect([...ours, ...theirs, ...(await last.fit())]).toEqual(expected)

    const here = state_of(whole.trainer.state_dict())
    expect(differences(here, state_of(last.trainer.state_dict()))).toEqual([])
    // Python's optimizer notes a few options more, under names of its own.
    const { model, ema, rng_state, generators } = torch.load<TrainerStateDict>(end)
    expect(
      differences(
        { weights: here.weights, averages: here.averages, rng_state, generators },
        {
          weights: Object.fromEntries(model.items()),
          averages: Object.fromEntries(ema!.items()),
          rng_state: here.rng_state,
          generators: here.generators,
        },
      ),
    ).toEqual([])
  },
  120_000,
)
