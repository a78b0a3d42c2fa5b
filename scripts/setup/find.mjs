import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { cache_folder, LIBTORCH_MINOR, LIBTORCH_VERSION, own_command } from './config.mjs'
import { manifest_problem } from './manifest.mjs'
import { wanted_variant } from './platform.mjs'
import { SetupError } from './report.mjs'

const HEADER = 'include/torch/library.h'
const LIBRARY = 'lib/libtorch_cpu.so'

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** The version of a LibTorch folder, read from its text files and never by opening a library. */
export function read_version(folder) {
  const python = /__version__\s*=\s*['"]([^'"]+)['"]/.exec(read(path.join(folder, 'version.py')))?.[1]
  if (python) return python
  const archive = read(path.join(folder, 'build-version')).trim()
  if (archive) return archive
  const header = read(path.join(folder, 'include/torch/headeronly/version.h'))
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(header)?.[1],
  )
  return parts.every(Boolean) ? parts.join('.') : null
}

/**
 * Looks at one folder: a Python `torch` package, an unpacked distribution, or what holds one of them.
 * @returns {{ path: string, version: string | null, variant: 'cpu' | 'cuda', torchgen: string | null, problem: string | null }}
 */
export function inspect(folder) {
  const candidates = [folder, path.join(folder, 'torch'), path.join(folder, 'libtorch')]
  const root = candidates.find((c) => fs.existsSync(path.join(c, LIBRARY)))
  if (!root) {
    const problem = fs.existsSync(folder) ? `holds no ${LIBRARY}` : 'does not exist'
    return { path: folder, version: null, variant: 'cpu', torchgen: null, problem }
  }
  const found = path.resolve(root)
  const version = read_version(found)
  const variant = fs.existsSync(path.join(found, 'lib/libtorch_cuda.so')) ? 'cuda' : 'cpu'
  const torchgen = path.join(path.dirname(found), 'torchgen/packaged')
  let problem = null
  if (!fs.existsSync(path.join(found, HEADER))) problem = `holds no ${HEADER}`
  else if (!version) problem = 'does not say its version'
  else if (!supported(version)) problem = `is LibTorch ${version}, not ${LIBTORCH_MINOR}.x`
  return { path: found, version, variant, torchgen: fs.existsSync(torchgen) ? torchgen : null, problem }
}

export function supported(version) {
  return version === LIBTORCH_MINOR || version.startsWith(`${LIBTORCH_MINOR}.`)
}

const PYTHON_CODE = `
import importlib.util
spec = importlib.util.find_spec('torch')
print(list(spec.submodule_search_locations)[0] if spec and spec.submodule_search_locations else '')
`

/** The folder of the first Python's torch package on the PATH, found without importing it, or null. */
export function python_torch(env = process.env) {
  for (const python of ['python3', 'python']) {
    const result = spawnSync(python, ['-c', PYTHON_CODE], {
      encoding: 'utf8',
      env: { ...env, PYTHONUTF8: '1' },
      // A folder named torch where the user stands must not be taken for the package.
      cwd: '/',
      timeout: 30_000,
    })
    const folder = result.status === 0 ? result.stdout.trim() : ''
    if (folder && fs.existsSync(path.join(folder, LIBRARY))) return { python, folder }
  }
  return null
}

export function cached_folder(env = process.env, variant = wanted_variant(env)) {
  return path.join(cache_folder(env), `libtorch-${LIBTORCH_VERSION}-${variant}`)
}

/**
 * Everything that was looked at, in order, until one is usable (all of it with `all`).
 * @returns {Array<ReturnType<typeof inspect> & { how: string }>}
 */
export function look(env = process.env, { all = false, python = python_torch } = {}) {
  const looked = []
  const usable = () => !all && looked.some((entry) => entry.problem === null)
  if (env.LIBTORCH) looked.push({ how: 'LIBTORCH', ...inspect(path.resolve(env.LIBTORCH)) })
  if (!usable()) {
    const found = python(env)
    if (found) looked.push({ how: found.python, ...inspect(found.folder) })
    else looked.push({ ...inspect(''), how: 'python3', path: '', problem: 'no Python on the PATH has torch' })
  }
  if (!usable()) {
    const folder = cached_folder(env)
    const entry = { how: 'cache', ...inspect(folder) }
    if (entry.problem === null) entry.problem = manifest_problem(folder)
    looked.push(entry)
  }
  return looked
}

/** The LibTorch to use, or null when it has to be fetched. LIBTORCH is a wish: one that fails is refused. */
export function find(env = process.env, options = {}) {
  const looked = look(env, options)
  const wish = looked.find((entry) => entry.how === 'LIBTORCH')
  if (wish?.problem) throw new SetupError(refusal(wish))
  const chosen = looked.find((entry) => entry.problem === null) ?? null
  return { looked, chosen }
}

/** One sentence: what was found, what is wanted, and the command. */
export function refusal(entry) {
  const fetch = `fetch ${LIBTORCH_VERSION} with: unset LIBTORCH && ${own_command('setup')}`
  if (entry.version && !supported(entry.version)) {
    return (
      `LIBTORCH=${entry.path} is LibTorch ${entry.version}, but typetorch is built for ` +
      `${LIBTORCH_MINOR}.x; ${fetch}`
    )
  }
  return `LIBTORCH=${entry.path} ${entry.problem}, so it is no LibTorch ${LIBTORCH_MINOR}; ${fetch}`
}
