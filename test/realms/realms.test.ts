import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import * as torch from 'typetorch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { make_forms } from './forms.mjs'

type Forms = Record<string, () => unknown>

const root = fileURLToPath(new URL('../../', import.meta.url))
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'realms-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The forms, made in a realm of their own. */
function foreign_forms(): Forms {
  const context = vm.createContext({
    setTimeout,
    AbortController,
    bytes_of: (file: string) => readFileSync(file),
  })
  const make = vm.runInContext(
    `${make_forms}
    (torch, folder) => make_forms(torch, { folder, read: (file) => Uint8Array.from(bytes_of(file)) })`,
    context,
  ) as (module: typeof torch, folder: string) => Forms
  return make(torch, folder)
}

describe('values of a vm context', () => {
  it.each(Object.keys(make_forms(torch, { folder: '', read: readFileSync })))('%s', async (name) => {
    await foreign_forms()[name]!()
  })

  it('make the same keywords refuse the same', () => {
    const options = vm.runInNewContext('({ dtpye: 1 })') as object
    expect(() => torch.zeros([2], options)).toThrow(/'dtpye'/)
  })

  it('an instance of a class is no plain object, there as here', () => {
    const instance = vm.runInNewContext('class Options { dim = 0 }; new Options()') as { dim: number }
    expect(() => torch.ones(2, 2).sum(instance)).toThrow(/Options/)
  })

  it('errors are of the classes of the realm that the library is in', () => {
    const told = vm.runInNewContext(
      'try { torch.zeros([2], { dtpye: 1 }) } catch (e) { [e instanceof TypeError, e.name, e instanceof torch.RuntimeError] }',
      { torch },
    )
    expect([...(told as unknown[])]).toEqual([false, 'TypeError', false])
  })
})

describe('small suites under other frameworks', { timeout: 180_000 }, () => {
  const run = (script: string, args: string[], options = '') => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(root, 'node_modules', script), ...args],
      {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: options, CI: 'true', NO_COLOR: '1', VITEST: undefined },
      },
    )
    return { status, printed: stdout + stderr }
  }

  it('pass under Jest 30', () => {
    const { status, printed } = run(
      'jest/bin/jest.js',
      ['--ci', '--config', 'test/realms/jest/jest.config.mjs'],
      '--experimental-vm-modules --no-warnings',
    )
    expect(status, printed).toBe(0)
    expect(printed).toMatch(/Tests: +6\d passed, 6\d total/)
  })

  it.each(['vmThreads', 'forks', 'threads'])("pass under vitest's %s", (pool) => {
    const { status, printed } = run('vitest/vitest.mjs', [
      'run',
      '--config',
      'test/realms/vitest/vitest.config.mjs',
      `--pool=${pool}`,
    ])
    expect(status, printed).toBe(0)
    expect(printed).toMatch(/Tests +6\d passed \(6\d\)/)
  })
})
