// Random calls of every public name, in child processes under limits of memory and time. Exit codes: 0 nothing went
// down, hung or grew but what does so in Python too; 1 something did; 2 wrong options.

import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { whole } from '../whole.mjs'

const command = new Command('npm run hazards --')
  .description('Makes random calls of every public name and looks for crashes, hangs and growth.')
  .option('--calls <n>', 'how many', whole(1), 10_000)
  .option('--seed <n>', 'of the calls', whole(0), 0)
  .option('--first <n>', 'the number of the first', whole(0), 0)
  .option('--only <n>', 'replays the call of that number alone', whole(0))
  .option('--a-child <n>', 'calls of one process', whole(1), 5000)
  .option('--jobs <n>', 'processes at a time', whole(1), Math.min(availableParallelism(), 4))
  .option(
    '--seconds <n>',
    'a call may take; four times as long where it is made once more, alone',
    whole(1),
    5,
  )
  .option('--megabytes <n>', 'of address space for a process', whole(1000), 8000)
  .option('--heap <n>', "megabytes of V8's heap", whole(50), 512)
  .option('--no-python', 'does not ask whether Python goes down too')
  .option('--unclear', 'lists the errors that do not say what is wrong')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
command.parse()
const options = command.opts()
// LibTorch takes a while to load: after the options were looked at.
const [{ make_call }, { in_python }, { run_calls }, { targets }] = await Promise.all([
  import('./calls.mjs'),
  import('./python.mjs'),
  import('./supervise.mjs'),
  import('./targets.mjs'),
])
const { seed, only, seconds, heap } = options
const limits = { seed, seconds, heap, kilobytes: options.megabytes * 1024 }
const first = only ?? options.first
const end = only === undefined ? first + options.calls : only + 1

const counts = { returned: 0, refused: 0, unclear: 0, odd: 0 }
const names = new Set()
const unclear = new Map()
const wrong = []
const as_python = []
let most = { alive_bytes: 0, tensors: 0, rss: 0 }

function note(number, kind, name, text) {
  counts[kind]++
  names.add(name)
  if (only !== undefined) console.log(`${kind} ${text}`)
  if (kind === 'odd') {
    wrong.push(number)
    console.log(`\n${number}: ${name}: ${text}`)
  }
  // One line for each name and text.
  if (kind === 'unclear') unclear.set(`${name}: ${text}`.slice(0, 160), number)
}

async function describe(number, ended, stderr) {
  const { js, py } = make_call(seed, number)
  const python = options.python ? await in_python(py, limits) : 'not asked'
  // 2^40 elements take hours, here as there.
  const long_work = python === 'hangs' || (!/returns|refuses/.test(python) && js.includes('huge('))
  let alike = /^crashes/.test(python)
  if (ended === 'hang') {
    alike = long_work
    // The machine may have been busy: what ends with more time was slow.
    const again = { ...limits, seconds: 4 * seconds, from: number, to: number + 1 }
    if (!alike && (await run_calls(again, note)).ended === 'well') return
  }
  ;(alike ? as_python : wrong).push(number)
  console.log(`\n${number}: ${ended}; Python ${python}\n  ${js}\n  ${py ?? '(no Python)'}`)
  const said = stderr.trim().split('\n').filter((line) => !/NNPACK|^\s*$/.test(line)) // biome-ignore format: one line
  if (said.length > 0) console.log(`  ${said.slice(-3).join('\n  ').slice(0, 600)}`)
}

if (only !== undefined)
  console.log(`${make_call(seed, only).js}\n${make_call(seed, only).py ?? '(no Python)'}`)
const started = performance.now()
let told = started
let made = 0

/** The calls of some numbers, in as many processes as it takes. */
async function run_all(from, to) {
  while (from < to) {
    const { last, ended, memory, stderr } = await run_calls({ ...limits, from, to }, note)
    made += (ended === 'well' ? to : last + 1) - from
    if (performance.now() - told > 30_000) {
      told = performance.now()
      console.log(`${made} calls, ${wrong.length} wrong, ${((told - started) / 1000).toFixed(0)} s`)
    }
    if (ended === 'well') {
      for (const key of Object.keys(most)) most = { ...most, [key]: Math.max(most[key], memory[key]) }
      if (memory.alive_bytes > 64 * 2 ** 20) {
        console.log(
          `\n${from} to ${to}: ${memory.alive_bytes} bytes and ${memory.tensors} tensors stay alive`,
        )
        wrong.push(from)
      }
      return
    }
    if (last < from) {
      console.error(`the process did not start: ${ended}\n${stderr}`)
      process.exit(1)
    }
    await describe(last, ended, stderr)
    from = last + 1
  }
}

let next = first
async function work() {
  while (next < end) {
    const from = next
    next = Math.min(from + options.aChild, end)
    await run_all(from, next)
  }
}
await Promise.all(Array.from({ length: options.jobs }, work))
wrong.sort((a, b) => a - b)
if (options.unclear)
  for (const [text, number] of [...unclear].sort()) console.log(`unclear ${number} ${text}`)
const mb = (bytes) => (bytes / 2 ** 20).toFixed(0)
console.log(
  `${end - first} calls of ${names.size} of ${targets.length} names in ${((performance.now() - started) / 1000).toFixed(0)} s: ` +
    `${counts.returned} returned, ${counts.refused + counts.unclear} refused (${counts.unclear} in unclear words); ` +
    `${wrong.length} crashed, hung or grew; ${as_python.length} did so in Python too`,
)
console.log(
  `most at the end of a process: ${mb(most.alive_bytes)} MB alive in ${most.tensors} tensors, ${mb(most.rss)} MB resident`,
)
if (wrong.length > 0) console.log(`to replay: npm run hazards -- --seed ${seed} --only ${wrong[0]}`)
process.exitCode = wrong.length > 0 ? 1 : 0
