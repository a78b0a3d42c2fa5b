import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/hazards/index.mjs', import.meta.url))
const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('random calls', () => {
  it('none of 400 crashes, hangs or grows', { timeout: 300_000 }, () => {
    const { status, stdout } = run('--calls', '400', '--seed', '400')
    expect(stdout).toMatch(/^400 calls of \d+ of \d+ names .* 0 crashed, hung or grew/m)
    expect(status).toBe(0)
  })

  it.each([
    [['--calls', '-1'], 'expected a whole number of at least 1'],
    [['--nonsense'], "unknown option '--nonsense'"],
  ])('%s is refused', (args, text) => {
    const { status, stderr } = run(...args)
    expect(stderr).toContain(text)
    expect(status).toBe(2)
  })
})
