// Runs a short training under valgrind, and reports memory that is definitely lost and invalid accesses where a frame of the
// addon is in the stack. Exit codes: 0 there are none, 1 there are, 2 wrong options or no valgrind.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { install_command, which } from './setup/report.mjs'
import { whole } from './whole.mjs'

const { steps, tutorial, all } = new Command('npm run test:valgrind --')
  .description('Runs a short training under valgrind and reports what the addon has lost.')
  .option('--steps <n>', 'steps of the training', whole(1), 3)
  .option('--tutorial', 'examples/tutorial itself, at 8 x 8 pixels: some minutes before its first step')
  .option('--all', "also what has no frame of the addon's in its stack")
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts()

if (!which('valgrind')) {
  process.stderr.write(`valgrind is missing; get it with: ${install_command(['valgrind'])}\n`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'typetorch-valgrind-'))
const report = join(folder, 'report.xml')
const path_of = (file) => fileURLToPath(new URL(file, import.meta.url))
const program = tutorial
  ? [
      ...['--import', 'tsx', path_of('../examples/tutorial/train.ts'), '--size', '8'],
      ...['--iterations', String(steps), '--out', join(folder, 'out')],
    ]
  : [path_of('valgrind/program.mjs'), String(steps)]
const { status, signal } = spawnSync(
  'valgrind',
  [
    // V8 writes code as it runs.
    '--smc-check=all-non-file',
    '--leak-check=full',
    '--show-leak-kinds=definite',
    '--undef-value-errors=no',
    '--num-callers=30',
    '--max-stackframe=8000000',
    '--xml=yes',
    `--xml-file=${report}`,
    process.execPath,
    // One thread collects; what V8 compiles in the background takes minutes under valgrind.
    '--single-threaded',
    '--max-lazy',
    ...program,
  ],
  {
    stdio: 'inherit',
    // valgrind knows no AVX-512, and its own count of threads is one.
    env: { ...process.env, ATEN_CPU_CAPABILITY: 'default', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
  },
)
if (status !== 0) {
  process.stderr.write(`the program ended with ${status ?? signal}\n`)
  process.exit(1)
}

const text = (xml, tag) =>
  new RegExp(`<${tag}>([^<]*)</${tag}>`)
    .exec(xml)?.[1]
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
const errors = readFileSync(report, 'utf8').match(/<error>[\s\S]*?<\/error>/g) ?? []
const found = errors.filter((error) => all || error.includes('/typetorch.node<'))
for (const error of found) {
  console.log(`${text(error, 'kind')}: ${text(error, 'text') ?? text(error, 'what')}`)
  for (const frame of error.match(/<frame>[\s\S]*?<\/frame>/g) ?? [])
    console.log(`    ${text(frame, 'fn') ?? text(frame, 'ip')} (${text(frame, 'obj')?.split('/').at(-1)})`)
}
rmSync(folder, { recursive: true })
console.log(
  `${steps} steps: ${found.length} of ${errors.length} reports ${all ? '' : "have a frame of the addon's"}`,
)
process.exit(found.length === 0 ? 0 : 1)
