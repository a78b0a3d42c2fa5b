import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { ROOT } from './setup/config.mjs'
import { which } from './setup/report.mjs'

/** npm's clang-format carries its own binary; the system's serves where that one does not run. */
export function clang_format() {
  const own = path.join(ROOT, 'node_modules/clang-format/bin/linux_x64/clang-format')
  return spawnSync(own, ['--version']).status === 0 ? own : which('clang-format')
}
