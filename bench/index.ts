import { writeFileSync } from 'node:fs'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { bench_data } from './data.js'
import { bench_import } from './import.js'
import { bench_memory } from './memory.js'
import { bench_operators } from './operators.js'
import { PROGRAM_IDS, type ProgramId, prepare_programs } from './programs.js'
import { describe_machine, machine_line, write_report } from './report.js'
import { ChildError, progress, type Report, render_report, type Settings } from './runner.js'
import { bench_tutorial } from './tutorial.js'
import { bench_types } from './types.js'
import { bench_workloads } from './workloads.js'

const PARTS = {
  tutorial: bench_tutorial,
  workloads: bench_workloads,
  operators: bench_operators,
  import: bench_import,
  memory: bench_memory,
  data: bench_data,
  types: bench_types,
}
type Part = keyof typeof PARTS

function whole_number(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number above 0.')
  return value
}

const whole_numbers = (text: string) => text.split(',').map(whole_number)

function program_ids(text: string): ProgramId[] {
  return text.split(',').map((name) => {
    const found = PROGRAM_IDS.find((id) => id === name)
    if (!found) throw new InvalidArgumentError(`Expected some of: ${PROGRAM_IDS.join(', ')}.`)
    return found
  })
}

interface Options extends Settings {
  only: ProgramId[]
  json?: string
  write: boolean
}

const command = new Command('npm run bench --')
  .description("Compares typetorch with Python's PyTorch and with C++, in one run.")
  .addArgument(new Argument('[part]', 'what to measure; everything by default').choices(Object.keys(PARTS)))
  .option('--rounds <n>', 'interleaved rounds (default: 3, import 7)', whole_number)
  .option('--sides <list>', 'image sides, in pixels', whole_numbers, [8, 64, 256, 512])
  .option('--threads <list>', 'numbers of threads', whole_numbers, [1, 2])
  .addOption(
    new Option('--only <list>', `programs: ${PROGRAM_IDS.join(', ')}`)
      .argParser(program_ids)
      .default([...PROGRAM_IDS], 'all'),
  )
  .option('--quick', 'a tenth of the work, one round: for a look, not for a claim', false)
  .option('--long', 'memory: 100,000 iterations at side 8, 2,000 at side 256', false)
  .option('--json <file>', 'write every measurement to a file')
  .addOption(
    new Option('--write', 'put the tables into docs/performance.md').default(false).conflicts('quick'),
  )
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))

async function main(): Promise<void> {
  command.parse()
  const options = command.opts<Options>()
  const part = command.args[0] as Part | undefined
  const machine = describe_machine()
  // Only compilers take part in the types, and only typetorch in reading data: nothing else need be built for them.
  const wanted = part === 'types' ? [] : part === 'data' ? (['typetorch'] as const) : options.only
  const { programs, missing } = prepare_programs(wanted)
  progress('')
  for (const reason of missing) console.error(reason)
  if (programs.length === 0 && part !== 'types') throw new ChildError('nothing can be measured')
  console.log(machine_line(machine))
  const reports: Report[] = []
  for (const name of part ? [part] : (Object.keys(PARTS) as Part[])) {
    const report = await PARTS[name](programs, options)
    report.warnings.push(...missing)
    reports.push(report)
    console.log(`## ${name}\n\n${render_report(report)}`)
    if (options.write) write_report(report, machine)
  }
  if (options.json) {
    const parts = Object.fromEntries(reports.map(({ part: name, results }) => [name, results]))
    writeFileSync(options.json, `${JSON.stringify({ machine, parts }, null, 2)}\n`)
  }
}

try {
  await main()
} catch (error) {
  progress('')
  if (!(error instanceof ChildError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
