import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { make_random } from '../helpers/random.js'
import { compare_bytes } from './compare.js'
import { open_folder, parse_line, read_kind } from './folder.js'
import { failures_of, run_kind, run_one, summary_of, type Tally } from './report.js'
import { revive } from './values.js'

const folder = open_folder(fileURLToPath(new URL('conformance', import.meta.url)))

// The least share that passes, by kind: what was measured, and never less. `npm run conformance` runs all.
const floors: Record<string, number> = {
  cases: 1,
  modules: 0.15,
  optimizers: 0.38,
  errors: 1,
  printing: 1,
  initializers: 1,
  schedules: 0,
  distributions: 0,
  checkpoints: 0.75,
}

const SHARE = 0.35
const SEED = 20260729

describe('recorded answers', () => {
  const threads = torch.get_num_threads()
  // The answers were recorded with one thread.
  beforeAll(() => torch.set_num_threads(1))
  afterAll(() => torch.set_num_threads(threads))

  it('are all of a kind that can be run', () => {
    expect(folder.kinds.filter((kind) => !(kind in floors))).toEqual([])
  })

  it.each(folder.kinds)('%s', async (kind) => {
    const random = make_random(SEED)
    // Cases are sampled; the small kinds run whole.
    const sampled = kind === 'cases' || kind === 'modules'
    const tally: Tally = await run_kind(folder, kind, () => !sampled || random() < SHARE)
    for (const line of failures_of(tally)) console.log(line)
    console.log(summary_of(tally))
    expect(tally.passed + tally.failed).toBeGreaterThan(0)
    expect(tally.passed / (tally.passed + tally.failed)).toBeGreaterThanOrEqual(floors[kind]!)
  })
})

describe('the runner', () => {
  const { cases, bytes } = read_kind(folder, 'cases')
  const recorded = cases.find((c) => c['op'] === 'acos')!

  it('sees one wrong bit', async () => {
    expect(await run_one('cases', recorded, bytes, folder.path)).toBeNull()
    const spoilt = Uint8Array.from(bytes)
    spoilt[(recorded['outputs'] as unknown as { at: number }[])[0]!.at]! ^= 1
    expect(await run_one('cases', recorded, spoilt, folder.path)).toMatch(/^output 0: number 0 is /)
  })

  it('sees a wrong gradient, dtype and shape', async () => {
    const spoilt = Uint8Array.from(bytes)
    spoilt[(recorded['grads'] as unknown as { at: number }[])[0]!.at]! ^= 1
    expect(await run_one('cases', recorded, spoilt, folder.path)).toMatch(/^gradient 0: number 0 is /)
    const [output] = recorded['outputs'] as unknown as [object]
    const changed = (change: object) =>
      ({ ...recorded, outputs: [{ ...output, ...change }] }) as typeof recorded
    expect(await run_one('cases', changed({ dtype: 'float64' }), bytes, folder.path)).toContain(
      'dtype float32, expected float64',
    )
    expect(await run_one('cases', changed({ shape: [4, 5] }), bytes, folder.path)).toContain(
      'shape [20], expected [4, 5]',
    )
  })

  it('counts what it cannot run as failed', async () => {
    expect(await run_one('cases', { ...recorded, op: 'no_such_operator' }, bytes, folder.path)).toBe(
      'there is no no_such_operator',
    )
    expect(await run_one('riddles', recorded, bytes, folder.path)).toBe('no runner for the kind riddles')
  })

  it('takes one NaN for another, and 0 not for -0', () => {
    const of = (...words: number[]) => new Uint8Array(new Uint32Array(words).buffer)
    expect(compare_bytes(of(0x7fc00000), of(0xffc00001), 'float32', true)).toBeNull()
    expect(compare_bytes(of(0), of(0x80000000), 'float32', true)).toBe('number 0 is 0, expected -0')
    expect(compare_bytes(of(0x3f800000), of(0x3f800001), 'float32', true)).not.toBeNull()
    expect(compare_bytes(of(0x3f800000), of(0x3f800001), 'float32', false)).toBeNull()
    expect(compare_bytes(of(0x3f800000), of(0x3f900000), 'float32', false)).not.toBeNull()
  })

  it('keeps whole numbers that a double cannot hold', () => {
    const line = parse_line('{"a": [9223372036854775807, 3, 0.12345678901234566, "9223372036854775807"]}')
    expect(line['a']).toEqual([
      { bigint: '9223372036854775807' },
      3,
      0.12345678901234566,
      '9223372036854775807',
    ])
    expect(revive({ bigint: '9223372036854775807' }, bytes)).toBe(9223372036854775807n)
  })
})
