import { describe, expect, it } from 'vitest'
import { type Cycle, cycles, x } from './cycles.js'
import { measure } from './loop.js'

const BUDGET = 1000
const model = `
class Model extends nn.Module {
  conv1 = new nn.Conv2d(3, 16, 3, { padding: 1 })
  conv2 = new nn.Conv2d(16, 3, 3, { padding: 1 })
  linear = new nn.Linear(1, 16)
  forward(x, t) {
    x = nn.functional.relu(this.conv1(x))
    x = x.add(this.linear(t.to(torch.float32)).view(-1, 16, 1, 1))
    return this.conv2(x)
  }
}
const model = new Model()
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
const criterion = new nn.MSELoss()
const bar = torch.cumprod(torch.sub(1, torch.linspace(1e-4, 0.6, 24)), 0)
const x0 = torch.randn(1, 3, 8, 8)
`
const train = `
optimizer.zero_grad()
const noise = torch.randn_like(x0)
const t = torch.randint(0, 24, [1, 1])
const alpha_bar = bar.at(t)
const loss = criterion(model(alpha_bar.sqrt().mul(x0).add(torch.sub(1, alpha_bar).sqrt().mul(noise)), t), noise)
loss.item()
loss.backward()
optimizer.step()
`

describe('a synchronous loop leaves memory flat', { timeout: 240_000 }, () => {
  it.each<Cycle>([
    ['of adds', x, 'x.add(1).mul(2)', 30_000],
    ['of the tutorial’s step', model, train, 2_000],
    [
      'of indexing, views and assignments',
      `${x} const rows = torch.tensor([1n, 2n])`,
      "x.at('1:3', i % 32); x.at(rows); x.set_at(['1:4', 0], 1); x.set_at([i % 32], x.at(0)); x.view(-1).at(3).item()",
      6_000,
    ],
    ['of exceptions half-way', `${x} const y = torch.randn(5)`, 'try { x.add(1).add(y) } catch {}', 6_000],
    ['of gradients', x, 'w.mul(2).pow(2).sum().backward(); w.grad.mul(2); w.grad = null', 6_000],
    [
      'of gradients of gradients',
      x,
      'const [g] = torch.autograd.grad(w.pow(3).sum(), w, { create_graph: true }); g.sum().backward(); w.grad = null',
      4_000,
    ],
    ...cycles,
    ['of copies as typed arrays', x, 'x.add(1).typed_array({ copy: true })', 10_000],
    ['of tensors from typed arrays', 'const data = new Float32Array(4096)', 'torch.tensor(data)', 10_000],
    [
      'of nested arrays and printing',
      x,
      "x.at('0:3').tolist(); String(x.at(0, '0:3')); torch.tensor([[1, 2], [3, i]])",
      3_000,
    ],
    ['of scopes', x, 'torch.scope(() => x.add(1).mul(2).sum())', 10_000],
    [
      'of modules that are made',
      x,
      'new nn.Sequential(new nn.Conv2d(3, 16, 3), new nn.ReLU(), new nn.Conv2d(16, 3, 3))',
      1_500,
    ],
    [
      'of modules that are called',
      `${x} const net = new nn.Sequential(new nn.Conv2d(3, 16, 3, { padding: 1 }), new nn.ReLU(), new nn.Conv2d(16, 3, 3)), image = torch.randn(1, 3, 16, 16)`,
      'net(image)',
      3_000,
    ],
    [
      'of iteration and named results',
      x,
      'for (const row of x) row.sum(); const { values } = torch.max(x, 1); values.sum()',
      2_000,
    ],
    ['of no_grad', x, 'torch.no_grad(() => w.add(1))', 20_000],
  ])('%s', async (_, setup, step, times) => {
    const measured = await measure(setup, step, times)
    expect(measured.growth, JSON.stringify(measured)).toBeLessThanOrEqual(1.04)
    expect(measured.most_tensors).toBeLessThanOrEqual(6 * BUDGET)
    expect(measured.minor_collections).toBeGreaterThan(0)
  })

  it('of typed arrays over new memory, where the event loop turns', async () => {
    const measured = await measure('', 'torch.ones(1000).typed_array()[0]', 20_000, { turn: 20 })
    expect(measured.growth, JSON.stringify(measured)).toBeLessThanOrEqual(1.05)
  })

  it('of one typed array over the same memory', async () => {
    const measured = await measure(x, 'x.typed_array()[0]', 20_000)
    expect(measured.growth, JSON.stringify(measured)).toBeLessThanOrEqual(1.04)
    expect(measured.most_tensors).toBeLessThan(10)
  })

  it('with a live set of three budgets makes no major collection a step', async () => {
    const live = 'const live = Array.from({ length: 24 }, () => torch.ones(1 << 20)), x = torch.ones(1 << 16)'
    const measured = await measure(
      live,
      'let y = x; for (let k = 0; k < 8; k++) y = y.add(1); void live',
      1_500,
      { budget: null },
    )
    expect(measured.minor_collections).toBeGreaterThan(20)
    expect(measured.major_collections).toBeLessThanOrEqual(2)
    expect(measured.growth, JSON.stringify(measured)).toBeLessThanOrEqual(1.04)
  })
})
