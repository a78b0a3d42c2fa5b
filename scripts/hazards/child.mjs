// Makes calls one after the other. Each number goes to file 3 before its call, then how it ended; what is said of
// memory comes at the end. Arguments: seed, first number, number after the last.

import { writeSync } from 'node:fs'
import * as torch from 'typetorch'
import { native } from '../../dist/native.js'
import { make_call } from './calls.mjs'
import * as tensors from './tensors.mjs'

const [seed, from, to] = process.argv.slice(2).map(Number)
const report = (line) => writeSync(3, `${line}\n`)

const names = ['torch', ...Object.keys(tensors)]
const values = [torch, ...Object.values(tensors)]

// What a call may have changed for the whole process.
const threads = torch.get_num_threads()
function restore() {
  torch.set_grad_enabled(true)
  torch.set_default_dtype(torch.float32)
  torch.set_default_device('cpu')
  torch.use_deterministic_algorithms(false)
  torch.set_anomaly_enabled(false)
  torch.set_memory_budget(32 * 2 ** 20, 50_000)
  torch.set_printoptions({ profile: 'default' })
  for (const type of ['cpu', 'cuda']) torch.set_autocast_enabled(type, false)
  if (torch.get_num_threads() !== threads) torch.set_num_threads(threads)
}

// Our own mistakes have these words; what is refused says which argument is wrong.
const internal =
  /Cannot read propert|is not a function|(?<!' object )is not iterable|Cannot convert|not defined|Cannot destructure|Invalid array length|unknown exception|call stack|Invalid argument|was expected$/

function how(error) {
  if (!(error instanceof Error)) return ['odd', `threw ${typeof error}`]
  const kind = internal.test(error.message) ? 'unclear' : 'refused'
  return [kind, `${error.name}: ${error.message}`]
}

async function make(js) {
  try {
    const result = new Function(...names, `return (${js})`)(...values)
    if (result instanceof Promise) await result
    // A mode of a block stands open until it is closed.
    if (result instanceof torch.Tensor === false) result?.[Symbol.dispose]?.()
    return ['returned', '']
  } catch (error) {
    return how(error)
  }
}

// A warning a call would fill the pipe, and standard output belongs to nobody here.
process.emitWarning = () => {}
process.on('unhandledRejection', () => {})
function measure() {
  // Tensors are handed to the addon sixteen at a time: nothing of the calls' may be waiting.
  for (let i = 0; i < 16; i++) torch.ones(1)
  native.begin_collection()
  global.gc()
  native.sweep(true)
  return torch.memory_stats()
}

// What the calls have changed for those after them, though nothing says that they do.
function* changed() {
  for (const [name, dtype] of Object.entries(torch))
    if (dtype instanceof torch.dtype && torch.empty(0, { dtype }).dtype !== dtype)
      yield `torch.${name} is another`
  if (torch.ones(2, 3).add(1).sum().item() !== 12) yield 'a sum is another'
  if (!torch.is_grad_enabled() || torch.is_inference_mode_enabled()) yield 'a mode is open'
}

for (let number = from; number < to; number++) {
  const { name, js } = make_call(seed, number)
  report(`call ${number}`)
  const [kind, text] = await make(js)
  restore()
  report(`${kind} ${JSON.stringify([name, text.slice(0, 300)])}`)
  if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
}
for (const text of changed()) report(`odd ${JSON.stringify([`calls ${from} to ${to}`, text])}`)
const { alive_bytes, tensors: alive } = measure()
report(`memory ${alive_bytes} ${alive} ${process.memoryUsage().rss}`)
