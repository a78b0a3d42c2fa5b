import type { Program } from './programs.js'
import type { Report, Settings } from './runner.js'
import { interleave, median_of, number_text, ratio_text, run_child } from './runner.js'

interface Run {
  ms: number
  peak_mb: number
}

const GOAL = 0.3

export async function bench_import(programs: Program[], settings: Settings): Promise<Report> {
  const rounds = settings.rounds ?? (settings.quick ? 3 : 7)
  const members = programs.filter(({ id }) => id === 'python' || id === 'typetorch')
  const runs = await interleave(members, rounds, 'import', async (program) => ({
    bare: await run_child<Run>(program, 'import', ['bare']),
    full: await run_child<Run>(program, 'import', []),
  }))
  const names: Record<string, [string, string]> = {
    python: ['`python -c pass`', '`import torch`'],
    typetorch: ['`node -e 0`', "`import 'typetorch'`"],
  }
  const rows = members.flatMap(({ id }) => {
    const measured = runs.get(id)
    return (['bare', 'full'] as const).map((kind, i) => [
      names[id]![i]!,
      number_text(median_of(measured, (run) => run[kind].wall_ms)),
      kind === 'bare' ? '–' : number_text(median_of(measured, (run) => run.full.ms)),
      number_text(median_of(measured, (run) => run[kind].peak_mb)),
    ])
  })
  if (runs.has('python') && runs.has('typetorch')) {
    const compare = (figure: (run: Run & { wall_ms: number }) => number) =>
      median_of(runs.get('typetorch'), (run) => figure(run.full)) /
      median_of(runs.get('python'), (run) => figure(run.full))
    rows.push([
      'typetorch / Python',
      ratio_text(
        compare((run) => run.wall_ms),
        GOAL,
      ),
      ratio_text(compare((run) => run.ms)),
      ratio_text(compare((run) => run.peak_mb)),
    ])
  }
  return {
    part: 'import',
    how: `Loading: whole processes from start to end, and the statement alone; medians of ${rounds} interleaved rounds.`,
    tables: [{ caption: 'Loading', header: ['', 'process, ms', 'statement, ms', 'peak memory, MB'], rows }],
    warnings: [],
    results: { rounds, runs: Object.fromEntries(runs) },
  }
}
