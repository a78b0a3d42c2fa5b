import type { Program, ProgramId } from './programs.js'
import { LABELS } from './programs.js'
import type { Report, Run, Settings, Table } from './runner.js'
import {
  different_losses,
  flags,
  interleave,
  median_of,
  number_text,
  ratio_text,
  run_child,
} from './runner.js'

interface Overhead {
  operators: number
  javascript_us: number
  crossing_us: number
  share: number
}

/** One row: a program at sizes; how many steps take some two seconds; what its ratio to Python is held to. */
interface Case {
  label: string
  workload: string
  sizes: Record<string, number>
  steps: number
  goal: number
}

interface Measured extends Case {
  runs: Map<ProgramId, Run[]>
  overhead: Overhead[]
}

const BIG = 0.9
// Where calls cost more than arithmetic.
const SMALL = 0.8
const CASES: Case[] = [
  { label: 'MLP', workload: 'mlp', sizes: { batch: 256, width: 1024 }, steps: 150, goal: BIG },
  { label: 'ResNet-18', workload: 'resnet18', sizes: { batch: 32 }, steps: 16, goal: BIG },
  { label: 'LSTM', workload: 'lstm', sizes: { batch: 32, width: 256 }, steps: 40, goal: BIG },
  { label: 'GPT', workload: 'gpt', sizes: { batch: 8, length: 128, width: 256 }, steps: 12, goal: BIG },
  { label: 'U-Net', workload: 'unet', sizes: { batch: 8, side: 32 }, steps: 20, goal: BIG },
  { label: 'WGAN', workload: 'wgan', sizes: { batch: 256, width: 512 }, steps: 60, goal: BIG },
  { label: 'LSTM cells', workload: 'lstm_cells', sizes: { width: 64 }, steps: 150, goal: SMALL },
  { label: 'small GPT', workload: 'gpt', sizes: { batch: 8, width: 64 }, steps: 150, goal: SMALL },
  { label: 'small MLP', workload: 'mlp', sizes: { batch: 64, width: 256 }, steps: 1200, goal: BIG },
  { label: 'small WGAN', workload: 'wgan', sizes: { batch: 64, width: 128 }, steps: 350, goal: BIG },
]
const PROGRAMS: readonly ProgramId[] = ['python', 'python_tuned', 'typetorch']

export async function bench_workloads(programs: Program[], settings: Settings): Promise<Report> {
  const rounds = settings.rounds ?? (settings.quick ? 1 : 3)
  const threads = Math.max(...settings.threads)
  const members = programs.filter(({ id }) => PROGRAMS.includes(id))
  const ours = members.filter(({ id }) => id === 'typetorch')
  const measured: Measured[] = []
  for (const entry of CASES) {
    const iterations = settings.quick ? Math.ceil(entry.steps / 10) : entry.steps
    const args = (count: number) => [
      ...['--workload', entry.workload, '--sizes', JSON.stringify(entry.sizes)],
      ...flags({ threads: count, iterations, warmup: Math.ceil(iterations / 10) + 2 }),
    ]
    const runs = await interleave(members, rounds, entry.label, (program) =>
      run_child<Run>(program, 'train', args(threads)),
    )
    // With one thread no time goes by in which one waits for the other.
    const overhead = await interleave(ours, rounds, `${entry.label}, overhead`, (program) =>
      run_child<Overhead>(program, 'overhead', args(1)),
    )
    measured.push({ ...entry, runs, overhead: overhead.get('typetorch') ?? [] })
  }
  return {
    part: 'workloads',
    how:
      `Models in training, ${threads} threads, whole steps (data drawn, gradients zeroed, forward, backward, clipping, ` +
      `the optimizer's step, one \`item()\`) after a warm-up; medians of ${rounds} interleaved rounds.`,
    tables: [
      time_table(measured),
      memory_table(measured),
      ...(ours.length > 0 ? [overhead_table(measured)] : []),
    ],
    warnings: measured.flatMap(({ label, runs }) => different_losses(label, runs)),
    results: measured.map(({ runs, ...rest }) => ({ ...rest, runs: Object.fromEntries(runs) })),
  }
}

function sizes_text(sizes: Record<string, number>): string {
  return Object.entries(sizes)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function figure({ runs }: Measured, id: ProgramId, of: (run: Run) => number): number {
  return median_of(runs.get(id), of)
}

function time_table(measured: Measured[]): Table {
  const us = (run: Run) => run.us
  return {
    caption: 'ms a step',
    header: ['', 'sizes', ...PROGRAMS.map((id) => LABELS[id]), 'typetorch / Python', 'malloc tuned'],
    rows: measured.map((row) => [
      row.label,
      sizes_text(row.sizes),
      ...PROGRAMS.map((id) => number_text(figure(row, id, us) / 1000, 2)),
      ratio_text(figure(row, 'typetorch', us) / figure(row, 'python', us), row.goal),
      ratio_text(figure(row, 'typetorch', us) / figure(row, 'python_tuned', us)),
    ]),
  }
}

function memory_table(measured: Measured[]): Table {
  const peak = (run: Run) => run.peak_mb
  return {
    caption: 'Peak resident memory of the process, MB',
    header: ['', ...PROGRAMS.map((id) => LABELS[id]), 'typetorch / Python'],
    rows: measured.map((row) => [
      row.label,
      ...PROGRAMS.map((id) => number_text(figure(row, id, peak))),
      ratio_text(figure(row, 'typetorch', peak) / figure(row, 'python', peak), 1),
    ]),
  }
}

function overhead_table(measured: Measured[]): Table {
  const middle = (row: Measured, of: (run: Overhead) => number) => median_of(row.overhead, of)
  return {
    caption:
      'JavaScript and crossings in a step, 1 thread. Each call that leads into LibTorch is timed; what is left of the ' +
      "step's time, less what the timing itself costs, is JavaScript's: finding the overload, making tensors, keeping " +
      'count of them, collections and sweeps, the graphs freed there included. A crossing is held to cost what a call ' +
      'of `is_same_size` does from end to end',
    header: ['', 'operators a step', 'JavaScript, µs an operator', 'crossing, µs an operator', 'of the step'],
    rows: measured.map((row) => [
      row.label,
      number_text(middle(row, (run) => run.operators)),
      number_text(
        middle(row, (run) => run.javascript_us),
        2,
      ),
      number_text(
        middle(row, (run) => run.crossing_us),
        2,
      ),
      `${number_text(
        middle(row, (run) => run.share * 100),
        1,
      )} %`,
    ]),
  }
}
