import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../examples/programs.js'

const PROGRAM = join(ROOT, 'scripts/torture/index.mjs')
const run = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' })

test('eight kills change nothing', () => {
  const { status, stdout, stderr } = run('--kills', '8', '--steps', '60', '--seed', '1')
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /8 kills, \d+ of them while a file was written: \d+ results the undisturbed run's, bit for bit/,
  )
}, 400_000)

test('--help lists the options, and wrong ones are refused', () => {
  const help = run('--help')
  expect(help.status).toBe(0)
  for (const name of ['--kills', '--steps', '--seed', '--folder']) expect(help.stdout).toContain(name)
  const wrong = run('--kills', 'many')
  expect([wrong.status, wrong.stdout]).toEqual([2, ''])
  expect(wrong.stderr).toContain('expected a whole number of at least 1')
})
