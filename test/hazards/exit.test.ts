import { describe, expect, it } from 'vitest'
import { type Ended, run_child } from './child.js'

// What a process or a worker holds when it ends: a graph with a hook, a view of memory, a generator.
const alive = `
const a = torch.ones([100], { requires_grad: true })
const h = a.mul(2)
h.register_hook(() => void h)
h.sum().backward()
globalThis.kept = [a, h, torch.randn(1000).typed_array(), new torch.Generator(), torch.randn(64, 64).mm(torch.randn(64, 64))]
`
const busy = '{ const r = a.mul(2); r.register_hook((g) => g.mul(1)); r.sum().backward() }'
const working = `parentPort.postMessage('ready'); for (;;) ${busy}`
const worker = (body: string, name = 'worker') =>
  `const ${name} = start_worker(${JSON.stringify(alive + body)})\n`

const RUNS = Number(process.env['TYPETORCH_RUNS'] ?? 20)
const TOGETHER = 2

async function run_often(body: string, kill_at?: string): Promise<Ended[]> {
  const ended: Ended[] = []
  let left = RUNS
  const turn = async () => {
    while (left-- > 0) ended.push(await run_child(body, kill_at === undefined ? {} : { kill_at }))
  }
  await Promise.all(Array.from({ length: TOGETHER }, turn))
  return ended
}

const distinct = (ended: Ended[]) => [...new Set(ended.map((e) => e.signal ?? e.code))]

describe(`a process that ends with tensors alive, ${RUNS} times`, () => {
  it.each<[string, string, number]>([
    ['normally', alive, 0],
    ['by process.exit', `${alive} process.exit(3)`, 3],
    [
      'by process.exit in a hook',
      `${alive} a.mul(3).sum().backward(); const z = a.mul(3); z.register_hook(() => process.exit(4)); z.sum().backward()`,
      4,
    ],
    ['by process.exit inside no_grad', `${alive} torch.no_grad(() => process.exit(5))`, 5],
    ['by an uncaught error', `${alive} throw new Error('uncaught')`, 1],
    ['by an uncaught error of an operator', `${alive} a.add(torch.ones(3))`, 1],
    [
      'by an unhandled rejection',
      `${alive} await torch.no_grad(async () => { await tick(); a.add(torch.ones(3)) })`,
      1,
    ],
  ])('%s', { timeout: 300_000 }, async (_, body, code) => {
    const ended = await run_often(body)
    expect(distinct(ended)).toEqual([code])
    for (const { stderr } of ended)
      expect(stderr).not.toMatch(/FATAL|Segmentation|terminate called|double free/)
  })

  it.each<[string, string]>([
    ['while it waits', `${alive} setInterval(() => ${busy}, 1); console.log('ready')`],
    ['in a synchronous loop', `${alive} console.log('ready'); await sleep(1); for (;;) ${busy}`],
  ])('by SIGTERM %s', { timeout: 300_000 }, async (_, body) => {
    expect(distinct(await run_often(body, 'ready'))).toEqual(['SIGTERM'])
  })
})

describe(`a process with worker threads, ${RUNS} times`, () => {
  it.each<[string, string, number]>([
    ['whose worker ends by itself', `${alive} ${worker('')} await ended(worker); a.mul(2)`, 0],
    [
      'whose worker exits',
      `${alive} ${worker('process.exit(2)')} process.exitCode = 10 + await ended(worker)`,
      12,
    ],
    [
      'whose worker throws',
      `${alive} ${worker("throw new Error('in a worker')")} worker.on('error', (e) => { process.exitCode = e.message === 'in a worker' ? 6 : 7 }); await ended(worker)`,
      6,
    ],
    [
      'whose worker is terminated in a loop',
      `${alive} ${worker(working)} await message(worker); await sleep(10); await worker.terminate(); a.mul(2).sum().item()`,
      0,
    ],
    [
      'whose worker is terminated at once',
      `${alive} ${worker(working)} await worker.terminate(); a.mul(2).sum().item()`,
      0,
    ],
    [
      'that exits while a worker runs',
      `${alive} ${worker(working)} await message(worker); process.exit(8)`,
      8,
    ],
    [
      'that throws while two workers run',
      `${alive} ${worker(working)} ${worker(working, 'second')} await message(second); throw new Error('main')`,
      1,
    ],
  ])('%s', { timeout: 300_000 }, async (_, body, code) => {
    const ended = await run_often(body)
    expect(distinct(ended), ended.find((e) => e.code !== code)?.stderr).toEqual([code])
  })

  it('by SIGTERM while a worker runs', { timeout: 300_000 }, async () => {
    expect(
      distinct(
        await run_often(
          `${alive} ${worker(working)} await message(worker); console.log('ready'); setInterval(() => {}, 1000)`,
          'ready',
        ),
      ),
    ).toEqual(['SIGTERM'])
  })
})
