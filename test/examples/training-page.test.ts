import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT, run_program, type_errors, write_program } from './programs.js'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-training-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

const page = readFileSync(join(ROOT, 'docs/training.md'), 'utf8')
const programs = Array.from(page.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code]) => code!)

/** What each program of docs/training.md prints. */
const printed = [/^24 4 \[ 'loss', 'val_loss' \]\n$/, /^4\n9 \[ 'weight', 'bias' \]\n$/, /^runs\/first\n$/]

test('every program of the page is here', () => {
  expect(programs).toHaveLength(printed.length)
})

for (const [i, expected] of printed.entries()) {
  test(`program ${i + 1} of docs/training.md type-checks and runs`, async () => {
    const path = write_program(`training-page-${i}.ts`, programs[i]!)
    expect(type_errors(path)).toEqual([])
    const { code, stdout, stderr } = await run_program(path, [], { cwd: folder })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(expected)
  }, 120_000)
}
