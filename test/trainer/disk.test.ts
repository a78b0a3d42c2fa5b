import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { type Tensor, Trainer } from 'typetorch'
import { afterAll, describe, expect, test } from 'vitest'
import { small_disk } from '../helpers/small_disk.js'

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

const disk = small_disk(512)

test('the SHA-256 of the manifest is that of the file', async () => {
  const folder = join(root, 'hashed')
  // Parts of a buffer and several buffers of it are hashed.
  const model = new torch.nn.Linear(1024, 700)
  const options = { progress: false, max_epochs: 1, checkpoints: folder }
  const trainer = new Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.1 }), options)
  await trainer.fit([torch.ones(1, 1024)], (x: Tensor) => model(x).mean())
  const { checkpoints } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    checkpoints: { file: string; sha256: string; bytes: number }[]
  }
  expect(checkpoints).toHaveLength(1)
  const bytes = readFileSync(join(folder, checkpoints[0]!.file))
  expect(checkpoints[0]).toMatchObject({
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
  })
})

describe.skipIf(disk === null)('a disk that is full', () => {
  const make = (options: object) => {
    const model = new torch.nn.Linear(100, 100)
    const given = { progress: false, max_epochs: 1, ...options }
    const trainer = new Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.1 }), given)
    return trainer.fit([torch.ones(1, 100)], (x: Tensor) => model(x).mean())
  }

  test('at the lock, a checkpoint, and the model at the end: the code, and nothing left', async () => {
    const filler = disk!.path('filler')
    const folder = disk!.path('checkpoints')
    await make({ checkpoints: folder })
    const names = readdirSync(folder).sort()
    writeFileSync(filler, Buffer.alloc(450 << 10))
    await expect(make({ checkpoints: folder, max_epochs: 2 })).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(readdirSync(folder).sort()).toEqual(names)
    expect(() => writeFileSync(filler, Buffer.alloc(1 << 20))).toThrow('ENOSPC')
    await expect(make({ checkpoints: folder, max_epochs: 2 })).rejects.toMatchObject({
      code: 'ENOSPC',
      message: expect.stringContaining(`Trainer: checkpoints cannot be written to '${folder}'`) as string,
    })
    expect(readdirSync(folder).sort()).toEqual(names)
    await expect(make({ checkpoint: disk!.path('model.pt') })).rejects.toMatchObject({
      code: 'ENOSPC',
      path: disk!.path('model.pt'),
    })
    for (const Logger of [torch.CSVLogger, torch.JSONLinesLogger])
      await expect(make({ callbacks: [new Logger(disk!.path('log'))] })).rejects.toMatchObject({
        code: 'ENOSPC',
        path: disk!.path('log'),
      })
    writeFileSync(filler, '')
    expect(await make({ checkpoints: folder, max_epochs: 2 })).toHaveLength(1)
  })
})

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
