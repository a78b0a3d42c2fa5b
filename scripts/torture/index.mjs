// Kills a small training run with SIGKILL at random moments, writing included, and has it go on each time. The result
// must be the undisturbed run's, bit for bit, and no checkpoint may ever be unreadable. Exit codes: 0 all is well, 1 it is
// not, 2 wrong options.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import * as torch from 'typetorch'
import { whole } from '../whole.mjs'
import { bad_checkpoints, differences, was_writing } from './compare.mjs'
import { random_numbers } from './random.mjs'

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url))

const command = new Command('npm run torture --')
  .description(
    'Kills a training run at random moments and compares what comes of it with an undisturbed one.',
  )
  .option('--kills <n>', 'how often it is killed', whole(1), 200)
  .option('--steps <n>', 'steps of the training', whole(1), 60)
  .option('--seed <n>', 'of the moments', whole(0), 0)
  .option('--folder <path>', 'where to work (default: a temporary folder, removed at the end)')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
command.parse()
const { kills, steps, seed, folder: given } = command.opts()

// The moments are the same for the same seed.
const random = random_numbers(seed)

/** Runs the program; killed so many milliseconds after it began to train, where that is not over before. */
function run(folder, kill_after) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, folder, String(steps)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    let timer
    let ready = 0
    child.stdout.once('data', () => {
      ready = performance.now()
      if (kill_after !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), kill_after)
    })
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const trained = performance.now() - ready
      resolve({ code, signal, trained, stderr: stderr.replace(/^\[W.*NNPACK.*\n/gm, '') })
    })
  })
}

const root = given ?? mkdtempSync(join(tmpdir(), 'typetorch-torture-'))
const fail = (text) => {
  process.stderr.write(`${text}\nthe files are in ${root}\n`)
  process.exit(1)
}

const reference = join(root, 'undisturbed')
mkdirSync(reference, { recursive: true })
const whole_run = await run(reference)
const length = whole_run.trained
if (whole_run.code !== 0) fail(`the undisturbed run failed:\n${whole_run.stderr}`)
const expected = torch.load(join(reference, 'result.pt'))
console.log(`Undisturbed: ${steps} steps in ${(length / 1000).toFixed(1)} s`)

let killed = 0
let writing = 0
let rounds = 0
let folder = ''
function new_round() {
  folder = join(root, `round-${++rounds}`)
  mkdirSync(folder)
}
// A round's end: its result against the undisturbed one's.
function compare() {
  const found = differences(expected, torch.load(join(folder, 'result.pt')))
  if (found.length > 0) fail(`round ${rounds}: the result differs in ${found.slice(0, 10).join(', ')}`)
  rmSync(folder, { recursive: true })
}

const check = () => {
  const wrong = bad_checkpoints(join(folder, 'checkpoints'))
  if (wrong.length > 0) fail(`after kill ${killed}: ${wrong.join('; ')}`)
}

new_round()
const started = performance.now()
while (killed < kills) {
  // Short enough that each run to its end is killed many times.
  const { code, signal, stderr } = await run(folder, random() * Math.min(length * 0.4, 1200))
  if (signal === 'SIGKILL') {
    killed++
    if (was_writing(join(folder, 'checkpoints'))) writing++
    check()
    if (killed % 10 === 0 || killed === kills)
      console.log(
        `${killed}/${kills} kills, ${writing} while writing, ${rounds - 1} runs to their end, ${((performance.now() - started) / 1000).toFixed(0)} s`,
      )
  } else if (code !== 0) fail(`it ended with ${code ?? signal} after ${killed} kills:\n${stderr}`)
  else {
    compare()
    new_round()
  }
}
const last = await run(folder)
if (last.code !== 0) fail(`the last run ended with ${last.code ?? last.signal}:\n${last.stderr}`)
if (/damaged/.test(last.stderr)) fail(last.stderr)
check()
compare()
if (given === undefined) rmSync(root, { recursive: true })
console.log(
  `${kills} kills, ${writing} of them while a file was written: ${rounds} results the undisturbed run's, bit for bit; no checkpoint unreadable`,
)
