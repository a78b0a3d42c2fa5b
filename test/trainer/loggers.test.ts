import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { CSVLogger, JSONLinesLogger, TensorBoardLogger, Trainer, type TrainerCallback } from 'typetorch'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-loggers-'))
afterAll(() => rmSync(folder, { recursive: true }))

function train(callback: TrainerCallback, max_steps: number, checkpoints?: string) {
  torch.manual_seed(0)
  const model = new torch.nn.Linear(2, 1)
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.5 })
  const trainer = new Trainer(model, optimizer, {
    max_steps,
    clip_grad_norm: 10,
    progress: false,
    callbacks: [callback],
    ...(checkpoints === undefined ? {} : { checkpoints }),
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
