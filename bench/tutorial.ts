import type { Program, ProgramId } from './programs.js'
import { LABELS } from './programs.js'
import type { Report, Run, Settings } from './runner.js'
import {
  different_losses,
  flags,
  interleave,
  median_of,
  number_text,
  ratio_text,
  run_child,
} from './runner.js'

interface Case {
  side: number
  threads: number
  iterations: number
  runs: Map<ProgramId, Run[]>
}

const RIVALS = ['python', 'python_tuned', 'cpp_allocator'] as const

// Ratios that typetorch is held to with 2 threads, in the order of RIVALS.
const GOALS: Record<number, readonly [number, number, number]> = {
  8: [0.5, 0.5, 1.3],
  64: [0.8, 0.85, 1.15],
  256: [0.45, 1.0, 1.2],
  512: [0.5, 0.95, 1.15],
}

/** How many iterations take one to three seconds. */
export function iterations_of(side: number, quick: boolean): number {
  const python_us = 350 + 0.19 * side * side
  return Math.max(quick ? 5 : 20, Math.round((quick ? 2e5 : 2e6) / python_us))
}

export async function bench_tutorial(programs: Program[], settings: Settings): Promise<Report> {
  const rounds = settings.rounds ?? (settings.quick ? 1 : 3)
  const cases: Case[] = []
  for (const threads of settings.threads) {
    for (const side of settings.sides) {
      const iterations = iterations_of(side, settings.quick)
      const args = flags({ side, threads, iterations, warmup: Math.ceil(iterations / 10) })
      const label = `tutorial, side ${side}, threads ${threads}`
      const runs = await interleave(programs, rounds, label, (program) =>
        run_child<Run>(program, 'tutorial', args),
      )
      cases.push({ side, threads, iterations, runs })
    }
  }
  return {
    part: 'tutorial',
    how:
      'The training loop (convolution, ReLU, Linear, convolution, MSELoss, Adam, one `item()` an iteration), ' +
      `measured inside the process after a warm-up of 10 %; medians of ${rounds} interleaved rounds.`,
    tables: [
      time_table(programs, cases),
      memory_table(programs, cases),
      ...(programs.some(({ id }) => id === 'typetorch') ? [ratio_table(cases)] : []),
    ],
    warnings: cases.flatMap(({ side, threads, runs }) =>
      different_losses(`side ${side}, threads ${threads}`, runs),
    ),
    results: cases.map(({ runs, ...rest }) => ({ ...rest, runs: Object.fromEntries(runs) })),
  }
}

function case_cells({ side, threads }: Case): string[] {
  return [String(side), String(threads)]
}

function time_table(programs: Program[], cases: Case[]) {
  return {
    caption: 'µs an iteration',
    header: ['side', 'threads', ...programs.map(({ label }) => label)],
    rows: cases.map((entry) => [
      ...case_cells(entry),
      ...programs.map(({ id }) => number_text(median_of(entry.runs.get(id), (run) => run.us))),
    ]),
  }
}

function memory_table(programs: Program[], cases: Case[]) {
  return {
    caption: 'Peak resident memory of the process, MB',
    header: ['side', 'threads', ...programs.map(({ label }) => label)],
    rows: cases.map((entry) => [
      ...case_cells(entry),
      ...programs.map(({ id }) => number_text(median_of(entry.runs.get(id), (run) => run.peak_mb))),
    ]),
  }
}

function ratio_table(cases: Case[]) {
  return {
    caption:
      "typetorch (caching allocator) as a ratio to …, beside the goal where there is one; peak memory to Python's",
    header: ['side', 'threads', ...RIVALS.map((id) => LABELS[id]), 'peak memory'],
    rows: cases.map((entry) => {
      const figure = (id: ProgramId, of: (run: Run) => number) => median_of(entry.runs.get(id), of)
      const goals = entry.threads === 2 ? GOALS[entry.side] : undefined
      const us = figure('typetorch', (run) => run.us)
      const peak = figure('typetorch', (run) => run.peak_mb) / figure('python', (run) => run.peak_mb)
      return [
        ...case_cells(entry),
        ...RIVALS.map((id, i) => ratio_text(us / figure(id, (run) => run.us), goals?.[i])),
        ratio_text(peak, 1),
      ]
    }),
  }
}
