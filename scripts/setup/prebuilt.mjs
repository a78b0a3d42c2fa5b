import fs from 'node:fs'
import path from 'node:path'
import { LIBTORCH_MINOR, ROOT } from './config.mjs'
import { source_hash } from './sources.mjs'

export const PREBUILDS = path.join(ROOT, 'prebuilds', 'linux-x64')
export const PREBUILT_NAME = `typetorch.libtorch-${LIBTORCH_MINOR}`
export const PREBUILT = path.join(PREBUILDS, `${PREBUILT_NAME}.glibc.node`)
const SOURCES = path.join(PREBUILDS, 'sources.json')

export function record_prebuilt() {
  fs.writeFileSync(SOURCES, `${JSON.stringify({ sources: source_hash() })}\n`)
}

/** The prebuilt binary of this platform and LibTorch when it was made from these sources, or null. */
export function fitting_prebuilt() {
  try {
    if (!fs.existsSync(PREBUILT)) return null
    return JSON.parse(fs.readFileSync(SOURCES, 'utf8')).sources === source_hash() ? PREBUILT : null
  } catch {
    return null
  }
}
