import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const bytes = (tensor: Tensor) =>
  Buffer.from(tensor.detach().contiguous().typed_array({ copy: true }).buffer as ArrayBuffer).toString('hex')
const prelude =
  'import json, torch\nfrom torch import nn\ndef hexed(t):\n    return t.detach().contiguous().numpy().tobytes().hex()\n'
const threads = torch.get_num_threads()
afterAll(() => torch.set_num_threads(threads))

// The same options in both languages.
const adam: [name: string, python: string, options: () => Record<string, unknown>][] = [
  ['single tensor', 'lr=0.01', () => ({ lr: 0.01 })],
  ['foreach', 'lr=0.01, foreach=True', () => ({ lr: 0.01, foreach: true })],
  ['fused', 'lr=0.01, fused=True', () => ({ lr: 0.01, fused: true })],
  ['amsgrad', 'lr=0.01, amsgrad=True', () => ({ lr: 0.01, amsgrad: true })],
  ['weight_decay', 'lr=0.01, weight_decay=0.1', () => ({ lr: 0.01, weight_decay: 0.1 })],
  ['maximize', 'lr=0.01, maximize=True', () => ({ lr: 0.01, maximize: true })],
  [
    'decoupled',
    'lr=0.01, weight_decay=0.1, decoupled_weight_decay=True',
    () => ({ lr: 0.01, weight_decay: 0.1, decoupled_weight_decay: true }),
  ],
  [
    'betas and eps',
    'lr=3e-4, betas=(0.5, 0.99), eps=1e-3',
    () => ({ lr: 3e-4, betas: [0.5, 0.99], eps: 1e-3 }),
  ],
  ['a tensor as lr', 'lr=torch.tensor(0.01)', () => ({ lr: torch.tensor(0.01) })],
  [
    'foreach amsgrad decay maximize',
    'lr=0.01, foreach=True, amsgrad=True, weight_decay=0.1, maximize=True',
    () => ({ lr: 0.01, foreach: true, amsgrad: true, weight_decay: 0.1, maximize: true }),
  ],
  [
    'fused amsgrad decay',
    'lr=0.01, fused=True, amsgrad=True, weight_decay=0.1',
    () => ({ lr: 0.01, fused: true, amsgrad: true, weight_decay: 0.1 }),
  ],
]
const STEPS = 20

describe.skipIf(live_torch() === null)('training, bit for bit as a live Python', () => {
  const theirs =
    live_torch() === null
      ? {}
      : (run_python(`${prelude}
def train(threads, make):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = make(model.parameters())
    found = []
    for _ in range(${STEPS}):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(torch.randn(8, 6)), torch.randn(8, 3))
        loss.backward()
        optimizer.step()
        found.append(hexed(loss))
    for p in model.parameters():
        found += [hexed(p), hexed(p.grad), *[hexed(v) for v in optimizer.state[p].values()]]
    return found
print(json.dumps({${adam.map(([name, python]) => [1, 2].map((t) => `'${name} ${t}': train(${t}, lambda p: torch.optim.Adam(p, ${python}))`).join(', ')).join(', ')}}))`) as Record<
          string,
          string[]
        >)

  function train(count: number, options: Record<string, unknown>): string[] {
    torch.set_num_threads(count)
    torch.manual_seed(1)
    const model = new nn.Sequential(new nn.Linear(6, 16), new nn.ReLU(), new nn.Linear(16, 3))
    const optimizer = new optim.Adam(model.parameters(), options as never)
    const found: string[] = []
    for (let i = 0; i < STEPS; i++) {
      optimizer.zero_grad()
      const loss = nn.functional.mse_loss(model(torch.randn(8, 6)) as Tensor, torch.randn(8, 3))
      loss.backward()
      optimizer.step()
      found.push(bytes(loss))
    }
    for (const p of model.parameters()) {
      found.push(
        bytes(p),
        bytes(p.grad!),
        ...Object.values(optimizer.state.get(p)!).map((value) => bytes(value as Tensor)),
      )
    }
    return found
  }

  for (const [name, , options] of adam) {
    it.each([1, 2])(`Adam ${name}, %d threads`, (count) => {
      expect(train(count, options())).toEqual(theirs[`${name} ${count}`])
    })
  }
})

describe.skipIf(live_torch() === null)('gradients, bit for bit as a live Python', () => {
  it.each([1, 2])('of a convolution network, %d threads', (count) => {
    const expected = run_python(`${prelude}torch.set_num_threads(${count})
torch.manual_seed(2)
net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 3, stride=2))
x = torch.randn(2, 3, 16, 16, requires_grad=True)
y = net(x)
y.pow(2).mean().backward()
print(json.dumps([hexed(y), hexed(x.grad), *[hexed(p.grad) for p in net.parameters()]]))`)
    torch.set_num_threads(count)
    torch.manual_seed(2)
    const net = new nn.Sequential(
      new nn.Conv2d(3, 8, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Conv2d(8, 3, 3, { stride: 2 }),
    )
    const x = torch.randn([2, 3, 16, 16], { requires_grad: true })
    const y = net(x) as Tensor
    y.pow(2).mean().backward()
    expect([y, x.grad!, ...[...net.parameters()].map((p) => p.grad!)].map(bytes)).toEqual(expected)
  })

  it('with gradient arguments, inputs, retain_graph, create_graph and accumulation', () => {
    const expected = run_python(`${prelude}torch.manual_seed(4)
a = torch.randn(5, requires_grad=True); b = torch.randn(5, requires_grad=True)
y = (a * b).tanh()
y.backward(torch.arange(5.0), retain_graph=True)
first = [hexed(a.grad), hexed(b.grad)]
y.backward(torch.ones(5), inputs=[a])
second = [hexed(a.grad), hexed(b.grad)]
g, = torch.autograd.grad(a.exp().sum(), a, create_graph=True)
h, = torch.autograd.grad(g.pow(2).sum(), a)
u = torch.autograd.grad(a.sum(), [a, b], allow_unused=True)
torch.autograd.backward([a.sum(), (b * 2).sum()])
print(json.dumps(first + second + [hexed(g), hexed(h), u[1] is None, hexed(a.grad), hexed(b.grad)]))`)
    torch.manual_seed(4)
    const a = torch.randn([5], { requires_grad: true })
    const b = torch.randn([5], { requires_grad: true })
    const y = a.mul(b).tanh()
    y.backward(torch.arange(5).float(), { retain_graph: true })
    const first = [bytes(a.grad!), bytes(b.grad!)]
    y.backward(torch.ones(5), { inputs: [a] })
    const second = [bytes(a.grad!), bytes(b.grad!)]
    const [g] = torch.autograd.grad(a.exp().sum(), a, { create_graph: true })
    const [h] = torch.autograd.grad(g!.pow(2).sum(), a)
    const unused = torch.autograd.grad(a.sum(), [a, b], { allow_unused: true })
    torch.autograd.backward([a.sum(), b.mul(2).sum()])
    expect([
      ...first,
      ...second,
      bytes(g!),
      bytes(h!),
      unused[1] === null,
      bytes(a.grad!),
      bytes(b.grad!),
    ]).toEqual(expected)
  })
})
