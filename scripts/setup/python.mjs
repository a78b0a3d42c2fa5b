import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CPU_INDEX, cache_folder, LIBTORCH_VERSION, ONLY_WHEELS } from './config.mjs'
import { pip_command } from './fetch.mjs'
import { inspect, python_torch } from './find.mjs'
import { make_folders } from './folders.mjs'
import { cache_problem, owner_problem } from './owner.mjs'
import { run_step, SetupError, say } from './report.mjs'

/** The project's own Python packages: torch of the supported version, and numpy. */
export function python_folder(env = process.env) {
  return path.join(cache_folder(env), `python-${LIBTORCH_VERSION}`)
}

/** A Python that can import the supported torch and numpy: `{ python, env }`, or null. */
export function live_python(env = process.env) {
  const own = python_folder(env)
  const candidates = [{ python: 'python3', env: {} }]
  if (fs.existsSync(path.join(own, 'torch')) && !cache_problem(path.dirname(own)) && !owner_problem(own))
    candidates.unshift({ python: 'python3', env: { PYTHONPATH: own } })
  for (const candidate of candidates) {
    const found = python_torch({ ...env, ...candidate.env })
    if (!found || inspect(found.folder).problem !== null) continue
    const check = spawnSync(candidate.python, ['-c', 'import numpy'], {
      env: { ...env, ...candidate.env },
      timeout: 60_000,
    })
    if (check.status === 0) return candidate
  }
  return null
}

/** Whether AddressSanitizer's runtime is loaded into every process (npm run test:asan). */
export function is_sanitized(env = process.env) {
  return env.LD_PRELOAD?.includes('libasan') === true
}

/** The environment that a {@link live_python} runs in. Its own C++ is loaded late, of which a sanitizer's runtime ends. */
export function python_env(live, env = process.env) {
  const { LD_PRELOAD, ...inherited } = env
  return { ...(is_sanitized(env) ? inherited : env), ...live.env }
}

/** Installs them where they are missing and returns the folder, or null where the PATH's own Python serves. */
export function setup_python(env = process.env) {
  const live = live_python(env)
  if (live) return live.env.PYTHONPATH ?? null
  const pip = pip_command(env)
  const target = python_folder(env)
  const partial = `${target}.partial`
  fs.rmSync(partial, { recursive: true, force: true })
  make_folders(partial)
  say(`installing Python's torch ${LIBTORCH_VERSION} and numpy into ${target}`)
  const request = [`torch==${LIBTORCH_VERSION}+cpu`, 'numpy']
  const attempts = [[...request], [...request, '--extra-index-url', CPU_INDEX]]
  let stderr = ''
  for (const attempt of attempts) {
    const result = spawnSync(
      pip.command,
      [...pip.args, 'install', ONLY_WHEELS, '--quiet', '--retries', '2', '--target', partial, ...attempt],
      {
        env: { ...env, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
        encoding: 'utf8',
      },
    )
    if (result.status === 0) {
      fs.rmSync(target, { recursive: true, force: true })
      fs.renameSync(partial, target)
      return target
    }
    stderr = result.stderr
  }
  fs.rmSync(partial, { recursive: true, force: true })
  const line =
    stderr
      .trim()
      .split('\n')
      .findLast((text) => text.startsWith('ERROR')) ?? 'nothing'
  throw new SetupError(
    `Python's torch ${LIBTORCH_VERSION} could not be installed, pip says "${line}"; try it with: ` +
      `python3 -m pip install ${ONLY_WHEELS} torch==${LIBTORCH_VERSION} numpy`,
  )
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await run_step(async () => {
    const folder = setup_python()
    process.stdout.write(`${folder ?? 'python3 on the PATH'}\n`)
  })
}
