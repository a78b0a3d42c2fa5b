import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { first_code, ROOT, run_program, type_errors, write_program } from './programs.js'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { code, line } = first_code('README.md')
const path = write_program('readme.ts', code)

test('the install line and the code are on the first screen', () => {
  const lines = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n')
  const install = lines.indexOf('npm install typetorch') + 1
  expect(install).toBeGreaterThan(0)
  expect(install).toBeLessThanOrEqual(12)
  expect(line).toBeLessThanOrEqual(20)
})

test('its links lead somewhere', () => {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!)
  expect(links.length).toBeGreaterThan(4)
  expect(links.filter((target) => !existsSync(join(ROOT, target)))).toEqual([])
})

test('its code type-checks and runs', async () => {
  expect(type_errors(path)).toEqual([])
  const { code, stdout, stderr } = await run_program(path, [], { cwd: folder })
  expect([code, stderr]).toEqual([0, ''])
  const losses = stdout
    .trim()
    .split('\n')
    .map((text) => Number(/^step \d+, loss ([\d.]+)$/.exec(text)?.[1]))
  expect(losses).toHaveLength(3)
  expect(losses[2]!).toBeLessThan(losses[0]! / 10)
  expect(existsSync(join(folder, 'model.pt'))).toBe(true)
}, 120_000)
