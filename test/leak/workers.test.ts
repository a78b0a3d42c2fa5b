import { expect, it } from 'vitest'
import { is_sanitized } from '../../scripts/setup/python.mjs'
import { child_value } from '../hazards/child.js'

const ROUNDS = 50

it(`${ROUNDS} worker threads come and go, and memory stays flat`, { timeout: 300_000 }, async () => {
  const resident = await child_value<number[]>(`
    import { readFileSync } from 'node:fs'
    const resident = () => Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]) * 4096
    const sampled = []
    for (let i = 0; i < ${ROUNDS}; i++) {
      const worker = start_worker(\`
        globalThis.kept = Array.from({ length: 8 }, () => torch.ones(1 << 18).add(1))
        const a = torch.ones([100], { requires_grad: true })
        const h = a.mul(2)
        h.register_hook(() => void h)
        h.sum().backward()
        kept.push(torch.ones(1 << 18).typed_array(), new torch.Generator(), h)
        parentPort.postMessage('ready')
        \${${'i % 2 === 0'} ? 'setInterval(() => {}, 1000)' : ''}\`)
      await message(worker)
      if (i % 2 === 0) await worker.terminate()
      else await ended(worker)
      sampled.push(resident())
    }
    console.log(JSON.stringify(sampled))
  `)
  expect(resident).toHaveLength(ROUNDS)
  // Its own records of a thread that has ended are 1.3 MB, of one that never loads this package, too.
  if (is_sanitized()) return
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!
  const [first, last] = [median(resident.slice(10, 20)), median(resident.slice(-10))]
  expect(last / first, resident.map((bytes) => Math.round(bytes / 1e6)).join(' ')).toBeLessThanOrEqual(1.05)
})
