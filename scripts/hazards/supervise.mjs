import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { is_sanitized } from '../setup/python.mjs'

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url))

/**
 * Runs the calls of some numbers in one process and says how it ended: `{ last, ended, memory, stderr }`, `last` the
 * number under way where it did not come to its end. `each` is told of every call: number, kind, name, text.
 */
export async function run_calls({ seed, from, to, seconds, kilobytes, heap }, each) {
  const folder = mkdtempSync(join(tmpdir(), 'typetorch-hazards-'))
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      // AddressSanitizer keeps terabytes of addresses for its own records.
      `ulimit -c 0; ${is_sanitized() ? '' : 'ulimit -v "$0";'} exec "$@"`,
      String(kilobytes),
      process.execPath,
      '--expose-gc',
      `--max-old-space-size=${heap}`,
      CHILD,
      ...[seed, from, to].map(String),
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  )
  let last = from - 1
  let under_way = false
  let since = performance.now()
  let timed_out = false
  let memory = null
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr = `${stderr}${chunk}`.slice(-4000)))
  const lines = createInterface({ input: child.stdio[3] })
  lines.on('line', (line) => {
    const [kind, ...rest] = line.split(' ')
    since = performance.now()
    if (kind === 'call') {
      last = Number(rest[0])
      under_way = true
    } else if (kind === 'memory') {
      const [alive_bytes, tensors, rss] = rest.map(Number)
      memory = { alive_bytes, tensors, rss }
    } else {
      under_way = false
      each(last, kind, ...JSON.parse(rest.join(' ')))
    }
  })
  const timer = setInterval(() => {
    // Starting up takes a while on a busy machine.
    const limit = under_way ? seconds : seconds + 60
    if (performance.now() - since < limit * 1000) return
    timed_out = true
    child.kill('SIGKILL')
  }, 100)
  const drained = new Promise((resolve) => lines.once('close', resolve))
  const [code, signal] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)))
  await drained
  clearInterval(timer)
  rmSync(folder, { recursive: true, force: true })
  const ended = timed_out ? 'hang' : code === 0 && memory !== null ? 'well' : `${signal ?? `code ${code}`}`
  return { last, ended, memory, stderr }
}
