import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import path from 'node:path'
import { read_libtorch } from '../scripts/setup/build.mjs'
import { ROOT } from '../scripts/setup/config.mjs'
import type { Report } from './runner.js'
import { render_report } from './runner.js'

export const PAGE = path.join(ROOT, 'docs/performance.md')

export interface Machine {
  date: string
  processor: string
  cores: number
  node: string
  libtorch: string
  load: number
}

export function describe_machine(): Machine {
  const { version, variant } = read_libtorch()
  const processors = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    node: process.versions.node,
    libtorch: `${version} (${variant})`,
    load: loadavg()[0] ?? 0,
  }
}

export function machine_line(machine: Machine): string {
  const busy =
    machine.load > 0.5
      ? ` The machine was busy (load ${machine.load.toFixed(1)} when the run began): provisional figures.`
      : ''
  return (
    `${machine.date}, ${machine.processor} with ${machine.cores} cores, Node ${machine.node}, ` +
    `LibTorch ${machine.libtorch}.${busy}\n`
  )
}

/** Puts a report between its markers in docs/performance.md. */
export function write_report(report: Report, machine: Machine, page = PAGE): void {
  const begin = `<!-- bench ${report.part}: begin -->`
  const end = `<!-- bench ${report.part}: end -->`
  const text = readFileSync(page, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${page} has no markers '${begin}' and '${end}'`)
  const block = `${begin}\n\n${machine_line(machine)}\n${render_report(report)}\n`
  writeFileSync(page, text.slice(0, from) + block + text.slice(to))
}
