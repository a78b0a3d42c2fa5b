import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

type Options = optim.AdamOptions & {
  tensor_lr?: number
  tensor_betas?: [number, number]
  w?: boolean
  double?: boolean
}

const CASES: Options[] = [
  {},
  { lr: 0.1 },
  { betas: [0.5, 0.7], eps: 1e-3 },
  { weight_decay: 0.1 },
  { weight_decay: 0.1, decoupled_weight_decay: true },
  { amsgrad: true },
  { amsgrad: true, maximize: true, weight_decay: 0.01 },
  { maximize: true },
  { foreach: true },
  { foreach: true, amsgrad: true, weight_decay: 0.1, maximize: true },
  { foreach: true, weight_decay: 0.1, decoupled_weight_decay: true },
  { foreach: false, fused: false },
  { fused: true },
  { fused: true, amsgrad: true, weight_decay: 0.1 },
  { fused: true, maximize: true, weight_decay: 0.1, decoupled_weight_decay: true },
  { tensor_lr: 0.02 },
  { tensor_lr: 0.02, tensor_betas: [0.8, 0.9] },
  { double: true, amsgrad: true },
  { w: true },
  { w: true, weight_decay: 0.3, amsgrad: true },
]

interface Answer {
  text: string
  losses: number[]
  params: unknown[]
  state: { [param: string]: { [name: string]: unknown } }
  groups: string[]
}

function options_of({ tensor_lr, tensor_betas, w, double, ...options }: Options): optim.AdamOptions {
  return {
    ...options,
    ...(tensor_lr === undefined ? {} : { lr: torch.tensor(tensor_lr) }),
    ...(tensor_betas === undefined
      ? {}
      : { betas: [torch.tensor(tensor_betas[0]), torch.tensor(tensor_betas[1])] as const }),
  }
}

function train(options: Options): { answer: Answer; optimizer: optim.Adam; net: nn.Sequential } {
  torch.manual_seed(3)
  const net = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.Tanh(),
    new nn.Linear(4, 2),
  ) as unknown as nn.Sequential
  if (options.double) net.double()
  const dtype = options.double ? torch.float64 : torch.float32
  const x = torch.randn(5, 3, { dtype })
  const make = options.w ? optim.AdamW : optim.Adam
  const optimizer = new make(net.parameters(), options_of(options))
  const losses: number[] = []
  for (let i = 0; i < 6; i++) {
    optimizer.zero_grad()
    const loss = (net(x) as Tensor).pow(2).mean()
    losses.push(loss.item())
    loss.backward()
    optimizer.step()
  }
  const state = optimizer.state_dict()
  const answer: Answer = {
    text: options.tensor_lr === undefined ? String(optimizer) : '',
    losses,
    params: [...net.parameters()].map((p) => p.tolist()),
    state: Object.fromEntries(
      Object.entries(state.state).map(([param, kept]) => [
        param,
        Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, (value as Tensor).tolist()])),
      ]),
    ),
    groups: Object.keys(state.param_groups[0]!).sort(),
  }
  return { answer, optimizer, net }
}

describe.skipIf(!live_torch())('against a live Python, to the last bit', () => {
  let python: Answer[] = []

  beforeAll(() => {
    python = run_python(
      `
import json, sys, torch
from torch import nn, optim
answers = []
for o in json.loads(sys.argv[1]):
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    double, w = o.pop('double', False), o.pop('w', False)
    if double: net.double()
    x = torch.randn(5, 3, dtype=torch.float64 if double else torch.float32)
    show = 'tensor_lr' not in o
    if 'tensor_lr' in o: o['lr'] = torch.tensor(o.pop('tensor_lr'))
    if 'betas' in o: o['betas'] = tuple(o['betas'])
    if 'tensor_betas' in o: o['betas'] = tuple(torch.tensor(b) for b in o.pop('tensor_betas'))
    optimizer = (optim.AdamW if w else optim.Adam)(net.parameters(), **o)
    losses = []
    for i in range(6):
        optimizer.zero_grad()
        loss = net(x).pow(2).mean()
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    state = optimizer.state_dict()
    answers.append({'text': repr(optimizer) if show else '', 'losses': losses,
        'params': [p.tolist() for p in net.parameters()],
        'state': {str(k): {n: t.tolist() for n, t in v.items()} for k, v in state['state'].items()},
        'groups': sorted(state['param_groups'][0])})
print(json.dumps(answers))
`,
      [JSON.stringify(CASES)],
    ) as Answer[]
  }, 180_000)

  it.each(CASES.map((options, i) => ({ name: JSON.stringify(options), options, i })))(
    '$name',
    ({ options, i }) => {
      expect(train(options).answer).toEqual(python[i])
    },
  )
})

describe('Adam', () => {
  const leaf = () => torch.ones(1, { requires_grad: true })

  it('keeps state only for parameters that had a gradient', () => {
    const [a, b] = [leaf(), leaf()]
    const optimizer = new optim.Adam([a, b], 0.1)
    a.mul(2).sum().backward()
    optimizer.step()
    expect([...optimizer.state.keys()].map((p) => p === a)).toEqual([true])
    expect(b.item()).toBe(1)
    expect(a.item()).toBeCloseTo(0.9)
    optimizer.zero_grad()
    optimizer.step()
    expect((optimizer.state.get(a)!['step'] as Tensor).item()).toBe(1)
  })

  it('follows options that change between steps, and groups of their own', () => {
    const [a, b] = [leaf(), leaf()]
    const optimizer = new optim.Adam([{ params: [a], lr: 0.5 }, { params: [b] }], { lr: 0.1 })
    expectTypeOf(optimizer.param_groups[0]!.lr).toEqualTypeOf<number | Tensor>()
    for (const p of [a, b]) p.sum().backward()
    optimizer.step()
    expect([a.item(), b.item()].map((v) => Math.round(v * 100))).toEqual([50, 90])
    optimizer.param_groups[0]!.lr = 0
    optimizer.step()
    expect(Math.round(a.item() * 100)).toBe(50)
  })

  it('records gradients in the closure, also inside no_grad', () => {
    const a = leaf()
    const optimizer = new optim.Adam([a], { lr: 0.1 })
    const loss = torch.no_grad(() =>
      optimizer.step(() => {
        const value = a.mul(2).sum()
        value.backward()
        return value
      }),
    )
    expect(loss.item()).toBe(2)
    expect(a.item()).toBeCloseTo(0.9)
  })

  it('goes on from a loaded state as if nothing had happened', () => {
    const { optimizer, net } = train({ amsgrad: true })
    const other = new optim.Adam(net.parameters(), { amsgrad: true })
    const again = new optim.Adam(net.parameters())
    other.load_state_dict(optimizer.state_dict())
    again.load_state_dict(optimizer.state_dict())
    const before = [...net.parameters()].map((p) => p.detach().clone())
    const after = [optimizer, other, again].map((one) => {
      torch.no_grad(() => [...net.parameters()].forEach((p, i) => void p.copy_(before[i]!)))
      one.load_state_dict(own_copy(one.state_dict()))
      one.step()
      return [...net.parameters()].map((p) => p.tolist())
    })
    expect(after[1]).toEqual(after[0])
    expect(after[2]).toEqual(after[0])
    expect(again.param_groups[0]!.amsgrad).toBe(true)
  })

  it('makes tensors of the numbers that old states hold for step', () => {
    const a = leaf()
    const optimizer = new optim.Adam([a])
    a.sum().backward()
    optimizer.step()
    const state = optimizer.state_dict()
    state.state[0] = { ...state.state[0], step: 5 }
    optimizer.load_state_dict(state)
    expect((optimizer.state.get(a)!['step'] as Tensor).item()).toBe(5)
  })

  it.each<[string, optim.AdamOptions, string, string]>([
    ['lr', { lr: -0.1 }, 'ValueError', 'Invalid learning rate: -0.1'],
    ['lr NaN', { lr: Number.NaN }, 'ValueError', 'Invalid learning rate: nan'],
    ['eps', { eps: -1 }, 'ValueError', 'Invalid epsilon value: -1'],
    ['beta 0', { betas: [1.0, 0.9] }, 'ValueError', 'Invalid beta parameter at index 0: 1'],
    ['beta 1', { betas: [0.9, -0.5] }, 'ValueError', 'Invalid beta parameter at index 1: -0.5'],
    ['weight_decay', { weight_decay: -1 }, 'ValueError', 'Invalid weight_decay value: -1'],
    [
      'fused and differentiable',
      { fused: true, differentiable: true },
      'RuntimeError',
      '`fused` does not support `differentiable`',
    ],
    [
      'fused and foreach',
      { fused: true, foreach: true },
      'RuntimeError',
      '`fused` and `foreach` cannot be `True` together.',
    ],
    [
      'misspelt',
      { learning_rate: 1 } as never,
      'TypeError',
      "Adam() got an unexpected keyword argument 'learning_rate'; did you mean 'lr'?",
    ],
    [
      'betass',
      { betass: 1 } as never,
      'TypeError',
      "Adam() got an unexpected keyword argument 'betass'; did you mean 'betas'?",
    ],
  ])('refuses %s', (_name, options, name, message) => {
    expect(() => new optim.Adam([leaf()], options)).toThrow(expect.objectContaining({ name, message }))
  })

  it('refuses tensors as rates where the path has none', () => {
    expect(() => new optim.Adam([leaf()], { lr: torch.tensor(0.1), foreach: true })).toThrow(
      'lr as a Tensor is not supported for capturable=False and foreach=True',
    )
    expect(() => new optim.Adam([leaf()], { lr: torch.ones(2) })).toThrow('Tensor lr must be 1-element')
    expect(() => new optim.Adam([leaf()], { betas: [torch.tensor(0.1), 0.9] as never })).toThrow(
      'betas must be either both floats or both Tensors',
    )
  })

  it('refuses capturable on the CPU, sparse gradients and fused integers', () => {
    const a = leaf()
    a.sum().backward()
    expect(() => new optim.Adam([a], { capturable: true }).step()).toThrow(
      expect.objectContaining({
        name: 'AssertionError',
        message: expect.stringMatching(
          /^If capturable=True, params and state_steps must be on supported devices: \['cuda'/,
        ),
      }),
    )
    const b = leaf()
    b.grad = torch.ones(1).to_sparse()
    expect(() => new optim.Adam([b]).step()).toThrow(
      'Adam does not support sparse gradients, please consider SparseAdam instead',
    )
    expect(() => new optim.Adam([a], 1, [0.9, 0.9], 1, 0, false, true as never)).toThrow(
      /6 positional arguments/,
    )
  })

  it('keeps its state through a scope', () => {
    const a = leaf()
    const optimizer = new optim.Adam([a], { lr: 0.1 })
    for (let i = 0; i < 3; i++)
      torch.scope(() => {
        optimizer.zero_grad()
        a.sum().backward()
        optimizer.step()
      })
    expect((optimizer.state.get(a)!['step'] as Tensor).item()).toBe(3)
    expect((optimizer.state.get(a)!['exp_avg'] as Tensor).item()).toBeGreaterThan(0)
  })

  it('AdamW keeps its decay apart, also after loading', () => {
    const a = leaf()
    const optimizer = new optim.AdamW([a])
    expect(optimizer.param_groups[0]!.weight_decay).toBe(0.01)
    optimizer.load_state_dict(new optim.Adam([leaf()]).state_dict())
    expect(optimizer.param_groups[0]!.decoupled_weight_decay).toBe(true)
    expect(() => new optim.AdamW([a], { lr: -1 })).toThrow('Invalid learning rate: -1')
  })
})

// The tensors of a state are shared with the optimizer that gave it.
function own_copy(state: optim.OptimizerStateDict): optim.OptimizerStateDict {
  return {
    param_groups: state.param_groups,
    state: Object.fromEntries(
      Object.entries(state.state).map(([param, kept]) => [
        param,
        Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, (value as Tensor).clone()])),
      ]),
    ),
  }
}
