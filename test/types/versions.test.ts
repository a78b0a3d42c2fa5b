// The other files of this folder, and the package's declarations themselves, under each compiler that users have.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const project = fileURLToPath(new URL('tsconfig.json', import.meta.url))
// The oldest supported one, the last 5.x (the project's own), the current one.
const compilers = { '5.5': 'typescript-5.5', '5.9': 'typescript', '7.0': 'typescript-7.0' }

describe('TypeScript', () => {
  for (const [version, name] of Object.entries(compilers)) {
    const folder = path.join(root, 'node_modules', name)
    it.skipIf(!existsSync(folder))(`${version} accepts the types`, { timeout: 300_000 }, () => {
      const found = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string }
      expect(found.version.startsWith(`${version}.`)).toBe(true)
      const tsc = path.join(folder, 'bin/tsc')
      const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, '-p', project], {
        encoding: 'utf8',
      })
      expect(stdout + stderr).toBe('')
      expect(status).toBe(0)
    })
  }
})
