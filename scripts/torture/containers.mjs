// Kills a training run with SIGKILL as containers are killed: each process has its own numbers of processes, hostname and
// /proc (every third has none), and the next one goes on in its folder. Meanwhile another one always wants the folder. Each
// must go on from the last state saved, nobody may write after another has the folder, and the result must be the
// undisturbed run's, bit for bit. Exit codes: 0 all is well, 1 it is not, 2 wrong options, or no namespaces here.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import * as torch from 'typetorch'
import { whole } from '../whole.mjs'
import { bad_checkpoints, differences } from './compare.mjs'
import { has_namespaces, spawn_contained } from './namespaces.mjs'
import { random_numbers } from './random.mjs'

const CONTENDER = fileURLToPath(new URL('contender.mjs', import.meta.url))

const { kills, steps, seed } = new Command('npm run torture:containers --')
  .description('Kills a training run in containers with new hostnames, while another wants its folder.')
  .option('--kills <n>', 'how often it is killed', whole(1), 100)
  .option('--steps <n>', 'steps of the training', whole(1), 400)
  .option('--seed <n>', 'of the moments', whole(0), 0)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts()

if (!has_namespaces()) {
  process.stderr.write('unshare is not permitted here: no containers can be made\n')
  process.exit(2)
}

const random = random_numbers(seed)
const root = mkdtempSync(join(tmpdir(), 'typetorch-containers-'))
const fail = (text) => {
  process.stderr.write(`${text}\nthe files are in ${root}\n`)
  process.exit(1)
}

const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

let started = 0
/** Starts a contender; `first` is 'holds', or the exit code of one that never had the folder. */
function start(folder) {
  const host = `pod-${(random() * 2 ** 32).toString(36).slice(0, 6)}-${started}`
  const child = spawn_contained(
    host,
    [CONTENDER, folder, String(steps), join(folder, 'journal'), host],
    started++ % 3 !== 2,
  )
  children.add(child)
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const ended = new Promise((resolve) =>
    child.on('close', (code) => {
      children.delete(child)
      resolve(code)
    }),
  )
  const first = Promise.race([
    new Promise((resolve) => child.stdout.once('data', () => resolve('holds'))),
    ended,
  ])
  return { host, child, ended, first, errors: () => stderr }
}

/** Whoever writes to the journal after another had the folder is a second writer. */
function check_journal(folder) {
  const seen = new Set()
  let holder = ''
  let saved = 0
  for (const line of readFileSync(join(folder, 'journal'), 'utf8').trimEnd().split('\n')) {
    const [name, what, step] = line.split(' ')
    if (name !== holder) {
      if (what !== 'holds' || seen.has(name))
        fail(`two writers: ${name} wrote '${line}' while ${holder} had the folder`)
      if (Number(step) < saved) fail(`${name} went on from step ${step}, and step ${saved} was saved`)
      seen.add(name)
      holder = name
    } else if (what === 'saved') saved = Number(step)
  }
}

const reference = join(root, 'undisturbed')
mkdirSync(reference)
const undisturbed = start(reference)
if ((await undisturbed.ended) !== 0) fail(`the undisturbed run failed:\n${undisturbed.errors()}`)
const expected = torch.load(join(reference, 'result.pt'))

let killed = 0
let rounds = 0
let refused = 0
let folder = ''
function new_round() {
  folder = join(root, `round-${++rounds}`)
  mkdirSync(folder)
  return start(folder)
}

/** The result of a run to its end against the undisturbed one's. */
function check_end(holder, code) {
  if (code !== 0) fail(`${holder.host} ended with ${code}:\n${holder.errors()}`)
  check_journal(folder)
  const found = differences(expected, torch.load(join(folder, 'result.pt')))
  if (found.length > 0) fail(`round ${rounds}: the result differs in ${found.slice(0, 10).join(', ')}`)
  rmSync(folder, { recursive: true })
}

const began = performance.now()
let holder = new_round()
while (killed < kills) {
  const first = await holder.first
  if (first === 3) fail(`${holder.host} was refused a folder that nobody has:\n${holder.errors()}`)
  if (first !== 'holds') fail(`${holder.host} ended with ${first}:\n${holder.errors()}`)
  const rival = start(folder)
  const end = await Promise.race([holder.ended, wait(300 + random() * 1500, 'alive')])
  if (end === 'alive') {
    holder.child.kill('SIGKILL')
    killed++
  }
  const code = await holder.ended
  const answer = await rival.first
  if (answer === 3) refused++
  else if (answer !== 'holds' && answer !== 0) fail(`${rival.host} ended with ${answer}:\n${rival.errors()}`)
  if (end === 'alive' || code !== 0) {
    if (existsSync(join(folder, 'journal'))) check_journal(folder)
    if (code === 0) fail(`${holder.host} trained to its end and was killed`)
    // One that was refused, or that has found nothing to do, is followed by a new one.
    holder = answer === 'holds' ? rival : start(folder)
  } else {
    if (answer !== 3) await rival.ended
    check_end(holder, code)
    holder = new_round()
  }
  const wrong = bad_checkpoints(join(folder, 'checkpoints'))
  if (answer !== 'holds' && wrong.length > 0) fail(`after kill ${killed}: ${wrong.join('; ')}`)
  if (killed % 10 === 0 && end === 'alive')
    console.log(
      `${killed}/${kills} kills, ${refused} rivals refused, ${rounds - 1} runs to their end, ${((performance.now() - began) / 1000).toFixed(0)} s`,
    )
}
check_end(holder, await holder.ended)
rmSync(root, { recursive: true })
console.log(
  `${kills} kills in containers with new hostnames: resumed each time, never two writers (${refused} rivals refused), ${rounds} results the undisturbed run's, bit for bit`,
)
