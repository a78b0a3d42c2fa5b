import type { Program } from './programs.js'
import type { Report, Settings } from './runner.js'
import { ChildError, flags, median, number_text, ratio_text, run_child } from './runner.js'

const SAMPLES = 320
// 1.7 times as fast.
const GOAL = 1 / 1.7

interface Epochs {
  epochs: [alone: number, together: number][]
  start: number
}

/** How much faster two workers read a dataset than none. */
export async function bench_data(programs: Program[], settings: Settings): Promise<Report> {
  const program = programs.find(({ id }) => id === 'typetorch')
  if (program === undefined) throw new ChildError('data: only typetorch is measured')
  const rounds = settings.rounds ?? (settings.quick ? 1 : 5)
  const args = flags({ iterations: rounds, samples: SAMPLES })
  const { epochs, start } = await run_child<Epochs>(program, 'loader', args)
  const seconds = (place: 0 | 1) => number_text(median(epochs.map((both) => both[place])), 2)
  return {
    part: 'data',
    how:
      `${SAMPLES} samples with 5 ms of arithmetic each, in batches of 16, read by a DataLoader without workers and ` +
      `with two that persist; medians of ${rounds} rounds in turns.`,
    tables: [
      {
        caption: 'Seconds an epoch',
        header: ['no workers', '2 workers', '2 workers / none', 'two workers start and end in'],
        rows: [
          [
            seconds(0),
            seconds(1),
            ratio_text(median(epochs.map(([alone, together]) => together / alone)), GOAL),
            number_text(start, 2),
          ],
        ],
      },
    ],
    warnings: [],
    results: { epochs, start },
  }
}
