import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { live_python } from '../setup/python.mjs'

const prelude = readFileSync(new URL('tensors.py', import.meta.url), 'utf8')
const live = live_python()

/** How the same call ends in Python: `crashes`, `hangs`, `returns`, `refuses`, or `cannot be made`. */
export function in_python(py, { seconds, kilobytes }) {
  if (py === null || live === null) return 'cannot be made'
  const program = `${prelude}
import sys
try:
    ${py}
except BaseException as error:
    print(type(error).__name__, error, file=sys.stderr)
    sys.exit(3)
`
  const { status, signal } = spawnSync(
    '/bin/sh',
    ['-c', 'ulimit -c 0; ulimit -v "$0"; exec "$@"', String(kilobytes), live.python, '-c', program],
    { env: { ...process.env, ...live.env }, timeout: (seconds + 20) * 1000, killSignal: 'SIGKILL' },
  )
  if (signal === 'SIGKILL') return 'hangs'
  if (signal !== null || status > 100) return `crashes (${signal ?? status})`
  return status === 0 ? 'returns' : 'refuses'
}
