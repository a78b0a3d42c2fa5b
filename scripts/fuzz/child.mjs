// Reads mutated files one after the other. Each number goes to file 3 before its file is read, then how it ended.
// Arguments: seed, first number, number after the last, a folder, formats; `keep` as the last writes the file only.

import { mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { make_file } from './make.mjs'
import { READERS, touch } from './read.mjs'
import { make_seeds } from './seeds.mjs'

const [seed, from, to] = process.argv.slice(2, 5).map(Number)
const [folder, formats, keep] = process.argv.slice(5)
const report = (...parts) => writeSync(3, `${JSON.stringify(parts)}\n`)

// Our own mistakes have these words, an error's or its cause's.
const internal =
  /Cannot read propert|is not a function|is not iterable|Cannot convert|is not defined|Cannot destructure|Invalid (typed )?array|Invalid array buffer|Invalid string length|offset is out of bounds|outside the bounds|is out of range|ERR_|unknown exception|call stack|INTERNAL ASSERT|Array buffer allocation/

/** How much memory this process has had at most since the last time, and what it has now, in MB. */
function memory() {
  const status = readFileSync('/proc/self/status', 'utf8')
  const [peak, now] = ['VmHWM', 'VmRSS'].map(
    (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024,
  )
  return { peak, now }
}

// Where the system does not let the peak be set back, the greatest of all counts once.
function forget_peak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // See above.
  }
}

function said_by(error) {
  const texts = []
  for (let at = error; at instanceof Error && texts.length < 5; at = at.cause)
    texts.push(`${at.name}: ${at.message}`)
  return texts.join(' ← ')
}

async function read(reader, file) {
  try {
    touch(await READERS[reader](folder, file))
    return ['read', '']
  } catch (error) {
    if (!(error instanceof Error)) return ['odd', `threw ${String(error)}`]
    const text = said_by(error)
    const is_ours = !['TypeError', 'RangeError', 'SyntaxError', 'Error'].includes(error.name)
    return [!is_ours || internal.test(text) ? 'odd' : 'refused', text.slice(0, 600)]
  }
}

process.emitWarning = () => {}
mkdirSync(folder, { recursive: true })
const seeds = await make_seeds((name, write) => {
  const path = join(folder, name)
  write(path)
  const bytes = readFileSync(path)
  rmSync(path)
  return bytes
})
// What is loaded late is not to be counted.
for (const name of ['png', 'jpeg']) await torch.vision.Image.open(seeds.images[name][0])

for (let number = from; number < to; number++) {
  const { format, reader, file } = make_file(seed, number, seeds, formats.split(','))
  if (keep !== undefined) {
    writeFileSync(keep, file)
    break
  }
  report('file', number, format, reader, file.length)
  forget_peak()
  const before = memory().now
  const started = performance.now()
  const [kind, text] = await read(reader, file)
  const seconds = (performance.now() - started) / 1000
  report(kind, seconds, Math.max(0, memory().peak - before), text)
  if (number % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
}
report('end')
