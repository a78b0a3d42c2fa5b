import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, run_program } from './programs.js'

const PROGRAM = join(ROOT, 'examples/digits/index.ts')
const folder = mkdtempSync(join(tmpdir(), 'typetorch-digits-'))
const data = join(folder, 'data')

// Files as MNIST's: a magic number, the sizes, the bytes.
function write_idx(name: string, shape: number[]): void {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.writeUInt32BE(0x800 + shape.length)
  shape.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i)
  })
  const count = shape.reduce((product, size) => product * size, 1)
  const bytes = Uint8Array.from({ length: count }, (_, i) => (i * 37) % 251)
  writeFileSync(join(data, name), Buffer.concat([header, bytes]))
}

beforeAll(() => {
  mkdirSync(data)
  for (const part of ['train', 't10k']) {
    write_idx(`${part}-images-idx3-ubyte`, [24, 28, 28])
    write_idx(`${part}-labels-idx1-ubyte`, [24])
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (command: string, out: string, ...more: string[]) =>
  run_program(PROGRAM, [
    command,
    ...['--data', data, '--out', join(folder, out), '--threads', '1', '--batch-size', '8'],
    ...['--width', '16', '--steps', '3', '--count', '2', ...more],
  ])

const weights = (out: string) =>
  Object.entries(torch.load<Record<string, Tensor>>(join(folder, out, 'model.pt'))).map(([name, weight]) => [
    name,
    weight.tolist(),
  ])

test('two epochs are one, a new process, and one more; then it is tested', async () => {
  const whole = await run('train', 'whole', '--epochs', '2', '--sample-every', '1')
  expect(whole).toMatchObject({ code: 0, stderr: '' })
  expect(whole.stdout).toMatch(/^3 batches an epoch from .*; 262673 parameters\n/)
  expect(whole.stdout).toMatch(/\nTrained 6 steps in \d\.\d min, loss on test images \d\.\d+\n/)
  expect(readdirSync(join(folder, 'whole')).sort()).toEqual([
    'checkpoints',
    'log.csv',
    'made.json',
    'model.pt',
    'samples-001.png',
    'samples-002.png',
    'samples.png',
  ])
  const { width, height } = await sharp(join(folder, 'whole', 'samples.png')).metadata()
  expect([width, height]).toEqual([2 * 56 + 6, 56 + 4])

  expect(await run('train', 'parts', '--epochs', '1')).toMatchObject({ code: 0, stderr: '' })
  const before = weights('parts')
  const rest = await run('train', 'parts', '--epochs', '2', '--resume')
  expect(rest).toMatchObject({ code: 0, stderr: '' })
  expect(rest.stdout).toContain('Going on from step 3')
  expect(weights('parts')).toEqual(weights('whole'))
  expect(weights('parts')).not.toEqual(before)
  expect(readFileSync(join(folder, 'parts', 'samples.png'))).toEqual(
    readFileSync(join(folder, 'whole', 'samples.png')),
  )

  const tested = await run('test', 'parts')
  expect(tested).toMatchObject({ code: 0, stderr: '' })
  expect(tested.stdout).toMatch(/^Loss on 24 test images after 6 steps: \d\.\d{5}\nWrote .*test\.png\n$/)
}, 240_000)

test('what is wrong gets a sentence and exit code 2', async () => {
  expect(await run('draw', 'wrong')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      "command-argument value 'draw' is invalid for argument 'command'",
    ) as string,
  })
  expect(await run('train', 'wrong', '--width', '24')).toMatchObject({
    code: 2,
    stderr: "option '--width' must be a multiple of 16, not 24\n",
  })
  expect((await run('test', 'wrong')).stderr).toMatch(/^nothing was trained into '.*wrong'/)
}, 120_000)
