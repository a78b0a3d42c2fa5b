import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { failure, refuses } from './failure.js'

const x = torch.ones(2)
const gone = (): Tensor => {
  const tensor = torch.ones(2)
  tensor.dispose()
  return tensor
}
const check = (call: () => unknown, text: string) =>
  refuses('disposed.test.ts', call, torch.RuntimeError, text)

describe('a tensor that was disposed of', () => {
  it.each<[string, () => unknown, string]>([
    [
      'the method’s own',
      () => gone().add(1),
      "add(): argument 'input' was disposed of by dispose() and cannot be used any more",
    ],
    [
      'an argument',
      () => x.add(gone()),
      "add(): argument 'other' was disposed of by dispose() and cannot be used any more",
    ],
    [
      'in a list',
      () => torch.cat([x, gone()]),
      "cat(): argument 'tensors' was disposed of by dispose() and cannot be used any more",
    ],
    [
      'in place',
      () => gone().add_(1),
      "add_(): argument 'input' was disposed of by dispose() and cannot be used any more",
    ],
    ['shape', () => gone().shape, 'the tensor was disposed of by dispose() and cannot be used any more'],
    ['item', () => gone().item(), 'the tensor was disposed of by dispose() and cannot be used any more'],
    ['grad', () => gone().grad, 'the tensor was disposed of by dispose() and cannot be used any more'],
    [
      'backward',
      () => gone().backward(),
      'the tensor was disposed of by dispose() and cannot be used any more',
    ],
    ['an index', () => gone().at(0), 'the tensor was disposed of by dispose() and cannot be used any more'],
    ['tolist', () => gone().tolist(), 'the tensor was disposed of by dispose() and cannot be used any more'],
    [
      'typed_array',
      () => gone().typed_array(),
      'the tensor was disposed of by dispose() and cannot be used any more',
    ],
    ['is', () => x.is(gone()), 'the tensor was disposed of by dispose() and cannot be used any more'],
  ])('%s', (_, call, text) => check(call, text))

  it('prints what happened to it, and may be disposed of again', () => {
    const tensor = gone()
    expect(String(tensor)).toBe('Tensor(disposed of by dispose())')
    expect(() => tensor.dispose()).not.toThrow()
  })

  it('harms neither a view nor another object over it', () => {
    const base = torch.arange(4)
    const [view, same] = [base.at('1:3'), base.to(torch.int64)]
    base.dispose()
    expect(view.tolist()).toEqual([1, 2])
    expect(same.tolist()).toEqual([0, 1, 2, 3])
  })

  it('never stands for a later tensor of the same slot', () => {
    const tensor = gone()
    const later = Array.from({ length: 50 }, () => torch.ones(2))
    expect(failure(() => tensor.add(1)).message).toContain('was disposed of')
    expect(later.length).toBe(50)
  })

  it('ends with a using block', () => {
    let kept: Tensor
    {
      using inside = torch.ones(2)
      kept = inside
    }
    check(
      () => kept.add(1),
      "add(): argument 'input' was disposed of by dispose() and cannot be used any more",
    )
  })
})

describe('a scope', () => {
  it('is named with its line by what it freed', () => {
    let inside!: Tensor
    torch.scope(() => {
      inside = torch.ones(2)
    })
    expect(failure(() => inside.add(1)).message).toMatch(
      /^add\(\): argument 'input' was freed at the end of torch\.scope at .*disposed\.test\.ts:\d+:\d+ and cannot be used any more$/,
    )
  })

  it('frees when its callback throws, and the error comes out', () => {
    const before = torch.memory_stats().tensors
    expect(() =>
      torch.scope(() => {
        torch.ones(2)
        throw new RangeError('half-way')
      }),
    ).toThrow(new RangeError('half-way'))
    expect(torch.memory_stats().tensors).toBeLessThanOrEqual(before)
  })

  it('refuses an asynchronous callback', () => {
    refuses(
      'disposed.test.ts',
      () => torch.scope(async () => torch.ones(2)),
      TypeError,
      "scope(): argument 'callback' must be a synchronous function, not one that returns a Promise",
    )
  })
})
