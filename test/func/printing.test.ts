import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { grad, jvp, vmap } = torch.func

// What a function says of its argument inside a transform; Python's `seen` keeps it the same way.
const PRELUDE = `
from torch.func import vmap, grad, jvp
X = torch.arange(6.).reshape(2, 3)
def seen(transform, say):
    said = []
    def f(v):
        said.append(say(v))
        return v.sum()
    transform(f)
    return said[0]
kept = []
`
const X = torch.arange(6).float().reshape(2, 3)

type Say = (v: Tensor) => unknown
type Transform = (f: (v: Tensor) => Tensor) => unknown

function seen(transform: Transform, say: Say): unknown {
  const said: unknown[] = []
  transform((v) => {
    said.push(say(v))
    return v.sum()
  })
  return said[0]
}

const transforms: [python: string, ours: Transform][] = [
  ['lambda f: vmap(f)(X)', (f) => vmap(f)(X)],
  ['lambda f: vmap(f, in_dims=1)(X)', (f) => vmap(f, { in_dims: 1 })(X)],
  ['lambda f: vmap(f)(torch.arange(3))', (f) => vmap(f)(torch.arange(3))],
  ['lambda f: grad(f)(X)', (f) => grad(f)(X)],
  ['lambda f: grad(f)(torch.tensor(2.5))', (f) => grad(f)(torch.tensor(2.5))],
  ['lambda f: jvp(f, (X,), (X,))', (f) => jvp(f, [X], [X])],
  ['lambda f: vmap(grad(f))(X)', (f) => vmap(grad(f))(X)],
  ['lambda f: grad(lambda y: vmap(f)(y).sum())(X)', (f) => grad((y: Tensor) => vmap(f)(y).sum())(X)],
  [
    'lambda f: grad(lambda y: grad(f)(y * 2).sum())(X)',
    (f) => grad((y: Tensor) => grad(f)(y.mul(2)).sum())(X),
  ],
]

const sayings: [python: string, ours: Say][] = [
  ['repr', (v) => String(v)],
  ['lambda v: repr(v * 1.5)', (v) => String(v.mul(1.5))],
  ['lambda v: repr(v.sum() > 1)', (v) => String(v.sum().gt(1))],
  ['lambda v: repr(X)', () => String(X)],
  ['lambda v: X.tolist()', () => X.tolist()],
  ['lambda v: v.tolist()', (v) => v.tolist()],
  ['lambda v: v.sum().item()', (v) => v.sum().item()],
  ...(['is_contiguous', 'is_complex', 'is_conj', 'is_neg', 'is_inference', 'is_signed'] as const).map(
    (name): [string, Say] => [`lambda v: v.${name}()`, (v) => v[name]()],
  ),
  ['lambda v: torch.is_floating_point(v)', (v) => torch.is_floating_point(v)],
  [
    'lambda v: v.t().is_contiguous() if v.dim() == 2 else 0',
    (v) => (v.dim() === 2 ? v.t().is_contiguous() : 0),
  ],
  ['lambda v: v.stride()', (v) => v.stride()],
  ['lambda v: v.dim_order()', (v) => v.dim_order()],
  ['lambda v: v.data_ptr()', (v) => v.data_ptr()],
  ['lambda v: v.detach().data_ptr()', (v) => v.detach().data_ptr()],
  ['lambda v: v.numpy().tolist()', (v) => [...v.numpy()]],
  [
    'lambda v: v.is_contiguous(memory_format=torch.channels_last)',
    (v) => v.is_contiguous({ memory_format: torch.channels_last }),
  ],
]

const rows: Row[] = transforms.flatMap(([transform, ours]) =>
  sayings.map(([say, said]) => ({
    python: `seen(${transform}, ${say})`,
    ours: () => seen(ours, said),
  })),
)

// What a level that is over has left.
const after: Row[] = [
  {
    python: '(vmap(lambda v: kept.append(v) or v)(X), repr(kept.pop()))[1]',
    ours: () => String(keep((f) => vmap(f)(X))),
  },
  {
    python: '(grad(lambda v: kept.append(v) or v.sum())(X), repr(kept.pop()))[1]',
    ours: () => String(keep((f) => grad(f)(X))),
  },
  {
    python: '(grad(lambda v: kept.append(v) or v.sum())(X), kept.pop().tolist())[1]',
    ours: () => keep((f) => grad(f)(X)).tolist(),
  },
  {
    python: '(vmap(lambda v: kept.append(v) or v)(X), kept.pop().tolist())[1]',
    ours: () => keep((f) => vmap(f)(X)).tolist(),
  },
]

function keep(transform: Transform): Tensor {
  let kept: Tensor | undefined
  transform((v) => {
    kept = v
    return v.sum()
  })
  return kept!
}

describe('a tensor inside a transform', () => {
  compare_rows([...rows, ...after], PRELUDE)

  it('prints where Python is not at hand', () => {
    expect(seen((f) => grad(f)(torch.ones(2)), String)).toBe(
      'GradTrackingTensor(lvl=1, value=\n    tensor([1., 1.])\n)',
    )
  })

  it('leaves the transform as it was after an error', () => {
    const squared = grad((v: Tensor) => {
      expect(() => vmap((w: Tensor) => w.tolist() as never)(v)).toThrow('storage')
      return v.pow(2).sum()
    })
    expect(squared(torch.ones(2)).tolist()).toEqual([2, 2])
  })
})
