import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT, run_program, type_errors, write_program } from './programs.js'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-data-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

const page = readFileSync(join(ROOT, 'docs/data.md'), 'utf8')
const programs = Array.from(page.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code]) => code!)

/** What each program of docs/data.md prints. */
const printed = [
  /^3 20\n(\[ 32, 3 \] \[ 32, 1 \]\n){2}\[ 16, 3 \] \[ 16, 1 \]\n(\[ 32, 3 \] \[ 32, 1 \]\n){2}\[ 16, 3 \] \[ 16, 1 \]\n$/,
  /^(\[ 2, 2 \]\n){3}$/,
  /^(\[ \d, \d \]\n){5}$/,
]

test('every program of the page is here', () => {
  expect(programs).toHaveLength(printed.length)
})

for (const [i, expected] of printed.entries()) {
  test(`program ${i + 1} of docs/data.md type-checks and runs`, async () => {
    const path = write_program(`data-page-${i}.ts`, programs[i]!)
    expect(type_errors(path)).toEqual([])
    const { code, stdout, stderr } = await run_program(path, [], { cwd: folder })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(expected)
  }, 120_000)
}
