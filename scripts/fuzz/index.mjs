// Mutated files of every format that this package reads, in child processes. Exit codes: 0 each was read or refused by
// name, within its limits; 1 one was not; 2 wrong options.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { whole } from '../whole.mjs'

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url))
const FORMATS = ['pt', 'legacy', 'safetensors', 'npy', 'npz', 'idx', 'idx_gz', 'cifar', 'png', 'jpeg', 'webp', 'tiff', 'gif', 'bmp', 'pnm'] // biome-ignore format: one line

function formats(text) {
  const unknown = text.split(',').find((name) => !FORMATS.includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${FORMATS.join(', ')}`)
  return text
}

const command = new Command('npm run fuzz --')
  .description('Reads files that are mutated by their own structure, and looks for crashes, hangs, growth and errors without a name.') // biome-ignore format: one line
  .option('--seconds <n>', 'how long', whole(1), 60)
  .option('--seed <n>', 'of the files', whole(0), 1)
  .option('--first <n>', 'the number of the first file', whole(0), 0)
  .option('--only <n>', 'reads the file of that number alone', whole(0))
  .option('--formats <list>', `some of ${FORMATS.join(',')}`, formats, FORMATS.join(','))
  .option('--jobs <n>', 'processes at a time', whole(1), 1)
  .option('--a-child <n>', 'files of one process', whole(1), 3000)
  .option('--most-seconds <n>', 'a file may take; twenty times as long and it hangs', whole(1), 2)
  .option('--most-megabytes <n>', 'a file may take above its own length', whole(1), 200)
  .option('--keep <folder>', 'where files that were found are put', 'out/fuzz')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
command.parse()
const options = command.opts()

const started = performance.now()
const seconds_since = (moment) => (performance.now() - moment) / 1000
const counts = { read: 0, refused: 0 }
const by_format = {}
const found = []
let most = { seconds: 0, megabytes: 0 }

/** Starts a child over some numbers. */
function start(from, to, folder, ...more) {
  const args = ['--max-old-space-size=2048', CHILD, options.seed, from, to, folder, options.formats, ...more]
  return spawn(process.execPath, args.map(String), { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
}

/** Writes the file of a number to the folder of those that were found. */
async function keep(number, format) {
  mkdirSync(options.keep, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'typetorch-fuzz-'))
  const path = join(options.keep, `${options.seed}-${number}.${format}`)
  const child = start(number, number + 1, folder, path)
  await new Promise((resolve) => child.once('close', resolve))
  rmSync(folder, { recursive: true, force: true })
  return path
}

async function note({ number, format, reader }, what) {
  const path = await keep(number, format)
  found.push(number)
  console.log(`\n${number} (${format}, ${reader}): ${what}\n  ${path}`)
}

/** Reads files until time is up; the number after the last one that was read. */
async function run(from, to) {
  const folder = mkdtempSync(join(tmpdir(), 'typetorch-fuzz-'))
  const child = start(from, to, folder)
  let current = null
  let since = performance.now()
  let [stopped, hung, ended] = [false, false, false]
  let next = from
  let stderr = ''
  const notes = []
  child.stderr.on('data', (chunk) => (stderr = `${stderr}${chunk}`.slice(-3000)))
  const lines = createInterface({ input: child.stdio[3] })
  lines.on('line', (line) => {
    const [kind, ...rest] = JSON.parse(line)
    since = performance.now()
    if (kind === 'end') ended = true
    else if (kind === 'file') {
      const [number, format, reader, size] = rest
      current = { number, format, reader, size }
    } else {
      const [seconds, megabytes, text] = rest
      const file = current
      current = null
      next = file.number + 1
      by_format[file.format] = (by_format[file.format] ?? 0) + 1
      most = { seconds: Math.max(most.seconds, seconds), megabytes: Math.max(most.megabytes, megabytes) }
      if (kind !== 'odd') counts[kind]++
      const slow = seconds > options.mostSeconds
      const large = megabytes > options.mostMegabytes + file.size / 2 ** 20
      if (kind === 'odd' || slow || large)
        notes.push(note(file, `${kind}, ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB: ${text}`))
      if (options.only !== undefined)
        console.log(
          `${file.format}, ${file.reader}, ${file.size} bytes: ${kind}, ${seconds.toFixed(3)} s, ${megabytes.toFixed(0)} MB ${text}`,
        )
      if (seconds_since(started) > options.seconds) {
        stopped = true
        child.kill('SIGKILL')
      }
    }
  })
  const timer = setInterval(() => {
    if (seconds_since(since) < options.mostSeconds * 20 + (current === null ? 60 : 0)) return
    hung = true
    child.kill('SIGKILL')
  }, 500)
  const drained = new Promise((resolve) => lines.once('close', resolve))
  const [code, signal] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)))
  await drained
  clearInterval(timer)
  await Promise.all(notes)
  rmSync(folder, { recursive: true, force: true })
  if (ended || stopped) return next
  if (current === null) {
    console.error(`a process ended with ${code ?? signal} where no file was read:\n${stderr}`)
    process.exit(1)
  }
  await note(current, `${hung ? 'hung' : `the process ended with ${code ?? signal}`}\n${stderr.trim()}`)
  return current.number + 1
}

let next_number = options.only ?? options.first
const last_number = options.only === undefined ? Number.MAX_SAFE_INTEGER : options.only + 1

async function work() {
  while (next_number < last_number && seconds_since(started) < options.seconds) {
    let from = next_number
    const to = Math.min(from + options.aChild, last_number)
    next_number = to
    while (from < to && seconds_since(started) < options.seconds) from = await run(from, to)
  }
}

const telling = setInterval(() => {
  const total = counts.read + counts.refused
  console.log(
    `${seconds_since(started).toFixed(0)} s: ${total} files, ${counts.read} read, ${found.length} found`,
  )
}, 30_000)
await Promise.all(Array.from({ length: options.jobs }, work))
clearInterval(telling)

const total = counts.read + counts.refused
console.log(
  `${total} files of seed ${options.seed} in ${seconds_since(started).toFixed(0)} s: ${counts.read} read, ${counts.refused} ` +
    `refused by name, ${found.length} not so; at most ${most.seconds.toFixed(2)} s and ${most.megabytes.toFixed(0)} MB a file`,
)
console.log(Object.entries(by_format).map(([name, count]) => `${name} ${count}`).join(', ')) // biome-ignore format: one line
if (found.length > 0) console.log(`to replay: npm run fuzz -- --seed ${options.seed} --only ${found[0]}`)
process.exitCode = found.length > 0 ? 1 : 0
