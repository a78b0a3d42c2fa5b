import { spawn } from 'node:child_process'

const entry = new URL('../../dist/index.js', import.meta.url).href

/** How a process ended, and what it wrote. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** It was still running when its time was up, and was killed. */
  hung: boolean
}

// `start_worker(body)` runs a module in a worker thread; in both, `torch` and `tick()` are there.
const prelude = `
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { setTimeout as sleep, setImmediate as tick } from 'node:timers/promises'
import * as torch from '${entry}'
const { nn, optim } = torch
`
const start_worker = `
const start_worker = (body) => {
  const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(prelude)} + body)))
  // Its last message and its end may come in one turn of the event loop.
  worker.ended = new Promise((take) => worker.once('exit', take))
  return worker
}
const message = (worker) => new Promise((take, refuse) => worker.once('message', take).once('error', refuse))
const ended = (worker) => worker.ended
`

/**
 * Runs an ES module in a Node process of its own. `kill_at` sends SIGTERM when that text was printed, `most_ms` SIGKILL when
 * that time has passed.
 */
export function run_child(
  body: string,
  options: { kill_at?: string; args?: string[]; most_ms?: number } = {},
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [...(options.args ?? []), '--input-type=module', '-e', prelude + start_worker + body],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (options.kill_at !== undefined && stdout.includes(options.kill_at)) child.kill('SIGTERM')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  let hung = false
  const timer =
    options.most_ms === undefined
      ? undefined
      : setTimeout(() => {
          hung = child.kill('SIGKILL')
        }, options.most_ms)
  return new Promise((take, refuse) => {
    child.on('error', refuse)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      take({ code, signal, stdout, stderr, hung })
    })
  })
}

/** Runs it and parses the last line that it prints; throws with what it wrote where it did not end well. */
export async function child_value<T>(body: string, args: string[] = []): Promise<T> {
  const { code, signal, stdout, stderr } = await run_child(body, { args })
  if (code !== 0) throw new Error(`the process ended with ${code ?? signal}: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T
}
