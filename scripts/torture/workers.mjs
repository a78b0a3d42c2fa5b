// Starts worker threads one after the other over shared tensors, and prints how the process's memory goes. Exit codes: 0
// memory stayed flat, 1 it grew, 2 wrong options.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import * as library from 'typetorch'

/** What each thread does: it uses a tensor of ours, makes some of its own, and sends one back. */
export async function job(x, queue) {
  const own = library.ones(1 << 20).add(x.sum())
  await queue.put(own.mean())
  globalThis.kept = own
}

const resident = () => Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]) * 4096
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/**
 * Megabytes resident after the first threads and after the last.
 *
 * @param torch the library
 * @param count how many threads
 * @param window over how many the two figures are medians
 */
export async function run(torch, count, window, note = () => {}) {
  const { Process, Queue } = torch.multiprocessing
  const queue = new Queue()
  const x = torch.ones(1 << 18)
  const sampled = []
  for (let i = 0; i < count; i++) {
    const process = new Process({ target: job, args: [x, queue], worker_module: import.meta.url })
    process.start()
    if (i % 5 === 4) process.terminate()
    else if ((await queue.get()).item() !== 1 + (1 << 18)) throw new Error('a thread has sent another number')
    await process.join()
    globalThis.gc?.()
    sampled.push(resident() / 2 ** 20)
    note(i, sampled.at(-1))
  }
  // A thread that was stopped may have sent its tensor before.
  while (!queue.empty()) queue.get_nowait()
  queue.close()
  // The first threads fill the allocator's lists.
  const first = sampled.slice(Math.min(window, count - 2 * window), 2 * window)
  return [median(first), median(sampled.slice(-window))]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { threads } = new Command('npm run torture:workers --')
    .description('Starts worker threads one after the other over shared tensors.')
    .option('--threads <n>', 'how many', Number, 1000)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts()
  const [first, last] = await run(
    library,
    threads,
    Math.max(2, Math.min(50, threads >> 2)),
    (i, megabytes) => {
      if (i % 50 === 0) console.log(`${i} threads: ${megabytes.toFixed(0)} MB`)
    },
  )
  console.log(
    `${threads} threads: ${first.toFixed(0)} MB after the first, ${last.toFixed(0)} MB after the last`,
  )
  process.exit(last < first * 1.1 ? 0 : 1)
}
