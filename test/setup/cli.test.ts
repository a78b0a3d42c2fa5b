import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }

function typetorch(...args: string[]) {
  const program = fileURLToPath(new URL('scripts/setup/cli.mjs', root))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test.each(['--version', '-V'])('%s prints the package’s version', (flag) => {
  expect(typetorch(flag)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
})

test('--help lists the commands', () => {
  const { status, stdout, stderr } = typetorch('--help')
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/Usage: typetorch .*--version.*--help.*\bsetup\b.*\bdoctor\b/s)
  expect(typetorch('doctor', '--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('--json'),
  })
})

test.each([
  [['setpu'], "unknown command 'setpu'\n(Did you mean setup?)"],
  [['docter', '--json'], "unknown command 'docter'\n(Did you mean doctor?)"],
  [['--verson'], "unknown option '--verson'\n(Did you mean --version?)"],
  [['doctor', '--jsno'], "unknown option '--jsno'\n(Did you mean --json?)"],
  [['frobnicate'], "unknown command 'frobnicate'"],
  [['doctor', 'now'], "too many arguments for 'doctor'. Expected 0 arguments but got 1."],
])('%j exits with 2 and says what is near', (args, text) => {
  expect(typetorch(...args)).toEqual({
    status: 2,
    stdout: '',
    stderr: `typetorch: ${text}\nThe commands and options are listed by: typetorch --help\n`,
  })
})

test('no command at all exits with 2 and the list of commands', () => {
  expect(typetorch()).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('Usage: typetorch'),
  })
})

test('a report exits with its own code, not with that of a wrong call', () => {
  const { status, stdout } = typetorch('doctor', '--json')
  expect(status).toBe((JSON.parse(stdout) as { usable: boolean }).usable ? 0 : 1)
})
