import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import cli_progress from 'cli-progress'
import lockfile from 'proper-lockfile'
import { CPU_INDEX, LIBTORCH_VERSION, ONLY_WHEELS, own_command } from './config.mjs'
import { cached_folder, inspect } from './find.mjs'
import { make_folders } from './folders.mjs'
import { manifest_problem, write_manifest } from './manifest.mjs'
import { cache_problem } from './owner.mjs'
import { wanted_variant } from './platform.mjs'
import { install_command, SetupError, say, which } from './report.mjs'
import { sha256, unpack } from './unpack.mjs'

const GIB = 2 ** 30

const SPACE = { cpu: 1.2 * GIB, cuda: 14 * GIB }

/** Python with pip, as the start of a command line. */
export function pip_command(env = process.env) {
  for (const python of ['python3', 'python']) {
    if (!which(python, env)) continue
    const result = spawnSync(python, ['-m', 'pip', '--version'], { env, encoding: 'utf8', timeout: 60_000 })
    if (result.status !== 0) continue
    const minor = Number(/python 3\.(\d+)/.exec(result.stdout)?.[1] ?? 0)
    return { command: python, args: ['-m', 'pip'], python_minor: minor }
  }
  const pip = ['pip3', 'pip'].find((name) => which(name, env))
  if (pip) return { command: pip, args: [], python_minor: 0 }
  throw new SetupError(
    "Python's pip is missing, with which LibTorch is fetched; " +
      `get it with: ${install_command(['python3-pip'], env)} (or point LIBTORCH to an unpacked LibTorch ${LIBTORCH_VERSION})`,
  )
}

/** The requests to try in order: pip's own sources first, then PyTorch's index of CPU builds. */
export function requests(variant) {
  const everything = [`torch==${LIBTORCH_VERSION}`]
  if (variant === 'cuda') return [everything]
  const cpu = [`torch==${LIBTORCH_VERSION}+cpu`, '--no-deps']
  return [cpu, [...cpu, '--index-url', CPU_INDEX]]
}

function run_pip(pip, args, env) {
  return new Promise((resolve) => {
    const child = spawn(pip.command, [...pip.args, ...args], {
      env: { ...env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' },
      stdio: ['ignore', process.stderr.isTTY ? process.stderr : 'ignore', 'pipe'],
    })
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.on('error', (error) => resolve({ code: 1, errors: error.message }))
    child.on('close', (code) => resolve({ code, errors }))
  })
}

function last_error(text) {
  const lines = text.split('\n').filter((line) => line.trim())
  return (lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? 'nothing').trim()
}

async function download(variant, folder, env) {
  const pip = pip_command(env)
  // torch has wheels for Python 3.10 and later; the C++ inside is the same in each.
  const old = pip.python_minor > 0 && pip.python_minor < 10
  const target = old ? ['--python-version', '3.11', '--platform', 'manylinux_2_28_x86_64'] : []
  let problem = ''
  let unreachable = false
  for (const request of requests(variant)) {
    const args = ['download', ONLY_WHEELS, ...request, ...target, '--retries', '2', '--dest', folder]
    const { code, errors } = await run_pip(pip, args, env)
    if (code === 0) return fs.readdirSync(folder).filter((name) => /^(torch|nvidia_)[^/]*\.whl$/.test(name))
    problem = last_error(errors)
    unreachable ||=
      /Failed to establish a new connection|Temporary failure in name resolution|timed out|ProxyError/.test(
        errors,
      )
  }
  if (/No space left/.test(problem)) throw no_space(folder, SPACE[variant])
  throw new SetupError(
    `LibTorch ${LIBTORCH_VERSION} (${variant}) could not be fetched, ` +
      `${unreachable ? 'the network cannot be reached' : `pip says "${problem}"`}; check the network, pip's sources ` +
      `(pip config list) or its proxy and try again with: ${own_command('setup')} (or point LIBTORCH to an unpacked LibTorch)`,
  )
}

function no_space(folder, needed, free) {
  const has = free === undefined ? 'is full' : `has ${(free / GIB).toFixed(1)} GiB free`
  return new SetupError(
    `LibTorch needs ${(needed / GIB).toFixed(1)} GiB of disk, but ${folder} ${has}; ` +
      'free some, or choose another disk with: export XDG_CACHE_HOME=/path/to/more/space',
  )
}

function check_space(folder, needed) {
  const { bavail, bsize } = fs.statfsSync(folder)
  if (bavail * bsize < needed) throw no_space(folder, needed, bavail * bsize)
}

function progress(label) {
  if (!process.stderr.isTTY) return { update() {}, stop() {} }
  const bar = new cli_progress.SingleBar(
    { format: `${label} [{bar}] {percentage}% of {megabytes} MB`, stream: process.stderr, hideCursor: true },
    cli_progress.Presets.shades_classic,
  )
  bar.start(1, 0, { megabytes: '?' })
  return {
    update(done, total) {
      bar.setTotal(total)
      bar.update(done, { megabytes: Math.round(total / 1e6) })
    },
    stop: () => bar.stop(),
  }
}

async function fill(target, variant, env) {
  // Beside the target, so that the rename is atomic; whatever an interrupted install left begins again.
  const partial = `${target}.partial`
  fs.rmSync(partial, { recursive: true, force: true })
  try {
    await fill_partial(partial, target, variant, env)
    fs.rmSync(target, { recursive: true, force: true })
    fs.renameSync(partial, target)
  } finally {
    fs.rmSync(partial, { recursive: true, force: true })
  }
}

async function fill_partial(partial, target, variant, env) {
  const wheels = path.join(partial, '.wheels')
  make_folders(wheels)
  check_space(partial, SPACE[variant])

  say(`fetching LibTorch ${LIBTORCH_VERSION} (${variant}) into ${target}`)
  const manifest = { version: LIBTORCH_VERSION, variant, wheels: {}, files: {} }
  for (const name of await download(variant, wheels, env)) {
    const wheel = path.join(wheels, name)
    manifest.wheels[name] = await sha256(wheel)
    const bar = progress(`unpacking ${name.split('-')[0]}`)
    try {
      Object.assign(manifest.files, await unpack(wheel, partial, { on_bytes: bar.update }))
    } finally {
      bar.stop()
    }
    fs.rmSync(wheel)
  }
  fs.rmdirSync(wheels)
  write_manifest(partial, manifest)
  const { problem } = inspect(partial)
  if (problem) throw new SetupError(`what pip fetched ${problem}; check pip's sources with: pip config list`)
}

/** Fills the cache with LibTorch, once however many installs ask at the same time, and returns the folder's description. */
export async function fetch_libtorch(env = process.env, variant = wanted_variant(env)) {
  const target = cached_folder(env, variant)
  const cache = path.dirname(target)
  const choose = 'choose another with: export XDG_CACHE_HOME=/some/folder'
  try {
    make_folders(path.dirname(cache))
    make_folders(cache, 0o700)
  } catch (error) {
    throw new SetupError(`the cache ${cache} cannot be made (${error.code}); ${choose}`)
  }
  const problem = cache_problem(cache)
  if (problem)
    throw new SetupError(
      `the cache ${cache} ${problem}, so nothing in it is run; if all of it is yours: chmod -R go-w ${cache}; else ${choose}`,
    )
  let release
  try {
    release = await lockfile.lock(target, { realpath: false, stale: 20_000 })
  } catch (error) {
    if (error.code !== 'ELOCKED') {
      throw new SetupError(`the cache ${cache} cannot be written (${error.code}); ${choose}`)
    }
    say('another install is fetching LibTorch, waiting for it')
    const retries = { retries: 1800, minTimeout: 1000, maxTimeout: 1000 }
    release = await lockfile.lock(target, { realpath: false, stale: 20_000, retries })
  }
  try {
    const ready = () => inspect(target).problem === null && manifest_problem(target) === null
    if (!ready()) await fill(target, variant, env)
    return { how: 'cache', ...inspect(target) }
  } catch (error) {
    if (error.code === 'ENOSPC') throw no_space(path.dirname(target), SPACE[variant])
    throw error
  } finally {
    await release()
  }
}
