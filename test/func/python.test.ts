import { spawnSync } from 'node:child_process'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch } from '../helpers/python.js'

const { functional_call, grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap } =
  torch.func
const { functional: F } = torch.nn

// Each case is written in both languages; both begin with seed 0 and `x`, `y`, `w` of these shapes.
const PRELUDE = `
import json, sys, torch
from torch.func import *
from torch.nn import functional as F
def bits(t):
    t = t.detach().contiguous()
    return [list(t.shape), t.double().flatten().tolist()]
def run(case):
    torch.manual_seed(0)
    x, y, w = torch.randn(4, 3), torch.randn(4, 2), torch.randn(3, 2)
    found = case(x, y, w)
    return [bits(t) for t in (found if isinstance(found, (tuple, list)) else [found])]
def loss(w, x, y): return (torch.tanh(x @ w) - y).pow(2).mean()
def g(v): return torch.sin(v).cumsum(0)
`

type Case = (x: Tensor, y: Tensor, w: Tensor) => Tensor | readonly Tensor[]
const loss = (w: Tensor, x: Tensor, y: Tensor) => torch.tanh(x.matmul(w)).sub(y).pow(2).mean()
const g = (v: Tensor) => torch.sin(v).cumsum(0)

function network() {
  return new torch.nn.Sequential(
    new torch.nn.Linear(3, 8),
    new torch.nn.Tanh(),
    new torch.nn.LayerNorm(8),
    new torch.nn.Linear(8, 2),
  )
}
const NETWORK =
  'torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.LayerNorm(8), torch.nn.Linear(8, 2))'

const cases: Record<string, [python: string, ours: Case]> = {
  grad: ['lambda x, y, w: grad(loss)(w, x, y)', (x, y, w) => grad(loss)(w, x, y)],
  'grad of two arguments': [
    'lambda x, y, w: grad(loss, argnums=(0, 1))(w, x, y)',
    (x, y, w) => grad(loss, { argnums: [0, 1] })(w, x, y),
  ],
  grad_and_value: [
    'lambda x, y, w: grad_and_value(loss)(w, x, y)',
    (x, y, w) => grad_and_value(loss)(w, x, y),
  ],
  'per-sample gradients': [
    'lambda x, y, w: vmap(grad(loss), in_dims=(None, 0, 0))(w, x, y)',
    (x, y, w) => vmap(grad(loss), { in_dims: [null, 0, 0] })(w, x, y),
  ],
  'per-sample gradients of a model': [
    `lambda x, y, w: (lambda m: list(vmap(grad(lambda p, a, b: F.mse_loss(functional_call(m, p, (a.unsqueeze(0),)), b.unsqueeze(0))), in_dims=(None, 0, 0))({k: v.detach() for k, v in m.named_parameters()}, x, y).values()))(${NETWORK})`,
    (x, y) => {
      const model = network()
      const parameters = Object.fromEntries(
        Array.from(model.named_parameters(), ([name, value]) => [name, value.detach() as Tensor]),
      )
      const sample_loss = (p: Record<string, Tensor>, a: Tensor, b: Tensor) =>
        F.mse_loss(functional_call(model, p, [a.unsqueeze(0)]) as Tensor, b.unsqueeze(0))
      const per_sample = vmap(grad(sample_loss), { in_dims: [null, 0, 0] })
      return Object.values(per_sample(parameters, x, y))
    },
  ],
  'an ensemble': [
    `lambda x, y, w: (lambda ms: (lambda ps: vmap(lambda p, b, a: functional_call(ms[0], (p, b), (a,)), in_dims=(0, 0, None))(ps[0], ps[1], x))(stack_module_state(ms)))([${NETWORK} for _ in range(3)])`,
    (x) => {
      const models = [network(), network(), network()]
      const [parameters, buffers] = torch.func.stack_module_state(models)
      const call = (p: Record<string, Tensor>, b: Record<string, Tensor>, a: Tensor) =>
        functional_call(models[0]!, [p, b], [a]) as Tensor
      return vmap(call, { in_dims: [0, 0, null] })(parameters, buffers, x)
    },
  ],
  'vmap over another dimension': [
    'lambda x, y, w: vmap(lambda a, b: a.sin() * b, in_dims=(1, None), out_dims=1)(x, y[:, 0])',
    (x, y) =>
      vmap((a: Tensor, b: Tensor) => a.sin().mul(b), { in_dims: [1, null], out_dims: 1 })(x, y.at('...', 0)),
  ],
  'vmap in chunks': [
    'lambda x, y, w: vmap(lambda a: torch.outer(a, a), chunk_size=3)(x)',
    (x) => vmap((a: Tensor) => torch.outer(a, a), { chunk_size: 3 })(x),
  ],
  'vmap nested': [
    'lambda x, y, w: vmap(lambda a: vmap(lambda b: a.dot(b))(x))(x)',
    (x) => vmap((a: Tensor) => vmap((b: Tensor) => a.dot(b))(x))(x),
  ],
  'different randomness': [
    'lambda x, y, w: vmap(lambda a: a + torch.randn_like(a), randomness="different")(x)',
    (x) => vmap((a: Tensor) => a.add(torch.randn_like(a)), { randomness: 'different' })(x),
  ],
  'the same randomness': [
    'lambda x, y, w: vmap(lambda a: a + torch.randn(3), randomness="same")(x)',
    (x) => vmap((a: Tensor) => a.add(torch.randn(3)), { randomness: 'same' })(x),
  ],
  vjp: [
    'lambda x, y, w: vjp(lambda a, b: a @ b, x, w)[1](y)',
    (x, y, w) => vjp((a: Tensor, b: Tensor) => a.matmul(b), x, w)[1](y),
  ],
  jvp: [
    'lambda x, y, w: jvp(lambda a: (a @ w).tanh(), (x,), (x.cos(),))',
    (x, _, w) => jvp((a: Tensor) => a.matmul(w).tanh(), [x], [x.cos()]),
  ],
  linearize: [
    'lambda x, y, w: linearize(lambda a: (a @ w).tanh(), x)[1](x.cos())',
    (x, _, w) => linearize((a: Tensor) => a.matmul(w).tanh(), x)[1](x.cos()),
  ],
  jacrev: ['lambda x, y, w: jacrev(g)(x[0])', (x) => jacrev(g)(x.at(0))],
  'jacrev of a matrix': [
    'lambda x, y, w: jacrev(lambda a, b: a @ b, argnums=(0, 1))(x, w)',
    (x, _, w) =>
      jacrev((a: Tensor, b: Tensor) => a.matmul(b), { argnums: [0, 1] })(x, w) as unknown as Tensor[],
  ],
  'jacrev in chunks': [
    'lambda x, y, w: jacrev(g, chunk_size=2)(x[0])',
    (x) => jacrev(g, { chunk_size: 2 })(x.at(0)),
  ],
  'jacrev row by row': [
    'lambda x, y, w: jacrev(g, chunk_size=1)(x[0])',
    (x) => jacrev(g, { chunk_size: 1 })(x.at(0)),
  ],
  jacfwd: ['lambda x, y, w: jacfwd(g)(x[0])', (x) => jacfwd(g)(x.at(0))],
  'batched Jacobians': ['lambda x, y, w: vmap(jacrev(g))(x)', (x) => vmap(jacrev(g))(x)],
  'batched forward Jacobians': ['lambda x, y, w: vmap(jacfwd(g))(x)', (x) => vmap(jacfwd(g))(x)],
  hessian: [
    'lambda x, y, w: hessian(lambda v: loss(v, x, y))(w)',
    (x, y, w) => hessian((v: Tensor) => loss(v, x, y))(w),
  ],
  'reverse over reverse': [
    'lambda x, y, w: jacrev(jacrev(lambda v: (v ** 3).sum()))(x[0])',
    (x) => jacrev(jacrev((v: Tensor) => v.pow(3).sum()))(x.at(0)),
  ],
  'grad of grad of grad': [
    'lambda x, y, w: grad(grad(grad(lambda v: v ** 4)))(x[0, 0])',
    (x) => grad(grad(grad((v: Tensor) => v.pow(4))))(x.at(0, 0)),
  ],
}

const live = live_torch()

describe('torch.func against a live Python', () => {
  const python = () => {
    const script = `${PRELUDE}cases = [${Object.values(cases)
      .map(([text]) => text)
      .join(',\n')}]
torch.set_num_threads(1)
print(json.dumps([run(case) for case in cases]))`
    const { status, stdout, stderr } = spawnSync(live!.python, ['-c', script], {
      env: live!.env,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    if (status !== 0) throw new Error(`Python failed: ${stderr}`)
    return JSON.parse(stdout) as unknown[]
  }

  it.skipIf(live === null)('gives the same bits', () => {
    const threads = torch.get_num_threads()
    torch.set_num_threads(1)
    const expected = python()
    const wrong: string[] = []
    Object.entries(cases).forEach(([name, [, run]], i) => {
      torch.manual_seed(0)
      const [x, y, w] = [torch.randn(4, 3), torch.randn(4, 2), torch.randn(3, 2)]
      const found = run(x, y, w)
      const list = Array.isArray(found) ? (found as Tensor[]) : [found as Tensor]
      const ours = list.map((t) => [t.shape, t.detach().double().flatten().tolist()])
      if (JSON.stringify(ours) !== JSON.stringify(expected[i])) wrong.push(name)
    })
    torch.set_num_threads(threads)
    expect(wrong).toEqual([])
  })
})

describe('a wrong use of torch.func', () => {
  const x = torch.ones(2, 3)

  it('is an Error in Python’s words', () => {
    const id = (a: Tensor) => a
    expect(() => (vmap(id) as () => Tensor)()).toThrow('got no inputs')
    expect(() => vmap(id, { in_dims: 2 })(x)).toThrow(
      'Got in_dim=2 for some input, but that input is a Tensor of dimensionality 2 so expected in_dim to satisfy -2 <= in_dim < 2.',
    )
    expect(() => vmap((a: Tensor, _b: number) => a)(x, 1)).toThrow('We cannot vmap over non-Tensor arguments')
    expect(() => vmap((a: Tensor, _b: Tensor) => a)(x, torch.ones(5))).toThrow(
      'vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [2, 5] for the mapped dimension',
    )
    expect(() => vmap((a: Tensor) => a.add(torch.randn_like(a)))(x)).toThrow('randomness')
    expect(() => vmap((_: Tensor) => 1)(x)).toThrow('must only return')
    expect(() => vmap((a: Tensor) => a.sum().item())(x)).toThrow()
    expect(() => vmap(id, { chunk_size: 0 })(x)).toThrow('chunk_size should be None or greater than 0')
    expect(() => grad(id)(x)).toThrow('to return a scalar Tensor, got tensor with 2 dims')
    expect(() => grad((a: Tensor) => a.sum(), { argnums: 1 })(x)).toThrow(
      'Got argnum=1, but only 1 positional inputs',
    )
    expect(() => jvp(id, [x], [x, x] as never)).toThrow('to have the same python structure')
    expect(() => vjp((a: Tensor) => a.argmax(), x)).toThrow('must be floating-point or complex')
  })

  it('leaves no level open, also where the function throws', () => {
    expect(() =>
      vmap((_: Tensor) => {
        throw new RangeError('mine')
      })(x),
    ).toThrow(RangeError)
    expect(() =>
      grad((_: Tensor): Tensor => {
        throw new RangeError('mine')
      })(x),
    ).toThrow(RangeError)
    expect(() =>
      jvp(
        (_: Tensor): Tensor => {
          throw new RangeError('mine')
        },
        [x],
        [x],
      ),
    ).toThrow(RangeError)
    expect(x.add(1).shape).toEqual([2, 3])
    expect(grad((a: Tensor) => a.sum())(x).tolist()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ])
  })

  it('a tensor that leaves its level is an Error, no crash', () => {
    let kept: Tensor | undefined
    grad((a: Tensor) => {
      kept = a.mul(2)
      return kept.sum()
    })(x)
    expect(kept!.shape).toEqual([2, 3])
    expect(String(kept)).toContain('2.')
  })

  it('inside no_grad the gradient is computed all the same', () => {
    const found = torch.no_grad(() => grad((a: Tensor) => a.pow(2).sum())(x))
    expect(found.sum().item()).toBe(12)
  })
})
