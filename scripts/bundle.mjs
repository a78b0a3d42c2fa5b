import fs from 'node:fs'
import path from 'node:path'
import { build, context } from 'esbuild'
import { rewrite } from './bundle_text.mjs'
import { write_declarations } from './declarations.mjs'
import { ROOT } from './setup/config.mjs'

// dist/ is one script, not one module a file of lib/: Node takes over a millisecond for each file that it loads, and
// V8 keeps the compiled form of a script (lib/load.ts). Around it lie thin modules, the entries: the package, what
// tests look into, and programs of worker threads, whose `run` is called.
const ENTRIES = ['index', 'native', 'ops/plan', 'ops/generated/face', 'testing/expect']
// Set-up files of testing frameworks: they run beside the test, with its `expect`, and import an entry.
const SETUPS = ['vitest', 'jest']
const PROGRAMS = ['multiprocessing/worker_main']

const lib = path.join(ROOT, 'lib')
const dist = path.join(ROOT, 'dist')
const all = [...ENTRIES, ...PROGRAMS].map((entry) => `export * as '${entry}' from './${entry}.js'`).join('\n')

const shared = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
  write: false,
}

const script = {
  ...shared,
  stdin: { contents: all, resolveDir: lib, sourcefile: 'lib/entries.ts', loader: 'ts' },
  outfile: path.join(dist, 'library.cjs'),
  format: 'cjs',
  // The function that lib/load.ts calls; strict, as modules are.
  banner: { js: '(function (require, __import, __url) { "use strict"; const module = {};' },
  footer: { js: 'return module.exports })' },
  define: { 'import.meta.url': '__url' },
  // Modules print their class's name.
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
}

/** What each entry exports; esbuild tells it of modules only. */
async function names_of_entries() {
  const { metafile } = await build({
    ...shared,
    entryPoints: ENTRIES.map((entry) => `lib/${entry}.ts`),
    outbase: 'lib',
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    metafile: true,
  })
  return ENTRIES.map((entry) => [entry, metafile.outputs[`dist/${entry}.js`].exports])
}

const up = (entry) => '../'.repeat(entry.split('/').length - 1) || './'

/** An entry: names that are reserved words are exported all the same. */
function entry_text(entry, names) {
  const places = names.map((name, i) => `${name}: _${i}`)
  const exported = names.map((name, i) => `_${i} as ${name}`)
  return [
    `import { library } from '${up(entry)}load.js'`,
    `const { ${places.join(', ')} } = library['${entry}']`,
    `export { ${exported.join(', ')} }`,
    '',
  ].join('\n')
}

const program_text = (entry) =>
  `import { library } from '${up(entry)}load.js'\nawait library['${entry}'].run()\n`

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}

async function write_all({ outputFiles }) {
  const files = outputFiles.map(({ path: file, text }) => [file, text])
  for (const [file, text] of files) {
    write(file, file.endsWith('.cjs') ? rewrite(text) : text)
  }
  const beside = { ...shared, format: 'esm', outdir: 'dist' }
  const loader = await build({ ...beside, entryPoints: ['lib/load.ts'] })
  const setups = await build({
    ...beside,
    entryPoints: SETUPS.map((name) => `lib/${name}.ts`),
    bundle: false,
    packages: undefined,
  })
  for (const { path: file, text } of [...loader.outputFiles, ...setups.outputFiles]) write(file, text)
  for (const [entry, names] of await names_of_entries())
    write(path.join(dist, `${entry}.js`), entry_text(entry, names))
  for (const entry of PROGRAMS) write(path.join(dist, `${entry}.js`), program_text(entry))
}

/** Takes out what an earlier bundle left, types excepted. */
function clean() {
  if (!fs.existsSync(dist)) return
  for (const name of fs.readdirSync(dist, { recursive: true }))
    if (/\.c?js(\.map)?$/.test(name)) fs.rmSync(path.join(dist, name))
}

clean()
script.plugins = [
  {
    name: 'write',
    setup: ({ onEnd }) => onEnd((result) => (result.errors.length === 0 ? write_all(result) : undefined)),
  },
]
if (process.argv.includes('--watch')) await (await context(script)).watch()
else {
  await build(script).catch(() => process.exit(1))
  write_declarations()
}
