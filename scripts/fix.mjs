import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { clang_format } from './clang-format.mjs'
import { ROOT } from './setup/config.mjs'
import { native_files } from './setup/sources.mjs'

const biome = path.join(ROOT, 'node_modules/.bin/biome')
const cpp = native_files().filter((name) => name !== 'CMakeLists.txt')
const formatter = clang_format()
const steps = [[biome, ['check', '--write']]]
if (formatter) steps.push([formatter, ['-i', ...cpp]])
const failed = steps.filter(
  ([command, args]) => spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' }).status !== 0,
)
process.exit(failed.length === 0 ? 0 : 1)
