import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  BUILD,
  CMAKE_WANTED,
  compare_versions,
  ONLY_WHEELS,
  own_command,
  parse_version,
  RECORD,
  ROOT,
} from './config.mjs'
import { install_command, run_step, SetupError, say, version_line, which } from './report.mjs'
import { source_hash } from './sources.mjs'

const VARIANTS = {
  release: { folder: 'Release', config: 'Release', options: { TYPETORCH_SANITIZE: '' } },
  debug: { folder: 'Debug', config: 'Debug', options: { TYPETORCH_SANITIZE: '' } },
  asan: { folder: 'Asan', config: 'RelWithDebInfo', options: { TYPETORCH_SANITIZE: 'address,undefined' } },
}

/** Where a variant's addon lies. */
export function addon_path(variant = 'release') {
  return path.join(BUILD, VARIANTS[variant].folder, 'typetorch.node')
}

export function read_libtorch() {
  try {
    return JSON.parse(fs.readFileSync(RECORD, 'utf8'))
  } catch {
    throw new SetupError(`no LibTorch has been looked for yet; do it with: ${own_command('setup')}`)
  }
}

/** Refuses a machine on which the addon cannot be compiled, by the first thing that is missing. */
export function check_tools(env = process.env) {
  if (!which('cmake', env)) {
    throw new SetupError(
      `cmake is missing, with which the addon is built; get it with: ${install_command(['cmake'], env)}`,
    )
  }
  const cmake = version_line('cmake', ['--version'], env) ?? 'cmake, which does not run,'
  if (compare_versions(parse_version(cmake), CMAKE_WANTED) < 0) {
    throw new SetupError(
      `${cmake} is not enough, the addon needs cmake ${CMAKE_WANTED.join('.')} or later; get it with: pip install ${ONLY_WHEELS} 'cmake>=${CMAKE_WANTED.join('.')}'`,
    )
  }
  if (!['g++', 'clang++'].some((name) => which(name, env))) {
    throw new SetupError(`a C++ compiler is missing; get one with: ${install_command(['g++'], env)}`)
  }
  if (!['ninja', 'make'].some((name) => which(name, env))) {
    throw new SetupError(
      `neither ninja nor make is there; get one with: ${install_command(['ninja-build'], env)}`,
    )
  }
}

function inputs(libtorch, variant, options) {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([source_hash(), libtorch.path, libtorch.version, variant, options]))
  return hash.digest('hex')
}

/** Whether a variant's addon stands and was built from what stands here now. */
export function is_current(libtorch, variant = 'release', options = {}) {
  try {
    const stamp = fs.readFileSync(`${addon_path(variant)}.inputs`, 'utf8')
    return fs.existsSync(addon_path(variant)) && stamp === inputs(libtorch, variant, options)
  } catch {
    return false
  }
}

/** Three quarters of a gigabyte a compiler with LibTorch's headers, and never more jobs than cores. */
function jobs(env) {
  return (
    env.CMAKE_BUILD_PARALLEL_LEVEL ??
    String(Math.max(1, Math.min(os.availableParallelism(), Math.floor(os.totalmem() / 1.5e9))))
  )
}

/**
 * Builds the addon with cmake-js where its inputs changed.
 * @param {{ variant?: 'release' | 'debug' | 'asan', out?: string, relocatable?: boolean, force?: boolean }} [choice]
 * @returns {Promise<boolean>} whether there was anything to do
 */
export async function build_addon({ variant = 'release', out, relocatable = false, force = false } = {}) {
  const libtorch = read_libtorch()
  const { folder, config, options } = VARIANTS[variant]
  if (!out && !force && is_current(libtorch, variant)) return false
  check_tools()

  const { BuildSystem } = (await import('cmake-js')).default
  const directory = path.resolve(out ?? path.join(BUILD, folder))
  const system = new BuildSystem({
    directory: ROOT,
    out: directory,
    config,
    noLog: !process.env.TYPETORCH_TRACE,
    parallel: jobs(process.env),
    cMakeOptions: {
      LIBTORCH: libtorch.path,
      CMAKE_LIBRARY_OUTPUT_DIRECTORY: directory,
      TYPETORCH_RELOCATABLE: relocatable ? 'ON' : 'OFF',
      ...options,
    },
  })
  const started = Date.now()
  const stamp = inputs(libtorch, variant, {})
  say(`building the addon (${variant})`)
  try {
    await system.configure()
    await system.build()
  } catch {
    throw new SetupError(
      `the addon did not build, the lines above say why; try it afresh with: rm -rf ${path.relative(ROOT, directory)} && ${own_command('build:native')}`,
    )
  }
  if (!out) fs.writeFileSync(`${addon_path(variant)}.inputs`, stamp)
  say(`built the addon (${variant}) in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return true
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      variant: { type: 'string', default: 'release' },
      out: { type: 'string' },
      relocatable: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
    },
  })
  await run_step(async () => {
    if (!Object.hasOwn(VARIANTS, values.variant)) {
      throw new SetupError(
        `there is no variant '${values.variant}'; choose with: --variant ${Object.keys(VARIANTS).join('|')}`,
      )
    }
    if (!(await build_addon(values))) say(`the addon (${values.variant}) is up to date`)
  })
}
