import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const names = ['radd', 'rsub', 'rmul', 'rdiv', 'rtruediv', 'rfloordiv', 'rmod', 'rpow'] as const
const bits = ['rand', 'ror', 'rxor', 'rlshift', 'rrshift'] as const

describe('reflected operators', () => {
  compare_rows([
    ...names.flatMap((name): Row[] => [
      { python: `torch.tensor([3., 5.]).__${name}__(2)`, ours: () => torch.tensor([3, 5])[`__${name}__`](2) },
      {
        python: `torch.tensor([3, 5]).__${name}__(torch.tensor([[7], [9]]))`,
        ours: () => torch.tensor([3n, 5n])[`__${name}__`](torch.tensor([[7n], [9n]])),
      },
    ]),
    ...bits.map(
      (name): Row => ({
        python: `torch.tensor([3, 5]).__${name}__(6)`,
        ours: () => torch.tensor([3n, 5n])[`__${name}__`](6),
      }),
    ),
    {
      python: 'torch.arange(3.).__rmatmul__(torch.ones(2, 3))',
      ours: () => torch.arange(torch.float_scalar(3)).__rmatmul__(torch.ones(2, 3)),
    },
    {
      python: 'torch.Tensor.__rdiv__(2, torch.ones(1))',
      ours: () => torch.Tensor.prototype.__rdiv__.call(2 as never, torch.ones(1)),
    },
    {
      python: 'torch.Tensor.__rmod__(2, torch.ones(1))',
      ours: () => torch.Tensor.prototype.__rmod__.call(2 as never, torch.ones(1)),
    },
  ])

  it('refuse what is no tensor', () => {
    expect(() => torch.Tensor.prototype.__rand__.call('x' as never, 2)).toThrow(
      "__rand__(): argument 'self' must be Tensor, not string",
    )
  })
})
