import * as torch from 'typetorch'
import { describe_machine, machine_line } from './report.js'
import { median } from './runner.js'
import { Decoding, rounds_for } from './typetorch/decoding.js'

// How much faster two workers read a dataset than none: npx tsx bench/data.ts

const SAMPLES = 320
const ROUNDS = 5
const DECODE_MS = 5
const GOAL = 1.7

const dataset = new Decoding(SAMPLES, rounds_for(DECODE_MS))
const worker_module = new URL('./typetorch/decoding.ts', import.meta.url)
const none = new torch.utils.data.DataLoader(dataset, { batch_size: 16 })
const two = new torch.utils.data.DataLoader(dataset, {
  batch_size: 16,
  num_workers: 2,
  persistent_workers: true,
  worker_module,
})

/** The seconds of an epoch. */
function epoch(loader: Iterable<torch.Tensor>): number {
  const begin = performance.now()
  let batches = 0
  for (const batch of loader) batches += batch.size(0)
  if (batches !== SAMPLES) throw new Error(`read ${batches} samples of ${SAMPLES}`)
  return (performance.now() - begin) / 1000
}

const begin = performance.now()
for (const _ of new torch.utils.data.DataLoader(torch.ones(2), { num_workers: 2 }));
const start = (performance.now() - begin) / 1000
epoch(two)
const rounds = Array.from({ length: ROUNDS }, () => [epoch(none), epoch(two)] as const)
const [alone, together] = [median(rounds.map(([a]) => a)), median(rounds.map(([, b]) => b))]
const ratio = median(rounds.map(([a, b]) => a / b))
console.log(machine_line(describe_machine()))
console.log(
  `${SAMPLES} samples, ${DECODE_MS} ms of arithmetic each, batches of 16, median of ${ROUNDS} rounds:`,
)
console.log(`no workers   ${alone.toFixed(2)} s`)
console.log(`2 workers    ${together.toFixed(2)} s, ${ratio.toFixed(2)} times as fast (goal ${GOAL})`)
console.log(`two workers start and end in ${start.toFixed(2)} s`)
process.exitCode = ratio >= GOAL ? 0 : 1
