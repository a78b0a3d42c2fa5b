import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { addon_path, build_addon, check_tools, is_current, read_libtorch } from './build.mjs'
import { BUILD, LINK, RECORD, ROOT } from './config.mjs'
import { fetch_libtorch } from './fetch.mjs'
import { find } from './find.mjs'
import { check_platform } from './platform.mjs'
import { fitting_prebuilt, PREBUILT } from './prebuilt.mjs'
import { SetupError, say } from './report.mjs'

function write_if_changed(file, text) {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return
  fs.writeFileSync(`${file}.new`, text)
  fs.renameSync(`${file}.new`, file)
}

function link_to(folder) {
  // The addon's run path goes through this link, so that a prebuilt binary finds LibTorch wherever it is.
  if (fs.lstatSync(LINK, { throwIfNoEntry: false })?.isSymbolicLink() && fs.readlinkSync(LINK) === folder)
    return
  fs.rmSync(LINK, { recursive: true, force: true })
  fs.symlinkSync(folder, LINK)
}

/** Finds LibTorch or fetches it, and writes down which it is for the addon, the loader and the generator. */
export async function settle_libtorch(env = process.env) {
  const { chosen, looked } = find(env)
  for (const { how, path: where, problem } of looked) {
    if (problem && where && fs.existsSync(where)) say(`${where} (${how}) ${problem}: passed over`)
  }
  // Nobody should wait for a download to hear that the compiler is missing.
  if (!chosen && !fitting_prebuilt()) check_tools(env)
  const entry = chosen ?? (await fetch_libtorch(env))
  const { path: where, version, variant, how, torchgen } = entry
  fs.mkdirSync(BUILD, { recursive: true })
  write_if_changed(RECORD, `${JSON.stringify({ path: where, version, variant, how, torchgen })}\n`)
  link_to(where)
  return entry
}

/** The addon: the one that was built from these sources, a prebuilt one that fits, or a new one. */
export async function settle_addon(libtorch) {
  if (is_current(libtorch)) return 'up to date'
  if (fitting_prebuilt()) {
    fs.rmSync(addon_path(), { force: true })
    return 'prebuilt'
  }
  await build_addon()
  // One that was made from other sources must not be taken for it.
  fs.rmSync(PREBUILT, { force: true })
  return 'built'
}

export async function install() {
  check_platform()
  const libtorch = await settle_libtorch()
  const addon = await settle_addon(libtorch)
  say(`LibTorch ${libtorch.version} (${libtorch.how}: ${libtorch.path}), addon ${addon}`)
}

function run_node(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: ROOT, stdio: 'inherit' })
  return status === 0
}

function generate() {
  const generator = path.join(ROOT, 'scripts/generate/index.mjs')
  const { path: where, torchgen } = read_libtorch()
  if (!torchgen) {
    // An unpacked distribution has no such lists; what an earlier run wrote still serves.
    if (fs.existsSync(path.join(ROOT, 'lib/ops/generated/face.ts'))) return
    throw new SetupError(
      `${where} lacks PyTorch's lists of operators, which only its Python package carries; ` +
        'fetch that with: unset LIBTORCH && npm run setup',
    )
  }
  if (!run_node(generator, [])) {
    throw new SetupError(
      'the typed operators could not be generated, the lines above say why; try again with: npm run generate',
    )
  }
}

/** In a clone: the generated sources, then JavaScript and its types in dist/. */
export async function prepare() {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc')
  if (!fs.existsSync(tsc)) {
    if (fs.existsSync(path.join(ROOT, 'dist/index.js'))) return
    throw new SetupError(
      'TypeScript is missing, with which dist/ is made; get it with: npm install --include=dev',
    )
  }
  generate()
  const bundle = path.join(ROOT, 'scripts/bundle.mjs')
  if (!run_node(tsc, ['-p', 'tsconfig.build.json']) || !run_node(bundle, [])) {
    throw new SetupError(
      'the TypeScript did not compile, the lines above say why; try again with: npm run build:ts',
    )
  }
}
