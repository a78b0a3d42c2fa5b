import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { live_python, python_env } from '../setup/python.mjs'

const prelude = readFileSync(new URL('tensors.py', import.meta.url), 'utf8')
const live = live_python()

// To load Python's torch on a busy machine.
const START_SECONDS = 60

/** How the same call ends in Python: `crashes`, `hangs`, `returns`, `refuses`, or `cannot be made`. */
export async function in_python(py, { seconds, kilobytes }) {
  if (py === null || live === null) return 'cannot be made'
  const program = `${prelude}
import os, sys
os.write(1, b'ready')
try:
    ${py}
except BaseException as error:
    print(type(error).__name__, error, file=sys.stderr)
    sys.exit(3)
`
  const child = spawn(
    '/bin/sh',
    ['-c', 'ulimit -c 0; ulimit -v "$0"; exec "$@"', String(kilobytes), live.python, '-c', program],
    { env: python_env(live), stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let timed_out = false
  const stop_after = (allowed) =>
    setTimeout(() => {
      timed_out = true
      child.kill('SIGKILL')
    }, allowed * 1000)
  let timer = stop_after(START_SECONDS)
  // The time of the call begins where the loading ends; a call may print, too.
  child.stdout.once('data', () => {
    clearTimeout(timer)
    timer = stop_after(seconds)
  })
  child.stdout.resume()
  const [code, signal] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)))
  clearTimeout(timer)
  if (timed_out) return 'hangs'
  if (signal !== null || code > 100) return `crashes (${signal ?? code})`
  return code === 0 ? 'returns' : 'refuses'
}
