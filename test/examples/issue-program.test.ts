import * as torch from 'typetorch'
import { afterAll, expect, test } from 'vitest'
import { run_reference } from '../diffusion/reference.js'
import { live_torch } from '../helpers/python.js'
import { first_code, run_program, type_errors, write_program } from './programs.js'

const threads_before = torch.get_num_threads()
afterAll(() => torch.set_num_threads(threads_before))

const before = `
import { rand, manual_seed, set_num_threads } from 'typetorch'
set_num_threads(1)
manual_seed(0)
const x0 = rand(1, 3, 8, 8).mul(2).sub(1)
`
const { code } = first_code('test/examples/issue-program.md')
const path = write_program('issue-program.ts', before + code)

test("the tutorial's training type-checks under strict", () => {
  expect(type_errors(path)).toEqual([])
  const wrong = write_program(
    'issue-program-wrong.ts',
    before + code.replace('model(noise_scheduler', 'model(it, noise_scheduler'),
  )
  expect(type_errors(wrong)).not.toEqual([])
}, 120_000)

test('it runs, and prints a line every 100 iterations', async () => {
  const { code, stdout, stderr } = await run_program(path)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => line.split(',')[0])).toEqual(
    Array.from({ length: 10 }, (_, i) => `Iteration ${i * 100}`),
  )
  const losses = lines.map((line) => Number(line.split('Loss ')[1]))
  expect(losses.at(-1)).toBeLessThan(losses[0]!)
  if (!live_torch()) return
  const expected = new Float64Array(
    Uint8Array.from(Buffer.from(run_reference('--iterations', 1000).losses, 'hex')).buffer,
  )
  expect(losses).toEqual(Array.from({ length: 10 }, (_, i) => expected[i * 100]))
}, 300_000)
