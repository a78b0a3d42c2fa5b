import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { hessian, jacobian } = torch.autograd.functional
const { functional: F } = torch.nn

const row = (python: string, ours: () => unknown): Row => ({ python, ours })
const leaf = (...shape: number[]) => torch.randn(...shape).requires_grad_()
const batched = (
  outputs: Tensor | Tensor[],
  inputs: Tensor | Tensor[],
  gradients: Tensor | (Tensor | null)[] | null,
  options = {},
) => torch.autograd.grad(outputs, inputs, gradients as Tensor[], { is_grads_batched: true, ...options })

const PRELUDE = `
def leaf(*shape): return torch.randn(*shape).requires_grad_()
def batched(o, i, g, **k): return torch.autograd.grad(o, i, g, is_grads_batched=True, **k)
def with_x(f, *shape): return f(leaf(*(shape or (2,))))
def with_xy(f):
    x = leaf(2)
    return f(x, leaf(3))
jacobian, hessian = torch.autograd.functional.jacobian, torch.autograd.functional.hessian
`
const with_x = (f: (x: Tensor) => unknown, ...shape: number[]) => f(leaf(...(shape.length ? shape : [2])))
const with_xy = (f: (x: Tensor, y: Tensor) => unknown) => {
  const x = leaf(2)
  return f(x, leaf(3))
}

const rows: Row[] = [
  row('with_x(lambda x: batched(x.exp(), x, torch.eye(2)))', () =>
    with_x((x) => batched(x.exp(), x, torch.eye(2))),
  ),
  row('with_x(lambda x: batched(x.exp(), x, torch.ones(5, 2)))', () =>
    with_x((x) => batched(x.exp(), x, torch.ones(5, 2))),
  ),
  row(
    'with_x(lambda x: batched(x ** 3, x, torch.eye(2), create_graph=True)[0].sum().backward() or x.grad)',
    () =>
      with_x((x) => {
        batched(x.pow(3), x, torch.eye(2), { create_graph: true })[0]!.sum().backward()
        return x.grad
      }),
  ),
  row(
    'with_x(lambda x: batched(F.conv2d(x, torch.ones(2, 3, 2, 2)).tanh().flatten(1).softmax(-1), x, torch.randn(4, 2, 8)), 2, 3, 3, 3)',
    () =>
      with_x(
        (x) =>
          batched(
            F.conv2d(x, torch.ones(2, 3, 2, 2))
              .tanh()
              .flatten(1)
              .softmax(-1),
            x,
            torch.randn(4, 2, 8),
          ),
        ...[2, 3, 3, 3],
      ),
  ),
  row('with_x(lambda x: batched(F.layer_norm(x, (5,)), x, torch.randn(3, 4, 5)), 4, 5)', () =>
    with_x((x) => batched(F.layer_norm(x, [5]), x, torch.randn(3, 4, 5)), 4, 5),
  ),
  row('with_x(lambda x: batched(torch.linalg.inv(x), x, torch.randn(3, 4, 4)), 4, 4)', () =>
    with_x((x) => batched(torch.linalg.inv(x), x, torch.randn(3, 4, 4)), 4, 4),
  ),
  row('with_xy(lambda x, y: batched((x * 2, y * 2), (x, y), (torch.ones(4, 2), torch.ones(4, 3))))', () =>
    with_xy((x, y) => batched([x.mul(2), y.mul(2)], [x, y], [torch.ones(4, 2), torch.ones(4, 3)])),
  ),
  row('with_xy(lambda x, y: batched(x * 2, (x, y), torch.ones(4, 2), allow_unused=True))', () =>
    with_xy((x, y) => batched(x.mul(2), [x, y], torch.ones(4, 2), { allow_unused: true })),
  ),
  row('with_xy(lambda x, y: batched(x * 2, (x, y), torch.ones(4, 2), materialize_grads=True))', () =>
    with_xy((x, y) => batched(x.mul(2), [x, y], torch.ones(4, 2), { materialize_grads: true })),
  ),
  row('jacobian(lambda x: (x @ x.T).softmax(0).sum(1), torch.randn(3, 4), vectorize=True)', () =>
    jacobian((x) => x!.matmul(x!.t()).softmax(0).sum(1), torch.randn(3, 4), { vectorize: true }),
  ),
  row('hessian(lambda x: (x @ x.T).softmax(0).pow(2).sum(), torch.randn(3, 4), vectorize=True)', () =>
    hessian((x) => x!.matmul(x!.t()).softmax(0).pow(2).sum(), torch.randn(3, 4), { vectorize: true }),
  ),
]

const errors: Row[] = [
  row('with_xy(lambda x, y: batched((x * 2, y * 2), (x, y), (torch.ones(4, 2), torch.ones(3, 3))))', () =>
    with_xy((x, y) => batched([x.mul(2), y.mul(2)], [x, y], [torch.ones(4, 2), torch.ones(3, 3)])),
  ),
  row('with_xy(lambda x, y: batched((x * 2, y * 2), (x, y), (torch.ones(4, 2), None)))', () =>
    with_xy((x, y) => batched([x.mul(2), y.mul(2)], [x, y], [torch.ones(4, 2), null])),
  ),
  row('with_xy(lambda x, y: batched((x * 2, y.sum()), (x, y), (torch.ones(4, 2), None)))', () =>
    with_xy((x, y) => batched([x.mul(2), y.sum()], [x, y], [torch.ones(4, 2), null])),
  ),
  row('with_xy(lambda x, y: batched((x * 2, y.detach()), x, (torch.ones(4, 2), None)))', () =>
    with_xy((x, y) => batched([x.mul(2), y.detach()], x, [torch.ones(4, 2), null])),
  ),
  row('with_x(lambda x: batched(x * 2, x, torch.ones(4, 3)))', () =>
    with_x((x) => batched(x.mul(2), x, torch.ones(4, 3))),
  ),
  row('with_x(lambda x: batched(x * 2, x, torch.ones(2)))', () =>
    with_x((x) => batched(x.mul(2), x, torch.ones(2))),
  ),
  row('with_x(lambda x: batched(x * 2, x, torch.ones(0, 2)))', () =>
    with_x((x) => batched(x.mul(2), x, torch.ones(0, 2))),
  ),
  row('with_x(lambda x: batched(x.sum(), x, None))', () => with_x((x) => batched(x.sum(), x, null))),
  row('with_x(lambda x: batched(x * 2, x, None))', () => with_x((x) => batched(x.mul(2), x, null))),
  row('with_xy(lambda x, y: batched(x * 2, (x, y), torch.ones(4, 2)))', () =>
    with_xy((x, y) => batched(x.mul(2), [x, y], torch.ones(4, 2))),
  ),
]

describe('a batch of gradients', () => {
  compare_rows([...rows, ...errors], PRELUDE)

  it('takes one pass', () => {
    const shapes: (readonly number[])[] = []
    const x = torch.ones(3).requires_grad_()
    const y = x.mul(1)
    y.register_hook((gradient) => {
      shapes.push(gradient.shape)
    })
    const [gradient] = batched(y.mul(2), x, torch.eye(3))
    expect(gradient!.tolist()).toEqual(torch.eye(3).mul(2).tolist())
    expect(shapes).toEqual([[3]])
  })

  it('ends its level where a hook throws', () => {
    const x = torch.ones(2).requires_grad_()
    const y = x.mul(1)
    const hook = y.register_hook(() => {
      throw new RangeError('mine')
    })
    expect(() => batched(y.mul(2), x, torch.eye(2), { retain_graph: true })).toThrow('mine')
    hook.remove()
    expect(batched(y.mul(2), x, torch.eye(2))[0]!.tolist()).toEqual([
      [2, 0],
      [0, 2],
    ])
  })
})
