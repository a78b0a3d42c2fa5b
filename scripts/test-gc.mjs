// Runs tests with a collection and a sweep at every new tensor: whatever is used after the garbage collector has freed it shows.
// Arguments are vitest's.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { ROOT } from './setup/config.mjs'

const { status } = spawnSync(
  process.execPath,
  [
    path.join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--testTimeout=600000',
    '--hookTimeout=600000',
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, TYPETORCH_TEST_GC: '1' } },
)
process.exitCode = status ?? 1
