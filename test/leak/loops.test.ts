import { describe, expect, it } from 'vitest'
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
const x = 'const x = torch.randn(32, 32), w = torch.ones([100], { requires_grad: true });'

describe('a synchronous loop leaves memory flat', { timeout: 240_000 }, () => {
  it.each<[string, string, string, number]>([
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
    [
      'of hooks that hold their tensor and its output',
      x,
      'const h = w.mul(2); let out; h.register_hook((g) => { void h; void out; return g.mul(2) }); out = h.sum(); out.backward(); w.grad = null',
      10_000,
    ],
    [
      'of hooks that never run',
      x,
      'const h = w.mul(2); let out; h.register_hook((g) => { void h; void out }); out = h.sum()',
      10_000,
    ],
    [
      'of hooks on leaves',
      x,
      'const leaf = torch.ones([100], { requires_grad: true }); leaf.register_hook(() => void leaf); leaf.mul(2).sum().backward()',
      10_000,
    ],
    [
      'of hooks that come late and hold their tensor and its output',
      x,
      'const h = w.mul(2), out = h.exp().sum(); h.register_hook(() => { void h; void out }); out.backward(); w.grad = null',
      6_000,
    ],
    [
      'of hooks on nodes that hold their node, tensor and output',
      x,
      'const h = w.mul(2), out = h.exp().sum(), node = h.grad_fn, leaf = node.next_functions[0][0]; node.metadata.of = out; node.register_hook(() => { void node; void out; void leaf }); node.register_prehook(() => void h); const handle = leaf.register_hook(() => { void leaf; void out }); if (i % 2) out.backward(); handle.remove(); w.grad = null',
      6_000,
    ],
    [
      'of hooks on several tensors and of edges',
      x,
      'const h = w.mul(2), out = h.exp().sum(); torch.autograd.graph.register_multi_grad_hook([h, out], () => { void h; void out }); const edge = torch.autograd.graph.get_gradient_edge(out); h.register_hook(() => void edge); torch.autograd.backward(edge); w.grad = null',
      4_000,
    ],
    [
      'of hooks behind accumulated gradients that are recorded',
      x,
      'const h = w.pow(2), out = h.sum(); out.backward({ create_graph: true }); h.register_hook(() => { void h; void out }); w.grad.sum().backward(); w.grad = null',
      4_000,
    ],
    [
      'of graphs that are walked',
      x,
      'const seen = new Set(), walk = (node) => { if (node && !seen.has(node)) { seen.add(node); for (const [next] of node.next_functions) walk(next) } }; walk(w.mul(2).exp().add(w).sum().grad_fn)',
      4_000,
    ],
    [
      'of Functions whose context holds their own tensor and result',
      `${x} class Held extends torch.autograd.Function {
        static forward(ctx, y) { ctx.input = y; return y.mul(2) }
        static backward(ctx, g) { void ctx.input; return g.mul(2) }
      }
      class Keeps extends torch.autograd.Function {
        static forward(ctx, y, box) { ctx.box = box; ctx.input = y; return y.mul(2) }
        static backward(ctx, g) { void ctx.box.result; return [g.mul(2), null] }
      }`,
      'const box = {}; const h = Held.apply(w.mul(1)); box.result = Keeps.apply(h, box); box.result.sum().backward()',
      6_000,
    ],
    [
      'of Functions differentiated twice',
      `const w = torch.ones([100], { requires_grad: true }); class Cube extends torch.autograd.Function {
        static forward(ctx, y) { ctx.save_for_backward(y); return y.pow(3) }
        static backward(ctx, g) { const [y] = ctx.saved_tensors; return g.mul(y.pow(2)).mul(3) }
      }`,
      'const [first] = torch.autograd.grad(Cube.apply(w).sum(), w, { create_graph: true }); torch.autograd.grad(first.sum(), w)',
      4_000,
    ],
    [
      'of operators written here, whose context holds its own tensor and result',
      `${x} const op = torch.library.custom_op('leak::twice', (y) => y.mul(2), { mutates_args: [], schema: '(Tensor y) -> Tensor' })
      op.register_autograd((ctx, g) => g.mul(2), {
        setup_context: (ctx, [input], output) => Object.assign(ctx, { input, output, self: () => ctx })
      })`,
      'const y = op(w.mul(1)); if (i % 2 === 0) y.sum().backward()',
      4_000,
    ],
    [
      'of saved tensors that are packed',
      `${x} const pack = (t) => [t.detach()], unpack = ([t]) => t`,
      'torch.autograd.graph.saved_tensors_hooks(pack, unpack, () => w.mul(w)).sum().backward()',
      6_000,
    ],
    [
      'of hooks that throw',
      x,
      "const h = w.mul(2); h.register_hook(() => { throw new Error('half-way') }); try { h.sum().backward() } catch {}",
      6_000,
    ],
    [
      'of a running mean of hooked tensors',
      `${x} let mean = torch.zeros(100)`,
      'const h = w.mul(2); h.register_hook(() => {}); mean = torch.no_grad(() => mean.mul(0.9).add(h.mul(0.1)))',
      10_000,
    ],
    [
      'of a module with backward hooks',
      'const layer = new nn.Linear(8, 8), x = torch.ones([4, 8], { requires_grad: true }); layer.register_full_backward_hook(() => void layer)',
      'layer(x).sum().backward(); layer.zero_grad(); x.grad = null',
      3_000,
    ],
    [
      'of a module with backward hooks of the old kind',
      'const layer = new nn.Linear(8, 8), x = torch.ones([4, 8], { requires_grad: true }); layer.register_backward_hook(() => void layer)',
      'layer(x).sum().backward(); layer.zero_grad(); x.grad = null',
      3_000,
    ],
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
