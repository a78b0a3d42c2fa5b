import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { child_value, run_child } from '../../hazards/child.js'
import { Noisy } from './datasets.mjs'

const datasets = new URL('./datasets.mjs', import.meta.url).href
const prelude = `
  import { Noisy, Odd, Decoding } from '${datasets}'
  const { DataLoader } = torch.utils.data
  const options = { num_workers: 2, worker_module: '${datasets}' }
`
const threads = () => readdirSync('/proc/self/task').length

/** Waits until no more threads are left than there were. */
async function fall_to(count: number): Promise<number> {
  for (let i = 0; i < 100 && threads() > count; i++) await sleep(50)
  return threads()
}

describe('workers end', () => {
  const loader = () =>
    new torch.utils.data.DataLoader(new Noisy(1000), { num_workers: 2, worker_module: datasets })

  it('with the loop that is left, either kind', async () => {
    for (const _ of new torch.utils.data.DataLoader(torch.ones(2), { num_workers: 2 }));
    await sleep(500)
    const before = threads()
    for (const _ of loader()) break
    expect(await fall_to(before)).toBeLessThanOrEqual(before)
    for await (const _ of loader()) break
    expect(await fall_to(before)).toBeLessThanOrEqual(before)
    for (const _ of loader());
    expect(await fall_to(before)).toBeLessThanOrEqual(before)
  })

  it('with an iterator that is forgotten in the middle', async () => {
    const left = await child_value<number>(
      `${prelude}
      import { readdirSync } from 'node:fs'
      const threads = () => readdirSync('/proc/self/task').length
      const before = threads()
      const begin = () => new DataLoader(new Noisy(100), options)[Symbol.iterator]().next()
      begin()
      const with_workers = threads()
      for (let i = 0; i < 100 && threads() > before; i++) { globalThis.gc(); await sleep(50) }
      console.log(JSON.stringify(with_workers > before ? threads() - before : 'no threads'))`,
      ['--expose-gc'],
    )
    expect(left).toBeLessThanOrEqual(0)
  })

  it('with the process, whichever way it ends', async () => {
    const started = `${prelude}
      const iterator = new DataLoader(new Decoding(1000, 5), { ...options, persistent_workers: true })[Symbol.iterator]()
      iterator.next()
      console.log('started')`
    const ends: [string, number][] = [
      ['', 0],
      ['\nprocess.exit(3)', 3],
      ['\nthrow new Error("over")', 1],
    ]
    for (const [end, code] of ends) {
      const ended = await run_child(started + end)
      expect([ended.code, ended.signal, ended.stdout]).toEqual([code, null, 'started\n'])
    }
  })

  it('by a signal, while the loop blocks', async () => {
    const body = `${prelude}
      console.log('started')
      for (const _ of new DataLoader(new Decoding(100000, 5), options));`
    expect((await run_child(body, { kill_at: 'started' })).signal).toBe('SIGTERM')
    const asynchronous = `${prelude}
      process.on('SIGTERM', () => { console.log('stopped'); process.exit(143) })
      console.log('started')
      for await (const _ of new DataLoader(new Decoding(100000, 5), options));`
    const ended = await run_child(asynchronous, { kill_at: 'started' })
    expect([ended.code, ended.stdout]).toEqual([143, 'started\nstopped\n'])
  })

  it('of hunger, with a clear Error', async () => {
    const said = await child_value<string[]>(
      `${prelude}
      const loader = new DataLoader(new Odd('out_of_memory', 0), { ...options, num_workers: 1 })
      const said = []
      try { for (const _ of loader); } catch (error) { said.push(error.message) }
      try { for await (const _ of loader); } catch (error) { said.push(error.message) }
      console.log(JSON.stringify(said))`,
      ['--max-old-space-size=80'],
    )
    const died = 'DataLoader worker (id(s) 0) exited unexpectedly'
    expect(said).toEqual([
      died,
      `${died}: Worker terminated due to reaching memory limit: JS heap out of memory`,
    ])
  })

  it('and a module that reads a loader itself is told so', async () => {
    const module = `data:text/javascript,${encodeURIComponent(`
      import * as torch from '${new URL('../../../dist/index.js', import.meta.url).href}'
      for (const _ of new torch.utils.data.DataLoader(torch.ones(2), { num_workers: 1 }));`)}`
    const said = await child_value<string>(`${prelude}
      const loader = new DataLoader(torch.ones(2), { num_workers: 1, worker_module: ${JSON.stringify(module)} })
      try { for (const _ of loader); } catch (error) { console.log(JSON.stringify(error.message)) }`)
    expect(said).toContain('before the current worker has finished its bootstrapping phase')
  })
})
