import fs from 'node:fs'
import path from 'node:path'
import { build, context } from 'esbuild'
import { blank_names } from './bundle_names.mjs'
import { ROOT } from './setup/config.mjs'

// dist/ is a few files, not one a module: Node takes over a millisecond for each file that it loads. What tests look
// into is an entry of its own; code that entries share is in files that they share, so that nothing is there twice.
const options = {
  absWorkingDir: ROOT,
  entryPoints: [
    'lib/index.ts',
    'lib/native.ts',
    'lib/ops/plan.ts',
    'lib/ops/generated/face.ts',
    // The program of DataLoader's worker threads.
    'lib/utils/data/_utils/worker_main.ts',
  ],
  outbase: 'lib',
  outdir: 'dist',
  // Beside the entry: the addon is found, and the library's own lines in a stack told, by where these files lie.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  // Modules print their class's name.
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  write: false,
  plugins: [{ name: 'write', setup: ({ onEnd }) => onEnd(write) }],
}

function write({ outputFiles = [] }) {
  for (const { path: file, text } of outputFiles) {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, file.endsWith('.js') ? blank_names(text) : text)
  }
}

/** Takes out what an earlier bundle left, types excepted. */
function clean() {
  const dist = path.join(ROOT, 'dist')
  if (!fs.existsSync(dist)) return
  for (const name of fs.readdirSync(dist, { recursive: true }))
    if (/\.js(\.map)?$/.test(name)) fs.rmSync(path.join(dist, name))
}

clean()
if (process.argv.includes('--watch')) await (await context(options)).watch()
else await build(options).catch(() => process.exit(1))
