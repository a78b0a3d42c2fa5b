import { spawnSync } from 'node:child_process'
import { live_python, python_env } from '../../scripts/setup/python.mjs'

/** A Python with the supported torch and numpy: run it as `spawn(python, args, { env })`. */
export interface LivePython {
  python: string
  env: NodeJS.ProcessEnv
}

let cached: LivePython | null | undefined

/** The Python that comparison tests run, or null where none can be had: such tests are then skipped by name. */
export function live_torch(): LivePython | null {
  if (cached !== undefined) return cached
  const found = live_python()
  cached = found ? { python: found.python, env: python_env(found) } : null
  return cached
}

/** Runs a Python script and parses the JSON that it prints. */
export function run_python(script: string, args: string[] = []): unknown {
  const live = live_torch()
  if (!live) throw new Error('no Python with torch; get one with: npm run setup:python')
  const { status, stdout, stderr } = spawnSync(live.python, ['-c', script, ...args], {
    env: live.env,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  if (status !== 0) throw new Error(`Python failed: ${stderr}`)
  return JSON.parse(stdout)
}
