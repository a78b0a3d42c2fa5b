import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const program = fileURLToPath(new URL('terminal-program.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'typetorch-terminal-'))
const has_python = spawnSync('python3', ['-c', 'import pty, termios']).status === 0
afterAll(() => rmSync(folder, { recursive: true }))

const tsx = join(root, 'node_modules/.bin/tsx')
const STARTS: Record<string, (args: string[]) => string[]> = {
  node: (args) => [process.execPath, '--import', 'tsx', program, ...args],
  tsx: (args) => [tsx, program, ...args],
  'npx tsx': (args) => ['npx', 'tsx', program, ...args],
  'npm run': (args) => ['npm', 'run', '--prefix', folder, 'train', '--', ...args],
}

beforeAll(() => {
  const scripts = { train: `cd '${root}' && '${tsx}' '${program}'` }
  // npm puts arguments behind the script's text.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts }))
})

type Key = [after: string, seconds: number, keys: string]
interface Ending {
  output: string
  code: number | null
  same_settings: boolean
}

function in_terminal(command: string[], keys: Key[], columns = 80): Ending {
  const given = { command, cwd: root, columns, keys, timeout: 60 }
  const { stdout, stderr } = spawnSync('python3', [here('terminal.py'), JSON.stringify(given)], {
    encoding: 'utf8',
  })
  if (stderr !== '') throw new Error(stderr)
  return JSON.parse(stdout) as Ending
}

const CTRL_C = '\x03'
const ESC = '\x1b'
/** A hidden cursor, no wrapping, another screen, a region to scroll, a saved place: modes that would outlive the program. */
const MODES = new RegExp(`${ESC}(\\[\\?\\d+[hl]|\\[\\d+;\\d+r|[78])`)

describe.skipIf(!has_python)('on a terminal (needs python3)', () => {
  for (const [name, start] of Object.entries(STARTS)) {
    test.each([0, 400])(
      `Ctrl-C under ${name} saves the checkpoint where a step takes %i ms`,
      (step_ms) => {
        const checkpoint = join(folder, `${name}-${step_ms}.pt`.replace(' ', '-'))
        const { output, code, same_settings } = in_terminal(start([checkpoint, 'signal', String(step_ms)]), [
          ['loss', 0.7, CTRL_C],
        ])
        expect(output).toContain('Stopped by SIGINT after')
        expect(output).toContain('ended SIGINT')
        expect(existsSync(checkpoint)).toBe(true)
        // npm ends itself by the signal, which shells show as 130.
        expect([130, -2]).toContain(code)
        expect(output).not.toMatch(MODES)
        expect(same_settings).toBe(true)
      },
      120_000,
    )
  }

  test('SIGTERM to the tsx command saves the checkpoint in a long step', () => {
    const checkpoint = join(folder, 'term.pt')
    const { output, code } = in_terminal(STARTS['tsx']!([checkpoint, 'signal', '400']), [
      ['loss', 0.7, 'SIGTERM'],
    ])
    expect(output).toContain('ended SIGTERM')
    expect(existsSync(checkpoint)).toBe(true)
    expect(code).toBe(143)
  }, 120_000)

  test.each(['node', 'tsx'])(
    'Ctrl-C pressed twice at once under %s is one wish; once more a second later ends a step that hangs',
    (name) => {
      const twice = join(folder, 'twice.pt')
      const stopped = in_terminal(STARTS[name]!([twice, 'signal', '400']), [
        ['loss', 0.5, CTRL_C],
        ['loss', 0.3, CTRL_C],
      ])
      expect(stopped.output).toContain('ended SIGINT')
      expect(existsSync(twice)).toBe(true)
      rmSync(twice)
      const hung = in_terminal(STARTS[name]!([twice, 'hang', '0']), [
        ['hanging', 0.2, CTRL_C],
        ['hanging', 1.5, CTRL_C],
      ])
      expect(hung.code).toBe(130)
      expect(hung.output).not.toContain('ended')
      expect(hung.output).toMatch(/\n$/)
      expect(existsSync(twice)).toBe(false)
    },
    120_000,
  )

  test.each([
    ['normal', [], 0],
    ['error', [], 1],
    ['uncaught', [], 1],
    ['exit', [], 7],
    ['signal', [['loss', 0.5, 'SIGTERM']], 143],
    ['by default', [['loss', 0.5, CTRL_C]], -2],
    ['by default', [['loss', 0.5, 'SIGKILL']], -9],
  ] as [string, Key[], number][])(
    'leaves the terminal as it was: %s %j',
    (ending, keys, code) => {
      const checkpoint = join(folder, 'ending.pt')
      const found = in_terminal(STARTS['node']!([checkpoint, ending, '10']), keys)
      expect(found).toMatchObject({ code, same_settings: true })
      expect(found.output).not.toMatch(MODES)
      // What follows begins a line: an error, the shell's prompt.
      if (ending === 'error' || ending === 'uncaught')
        expect(found.output).toMatch(/\n[^█\n]*(loop|terminal-program)\.ts/)
      if (code >= 0) expect(found.output).toMatch(/\n$/)
    },
    120_000,
  )

  // What a line shows when it is drawn for the last time.
  const drawn = (output: string) =>
    output.split('\r\n').map((line) => line.split(`${ESC}[1G`).at(-1)!.replaceAll(`${ESC}[0K`, ''))

  test.each([
    [80, /^Epoch 3\/3 [█░]{8,24} 60\/60 \| 0:00 left \| loss [\d.]+ \| [\d.]+ steps\/s \| lr 0.01$/],
    [40, /^3\/3 [█░]{4,24} 60\/60 0:00 loss [\d.]+/],
    [12, /^3\/3 60\/60$/],
  ])(
    'shows epochs, the bar, the time that is left and the loss in %i columns',
    (columns, last) => {
      const { output } = in_terminal(STARTS['node']!([join(folder, 'bar.pt'), 'epochs', '10']), [], columns)
      const lines = drawn(output)
      const bar = lines.findIndex((line) => last.test(line))
      expect(lines[bar]?.length ?? output).toBeLessThan(columns)
      expect(lines.slice(bar - 3, bar).join('\n')).toMatch(
        /^Epoch 1\/3: loss .*, val_loss .*\nEpoch 2\/3: .*\nEpoch 3\/3: loss .*, val_loss [\d.e-]+$/,
      )
      expect(lines[bar + 1]).toMatch(/^Trained 60 steps \(3 epochs\) in .*: loss .*, val_loss /)
      // No line that is drawn anew is wider than the terminal: it would be drawn below itself.
      for (const part of output.split(`${ESC}[1G`).slice(1))
        expect(part.split('\r')[0]!.split(ESC)[0]!.length, part).toBeLessThan(columns)
    },
    60_000,
  )
})
