#!/usr/bin/env node
import fs from 'node:fs'
import { Command } from 'commander'
import { run_step } from './report.mjs'

const { version } = JSON.parse(fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const USAGE_ERROR = 2

const program = new Command('typetorch')
  .description('Set-up of typetorch: finds LibTorch and builds what is missing.')
  .version(version, '-V, --version', 'print the version of typetorch')
  .helpOption('-h, --help', 'print this')
  .configureOutput({
    outputError: (text, write) => write(`typetorch: ${text.replace(/^error: /, '')}`),
  })
  .showHelpAfterError('The commands and options are listed by: typetorch --help')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE_ERROR))

program
  .command('setup')
  .copyInheritedSettings(program)
  .description('find or fetch LibTorch, then take or build the addon')
  .action(() => run_step(async () => (await import('./steps.mjs')).install()))
program
  .command('doctor')
  .copyInheritedSettings(program)
  .description('print what was looked for and found')
  .option('--json', 'as one JSON object')
  .action((options) => run_step(async () => (await import('./doctor.mjs')).doctor(options)))

await program.parseAsync()
