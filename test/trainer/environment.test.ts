import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { Trainer, type TrainerOptions, type TrainerStateDict } from 'typetorch'
import { afterAll, describe, expect, test, vi } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'typetorch-environment-'))
afterAll(() => rmSync(root, { recursive: true }))

const program = fileURLToPath(new URL('environment-program.ts', import.meta.url))
interface End {
  threads: number
  warnings: string[]
  weights: string
}

/** Trains in a process of its own, to a step, on so many threads. */
function train(folder: string, threads: number, max_steps: number, restore_threads = false): End {
  const args = [folder, threads, max_steps, restore_threads].map(String)
  return JSON.parse(
    execFileSync(process.execPath, ['--import', 'tsx', program, ...args], { encoding: 'utf8' }),
  ) as End
}

const WARNING =
  'Trainer: training goes on with 1 thread instead of 2 (restore_threads: true sets them back): the last bits of its ' +
  'numbers will differ'

test('a training on two threads goes on with one: a warning, or two again', () => {
  const [half, same, fewer, restored] = ['half', 'same', 'fewer', 'restored'].map((name) =>
    join(root, name),
  ) as [string, string, string, string]
  train(half, 2, 10)
  for (const copy of [same, fewer, restored]) cpSync(half, copy, { recursive: true })
  const expected = train(same, 2, 20)
  expect(expected).toMatchObject({ threads: 2, warnings: [] })
  const other = train(fewer, 1, 20)
  expect(other).toMatchObject({ threads: 1, warnings: [WARNING] })
  // What the warning is for.
  expect(other.weights).not.toBe(expected.weights)
  expect(train(restored, 1, 20, true)).toEqual(expected)
}, 120_000)

function make(options: TrainerOptions = {}) {
  const model = new torch.nn.Linear(2, 1)
  return new Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.1 }), {
    progress: false,
    ...options,
  })
}

/** A state that went through a file, with another environment. */
function state_with(environment: unknown): TrainerStateDict {
  const file = join(root, 'state.pt')
  const { environment: _, ...state } = make().state_dict()
  torch.save(environment === undefined ? state : { ...state, environment }, file)
  return torch.load<TrainerStateDict>(file)
}

describe('load_state_dict', () => {
  const here = make().state_dict().environment!

  test('notes what the last bits depend on', () => {
    expect(here).toEqual({
      threads: torch.get_num_threads(),
      libtorch: torch.__version__,
      cpu_capability: torch.backends.cpu.get_cpu_capability(),
    })
  })

  test('warns once, of all that differs', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const state = state_with({ ...here, libtorch: '2.12.0', cpu_capability: 'NEON' })
    make().load_state_dict(state)
    make().load_state_dict(state)
    expect(warned.mock.calls).toEqual([
      [
        `Trainer: training goes on with LibTorch ${torch.__version__} instead of 2.12.0, a processor with ` +
          `${here.cpu_capability} instead of NEON: the last bits of its numbers will differ`,
        'UserWarning',
      ],
    ])
    warned.mockRestore()
  })

  test('is silent for the same environment, and for states from before it was noted', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    make().load_state_dict(state_with(here))
    make({ restore_threads: true }).load_state_dict(state_with(undefined))
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  })

  test.each([
    ['null', null],
    ['no number of threads', { ...here, threads: Number.NaN }],
    ['no threads', { ...here, threads: 0 }],
    ['no version', { threads: 1, cpu_capability: 'AVX2' }],
  ])('refuses one that makes no sense and changes nothing: %s', (_name, environment) => {
    const trainer = make({ restore_threads: true })
    const before = trainer.model.state_dict()['weight']!.tolist()
    expect(() => trainer.load_state_dict(state_with(environment))).toThrow(
      "load_state_dict(): the state's 'environment' must be { threads: a whole number of at least 1, libtorch: string, " +
        'cpu_capability: string }',
    )
    expect(trainer.model.state_dict()['weight']!.tolist()).toEqual(before)
    expect(torch.get_num_threads()).toBe(here.threads)
  })
})
