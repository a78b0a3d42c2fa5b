#!/usr/bin/env node
import { Command } from 'commander'
import { run_step } from './report.mjs'

const program = new Command('typetorch').description(
  'Set-up of typetorch: finds LibTorch and builds what is missing.',
)

program
  .command('setup')
  .description('find or fetch LibTorch, then take or build the addon')
  .action(() => run_step(async () => (await import('./steps.mjs')).install()))
program
  .command('doctor')
  .description('print what was looked for and found')
  .option('--json', 'as one JSON object')
  .action((options) => run_step(async () => (await import('./doctor.mjs')).doctor(options)))

await program.parseAsync()
