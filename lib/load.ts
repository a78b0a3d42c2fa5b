import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import v8 from 'node:v8'
import vm from 'node:vm'
import { CodeCache } from './code_cache.js'

// The package is one script, whose compiled form is kept for the next process: V8 would take a tenth of loading to
// compile it anew. Modules cannot be given to V8 in that form, so what one imports are thin modules around the script.

type Library = Record<string, Record<string, unknown>>
type Import = (specifier: string) => Promise<object>
type Run = (require: NodeJS.Require, import_module: Import, url: string) => Library

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
const source = readFileSync(program)

function run(): Library {
  // V8 looks at a script's length alone, and keeps its place, which stacks show: another copy of the package has its own.
  const hash = createHash('sha256').update(source).digest('hex')
  const cache = new CodeCache([hash, program.href, process.version, v8.cachedDataVersionTag()].join(' '))
  const cachedData = cache.read()
  const script = new vm.Script(source.toString('latin1'), {
    filename: program.href,
    ...(cachedData && { cachedData }),
  })
  const exports = (script.runInThisContext() as Run)(require, (specifier) => import(specifier), program.href)
  // After it ran, so that the functions which loading calls are among the compiled ones.
  if (!cachedData || script.cachedDataRejected) cache.write(() => script.createCachedData())
  return exports
}

/** The package's entries by name, each with what it exports. */
export const library = run()
