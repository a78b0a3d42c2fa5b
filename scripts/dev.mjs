import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { build_addon } from './setup/build.mjs'
import { ROOT } from './setup/config.mjs'
import { say } from './setup/report.mjs'

const bundler = spawn(process.execPath, [path.join(ROOT, 'scripts/bundle.mjs'), '--watch'], {
  cwd: ROOT,
  stdio: 'inherit',
})
bundler.on('exit', (code) => process.exit(code ?? 1))
const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc')
const watcher = spawn(
  process.execPath,
  [tsc, '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
  {
    cwd: ROOT,
    stdio: 'inherit',
  },
)
watcher.on('exit', (code) => process.exit(code ?? 1))

let building = false
let again = false

async function rebuild() {
  if (building) {
    again = true
    return
  }
  building = true
  do {
    again = false
    await build_addon().catch((error) => say(error.message))
  } while (again)
  building = false
}

// An editor saves in several steps: the build starts when a fifth of a second was quiet.
let timer
fs.watch(path.join(ROOT, 'native'), { recursive: true }, () => {
  clearTimeout(timer)
  timer = setTimeout(rebuild, 200)
})
await rebuild()
say('watching native/ and lib/')
