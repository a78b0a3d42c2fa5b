import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import {
  CSVLogger,
  JSONLinesLogger,
  TensorBoardLogger,
  Trainer,
  type TrainerCallback,
  type TrainerOptions,
} from 'typetorch'
import { afterAll, describe, expect, it, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-loggers-'))
afterAll(() => rmSync(folder, { recursive: true }))

function train(
  callback: TrainerCallback,
  max_steps: number,
  checkpoints?: string,
  options: TrainerOptions = {},
) {
  torch.manual_seed(0)
  const model = new torch.nn.Linear(2, 1)
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.5 })
  const trainer = new Trainer(model, optimizer, {
    max_steps,
    clip_grad_norm: 10,
    progress: false,
    callbacks: [callback],
    ...(checkpoints === undefined ? {} : { checkpoints }),
    ...options,
  })
  const x = torch.ones(3, 2)
  return trainer.fit([x, x], (x) => ({ loss: model(x).pow(2).mean(), rows: 3 }), { validation: [x] })
}

test('JSON lines, from a checkpoint on without what was written after it', async () => {
  const path = join(folder, 'new', 'log.jsonl')
  const checkpoints = join(folder, 'json')
  const losses = await train(new JSONLinesLogger(path), 3, checkpoints)
  const rows = () =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>)
  expect(rows().map((row) => Object.keys(row).join())).toEqual([
    'step,epoch,loss,lr,grad_norm,rows',
    'step,epoch,loss,lr,grad_norm,rows',
    'step,epoch,val_loss,val_rows',
    'step,epoch,loss,lr,grad_norm,rows',
  ])
  // A process that was killed wrote one row more, and half of the next.
  appendFileSync(path, '{"step":3,"epoch":1,"loss":9}\n{"step":4,"ep')
  const after = await train(new JSONLinesLogger(path), 5, checkpoints)
  expect(
    rows()
      .filter((row) => 'loss' in row)
      .map(({ step, loss }) => [step, loss]),
  ).toEqual([...losses, ...after].map((loss, i) => [i, loss]))
  expect(after).toHaveLength(2)
})

test('CSV, with a column more where a metric turns up', async () => {
  const path = join(folder, 'log.csv')
  const checkpoints = join(folder, 'csv')
  const losses = await train(new CSVLogger(path), 3, checkpoints)
  const lines = () => readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(lines()[0]).toBe('step,epoch,loss,lr,grad_norm,rows,val_loss,val_rows')
  expect(lines()).toHaveLength(5)
  expect(new Set(lines().map((line) => line.split(',').length))).toEqual(new Set([8]))
  appendFileSync(path, '3,1,9,0.5,1,3,,\n4,1')
  await train(new CSVLogger(path), 4, checkpoints)
  const table = lines()
    .slice(1)
    .map((line) => line.split(','))
  expect(table.filter((row) => row[2] !== '').map((row) => Number(row[0]))).toEqual([0, 1, 2, 3])
  expect(Number(table[0]![2])).toBe(losses[0])
})

test('only every so many steps', async () => {
  const path = join(folder, 'some.jsonl')
  await train(new JSONLinesLogger(path, { log_every: 2 }), 5)
  expect(readFileSync(path, 'utf8').match(/"loss"/g)).toHaveLength(3)
})

test('TensorBoard: a file for each process, closed at the end', async () => {
  const board = new TensorBoardLogger(join(folder, 'board'))
  await train(board, 3, join(folder, 'board-checkpoints'))
  expect(board.writer).toBeNull()
  await train(new TensorBoardLogger(join(folder, 'board')), 4, join(folder, 'board-checkpoints'))
  expect(readdirSync(join(folder, 'board'))).toHaveLength(2)
})

test('a training that begins keeps the log of an earlier one, also by a link', async () => {
  for (const [name, Logger] of [
    ['again.jsonl', JSONLinesLogger],
    ['again.csv', CSVLogger],
  ] as const) {
    const path = join(folder, name)
    const link = join(folder, `link to ${name}`)
    symlinkSync(name, link)
    const texts: string[] = []
    for (const file of [path, link, path]) {
      await train(new Logger(file), 2 + texts.length)
      texts.push(readFileSync(path, 'utf8'))
    }
    expect(new Set(texts).size).toBe(3)
    expect([1, 2].map((n) => readFileSync(`${path}.${n}`, 'utf8'))).toEqual(texts.slice(0, 2))
    expect(readdirSync(folder).filter((other) => other.includes(name))).toHaveLength(4)
  }
})

test('a trial by fast_dev_run leaves the log of another run alone', async () => {
  for (const logger of [
    new JSONLinesLogger(join(folder, 'trial.jsonl')),
    new CSVLogger(join(folder, 'trial.csv')),
  ]) {
    await train(logger, 3)
    const before = readFileSync(logger.path, 'utf8')
    await train(logger, 3, undefined, { fast_dev_run: true })
    expect(readFileSync(logger.path, 'utf8')).toBe(before)
  }
})

describe('a file that a logger has not written is refused by name, and stays as it is', () => {
  const make = { JSONLinesLogger, CSVLogger }
  it.each<[keyof typeof make, string, string, number]>([
    ['JSONLinesLogger', 'notes', 'buy milk\ncall mum\n', 1],
    ['JSONLinesLogger', 'notes without an end of line', 'buy milk', 1],
    ['JSONLinesLogger', 'notes after its own', '{"step":0,"epoch":0,"loss":1}\nmine\n', 2],
    ['JSONLinesLogger', 'JSON of something else', '{"name":"x"}\n', 1],
    ['JSONLinesLogger', 'rows of another tool', '{"epoch":0,"step":0,"loss":1}\n', 1],
    ['JSONLinesLogger', 'rows with a text', '{"step":0,"epoch":0,"note":"keep me"}\n', 1],
    ['JSONLinesLogger', 'one JSON text', '{\n  "step": 1\n}\n', 1],
    ['JSONLinesLogger', 'an empty line', '\n', 1],
    ['JSONLinesLogger', 'numbers', '1\n2\n', 1],
    ['CSVLogger', 'notes', 'buy milk\ncall mum\n', 1],
    ['CSVLogger', 'a foreign header', 'name,price\nmilk,2\n', 1],
    ['CSVLogger', 'a foreign header with a step', 'epoch,step,train_loss\n0,0,1\n', 1],
    ['CSVLogger', 'rows with texts', 'step,epoch,note\n0,0,keep me\n', 2],
    ['CSVLogger', 'rows of another width', 'step,epoch,loss\n0,0,1,9\n0,0,1\n', 2],
    ['CSVLogger', 'a text at the end', 'step,epoch,loss\n0,0,1\nmind the gap', 3],
    ['CSVLogger', 'an empty first line', '\nstep,epoch,loss\n', 1],
  ])('%s: %s', async (name, what, text, line) => {
    const path = join(folder, `${name} ${what}`)
    writeFileSync(path, text)
    await expect(train(new make[name](path), 2)).rejects.toMatchObject({
      name: 'RuntimeError',
      path,
      message: expect.stringContaining(
        `${name}(): '${path}' holds what no ${name} has written (line ${line}: `,
      ) as string,
    })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it.each<[keyof typeof make, string, string]>([
    ['JSONLinesLogger', 'half a line', '{"step":0,"epoch":0,"loss":1}\n{"step":1,"ep'],
    ['JSONLinesLogger', 'a bracket', '{'],
    ['JSONLinesLogger', 'zeros, as after a power cut', '{"step":0,"epoch":0,"loss":1}\n\0\0\0\0'],
    ['JSONLinesLogger', 'nothing', ''],
    ['CSVLogger', 'half a row', 'step,epoch,loss\n0,0,1\n1,0,0.'],
    ['CSVLogger', 'zeros, as after a power cut', 'step,epoch,loss\n0,0,1\n\0\0\0\0'],
    ['CSVLogger', 'nothing', ''],
  ])('while what a killed process left is gone on with: %s, %s', async (name, what, text) => {
    const path = join(folder, `${name} left ${what}`)
    writeFileSync(path, text)
    await train(new make[name](path), 2)
    expect(readFileSync(path, 'utf8')).toMatch(/^(step,epoch,.*\n|\{"step":0,)/)
    expect(readFileSync(path, 'utf8')).not.toContain('\0')
  })

  it.each(['JSONLinesLogger', 'CSVLogger'] as const)(
    '%s in the place of a folder, and in none',
    async (name) => {
      const path = join(folder, `${name} folder`)
      mkdirSync(path)
      await expect(train(new make[name](path), 1)).rejects.toMatchObject({ code: 'EISDIR', path })
      const loop = join(folder, `${name} loop`)
      symlinkSync(loop, loop)
      await expect(train(new make[name](loop), 1)).rejects.toMatchObject({ code: 'ELOOP', path: loop })
    },
  )

  it.each(['JSONLinesLogger', 'CSVLogger'] as const)(
    '%s writes to a link to nothing, and a device',
    async (name) => {
      const link = join(folder, `${name} link`)
      symlinkSync(`${name} target`, link)
      await train(new make[name](link), 1)
      expect(readFileSync(join(folder, `${name} target`), 'utf8')).toContain('step')
      await train(new make[name]('/dev/null'), 1)
    },
  )

  it('their files stay where they were when the program changes its folder', async () => {
    const [before, at] = [process.cwd(), join(folder, 'at')]
    mkdirSync(at)
    process.chdir(at)
    const callbacks = [new JSONLinesLogger('x.jsonl'), new CSVLogger('x.csv'), new TensorBoardLogger('board')]
    process.chdir(before)
    for (const callback of callbacks) await train(callback, 1)
    expect(readdirSync(at).sort()).toEqual(['board', 'x.csv', 'x.jsonl'])
  })
})
