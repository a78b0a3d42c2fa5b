import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { live_torch } from '../helpers/python.js'
import { CASES } from './cases.js'
import { class_at, subject_of } from './subjects.js'

const path = temporary_folder()
const program = fileURLToPath(new URL('program.ts', import.meta.url))
const script = fileURLToPath(new URL('table.py', import.meta.url))
const [FIRST, SECOND, END] = [7, 14, 21]

const threads_before = torch.get_num_threads()
beforeAll(() => torch.set_num_threads(1))
afterAll(() => torch.set_num_threads(threads_before))

type Seen = Record<string, unknown[]>

/** Each case from the beginning to the end, with its state saved on the way. */
async function undisturbed(file: string): Promise<Seen> {
  const [seen, states]: [Seen, Record<string, unknown>] = [{}, {}]
  for (const given of CASES) {
    const subject = subject_of(given)
    const steps: unknown[] = []
    for (let i = 0; i < END; i++) {
      if (i === FIRST) {
        // A file, as the subject goes on with the same tensors; deepcopy would lose the view that a file keeps.
        torch.save(subject.state(), path('one.pt'))
        states[given.name] = torch.load(path('one.pt'))
      }
      steps.push(await subject.step(i))
    }
    seen[given.name] = steps
  }
  torch.save(states, file)
  return JSON.parse(JSON.stringify(seen)) as Seen
}

function in_fresh_process(jobs: { from: string; first: number; end: number }[]): Seen[] {
  const args = ['--import', 'tsx', program, JSON.stringify(jobs)]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Seen[]
}

interface Answer {
  whole: Seen
  seen: Seen
  shapes: Record<string, [ours: unknown, theirs: unknown]>
}

function in_python(): Answer {
  const { python, env } = live_torch()!
  const job = {
    cases: CASES,
    first: FIRST,
    second: SECOND,
    end: END,
    scratch: path('scratch.pt'),
    from: path('ours.pt'),
    middle: path('python.pt'),
    later: path('later.pt'),
  }
  const input = JSON.stringify(job)
  const { status, stdout, stderr } = spawnSync(python, [script], {
    env,
    encoding: 'utf8',
    input,
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Answer
}

/** The classes that have a state, by the names that they are exported by. */
function stateful_classes(): Map<string, object> {
  const found = new Map<string, object>()
  const seen = new Set<unknown>()
  const walk = (value: unknown, name: string) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      return
    seen.add(value)
    const prototype = typeof value === 'function' ? (value.prototype as unknown) : undefined
    if (typeof prototype === 'object' && prototype !== null) {
      const has = (...names: string[]) => names.some((one) => one in prototype)
      if (has('state_dict', 'load_state_dict', 'get_state', 'set_state', '__setstate__'))
        found.set(name, value)
      return
    }
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(value)))
      if ('value' in property || typeof value === 'object') {
        const item: unknown = 'value' in property ? property.value : (value as Record<string, unknown>)[key]
        walk(item, name === '' ? key : `${name}.${key}`)
      }
  }
  walk(torch, '')
  return found
}

describe('everything that has a state', () => {
  const classes = stateful_classes()
  const others = [...classes].filter(
    ([, one]) => !((one as { prototype: object }).prototype instanceof torch.nn.Module),
  )

  it('is in the table', () => {
    const tested = new Set(CASES.map(({ of }) => class_at(of)))
    const missing = others.filter(
      ([name, one]) => one !== torch.nn.Module && !tested.has(one as never) && name !== '',
    )
    expect(missing.map(([name]) => name)).toEqual([])
    expect(others.length).toBeGreaterThan(35)
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
  })

  it("has Module's own methods where it is a module, or is in the table", () => {
    const tested = new Set<unknown>(CASES.map(({ of }) => class_at(of)))
    const own = [...classes].filter(([, one]) => {
      const { prototype } = one as { prototype: nn_like }
      return (
        prototype instanceof torch.nn.Module && prototype.state_dict !== torch.nn.Module.prototype.state_dict
      )
    })
    expect(own.filter(([, one]) => !tested.has(one)).map(([name]) => name)).toEqual([])
  })
})

type nn_like = { state_dict: unknown }

describe('a state goes on as if nothing had happened', () => {
  let whole: Seen
  beforeAll(async () => {
    whole = await undisturbed(path('ours.pt'))
  }, 120_000)

  const from = (name: string, first: number) => whole[name]!.slice(first)

  it('is not constant', () => {
    const still = CASES.filter(
      ({ name }) => new Set(whole[name]!.map((step) => JSON.stringify(step))).size < 4,
    )
    // Their optimizer's rate changes seldom.
    const seldom = ['ConstantLR', 'MultiStepLR', 'ReduceLROnPlateau']
    expect(still.filter(({ of }) => !seldom.some((one) => of.endsWith(one))).map(({ name }) => name)).toEqual(
      [],
    )
  })

  it('through a file in a fresh process', () => {
    const [seen] = in_fresh_process([{ from: path('ours.pt'), first: FIRST, end: END }])
    for (const { name } of CASES) expect.soft(seen![name], name).toEqual(from(name, FIRST))
  }, 120_000)

  it.skipIf(live_torch() === null)(
    'from here to Python and back, and from Python to here',
    () => {
      const answer = in_python()
      const [later, through, python] = in_fresh_process([
        { from: path('later.pt'), first: SECOND, end: END },
        { from: path('later.pt'), first: FIRST, end: SECOND },
        { from: path('python.pt'), first: FIRST, end: END },
      ])
      for (const { name, kind } of CASES) {
        if (kind === 'ours') {
          // What Python has no class for goes through it unchanged.
          expect.soft(through![name], `${name}, through Python`).toEqual(whole[name]!.slice(FIRST, SECOND))
          continue
        }
        expect.soft(answer.whole[name], `${name}, all of it in Python`).toEqual(whole[name])
        expect
          .soft(answer.seen[name], `${name}, from here in Python`)
          .toEqual(whole[name]!.slice(FIRST, SECOND))
        expect.soft(later![name], `${name}, from here through Python`).toEqual(from(name, SECOND))
        expect.soft(python![name], `${name}, from Python here`).toEqual(from(name, FIRST))
      }
      for (const [name, [ours, theirs]] of Object.entries(answer.shapes))
        expect.soft(ours, name).toEqual(theirs)
    },
    240_000,
  )
})
