import * as torch from 'typetorch'
import { afterEach, describe, expect, it } from 'vitest'
import { failure, refuses } from './failure.js'

const x = torch.ones(2, 3)
const check = (call: () => unknown, kind: new (message: string) => Error, text: string) =>
  refuses('sizes.test.ts', call, kind, text)

afterEach(() => expect(torch.ones(2, 3).add(1).sum().item()).toBe(12))

describe('sizes that are no sizes', () => {
  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'NaN',
      () => torch.zeros(Number.NaN),
      TypeError,
      "zeros(): argument 'size' (position 1) must be tuple of ints, not number NaN",
    ],
    [
      'infinite',
      () => torch.zeros(Number.POSITIVE_INFINITY),
      TypeError,
      "zeros(): argument 'size' (position 1) must be tuple of ints, not number Infinity",
    ],
    [
      'a fraction',
      () => torch.zeros([2, 2.5]),
      TypeError,
      "zeros(): argument 'size' (position 1) must be tuple of ints, but found element of type number (2.5) at pos 1",
    ],
    [
      'negative zeros',
      () => torch.zeros(-1),
      torch.RuntimeError,
      'zeros: Dimension size must be non-negative.',
    ],
    [
      'negative empty',
      () => torch.empty(-1),
      torch.RuntimeError,
      'Trying to create tensor with negative dimension -1: [-1]',
    ],
    [
      'negative ones',
      () => torch.ones(2, -3),
      torch.RuntimeError,
      'Trying to create tensor with negative dimension -3: [2, -3]',
    ],
    ['negative eye', () => torch.eye(-1), torch.RuntimeError, 'n must be greater or equal to 0, got -1'],
    [
      'negative steps',
      () => torch.linspace(0, 1, -3),
      torch.RuntimeError,
      'number of steps must be non-negative',
    ],
    ['a range to NaN', () => torch.arange(0, Number.NaN), torch.RuntimeError, 'unsupported range: 0 -> nan'],
    [
      'more than 64 bits',
      () => torch.empty(1n << 70n),
      TypeError,
      'empty(): Overflow when unpacking long long',
    ],
    [
      '2^60 twice',
      () => torch.zeros(2 ** 60, 2 ** 60),
      torch.RuntimeError,
      `Storage size calculation overflowed with sizes=[${2n ** 60n}, ${2n ** 60n}]`,
    ],
    [
      'a range of 2^60',
      () => torch.arange(0, 2 ** 60),
      torch.RuntimeError,
      `Storage size calculation overflowed with sizes=[${2n ** 60n}]`,
    ],
  ])('%s', (_, call, kind, text) => check(call, kind, text))
})

describe('out of memory is an Error', () => {
  it.each<[string, () => unknown, bigint]>([
    ['2^60 numbers', () => torch.zeros(2 ** 60), 2n ** 62n],
    ['as a bigint', () => torch.empty([1n << 60n]), 2n ** 62n],
    ['a sampler', () => torch.randn(2 ** 60), 2n ** 62n],
    ['a clone of an expanded tensor', () => x.expand(2 ** 42, 2, 3).clone(), 24n * 2n ** 42n],
  ])('%s', (_, call, bytes) =>
    check(call, torch.OutOfMemoryError, `can't allocate memory: you tried to allocate ${bytes} bytes.`),
  )

  it('what the system refuses says so, and is a RuntimeError', () => {
    const error = failure(() => torch.empty(2 ** 44))
    expect(error).toBeInstanceOf(torch.OutOfMemoryError)
    expect(error).toBeInstanceOf(torch.RuntimeError)
    expect(error.message).toBe(
      `can't allocate memory: you tried to allocate ${2n ** 46n} bytes. Error code 12 (Cannot allocate memory)`,
    )
  })

  it('collects before it gives up', () => {
    const before = torch.memory_stats().major_collections
    failure(() => torch.empty(2 ** 60))
    expect(torch.memory_stats().major_collections).toBe(before + 1)
  })
})
