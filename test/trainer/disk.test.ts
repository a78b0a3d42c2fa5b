import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { type Tensor, Trainer } from 'typetorch'
import { afterAll, describe, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('disk-program.ts', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'typetorch-disk-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Trains in a process whose files may have so many KiB. */
function train(folder: string, steps: number, kilobytes?: number): Record<string, unknown> {
  const limit = kilobytes === undefined ? '' : `ulimit -f ${kilobytes}; `
  const loader = import.meta.resolve('tsx')
  const args = ['--import', loader, PROGRAM, folder, String(steps)]
  const out = execFileSync('bash', ['-c', `${limit}exec "$0" "$@"`, process.execPath, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(out) as Record<string, unknown>
}

test('where there is no room for a checkpoint, the one before stays, and training goes on from it', () => {
  const whole = train(join(root, 'whole'), 7)
  const folder = join(root, 'full')
  const first = train(folder, 3)
  const files = readdirSync(folder).sort()
  expect(files).toEqual(['manifest.json', 'step-00000002.pt', 'step-00000003.pt'])
  // A checkpoint has some 130 KB.
  const full = train(folder, 7, 64)
  expect(full).toEqual({
    message: expect.stringMatching(
      /^save\(\): cannot write '.*step-00000004\.pt': .*EFBIG: file too large/,
    ) as string,
    step: 4,
  })
  expect(readdirSync(folder).sort()).toEqual(files)
  const rest = train(folder, 7)
  expect(rest['weight']).toBe(whole['weight'])
  expect([...(first['losses'] as number[]), ...(rest['losses'] as number[])]).toEqual(whole['losses'])
}, 120_000)

describe('errors', () => {
  const make = (checkpoints?: string) => {
    const model = new torch.nn.Linear(3, 1)
    const options = { progress: false, ...(checkpoints !== undefined && { checkpoints }) }
    const trainer = new Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.1 }), options)
    return { trainer, step: (x: Tensor) => model(x).pow(2).mean() }
  }

  test('a folder that nothing can be written to', async () => {
    const { trainer, step } = make('/proc')
    await expect(trainer.fit([torch.ones(2, 3)], step)).rejects.toThrow(
      /^Trainer: checkpoints cannot be written to '\/proc': E[A-Z]+/,
    )
    expect(trainer.global_step).toBe(0)
  })

  test('a batch of unequal shapes is named with them, and training can go on', async () => {
    const { trainer, step } = make()
    const samples = [torch.ones(3), torch.ones(3), torch.ones(3), torch.ones(4)]
    const loader = new torch.utils.data.DataLoader(samples, { batch_size: 2 })
    await expect(trainer.fit(loader, step)).rejects.toThrow(
      'stack expects each tensor to be equal size, but got [3] at entry 0 and [4] at entry 1',
    )
    expect(trainer.global_step).toBe(1)
    expect(await make().trainer.fit([torch.ones(2, 3)], step)).toHaveLength(1)
  })

  test('a batch that does not fit the model is named with its shape', async () => {
    const { trainer, step } = make()
    await expect(trainer.fit([torch.ones(2, 3), torch.ones(2, 4)], step)).rejects.toThrow(
      'mat1 and mat2 shapes cannot be multiplied (2x4 and 3x1)',
    )
    expect(trainer.global_step).toBe(1)
  })
})
