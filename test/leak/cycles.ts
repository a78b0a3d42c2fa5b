// Loops that close a cycle between the two heaps each turn: a hook, a Function, a context or a node's object that holds its
// own tensor and what was computed from it. Run short by loops.test.ts, and 100,000 turns each by `npm run leaks`.

/** A loop's name, what comes before it, its turn as statements, and how often the test goes round. */
export type Cycle = [name: string, setup: string, step: string, times: number]

export const x = 'const x = torch.randn(32, 32), w = torch.ones([100], { requires_grad: true });'

export const cycles: Cycle[] = [
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
    'of hooks after accumulation that hold their leaf and its output',
    '',
    'const leaf = torch.ones([100], { requires_grad: true }); let out; leaf.register_post_accumulate_grad_hook(() => { void leaf; void out }); out = leaf.mul(2).sum(); out.backward()',
    6_000,
  ],
  [
    'of hooks on a module that hold its tensors',
    '',
    'const layer = new nn.Linear(8, 8), input = torch.ones([4, 8], { requires_grad: true }); let out; layer.register_forward_pre_hook(() => { void input; void out }); layer.register_forward_hook(() => { void layer; void out }); layer.register_full_backward_pre_hook(() => void out); layer.register_full_backward_hook(() => { void layer; void input; void out }); out = layer(input); out.sum().backward()',
    1_500,
  ],
  [
    'of hooks on a leaf’s own node that nobody removes',
    x,
    'const h = w.mul(2); let out; const node = h.grad_fn.next_functions[0][0]; node.register_hook(() => { void h; void out; void node }); out = h.exp().sum(); out.backward(); w.grad = null',
    4_000,
  ],
  [
    'of hooks on saved tensors that hold their tensor and its output',
    x,
    'const h = w.mul(1); let out; torch.autograd.graph.saved_tensors_hooks((t) => { void h; return t.detach() }, (t) => { void out; return t }, () => { out = h.mul(h).exp().sum() }); if (i % 2) out.backward(); w.grad = null',
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
]
