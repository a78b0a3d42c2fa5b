import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'typetorch-signals-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = fileURLToPath(new URL('signal-program.ts', import.meta.url))

// Starts the program, sends the signals one after the other once it trains, and waits for its end.
function run(
  args: string[],
  signals: NodeJS.Signals[],
  apart_ms = 1500,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    let sending = false
    child.stdout.on('data', (chunk) => {
      output += String(chunk)
      if (sending) return
      sending = true
      for (const [i, signal] of signals.entries()) setTimeout(() => child.kill(signal), 1000 + apart_ms * i)
    })
    child.on('close', (code) => resolve({ code, output }))
  })
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s finishes the step, saves and exits with %i',
  async (signal, code) => {
    const checkpoint = join(folder, `${signal}.pt`)
    expect(await run([checkpoint], [signal])).toEqual({ code, output: `ready\n${signal} true\n` })
    expect(existsSync(checkpoint)).toBe(true)
  },
  120_000,
)

test('one that follows within a second is the same wish, also from the other key', async () => {
  const checkpoint = join(folder, 'repeated.pt')
  expect(await run([checkpoint], ['SIGINT', 'SIGINT', 'SIGTERM'], 2)).toEqual({
    code: 130,
    output: 'ready\nSIGINT true\n',
  })
  expect(existsSync(checkpoint)).toBe(true)
}, 50_000)

test('a second one later than a second exits at once', async () => {
  const checkpoint = join(folder, 'twice.pt')
  expect(await run([checkpoint, 'slow'], ['SIGINT', 'SIGINT'])).toEqual({ code: 130, output: 'ready\n' })
  expect(existsSync(checkpoint)).toBe(false)
}, 50_000)
