import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Ended, run_child } from './child.js'

// How processes end, and what they hold at that time: run a few times each by exit.test.ts, and hundreds of times by
// `npm run torture:exits`.

/** A program and how it has to end: with a code, or by the signal that it is sent when it has printed 'ready'. */
export interface Ending {
  name: string
  body: string
  expected: number | NodeJS.Signals
  kill_at?: string
}

// A graph with a hook, a view of memory, a generator.
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

// A backward on the thread of ours, long enough to be under way, whose hook comes back to this one.
const background = `${alive}
const big = torch.randn(192, 192, { requires_grad: true })
let deep = big
for (let i = 0; i < 40; i++) deep = deep.mm(big).tanh()
deep.register_hook((g) => g.mul(1))
const call = deep.sum().backward_async()
call.catch(() => {})
`
const datasets = new URL('../utils/data/datasets.mjs', import.meta.url).href
const loader = `${alive}
import { Decoding } from '${datasets}'
const iterator = new torch.utils.data.DataLoader(new Decoding(1000, 5), {
  num_workers: 2, worker_module: '${datasets}', persistent_workers: true
})[Symbol.iterator]()
iterator.next()
`
const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = new URL('../../dist/', import.meta.url).href
// The whole package once more, in another folder and with an addon of its own.
const copy = mkdtempSync(join(tmpdir(), 'typetorch-copy-'))
for (const name of ['dist', 'package.json', 'build/libtorch.json', 'build/Release/typetorch.node'])
  cpSync(join(root, name), join(copy, name), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

/** When no ending is run any more. */
export const remove_copy = (): void => rmSync(copy, { recursive: true, force: true })

const two_copies = `${alive}
const second = await import('${pathToFileURL(join(copy, 'dist/index.js')).href}')
const b = second.ones([100], { requires_grad: true })
const other = b.mul(3)
other.register_hook(() => void other)
other.sum().backward()
${busy}
globalThis.others = [b, other, second.randn(1000).typed_array()]
if (b.grad.sum().item() !== 300 || second.Tensor === torch.Tensor) throw new Error('wrong')
`
// The package's program once more over the same addon, in a context of its own, as test runners do.
const reloaded = `${alive}
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import vm from 'node:vm'
const url = new URL('library.cjs', '${dist}')
const source = readFileSync(url, 'utf8')
const names = Object.getOwnPropertyNames(globalThis).filter((name) => !Object.hasOwn(vm.runInNewContext('globalThis'), name) && name !== 'global')
for (let i = 0; i < 3; i++) {
  const context = vm.createContext(Object.fromEntries(names.map((name) => [name, globalThis[name]])))
  const again = new vm.Script(source, { filename: url.href }).runInContext(context)(createRequire(url), (name) => import(name), url.href).index
  // Plain objects and functions are the context's own.
  const use = vm.runInContext(\`(torch) => {
    const b = torch.ones([100], { requires_grad: true })
    const other = b.mul(3)
    other.register_hook(() => void other)
    other.sum().backward()
    if (b.grad.sum().item() !== 300) throw new Error('wrong')
    return [b, other]
  }\`, context)
  ;(globalThis.contexts ??= []).push(use(again))
}
${busy}
`
const rejected = `await torch.no_grad(async () => { await tick(); a.add(torch.ones(3)) })`
const waiting = `setInterval(() => ${busy}, 1); console.log('ready')`
const handler = `process.on('SIGTERM', () => process.exit(7)); setInterval(() => ${busy}, 1); console.log('ready')`

const held: [string, string][] = [
  ['while backward runs on the thread of ours', background],
  ['with workers of a DataLoader', loader],
  ['with two copies of the package', two_copies],
  ['with the package once more in a context', reloaded],
]

export const endings: Ending[] = [
  { name: 'normally', body: alive, expected: 0 },
  { name: 'by process.exit', body: `${alive} process.exit(3)`, expected: 3 },
  {
    name: 'by process.exit in a hook',
    body: `${alive} a.mul(3).sum().backward(); const z = a.mul(3); z.register_hook(() => process.exit(4)); z.sum().backward()`,
    expected: 4,
  },
  {
    name: 'by process.exit inside no_grad',
    body: `${alive} torch.no_grad(() => process.exit(5))`,
    expected: 5,
  },
  { name: 'by an uncaught error', body: `${alive} throw new Error('uncaught')`, expected: 1 },
  { name: 'by an uncaught error of an operator', body: `${alive} a.add(torch.ones(3))`, expected: 1 },
  { name: 'by an unhandled rejection', body: `${alive} ${rejected}`, expected: 1 },
  { name: 'by SIGTERM while it waits', body: `${alive} ${waiting}`, expected: 'SIGTERM', kill_at: 'ready' },
  {
    name: 'by SIGTERM in a synchronous loop',
    body: `${alive} console.log('ready'); await sleep(1); for (;;) ${busy}`,
    expected: 'SIGTERM',
    kill_at: 'ready',
  },
  { name: 'by a handler of SIGTERM', body: `${alive} ${handler}`, expected: 7, kill_at: 'ready' },
  ...held.flatMap(([what, body]): Ending[] => [
    // A loader that keeps its workers for the next epoch does not keep the process.
    { name: `normally ${what}`, body, expected: 0 },
    { name: `by process.exit ${what}`, body: `${body} process.exit(3)`, expected: 3 },
    { name: `by an uncaught error ${what}`, body: `${body} throw new Error('uncaught')`, expected: 1 },
    { name: `by an unhandled rejection ${what}`, body: `${body} ${rejected}`, expected: 1 },
    { name: `by SIGTERM ${what}`, body: `${body} ${waiting}`, expected: 'SIGTERM', kill_at: 'ready' },
    { name: `by a handler of SIGTERM ${what}`, body: `${body} ${handler}`, expected: 7, kill_at: 'ready' },
  ]),
]

export const worker_endings: Ending[] = [
  {
    name: 'whose worker ends by itself',
    body: `${alive} ${worker('')} await ended(worker); a.mul(2)`,
    expected: 0,
  },
  {
    name: 'whose worker exits',
    body: `${alive} ${worker('process.exit(2)')} process.exitCode = 10 + await ended(worker)`,
    expected: 12,
  },
  {
    name: 'whose worker throws',
    body: `${alive} ${worker("throw new Error('in a worker')")} worker.on('error', (e) => { process.exitCode = e.message === 'in a worker' ? 6 : 7 }); await ended(worker)`,
    expected: 6,
  },
  {
    name: 'whose worker is terminated in a loop',
    body: `${alive} ${worker(working)} await message(worker); await sleep(10); await worker.terminate(); a.mul(2).sum().item()`,
    expected: 0,
  },
  {
    name: 'whose worker is terminated at once',
    body: `${alive} ${worker(working)} await worker.terminate(); a.mul(2).sum().item()`,
    expected: 0,
  },
  {
    name: 'whose worker is terminated while its backward runs on a thread of its own',
    body: `const worker = start_worker(${JSON.stringify(`${background} parentPort.postMessage('ready'); setInterval(() => {}, 1000)`)})
    await message(worker); await worker.terminate(); torch.ones(2).sum().item()`,
    expected: 0,
  },
  {
    name: 'that exits while a worker runs',
    body: `${alive} ${worker(working)} await message(worker); process.exit(8)`,
    expected: 8,
  },
  {
    name: 'that throws while two workers run',
    body: `${alive} ${worker(working)} ${worker(working, 'second')} await message(second); throw new Error('main')`,
    expected: 1,
  },
  {
    name: 'by SIGTERM while a worker runs',
    body: `${alive} ${worker(working)} await message(worker); console.log('ready'); setInterval(() => {}, 1000)`,
    expected: 'SIGTERM',
    kill_at: 'ready',
  },
]

// Longer than any of them takes on a machine that others use as well.
const MOST_MS = 60_000

/** Runs one many times, some together. */
export async function run_often({ body, kill_at }: Ending, runs: number, together = 2): Promise<Ended[]> {
  const ended: Ended[] = []
  let left = runs
  const turn = async () => {
    while (left-- > 0)
      ended.push(await run_child(body, { most_ms: MOST_MS, ...(kill_at === undefined ? {} : { kill_at }) }))
  }
  await Promise.all(Array.from({ length: together }, turn))
  return ended
}

/** What was wrong with a run's end; undefined where nothing was. */
export function fault({ expected }: Ending, { code, signal, stderr, hung }: Ended): string | undefined {
  if (hung) return `it hung\n${stderr}`
  if ((signal ?? code) !== expected) return `it ended with ${signal ?? code}, not ${expected}\n${stderr}`
  return /FATAL|Segmentation|terminate called|double free/.test(stderr) ? stderr : undefined
}
