import * as torch from 'typetorch'
import { nn, optim } from 'typetorch'
import { describe, expect, it } from 'vitest'

const collections = () => torch.memory_stats().minor_collections

/** How often each of some steps of an optimizer collected, after 60 activations of so many floats. */
function collections_of_steps(floats: number): number[] {
  const model = new nn.Linear(64, 64)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  return Array.from({ length: 8 }, () => {
    let x = model(torch.ones(floats / 64, 64))
    // Backward needs all of them, so that no collection on the way can free any.
    for (let i = 0; i < 60; i++) x = x.tanh()
    x.sum().backward()
    const before = collections()
    optimizer.step()
    return collections() - before
  })
}

describe('the end of a step', () => {
  it('is where a large garbage is freed', () => {
    // 60 tensors of 2 MB.
    const counts = collections_of_steps(1 << 19)
    expect(Math.max(...counts), counts.join(' ')).toBe(1)
  })

  it('frees nothing where little waits', () => {
    const counts = collections_of_steps(1 << 8)
    // The first may find what the test before left.
    expect(counts.slice(1).filter((count) => count > 0).length, counts.join(' ')).toBeLessThanOrEqual(1)
  })
})
