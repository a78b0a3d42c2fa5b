import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { markdownTable } from 'markdown-table'
import { LABELS, type Program, type ProgramId, type Script } from './programs.js'

export interface Table {
  caption: string
  header: string[]
  rows: string[][]
}

/** What one part of the bench found: `results` for machines, the rest for people. */
export interface Report {
  part: string
  how: string
  tables: Table[]
  warnings: string[]
  results: unknown
}

export interface Settings {
  rounds: number | undefined
  sides: number[]
  threads: number[]
  quick: boolean
  long: boolean
}

/** What a program that trains says of its run: time of a step, last loss, most memory. */
export interface Run {
  us: number
  loss: number
  peak_mb: number
}

/** A child process that failed: the message ends with the last lines that it wrote to stderr. */
export class ChildError extends Error {
  override name = 'ChildError'
}

/**
 * Runs a program to its end and reads the JSON of its last line. Its stderr goes to a file: LibTorch may write
 * a warning at every convolution, and a pipe would cost the child and this process time.
 */
export async function run_child<T>(
  program: Program,
  script: Script,
  args: string[],
): Promise<T & { wall_ms: number }> {
  const command = program.command(script)
  const folder = mkdtempSync(path.join(tmpdir(), 'typetorch-bench-'))
  const stderr_path = path.join(folder, 'stderr')
  const stderr = openSync(stderr_path, 'w')
  try {
    const start = performance.now()
    const child = spawn(command.file, [...command.args, ...args], {
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'pipe', stderr],
    })
    let stdout = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    const status = await new Promise<number | string>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    })
    const wall_ms = performance.now() - start
    if (status !== 0) {
      const tail = readFileSync(stderr_path, 'utf8').trimEnd().split('\n').slice(-12).join('\n')
      throw new ChildError(`${program.label}, ${script} ${args.join(' ')}: ended with ${status}\n${tail}`)
    }
    return { ...(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T), wall_ms }
  } finally {
    closeSync(stderr)
    rmSync(folder, { recursive: true })
  }
}

export function flags(values: Record<string, number>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** Every program once a round, so that what disturbs the machine disturbs them alike. */
export async function interleave<T>(
  programs: Program[],
  rounds: number,
  label: string,
  measure: (program: Program) => Promise<T>,
): Promise<Map<ProgramId, T[]>> {
  const found = new Map<ProgramId, T[]>(programs.map((program) => [program.id, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const program of programs) {
      progress(`${label}, round ${round} of ${rounds}: ${program.label}`)
      found.get(program.id)!.push(await measure(program))
    }
  }
  progress('')
  return found
}

export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text.slice(0, process.stderr.columns - 1)}`)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The median of one figure of a program's measurements, NaN where it was not measured. */
export function median_of<T>(runs: readonly T[] | undefined, figure: (run: T) => number): number {
  return median((runs ?? []).map(figure))
}

export function number_text(value: number, digits = 0): string {
  return Number.isFinite(value)
    ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : '–'
}

/** A ratio beside the goal that it is held to; one over its goal is marked. */
export function ratio_text(value: number, goal?: number): string {
  if (!Number.isFinite(value)) return '–'
  if (goal === undefined) return value.toFixed(2)
  return `${value.toFixed(2)} ${value <= goal ? '≤' : '**>**'} ${goal.toFixed(2)}`
}

export function render_table(table: Table): string {
  const align = table.header.map((_, column) => (column === 0 ? 'l' : 'r'))
  return `${table.caption}\n\n${markdownTable([table.header, ...table.rows], { align })}\n`
}

export function render_report(report: Report): string {
  const warnings = report.warnings.map((warning) => `- Warning: ${warning}\n`).join('')
  return [`${report.how}\n`, ...report.tables.map(render_table), ...(warnings ? [warnings] : [])].join('\n')
}

/** A warning where programs end with other losses: with the same kernels on the same numbers all bits agree. */
export function different_losses(what: string, runs: ReadonlyMap<ProgramId, Run[]>): string[] {
  const losses = new Map<number, Set<string>>()
  for (const [id, measured] of runs) {
    for (const { loss } of measured) losses.set(loss, (losses.get(loss) ?? new Set()).add(LABELS[id]))
  }
  if (losses.size <= 1) return []
  const who = [...losses].map(([loss, labels]) => `${loss} (${[...labels].join('; ')})`).join(', ')
  return [`${what}: the final losses differ: ${who}`]
}
