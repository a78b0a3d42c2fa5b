import { type ChildProcess, spawn } from 'node:child_process'
import * as torch from 'typetorch'
import { Trainer, type TrainerOptions } from 'typetorch'
import { spawn_contained } from '../../scripts/torture/namespaces.mjs'

const entry = new URL('../../dist/index.js', import.meta.url).href

/** A program that takes a folder, says so, and trains until it is killed. */
export const PROGRAM = `import { parentPort } from 'node:worker_threads'
import * as torch from '${entry}'
const folder = process.argv.at(-1)
const model = new torch.nn.Linear(2, 1)
const say = (text) => (parentPort === null ? console.log(text) : parentPort.postMessage(text))
const trainer = new torch.Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.1 }), {
  max_steps: 1e9, progress: false, checkpoints: { folder, every_steps: 50 },
  callbacks: [{ on_fit_start: (trainer) => say('holds ' + trainer.global_step) }],
})
try { await trainer.fit([torch.ones(1, 2)], (x) => model(x).mean()) } catch (error) { say(error.message) }`

export interface Holder {
  /** What it said first: that it holds the folder, or the error. */
  said: Promise<string>
  kill(): Promise<void>
}

function watched(child: ChildProcess): Holder {
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  let errors = ''
  child.stderr?.on('data', (chunk) => (errors += String(chunk)))
  const said = new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk) => resolve(String(chunk).trim()))
    child.on('close', () => resolve(`it ended: ${errors}`))
  })
  return {
    said,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const args = (folder: string) => ['--input-type=module', '-e', PROGRAM, folder]

/** Starts it as a process of this system. */
export const start = (folder: string): Holder => watched(spawn(process.execPath, args(folder)))

/** Starts it with numbers of processes and a hostname of its own. */
export const start_contained = (host: string, folder: string, has_proc = true): Holder =>
  watched(spawn_contained(host, args(folder), has_proc))

/** Trains a few steps in this process. */
export function train(folder: string, max_steps: number, options: TrainerOptions = {}): Promise<number[]> {
  const model = new torch.nn.Linear(2, 1)
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 })
  const given = { max_steps, progress: false, checkpoints: { folder, every_steps: 1 }, ...options }
  return new Trainer(model, optimizer, given).fit([torch.ones(1, 2)], (x) => model(x).mean())
}
