import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import v8 from 'node:v8'
import vm from 'node:vm'
import { crc32 } from 'node:zlib'
import { make_folders } from './folders.js'

// The package is one script, whose compiled form is kept for the next process: V8 would take a tenth of loading to
// compile it anew. Modules cannot be given to V8 in that form, so what one imports are thin modules around the script.

type Library = Record<string, Record<string, unknown>>
type Import = (specifier: string) => Promise<object>
type Run = (require: NodeJS.Require, import_module: Import, url: string) => Library

/** How many compiled forms are kept: one for each Node, set of V8's flags, and version of the package. */
const KEPT = 8
const CHECKSUM_BYTES = 4

const bundled = (): Error =>
  new Error(
    "typetorch cannot be part of a bundle: it loads its script, its native addon and LibTorch from the package's own " +
      'folder. Mark it external and leave it in node_modules: esbuild --external:typetorch (or --packages=external); ' +
      "rollup and rolldown external: ['typetorch']; webpack externals: { typetorch: 'import typetorch' }; " +
      "vite ssr: { external: ['typetorch'] }; Next serverExternalPackages: ['typetorch'].",
  )

/** The script; it lies beside this file, and beside it all that is needed: none of that is in a bundle. */
function program_url(): URL {
  // Not in one expression with its name: bundlers that see a file's address copy the file, and it alone.
  const here: string | undefined = import.meta.url
  if (typeof here === 'string' && here.startsWith('file:')) {
    const beside = new URL('library.cjs', here)
    if (existsSync(beside)) return beside
  }
  throw bundled()
}

const program = program_url()
const require = createRequire(program)
// webpack writes the address of this file into the bundle, and nothing in the place of createRequire.
if (typeof require !== 'function') throw bundled()
const source = readFileSync(program, 'latin1')
// scripts/bundle.mjs puts the text's hash in front of it.
const [, hash] = /^\/\*(\w+)\*\//.exec(source)!

/** The folder of compiled forms; `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` are Node's own. */
function cache_folder(): string | undefined {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_COMPILE_CACHE, XDG_CACHE_HOME, HOME } = process.env
  if (NODE_DISABLE_COMPILE_CACHE) return undefined
  if (NODE_COMPILE_CACHE) return NODE_COMPILE_CACHE
  const base =
    XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME || homedir(), '.cache')
  return join(base, 'typetorch', 'code')
}

/** V8 trusts what it is given, so a file counts only if it is whole. */
function read_cache(file: string): Buffer | undefined {
  // What else stands there, a pipe say, is not waited for.
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined
  const bytes = readFileSync(file)
  const data = bytes.subarray(CHECKSUM_BYTES)
  return crc32(data) === bytes.readUInt32LE() ? data : undefined
}

function write_cache(file: string, data: Buffer): void {
  const folder = dirname(file)
  make_folders(folder)
  const part = `${file}.${process.pid}.part`
  const checksum = Buffer.alloc(CHECKSUM_BYTES)
  checksum.writeUInt32LE(crc32(data))
  try {
    writeFileSync(part, Buffer.concat([checksum, data]))
    renameSync(part, file)
  } catch (error) {
    // A full disk keeps no half of it.
    rmSync(part, { force: true })
    throw error
  }
  const ages = readdirSync(folder)
    .filter((name) => name.startsWith('typetorch-'))
    .map((name) => [statSync(join(folder, name)).mtimeMs, name] as const)
    .sort(([a], [b]) => b - a)
  for (const [, name] of ages.slice(KEPT)) rmSync(join(folder, name), { force: true })
}

/** What `body` gives; a cache that cannot be read or written is no reason to fail. */
function where_possible<T>(body: () => T): T | undefined {
  try {
    return body()
  } catch {
    return undefined
  }
}

function run(): Library {
  const folder = where_possible(cache_folder)
  // V8 keeps the script's place, which stacks show, with the compiled form: another copy of the package has its own.
  const keys = [hash, crc32(program.href).toString(16), v8.cachedDataVersionTag().toString(16)]
  const file = folder && join(folder, `typetorch-${keys.join('-')}.bin`)
  const cachedData = file && where_possible(() => read_cache(file))
  const script = new vm.Script(source, {
    filename: program.href,
    ...(cachedData && { cachedData }),
  })
  const exports = (script.runInThisContext() as Run)(require, (specifier) => import(specifier), program.href)
  // After it ran, so that the functions which loading calls are among the compiled ones.
  if (file && (!cachedData || script.cachedDataRejected))
    where_possible(() => write_cache(file, script.createCachedData()))
  return exports
}

/** The package's entries by name, each with what it exports. */
export const library = run()
