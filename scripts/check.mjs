import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { clang_format } from './clang-format.mjs'
import { BUILD, ROOT } from './setup/config.mjs'
import { native_files } from './setup/sources.mjs'

const bin = (name) => path.join(ROOT, 'node_modules/.bin', name)
const failed = []

function step(name, command, args) {
  process.stdout.write(`\n> ${name}\n`)
  const started = Date.now()
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' })
  process.stdout.write(
    `${name}: ${status === 0 ? 'ok' : 'failed'} in ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  )
  if (status !== 0) failed.push(name)
}

function pack() {
  const tarball = path.join(BUILD, 'typetorch.tgz')
  fs.mkdirSync(BUILD, { recursive: true })
  const { stdout, status } = spawnSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', BUILD],
    {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  if (status !== 0) return null
  fs.renameSync(path.join(BUILD, JSON.parse(stdout)[0].filename), tarball)
  return tarball
}

// Other versions are installed beside the project's compiler, and their bin has the same name.
step('types', process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'])
step('biome', bin('biome'), ['ci', '--error-on-warnings'])
const formatter = clang_format()
const cpp = native_files().filter((name) => name !== 'CMakeLists.txt')
if (formatter) step('clang-format', formatter, ['--dry-run', '-Werror', ...cpp])
else
  process.stdout.write(
    '\nclang-format is skipped: neither its npm package nor the system has a binary that runs\n',
  )
step('statuses of Node-API', process.execPath, [path.join(ROOT, 'scripts/napi-statuses.mjs')])
step('knip', bin('knip'), [])

const tarball = pack()
if (tarball) {
  step('publint', bin('publint'), ['run', tarball, '--strict'])
  step('types of the package', bin('attw'), [tarball, '--profile', 'esm-only'])
} else {
  failed.push('npm pack')
}

process.stdout.write(
  failed.length === 0
    ? '\nall checks passed\n'
    : `\nfailed: ${failed.join(', ')}; mend what can be mended with: npm run fix\n`,
)
process.exit(failed.length === 0 ? 0 : 1)
