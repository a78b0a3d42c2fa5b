import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import * as torch from 'typetorch'
import { exact } from './compare.js'
import { open_folder, read_kind } from './folder.js'
import { by_columns, in_clean_memory } from './kinds/cases.js'
import { with_memory_shared } from './kinds/errors.js'
import { failures_of, group_of, run_kind, summary_of, type Tally } from './report.js'

const own_copy = fileURLToPath(new URL('conformance', import.meta.url))

const command = new Command('npm run conformance --')
  .description("Compares this library with PyTorch's recorded answers (test/golden/conformance/README.md).")
  .option('--dir <folder>', 'a folder of recorded answers', own_copy)
  .option(
    '--only <name>',
    'one kind (cases), or one operator, module, … (torch.nn.functional.pad or nn.functional.pad)',
  )
  .option('--list', 'say what there is, and run nothing')
  .exitOverride()

interface Options {
  dir: string
  only?: string
  list?: boolean
}

async function main(): Promise<number> {
  const { dir, only, list } = command.parse().opts<Options>()
  const folder = open_folder(dir)
  const name = only?.replace(/^torch\./, '')
  const selected = name !== undefined && folder.kinds.includes(name) ? [name] : folder.kinds
  const wanted = (group: string) =>
    name === undefined || selected.length < folder.kinds.length || group.replace(/^torch\./, '') === name
  if (list === true) {
    for (const kind of selected)
      print_list(
        kind,
        read_kind(folder, kind)
          .cases.map((c) => group_of(kind, c))
          .filter(wanted),
      )
    return 0
  }
  // The answers were recorded with one thread: some sums depend on how they are split.
  torch.set_num_threads(1)
  const tallies: Tally[] = []
  for (const kind of selected) {
    const tally = await run_kind(folder, kind, wanted)
    if (tally.passed + tally.failed === 0) continue
    for (const line of failures_of(tally)) console.log(line)
    tallies.push(tally)
  }
  if (tallies.length === 0) {
    console.error(`there is no ${only} in ${dir}`)
    return 2
  }
  if (!exact)
    console.log(`compared within a tolerance: ${torch.backends.cpu.get_cpu_capability()} is not AVX512`)
  if (in_clean_memory.size > 0)
    console.log(`passed only in memory that holds zeros: ${[...in_clean_memory].join(', ')}`)
  if (by_columns.size > 0) {
    console.log(`passed only with matrices that lie column by column: ${[...by_columns].join(', ')}`)
  }
  if (with_memory_shared.size > 0) {
    console.log(`refused only with tensors over one memory: ${[...with_memory_shared].join(', ')}`)
  }
  for (const tally of tallies) console.log(summary_of(tally))
  return tallies.some((tally) => tally.failed > 0) ? 1 : 0
}

function print_list(kind: string, groups: string[]): void {
  const counts = new Map<string, number>()
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1)
  console.log(`${kind}: ${groups.length}`)
  for (const [group, count] of counts) console.log(`  ${group}: ${count}`)
}

try {
  process.exitCode = await main()
} catch (error) {
  const { code, exitCode } = error as { code?: string; exitCode?: number }
  // commander has said what is wrong, or printed its help.
  if (code?.startsWith('commander.')) process.exitCode = exitCode === 0 ? 0 : 2
  else {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  }
}
