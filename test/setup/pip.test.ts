import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../../scripts/setup/config.mjs'
import { fetch_libtorch } from '../../scripts/setup/fetch.mjs'
import { setup_python } from '../../scripts/setup/python.mjs'
import { fake_programs, temporary_folder } from './fakes.js'

/** A Python whose pip writes its arguments down and finds nothing; the lines are read by the function. */
function fake_pip(version: string): { env: NodeJS.ProcessEnv; calls: () => string[] } {
  const folder = temporary_folder()
  const log = path.join(folder, 'calls')
  const script = `case "$*" in
    "-m pip --version") echo "pip 24.0 from /x (python ${version})";;
    "-m pip "*) echo "$*" >> "${log}"; echo "ERROR: nothing found" >&2; exit 1;;
    *) exit 1;;
  esac`
  const env = { HOME: folder, PATH: fake_programs(temporary_folder(), { python3: script }) }
  return { env, calls: () => fs.readFileSync(log, 'utf8').trim().split('\n') }
}

// A source archive runs its setup.py, also when it is only downloaded.
describe('pip takes wheels only', () => {
  test.each(['3.9', '3.12'])('for LibTorch, under Python %s', async (version) => {
    const { env, calls } = fake_pip(version)
    for (const variant of ['cpu', 'cuda'])
      await expect(fetch_libtorch(env, variant)).rejects.toThrow('pip says "ERROR: nothing found"')
    expect(calls()).toHaveLength(3)
    for (const call of calls()) expect(call).toMatch(/ download --only-binary=:all: torch==/)
  })

  test("for Python's torch", () => {
    const { env, calls } = fake_pip('3.12')
    expect(() => setup_python(env)).toThrow('pip says "ERROR: nothing found"')
    expect(calls()).toHaveLength(2)
    for (const call of calls()) expect(call).toContain(' install --only-binary=:all: ')
  })

  test('wherever a script or a page tells it', () => {
    const files = execFileSync(
      'git',
      ['ls-files', 'scripts', 'docs', 'README.md', '.ci', 'bench', 'examples'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    )
    const told = files
      .trim()
      .split('\n')
      .filter((name) => fs.existsSync(path.join(ROOT, name)))
      .flatMap((name) =>
        [
          ...fs
            .readFileSync(path.join(ROOT, name), 'utf8')
            .matchAll(/\bpip3? (?:install|download|wheel)\b.*/g),
        ]
          .filter(([text]) => !/--only-binary=:all:|\$\{ONLY_WHEELS\}/.test(text))
          .map(([text]) => `${name}: ${text}`),
      )
    expect(told).toEqual([])
  })
})
