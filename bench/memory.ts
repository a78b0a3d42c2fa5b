import type { Program } from './programs.js'
import { LABELS } from './programs.js'
import type { Report, Settings } from './runner.js'
import { flags, median, number_text, progress, ratio_text, run_child } from './runner.js'

interface Run {
  us: number
  loss: number
  peak_mb: number
  rss_mb: number[]
}

const GOAL = 1.02
const SAMPLES = 400
const LONG: Record<number, number> = { 8: 100_000, 256: 2_000 }

export async function bench_memory(programs: Program[], settings: Settings): Promise<Report> {
  const shorten = settings.long ? 1 : settings.quick ? 100 : 10
  const threads = Math.max(...settings.threads)
  const members = programs.filter(({ id }) => id === 'python' || id === 'typetorch')
  const results: { side: number; iterations: number; program: string; run: Run }[] = []
  const rows: string[][] = []
  for (const side of settings.sides.filter((candidate) => candidate in LONG)) {
    const iterations = LONG[side]! / shorten
    const args = flags({ side, threads, iterations, warmup: Math.ceil(iterations / 20), samples: SAMPLES })
    let python_peak = Number.NaN
    for (const program of members) {
      progress(`memory, side ${side}, ${number_text(iterations)} iterations: ${program.label}`)
      const run = await run_child<Run>(program, 'tutorial', args)
      results.push({ side, iterations, program: program.id, run })
      if (program.id === 'python') python_peak = run.peak_mb
      const quarter = Math.max(1, Math.floor(run.rss_mb.length / 4))
      const first = median(run.rss_mb.slice(0, quarter))
      const last = median(run.rss_mb.slice(-quarter))
      const ours = program.id === 'typetorch'
      rows.push([
        String(side),
        number_text(iterations),
        LABELS[program.id],
        number_text(first, 1),
        number_text(last, 1),
        ratio_text(last / first, ours ? GOAL : undefined),
        number_text(run.peak_mb),
        ratio_text(run.peak_mb / python_peak, ours ? 1 : undefined),
      ])
    }
  }
  progress('')
  return {
    part: 'memory',
    how:
      'The training loop as one synchronous loop, with no `dispose` and no scope, after a warm-up of 5 %: the median ' +
      `resident memory of the first and of the last quarter; threads: ${threads}. Python with the C library's malloc as it comes, ` +
      'typetorch with its caching allocator.',
    tables: [
      {
        caption: 'Resident memory, MB',
        header: [
          'side',
          'iterations',
          '',
          'first quarter',
          'last quarter',
          'last / first',
          'peak',
          "peak / Python's",
        ],
        rows,
      },
    ],
    warnings: [],
    results,
  }
}
