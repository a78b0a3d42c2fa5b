// Ends processes in every way, many times each, with tensors, graphs, hooks, threads of ours and workers alive. Exit codes: 0
// each end was right, 1 one was not (another exit code, a crash, a hang), 2 wrong options.

import { Command } from 'commander'
import { whole } from '../../scripts/whole.mjs'
import { endings, fault, remove_copy, run_often, worker_endings } from './endings.js'

const { runs, together, only } = new Command('npm run torture:exits --')
  .description('Ends processes in every way with tensors, graphs, hooks, background calls and workers alive.')
  .option('--runs <n>', 'how often each', whole(1), 200)
  .option('--together <n>', 'how many processes at a time', whole(1), 2)
  .option('--only <text>', 'the one of this name, or those whose name has it in it', '')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ runs: number; together: number; only: string }>()

process.once('exit', remove_copy)
process.once('SIGINT', () => process.exit(130))

const all = [...endings, ...worker_endings]
const named = all.filter(({ name }) => name === only)
const chosen = named.length > 0 ? named : all.filter(({ name }) => name.includes(only))
if (chosen.length === 0) {
  process.stderr.write(`no ending's name has '${only}' in it\n`)
  process.exit(2)
}

let failed = 0
for (const ending of chosen) {
  const started = performance.now()
  const faults = (await run_often(ending, runs, together)).flatMap((ended) => fault(ending, ended) ?? [])
  failed += faults.length
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(`${runs - faults.length}/${runs} right, ${seconds.padStart(4)} s: ${ending.name}`)
  if (faults.length > 0) console.log(faults[0])
}
console.log(
  failed === 0
    ? `all of ${chosen.length * runs} ends were right`
    : `${failed} of ${chosen.length * runs} ends were wrong`,
)
process.exit(failed === 0 ? 0 : 1)
