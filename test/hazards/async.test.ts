import { describe, expect, it } from 'vitest'
import { child_value, run_child } from './child.js'

const big = `
const a = torch.randn([500, 500], { requires_grad: true })
let root = a
for (let i = 0; i < 6; i++) root = root.mm(a).mul(0.01)
root = root.sum()
`

// How a process may end while a call is on the thread of ours, with the code that it ends with.
const ends: [string, string, number][] = [
  ['by itself, when the call is through', 'root.backward_async()', 0],
  ['by process.exit', 'root.backward_async(); setTimeout(() => process.exit(7), 10)', 7],
  ['by process.exit before the call has begun', 'root.backward_async(); process.exit(7)', 7],
  ['by process.exit in a hook', 'root.register_hook(() => process.exit(7)); root.backward_async()', 7],
  ['by an uncaught error', "root.backward_async(); setTimeout(() => { throw new Error('mine') }, 10)", 1],
  [
    'by an unhandled rejection of the call',
    'root.register_hook(() => { throw 3 }); root.backward_async()',
    1,
  ],
]

describe('a process ends', () => {
  it.each(ends)('%s', async (_, body, code) => {
    for (let i = 0; i < 3; i++) {
      const ended = await run_child(big + body)
      expect([ended.code, ended.signal]).toEqual([code, null])
    }
  })

  it('by SIGTERM', async () => {
    const ended = await run_child(
      `${big} for (let i = 0; i < 500; i++) root.backward_async({ retain_graph: true }).catch(() => {}); console.log('go')`,
      { kill_at: 'go' },
    )
    expect(ended.signal).toBe('SIGTERM')
  })
})

it('a worker may be terminated, or end, while a call of its runs', async () => {
  const hooks = ['', 'root.register_hook(() => { for (;;); });', 'root.register_hook(() => process.exit(3));']
  const left = await child_value<number>(`
    for (const hook of ${JSON.stringify(hooks)}) for (let i = 0; i < 3; i++) {
      const worker = start_worker(${JSON.stringify(big)} + hook + "root.backward_async(); a.to_async('cpu', { copy: true }); parentPort.postMessage('go')")
      worker.on('error', (error) => { throw error })
      await message(worker)
      await sleep(5 * i)
      await worker.terminate()
    }
    console.log(torch.memory_stats().tensors)
  `)
  expect(left).toBe(0)
})

it('hooks that hold their own tensor leave nothing behind', async () => {
  const grown = await child_value<number>(
    `
    const step = async () => {
      const x = torch.ones([64], { requires_grad: true })
      const y = x.mul(2)
      y.register_hook((g) => g.mul(y.sum()))
      await y.sum().backward_async()
    }
    for (let i = 0; i < 500; i++) await step()
    globalThis.gc(); await tick(); globalThis.gc()
    const before = process.memoryUsage().rss
    for (let i = 0; i < 4000; i++) await step()
    globalThis.gc(); await tick(); globalThis.gc()
    console.log((process.memoryUsage().rss - before) / 2 ** 20)
    `,
    ['--expose-gc'],
  )
  expect(grown).toBeLessThan(24)
})
