import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it } from 'vitest'

const REFUSED = "Module must support a 'device' arg to skip initialization"

class Scale extends nn.Module {
  declare factor: nn.Parameter
  constructor(size: number, options: { device?: string } = {}) {
    super()
    if (size < 0) throw new TypeError('the size must not be negative')
    this.factor = new nn.Parameter(torch.ones([size], options as { device: string }))
  }
}

class Fixed extends nn.Module {
  declare factor: nn.Parameter
  constructor(size: number) {
    super()
    this.factor = new nn.Parameter(torch.ones([size]))
  }
}

describe('skip_init', () => {
  it('makes a module of the shape, on the device', () => {
    const made = nn.utils.skip_init(Scale, 3)
    expect([made.factor.shape, String(made.factor.device)]).toEqual([[3], 'cpu'])
    expect(nn.utils.skip_init(nn.Linear, { in_features: 5, out_features: 1 }).weight.shape).toEqual([1, 5])
  })

  it('throws RuntimeError for a class that refuses the device', () => {
    expect(() => nn.utils.skip_init(nn.ReLU)).toThrow(REFUSED)
    expect(() => nn.utils.skip_init(nn.ReLU, { inplace: true })).toThrow(REFUSED)
  })

  it('throws RuntimeError for a class that passes the device over', () => {
    expect(() => nn.utils.skip_init(Fixed, 3)).toThrow(REFUSED)
  })

  it('passes on what the class itself throws, a TypeError, too', () => {
    expect(() => nn.utils.skip_init(Scale, -1)).toThrow(TypeError)
    expect(() => nn.utils.skip_init(Scale, -1)).toThrow('the size must not be negative')
  })
})
