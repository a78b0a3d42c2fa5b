import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { BUILD, ROOT } from './config.mjs'
import { PREBUILT, PREBUILT_NAME, record_prebuilt } from './prebuilt.mjs'
import { run_step, SetupError, say } from './report.mjs'

const STAGE = path.join(BUILD, 'prebuild')

/** node-gyp wants Node's gyp files, which Node's own folder mostly holds; the addon itself needs none of them. */
function node_folder() {
  const own = path.resolve(path.dirname(process.execPath), '..')
  if (fs.existsSync(path.join(own, 'include/node/common.gypi'))) return own
  const made = path.join(STAGE, 'node')
  const include = path.join(made, 'include/node')
  fs.mkdirSync(include, { recursive: true })
  fs.writeFileSync(path.join(include, 'common.gypi'), '{}\n')
  fs.writeFileSync(path.join(include, 'config.gypi'), JSON.stringify(process.config))
  return made
}

await run_step(() => {
  // node-gyp empties the build folder of where it runs: a folder of its own spares everybody else's.
  fs.rmSync(STAGE, { recursive: true, force: true })
  fs.mkdirSync(STAGE, { recursive: true })
  for (const name of ['binding.gyp', 'scripts', 'package.json'])
    fs.symlinkSync(path.join(ROOT, name), path.join(STAGE, name))

  const prebuildify = path.join(ROOT, 'node_modules/prebuildify/bin.js')
  const args = ['--napi', '--strip', '--tag-libc', '--name', PREBUILT_NAME, '--cwd', STAGE, '--out', ROOT]
  const { status } = spawnSync(process.execPath, [prebuildify, ...args], {
    cwd: STAGE,
    stdio: 'inherit',
    env: { ...process.env, npm_config_nodedir: node_folder() },
  })
  if (status !== 0)
    throw new SetupError(
      'the prebuilt binary was not made, the lines above say why; try again with: npm run prebuild',
    )
  record_prebuilt()
  fs.rmSync(STAGE, { recursive: true, force: true })
  say(`made ${path.relative(ROOT, PREBUILT)}`)
})
