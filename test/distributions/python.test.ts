import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'
import { describe, expect, it, onTestFinished } from 'vitest'
import { live_torch } from '../helpers/python.js'
import { bounded, constraints, divergences, errors, transforms } from './cases.js'
import { families } from './families.js'
import { answer, type Case } from './reference.js'

const live = live_torch()

function python_answers(cases: readonly Case[]): (Record<string, unknown> | null)[] {
  const script = fileURLToPath(new URL('reference.py', import.meta.url))
  const { status, stdout, stderr } = spawnSync(live!.python, [script], {
    env: live!.env,
    encoding: 'utf8',
    input: JSON.stringify(cases),
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`Python failed: ${stderr}`)
  return JSON.parse(stdout) as (Record<string, unknown> | null)[]
}

/** Python says nothing where a base class's method is missing; we say which one it is. */
function comparable(ours: unknown, theirs: unknown): [unknown, unknown] {
  const error = theirs as { error?: string; message?: string } | null
  if (error?.error !== 'NotImplementedError' || error.message !== '') return [ours, theirs]
  return [(ours as { error?: string } | null)?.error, error.error]
}

function compare(cases: readonly Case[]): void {
  const threads = torch.get_num_threads()
  torch.set_num_threads(1)
  onTestFinished(() => torch.set_num_threads(threads))
  const expected = python_answers(cases)
  const wrong: unknown[] = []
  cases.forEach((given, i) => {
    const ours = answer(given)
    for (const key of new Set([...Object.keys(ours ?? {}), ...Object.keys(expected[i] ?? {})])) {
      const [a, b] = comparable(ours?.[key], expected[i]?.[key])
      if (JSON.stringify(a) !== JSON.stringify(b))
        wrong.push({ given: JSON.stringify(given), key, ours: a, python: b })
    }
  })
  expect(wrong.map((item) => JSON.stringify(item))).toEqual([])
}

describe.skipIf(!live)('distributions, bit for bit as in a live Python', () => {
  it('every family: samples, densities, moments, gradients, expansion', () => {
    compare(families.map((d, i) => ({ d, seed: i })))
  }, 120_000)

  it('every divergence between two classes', () => compare(divergences), 120_000)
  it('every transform', () => compare(transforms), 60_000)
  it('every constraint', () => compare([...constraints, ...bounded]), 60_000)
  it('what is refused, in the same words', () => compare(errors), 60_000)
})
