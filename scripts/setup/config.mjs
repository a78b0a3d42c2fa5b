import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const LIBTORCH_VERSION = '2.13.0'
export const LIBTORCH_MINOR = '2.13'
export const CPU_INDEX = 'https://download.pytorch.org/whl/cpu'
/** Among pip's arguments always: a source archive runs its setup.py, also when it is only downloaded. */
export const ONLY_WHEELS = '--only-binary=:all:'
export const NODE_WANTED = [20, 19]
export const CMAKE_WANTED = [3, 20]
export const GLIBC_WANTED = [2, 28]

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const BUILD = path.join(ROOT, 'build')
export const RECORD = path.join(BUILD, 'libtorch.json')
export const LINK = path.join(BUILD, 'libtorch')

/** A clone is worked on with npm run; an installed package is reached with npx. */
export const IS_CLONE = !ROOT.split(path.sep).includes('node_modules')

/** The folder that every clone of one user shares. */
export function cache_folder(env = process.env) {
  const base = env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : null
  // Never in the current folder, which may be anybody's.
  const home = env.HOME && path.isAbsolute(env.HOME) ? env.HOME : os.userInfo().homedir
  return path.join(base ?? path.join(home, '.cache'), 'typetorch')
}

/** The command that runs one of our own steps from where the user stands. */
export function own_command(step) {
  return IS_CLONE ? `npm run ${step}` : `npx typetorch ${step}`
}

/** Compares dotted versions as lists of numbers: negative, zero or positive. */
export function compare_versions(a, b) {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export function parse_version(text) {
  const match = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text ?? '')
  return match
    ? match
        .slice(1)
        .filter((part) => part !== undefined)
        .map(Number)
    : []
}
