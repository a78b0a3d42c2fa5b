import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { grad, vmap } = torch.func
const { custom_op, Library, register_vmap } = torch.library
type Dim = number | null
type Info = torch.autograd.VmapInfo
const row = (python: string, ours: () => unknown): Row => ({ python, ours })

const PRELUDE = `
from torch.func import *
seen = []
@torch.library.custom_op('vmap_ops::scaled', mutates_args=())
def scaled(x: torch.Tensor, y: torch.Tensor, *, by: float = 2.0) -> torch.Tensor: return x.mul(y).mul(by)
def rule(info, in_dims, x, y, *, by=2.0):
    seen.append([info.batch_size, info.randomness, list(in_dims), by])
    x = x.unsqueeze(0) if in_dims[0] is None else x.movedim(in_dims[0], 0)
    y = y.unsqueeze(0) if in_dims[1] is None else y.movedim(in_dims[1], 0)
    return scaled(x, y, by=by), 0
torch.library.register_vmap(scaled, rule)
lib = torch.library.Library('vmap_ops2', 'DEF')
lib.define('two(Tensor x) -> (Tensor, Tensor)')
lib.impl('two', lambda x: (x.sin(), x.cos()), 'CompositeExplicitAutograd')
torch.library.register_vmap('vmap_ops2::two', lambda info, in_dims, x: ((x.sin(), x.movedim(in_dims[0], 0).cos()), (in_dims[0], 0)), lib=lib)
lib.define('bad(Tensor x) -> Tensor')
lib.impl('bad', lambda x: x.sin(), 'CompositeExplicitAutograd')
torch.library.register_vmap('vmap_ops2::bad', lambda info, in_dims, x: x, lib=lib)
ops = torch.ops.vmap_ops2
x = torch.linspace(-1, 2, 12).view(4, 3)
y = torch.linspace(0.5, 3, 12).view(4, 3)
def told(f):
    seen.clear()
    return [f(), list(seen)]
`

let seen: unknown[] = []
const scaled = custom_op(
  'vmap_ops::scaled',
  (x: Tensor, y: Tensor, { by }: { by?: number } = {}) => x.mul(y).mul(by!),
  { mutates_args: [], schema: '(Tensor x, Tensor y, *, float by=2.0) -> Tensor' },
)
register_vmap(scaled, (info: Info, in_dims: Dim[], x: Tensor, y: Tensor, { by }: { by: number }) => {
  seen.push([info.batch_size, info.randomness, in_dims, by])
  const front = (tensor: Tensor, dim: Dim) => (dim === null ? tensor.unsqueeze(0) : tensor.movedim(dim, 0))
  return [scaled(front(x, in_dims[0]!), front(y, in_dims[1]!), { by }), 0]
})
const lib = new Library('vmap_ops2', 'DEF')
lib.define('two(Tensor x) -> (Tensor, Tensor)')
lib.impl('two', (x: Tensor) => [x.sin(), x.cos()], 'CompositeExplicitAutograd')
register_vmap(
  'vmap_ops2::two',
  (_info: Info, [dim]: [number], x: Tensor) => [
    [x.sin(), x.movedim(dim, 0).cos()],
    [dim, 0],
  ],
  { lib },
)
lib.define('bad(Tensor x) -> Tensor')
lib.impl('bad', (x: Tensor) => x.sin(), 'CompositeExplicitAutograd')
register_vmap('vmap_ops2::bad', (_info: Info, _in_dims: Dim[], x: Tensor) => x, { lib })
afterAll(() => lib._destroy())
const ops = torch.ops['vmap_ops2'] as unknown as Record<'two' | 'bad', (x: Tensor) => Tensor>
const x = torch.linspace(-1, 2, 12).view(4, 3)
const y = torch.linspace(0.5, 3, 12).view(4, 3)
const told = (f: () => unknown) => {
  seen = []
  return [f(), seen]
}

describe('an operator of one’s own under vmap', () => {
  compare_rows(
    [
      row('told(lambda: vmap(scaled)(x, y))', () => told(() => vmap(scaled)(x, y))),
      row('told(lambda: vmap(lambda a, b: scaled(a, b, by=0.5), in_dims=(1, None))(x, y[:, 0]))', () =>
        told(() =>
          vmap((a: Tensor, b: Tensor) => scaled(a, b, { by: 0.5 }), { in_dims: [1, null] })(
            x,
            y.select(1, 0),
          ),
        ),
      ),
      row('told(lambda: vmap(vmap(scaled), randomness="same")(x, y))', () =>
        told(() => vmap(vmap(scaled), { randomness: 'same' })(x, y)),
      ),
      row('told(lambda: vmap(lambda a: scaled(x, y).add(a))(x[:, 0]))', () =>
        told(() => vmap((a: Tensor) => scaled(x, y).add(a))(x.select(1, 0))),
      ),
      row('vmap(ops.two)(x)', () => vmap(ops.two)(x)),
      row('vmap(ops.two, in_dims=1)(x)', () => vmap(ops.two, { in_dims: 1 })(x)),
      row('vmap(ops.bad)(x)', () => vmap(ops.bad)(x)),
      row('grad(lambda a: scaled(a, y).sum())(x)', () => grad((a: Tensor) => scaled(a, y).sum())(x)),
    ],
    PRELUDE,
  )

  it('may be given another rule', () => {
    const op = custom_op('vmap_ops::again', (a: Tensor) => a.mul(2), {
      mutates_args: [],
      schema: '(Tensor a) -> Tensor',
    })
    const rule = (add: number) => (_info: Info, in_dims: Dim[], a: Tensor) => [a.mul(2).add(add), in_dims[0]]
    op.register_vmap(rule(1))
    expect(vmap(op)(torch.zeros(2)).tolist()).toEqual([1, 1])
    op.register_vmap(rule(5))
    expect(vmap(op)(torch.zeros(2)).tolist()).toEqual([5, 5])
  })
})
