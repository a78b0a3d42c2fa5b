import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const xs = () => [torch.randn(3), torch.randn(2, 2)]
const XS = '[torch.randn(3), torch.randn(2, 2)]'

// An in-place function, and the tensors after it.
const in_place = (name: string, python: string, run: (list: torch.Tensor[]) => void): Row => ({
  python: `(lambda x: (torch.${name}(x${python}), x)[1])(${XS})`,
  ours: () => {
    const list = xs()
    run(list)
    return list
  },
})

describe('functions of many tensors', () => {
  compare_rows([
    { python: `torch._foreach_add(${XS}, 2)`, ours: () => torch._foreach_add(xs(), 2) },
    {
      python: `torch._foreach_add(${XS}, ${XS}, alpha=3)`,
      ours: () => torch._foreach_add(xs(), xs(), { alpha: 3 }),
    },
    { python: `torch._foreach_mul(${XS}, [2., 3.])`, ours: () => torch._foreach_mul(xs(), [2, 3]) },
    {
      python: `torch._foreach_mul(${XS}, torch.tensor(2.))`,
      ours: () => torch._foreach_mul(xs(), torch.tensor(2)),
    },
    {
      python: `torch._foreach_sqrt(torch._foreach_abs(${XS}))`,
      ours: () => torch._foreach_sqrt(torch._foreach_abs(xs())),
    },
    { python: `torch._foreach_norm(${XS})`, ours: () => torch._foreach_norm(xs()) },
    { python: `torch._foreach_pow(2.5, ${XS})`, ours: () => torch._foreach_pow(2.5, xs()) },
    { python: `torch._foreach_lerp(${XS}, ${XS}, 0.3)`, ours: () => torch._foreach_lerp(xs(), xs(), 0.3) },
    {
      python: `torch._foreach_addcdiv(${XS}, ${XS}, ${XS}, 0.5)`,
      ours: () => torch._foreach_addcdiv(xs(), xs(), xs(), 0.5),
    },
    { python: `torch._foreach_maximum(${XS}, 0)`, ours: () => torch._foreach_maximum(xs(), 0) },
    in_place('_foreach_div_', ', 3', (x) => torch._foreach_div_(x, 3)),
    in_place('_foreach_zero_', '', (x) => torch._foreach_zero_(x)),
    in_place('_foreach_neg_', '', (x) => torch._foreach_neg_(x)),
    in_place('_foreach_addcmul_', `, ${XS}, ${XS}, 0.1`, (x) => torch._foreach_addcmul_(x, xs(), xs(), 0.1)),
    in_place('_foreach_copy_', `, ${XS}`, (x) => torch._foreach_copy_(x, xs())),
    {
      python:
        '(lambda p, g, m: (torch._fused_sgd_([p], [g], [m], weight_decay=0.1, momentum=0.9, lr=0.5, dampening=0.0, nesterov=False, maximize=False, is_first_step=True), p, m)[1:])(torch.randn(4), torch.randn(4), torch.zeros(4))',
      ours: () => {
        const [p, g, m] = [torch.randn(4), torch.randn(4), torch.zeros(4)]
        torch._fused_sgd_([p], [g], [m], {
          weight_decay: 0.1,
          momentum: 0.9,
          lr: 0.5,
          dampening: 0,
          nesterov: false,
          maximize: false,
          is_first_step: true,
        })
        return [p, m]
      },
    },
    { python: `torch._foreach_add(${XS}, [1.])`, ours: () => torch._foreach_add(xs(), [1]) },
  ])

  it('refuse what is no list', () => {
    expect(() => torch._foreach_add(torch.ones(1) as never, 1)).toThrow(
      "_foreach_add(): argument 'self' (position 1) must be tuple of Tensors, not Tensor",
    )
    expect(() => torch._assert_async(torch.tensor(false))).toThrow(torch.RuntimeError)
  })
})
