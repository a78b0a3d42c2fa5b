import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'

const F = nn.functional

describe('activations', () => {
  it('relu computes, in place where asked, by position or keyword', () => {
    const x = torch.tensor([-1, 2])
    expect(F.relu(x).tolist()).toEqual([0, 2])
    expect(x.tolist()).toEqual([-1, 2])
    expect(F.relu(x, { inplace: true })).toBe(x)
    expect(x.tolist()).toEqual([0, 2])
    expectTypeOf(F.relu).returns.toEqualTypeOf<Tensor>()
  })

  it('take their options by position or keyword', () => {
    const x = () => torch.tensor([-1, 2])
    expect(F.leaky_relu(x(), 0.5).tolist()).toEqual([-0.5, 2])
    expect(F.leaky_relu(x(), { negative_slope: 0.5 }).tolist()).toEqual([-0.5, 2])
    expect(F.hardtanh(x(), { max_val: 1.5 }).tolist()).toEqual([-1, 1.5])
    expect(F.hardtanh(x(), 0, 1).tolist()).toEqual([0, 1])
    expect(F.threshold(x(), 0, 7).tolist()).toEqual([7, 2])
    const y = x()
    expect(F.elu(y, { inplace: true })).toBe(y)
    expect(F.rrelu(x(), 0.5, 0.5).tolist()).toEqual([-0.5, 2])
    expect(() => F.hardtanh(x(), 2, 1)).toThrow('min_val cannot be greater than max_val')
    expect(() => F.glu(torch.tensor(1))).toThrow(
      'glu does not support scalars because halving size must be even',
    )
  })

  it('softmax takes a dimension and a dtype, and warns where none is given', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect(F.softmax(torch.zeros(2, 2), 1).tolist()).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ])
    expect(F.softmax(torch.zeros(2), { dim: 0, dtype: torch.float64 }).dtype).toBe(torch.float64)
    expect(warn).not.toHaveBeenCalled()
    expect(F.softmin(torch.zeros(2, 1)).tolist()).toEqual([[1], [1]])
    expect(warn.mock.calls[0]?.[0]).toMatch(/Implicit dimension choice for softmin/)
    warn.mockRestore()
  })
})

describe('operators under their own names', () => {
  it('linear, conv2d, pad', () => {
    expect(F.linear(torch.ones(2), torch.ones(3, 2)).tolist()).toEqual([2, 2, 2])
    expect(F.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3)).item()).toBe(9)
    expect(F.pad(torch.ones(1), [1, 2], { value: 5 }).tolist()).toEqual([5, 1, 5, 5])
    expect(F.logsigmoid(torch.zeros(1)).item()).toBeCloseTo(-Math.LN2)
  })
})
