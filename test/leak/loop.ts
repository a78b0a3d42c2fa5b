import { child_value } from '../hazards/child.js'

/** What a loop did to the process that it ran in. */
export interface Measured {
  /** The median resident set of the last quarter over the first quarter's, after a warm-up. */
  growth: number
  /** The first quarter's, and the last's. */
  first_megabytes: number
  megabytes: number
  most_tensors: number
  minor_collections: number
  major_collections: number
}

const SAMPLES = 200
// A heap that settles late grows in the first rounds only; what leaks grows in each.
const ROUNDS = 4
const SETTLED = 1.03

/**
 * Runs `setup`, then `step` (statements, `i` is the turn) many times in a synchronous loop in a process of its own,
 * whose budget is small so that a short loop sees many collections. `turn` lets the event loop turn now and then; `rounds`
 * says how often the whole is tried until memory has settled; `collect` has everything collected before each figure, so that
 * what waits for a major collection, which V8 asks for when it sees fit, is not taken for a leak.
 */
export function measure(
  setup: string,
  step: string,
  times: number,
  options: {
    turn?: number
    budget?: [number, number] | null
    args?: string[]
    rounds?: number
    collect?: boolean
  } = {},
): Promise<Measured> {
  const budget =
    options.budget === null ? '' : `torch.set_memory_budget(${(options.budget ?? [4 << 20, 1000]).join()})`
  return child_value<Measured>(
    `
    import { readFileSync } from 'node:fs'
    const resident = () => Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]) * 4096
    const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
    ${budget}
    ${setup}
    const step = (i) => { ${step} }
    let measured
    for (let round = 0; round < ${options.rounds ?? ROUNDS} && !(measured?.growth <= ${SETTLED}); round++) {
      const sampled = []
      let most_tensors = 0
      let before
      for (let i = 0; i < ${times}; i++) {
        step(i)
        if (i % ${Math.max(1, Math.floor(times / SAMPLES))} === 0) {
          ${options.collect ? 'torch.memory_summary()' : ''}
          sampled.push(resident())
          if (i > ${times} / 5) most_tensors = Math.max(most_tensors, torch.memory_stats().tensors)
          if (i > ${times} / 5) before ??= torch.memory_stats()
        }
        ${options.turn === undefined ? '' : `if (i % ${options.turn} === 0) await tick()`}
      }
      const after = torch.memory_stats()
      const steady = sampled.slice(sampled.length / 5)
      const quarter = steady.length >> 2
      const [first, last] = [median(steady.slice(0, quarter)), median(steady.slice(-quarter))]
      measured = {
        growth: last / first, first_megabytes: first / 1e6, megabytes: last / 1e6, most_tensors,
        minor_collections: after.minor_collections - before.minor_collections,
        major_collections: after.major_collections - before.major_collections,
      }
    }
    console.log(JSON.stringify(measured))
  `,
    options.args,
  )
}
