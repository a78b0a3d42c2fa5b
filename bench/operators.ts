import type { Program, ProgramId } from './programs.js'
import type { Report, Settings, Table } from './runner.js'
import { flags, interleave, median, number_text, ratio_text, run_child } from './runner.js'

// µs by operator; in C++ a pair, unboxed and boxed.
interface Run {
  us: Record<string, number | [number, number]>
}

const GOALS = { tracked_add: 0.9, each: 1.0, median: 0.85, share: 0.8 }
const PROGRAMS: readonly ProgramId[] = ['python', 'cpp', 'cpp_allocator', 'typetorch']
// What Python adds to C++ must be worth dividing by.
const LEAST_SHARE_US = 0.05

interface Figures {
  name: string
  python: number
  cpp: number
  cpp_boxed: number
  allocator_boxed: number
  typetorch: number
}

export async function bench_operators(programs: Program[], settings: Settings): Promise<Report> {
  const rounds = settings.rounds ?? (settings.quick ? 1 : 3)
  const iterations = settings.quick ? 30_000 : 300_000
  const members = programs.filter(({ id }) => PROGRAMS.includes(id))
  const args = flags({ iterations, warmup: iterations / 10, threads: 1 })
  const runs = await interleave(members, rounds, 'operators', (program) =>
    run_child<Run>(program, 'operators', args),
  )
  const names = [...new Set([...runs.values()].flatMap((measured) => Object.keys(measured[0]?.us ?? {})))]
  const rows = names.map((name) => figures_of(name, runs))
  const differing = [...runs].filter(
    ([, measured]) => Object.keys(measured[0]?.us ?? {}).length !== names.length,
  )
  return {
    part: 'operators',
    how:
      `One operator at one element, ${number_text(iterations)} calls after a warm-up of 10 %, 1 thread; medians of ` +
      `${rounds} interleaved rounds. Python and C++: the fastest of three repetitions; typetorch: the whole loop, ` +
      `collections and sweeps included. Python and C++ use the C library's malloc, typetorch and the last column ` +
      'of C++ the caching allocator.',
    tables: [time_table(rows), ...(runs.has('typetorch') ? [summary_table(rows)] : [])],
    warnings: differing.map(([id]) => `${id} measures other operators than the rest`),
    results: { rounds, iterations, runs: Object.fromEntries(runs) },
  }
}

function figures_of(name: string, runs: Map<ProgramId, Run[]>): Figures {
  const figure = (id: ProgramId, boxed = false) =>
    median(
      (runs.get(id) ?? []).map(({ us }) => {
        const value = us[name]
        return Array.isArray(value) ? value[boxed ? 1 : 0] : (value ?? Number.NaN)
      }),
    )
  return {
    name,
    python: figure('python'),
    cpp: figure('cpp'),
    cpp_boxed: figure('cpp', true),
    allocator_boxed: figure('cpp_allocator', true),
    typetorch: figure('typetorch'),
  }
}

const ratio = (row: Figures) => row.typetorch / row.python

/** What is ours over what is Python's, both beyond the boxed call with the caching allocator. */
function share(row: Figures): number {
  const python = row.python - row.allocator_boxed
  return python < LEAST_SHARE_US ? Number.NaN : (row.typetorch - row.allocator_boxed) / python
}

function time_table(rows: Figures[]): Table {
  return {
    caption: 'µs a call',
    header: [
      'operator',
      'Python',
      'C++',
      'C++ boxed',
      'C++ boxed, caching allocator',
      'typetorch',
      'typetorch / Python',
      'beyond C++',
    ],
    rows: rows.map((row) => [
      `\`${row.name}\``,
      ...[row.python, row.cpp, row.cpp_boxed, row.allocator_boxed, row.typetorch].map((us) =>
        number_text(us, 2),
      ),
      ratio_text(ratio(row), row.name === 'add (tracked)' ? GOALS.tracked_add : GOALS.each),
      ratio_text(share(row)),
    ]),
  }
}

function summary_table(rows: Figures[]): Table {
  const ratios = rows.map(ratio).filter(Number.isFinite)
  const shares = rows.map(share).filter(Number.isFinite)
  const tracked = rows.find(({ name }) => name === 'add (tracked)')
  return {
    caption:
      'Beside the goals. "Beyond C++" is (typetorch − C++ boxed) / (Python − C++ boxed), C++ with the caching ' +
      `allocator, where Python adds at least ${LEAST_SHARE_US} µs`,
    header: ['', 'typetorch / Python', 'beyond C++'],
    rows: [
      [
        'tracked add',
        ratio_text(tracked ? ratio(tracked) : Number.NaN, GOALS.tracked_add),
        ratio_text(tracked ? share(tracked) : Number.NaN, GOALS.share),
      ],
      ['median', ratio_text(median(ratios), GOALS.median), ratio_text(median(shares), GOALS.share)],
      ['largest', ratio_text(Math.max(...ratios), GOALS.each), ratio_text(Math.max(...shares))],
    ],
  }
}
