// Runs the loops that close cycles between the two heaps at full length, each in a process of its own. Exit codes: 0 memory
// stayed flat in all of them, 1 it grew in one or one failed, 2 wrong options.

import { Command } from 'commander'
import { whole } from '../../scripts/whole.mjs'
import { cycles } from './cycles.js'
import { measure } from './loop.js'

// Fragments of the C library's and V8's heaps come and go; a leak of one tensor a turn is 100,000 times 500 bytes and more.
const FLAT = 1.05

const { iterations, only } = new Command('npm run leaks --')
  .description(
    'Loops through hooks, Functions and contexts that hold their own tensor and its output, and shows how memory goes.',
  )
  .option('--iterations <n>', 'turns of each loop', whole(1000), 100_000)
  .option('--only <text>', 'those whose name has this in it', '')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ iterations: number; only: string }>()

const chosen = cycles.filter(([name]) => name.includes(only))
if (chosen.length === 0) {
  process.stderr.write(
    `no loop's name has '${only}' in it; there are:\n${cycles.map(([name]) => `  ${name}`).join('\n')}\n`,
  )
  process.exit(2)
}

const megabytes = (value: number) => value.toFixed(0).padStart(5)
console.log(
  `${iterations} turns each; resident MB in the first quarter and in the last, each after a collection, most tensors alive, seconds`,
)
let failed = 0
for (const [name, setup, step] of chosen) {
  const started = performance.now()
  try {
    const measured = await measure(setup, step, iterations, { rounds: 1, collect: true })
    const { growth, first_megabytes, megabytes: last, most_tensors } = measured
    const seconds = (performance.now() - started) / 1000
    const is_flat = growth <= FLAT
    if (!is_flat) failed++
    console.log(
      `${megabytes(first_megabytes)} ${megabytes(last)} ${String(most_tensors).padStart(6)} ${seconds.toFixed(0).padStart(5)}  ${is_flat ? '' : 'GREW '}${name}`,
    )
  } catch (error) {
    failed++
    console.log(`failed ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
console.log(failed === 0 ? 'memory stayed flat' : `${failed} of ${chosen.length} did not stay flat`)
process.exit(failed === 0 ? 0 : 1)
