// Loops through what indexes, assigns, fails half-way or takes and gives lists: thousands of turns, so that every
// operator's plan is compiled long before the end.
import { describe, expect, it } from 'vitest'
import { measure } from './loop.js'

const BUDGET = 1000
const x = 'const x = torch.randn(32, 32), w = torch.ones([100], { requires_grad: true });'
const fail = `
const rethrown = (call) => {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
`
const lists = 'const three = () => [torch.ones(64), torch.ones(64), torch.ones(64)]; const sums = three();'

type Case = [name: string, setup: string, step: string, times: number]

async function expect_flat(setup: string, step: string, times: number, args: string[] = []) {
  const measured = await measure(setup, step, times, { args })
  expect(measured.growth, JSON.stringify(measured)).toBeLessThanOrEqual(1.04)
  expect(measured.most_tensors).toBeLessThanOrEqual(6 * BUDGET)
  expect(measured.minor_collections).toBeGreaterThan(0)
}

const indexing: Case[] = [
  [
    'by masks, lists of tensors and several slices',
    `${x} const rows = torch.tensor([1n, 2n]), mask = x.gt(0)`,
    "x.at(mask); x.at(rows, rows); x.at('::2', null, '...', '1:'); x.at([0, 3, i % 32]); x.at(':', rows, null)",
    4_000,
  ],
  [
    'by views of views, with their bases dropped',
    x,
    "let v = x.add(1); for (let k = 0; k < 4; k++) v = v.unsqueeze(0).transpose(0, 1).squeeze(1).at('0:'); v.view(-1).split(512)[1].detach()",
    3_000,
  ],
  [
    'by views that autograd follows',
    x,
    "const v = w.mul(1); v.view(10, 10).at('2:4').mul_(2); v.narrow(0, 0, 50).sum().backward(); w.grad = null",
    3_000,
  ],
  [
    'that assigns numbers, tensors, masks and copies of its own slices',
    `${x} const y = torch.zeros(32, 32), rows = torch.tensor([1n, 2n])`,
    "y.set_at(['1:4', null, '::2'], i); y.set_at(x.gt(0), 0); y.set_at([rows, rows], x.at('0:2', 0)); y.set_at('1:3', y.at('2:4').clone())",
    3_000,
  ],
  [
    'that assigns to slices which autograd follows',
    x,
    "const y = torch.zeros(100); y.set_at('10:20', w.at('0:10').mul(2)); y.sum().backward(); w.grad = null",
    3_000,
  ],
]

const exceptions: Case[] = [
  [
    'in operators with lists, keywords and several results',
    `${x} ${fail} const y = torch.randn(5), out = [torch.empty(0), torch.empty(0)]`,
    "rethrown(() => torch.cat([x.add(1), y.add(1)])); rethrown(() => torch.stack([x, y], { dim: 1 })); rethrown(() => torch.max(x.add(1), 7)); rethrown(() => torch.max(x, 1, { out })); rethrown(() => x.add(1).view(7, 7)); rethrown(() => torch.einsum('ij,k->z', x, y))",
    2_000,
  ],
  [
    'in an argument after tensors were converted',
    `${x} ${fail}`,
    "rethrown(() => torch.add(x.add(1), x.add(2), { alpha: 'one' })); rethrown(() => torch.cat([x.add(1), x.add(2), 3])); rethrown(() => torch.sum(x.add(1), { dmi: 1 }))",
    4_000,
  ],
  [
    'in indexing and in assignment',
    `${x} ${fail} const y = torch.zeros(32, 32)`,
    "rethrown(() => x.add(1).at(99)); rethrown(() => x.at('0:4').at(torch.tensor([77n]))); rethrown(() => y.set_at('0:3', x.at('0:2'))); rethrown(() => y.set_at([0, 0, 0], 1))",
    9_000,
  ],
  [
    'in lists of foreach, half of them done',
    `${x} ${fail} ${lists} const bad = [torch.ones(64), torch.ones(64), torch.ones(3)]`,
    'rethrown(() => torch._foreach_add_(sums, bad)); rethrown(() => torch._foreach_mul(three(), bad)); rethrown(() => torch._foreach_add(three(), [1, 2]))',
    2_000,
  ],
  [
    'in hooks of leaves, of modules and after accumulation',
    `${x} ${fail}
    const layer = new nn.Linear(8, 8), input = torch.ones([4, 8], { requires_grad: true })
    const fails = () => { throw new Error('half-way') }`,
    `const leaf = torch.ones([100], { requires_grad: true }); leaf.register_hook(fails)
    rethrown(() => leaf.mul(2).sum().backward())
    const after = torch.ones([100], { requires_grad: true }); after.register_post_accumulate_grad_hook(fails)
    rethrown(() => after.mul(2).sum().backward())
    const hooks = [layer.register_forward_hook(fails), layer.register_full_backward_hook(fails)]
    rethrown(() => layer(input)); hooks[0].remove()
    rethrown(() => layer(input).sum().backward()); hooks[1].remove()
    layer.zero_grad(); input.grad = null`,
    1_500,
  ],
  [
    'in no_grad, enable_grad and inference_mode, in one another',
    `${x} ${fail} const y = torch.randn(5)`,
    `rethrown(() => torch.no_grad(() => { const h = w.mul(2); torch.enable_grad(() => w.mul(h).add(y)) }))
    rethrown(() => torch.inference_mode(() => w.mul(2).add(y)))
    if (!torch.is_grad_enabled() || torch.is_inference_mode_enabled()) throw new Error('a mode is left open')`,
    4_000,
  ],
  [
    'in scopes, in one another',
    `${x} ${fail} const y = torch.randn(5)`,
    'rethrown(() => torch.scope(() => { const h = x.add(1); return torch.scope(() => [h, h.mul(2).add(y)]) })); x.add(1)',
    4_000,
  ],
  [
    'whose errors are kept for a while',
    `${x} ${fail} const y = torch.randn(5), errors = []`,
    'errors[i % 16] = rethrown(() => { const h = x.add(i); h.add(y) })',
    4_000,
  ],
  [
    'in the middle of a backward that is then done again',
    `${x} ${fail}`,
    `let fails = true
    const h = w.mul(2)
    h.register_hook(() => { if (fails) throw new Error('half-way') })
    const loss = h.pow(2).sum()
    rethrown(() => loss.backward({ retain_graph: true }))
    fails = false; loss.backward(); w.grad = null`,
    3_000,
  ],
]

const results: Case[] = [
  [
    'with names',
    x,
    "const { values, indices } = torch.topk(x, 3, { dim: 1 }); values.sum(); const [q, r] = torch.linalg.qr(x.at(':8', ':8')); torch.sort(x.add(q.sum()), { dim: 0 }).indices; torch.frexp(r).mantissa; indices.add(1)",
    2_000,
  ],
  [
    'with names, into tensors given as out',
    `${x} const out = [torch.empty(32), torch.empty(32, { dtype: torch.int64 })], sum = torch.empty(32)`,
    'torch.max(x, 1, { out }).values.add(1); torch.sum(x, 1, { out: sum }); torch.min(x, 1, { out: torch.max(x, 1) })',
    3_000,
  ],
  [
    'as lists: split, unbind, meshgrid, gradients',
    x,
    "x.split(8)[3].add(1); x.unbind(1); torch.meshgrid(x.at(0), x.at(1), { indexing: 'ij' }); torch.autograd.grad(w.pow(2).sum(), [w])[0].mul(2)",
    1_500,
  ],
  [
    'of foreach, in place and new',
    lists,
    'torch._foreach_add_(sums, three()); torch._foreach_mul_(sums, 0.5); torch._foreach_add(sums, three(), { alpha: 2 }); torch._foreach_norm(three()); torch._foreach_addcdiv_(sums, three(), three(), 0.1)',
    2_000,
  ],
]

const plans: Case[] = [
  [
    'of the same operators by many kinds of arguments',
    `${x} const d = x.to(torch.float64), three = [x, x, x], dtypes = [torch.float64, torch.int64, torch.bool]`,
    `torch.add(x, i); torch.add(x, BigInt(i)); torch.add(i, x); torch.add(x, d); x.add(x, { alpha: i % 3 })
    torch.sum(x); torch.sum(x, 1); torch.sum(x, [0, 1]); torch.sum(x, { dim: 1, keepdim: true }); torch.sum(x, 1, { dtype: dtypes[i % 3] })
    torch.zeros(i % 4); torch.zeros([i % 4, 2]); torch.zeros(2, { dtype: dtypes[i % 3] }); torch.cat(three.slice(i % 3)); x.to(dtypes[i % 3])`,
    1_500,
  ],
  [
    'that give a number, a boolean, a list of numbers or nothing',
    `${x} const y = x.clone()`,
    'x.sum().item(); torch.equal(x, y); torch.is_nonzero(x.at(0, 0)); x.size(); x.stride(); torch._foreach_zero_([y]); x.tolist()',
    2_000,
  ],
]

describe('memory stays flat under', { timeout: 240_000 }, () => {
  describe('indexing', () => {
    it.each(indexing)('%s', (_, setup, step, times) => expect_flat(setup, step, times))
  })
  describe('exceptions thrown half-way', () => {
    it.each(exceptions)('%s', (_, setup, step, times) => expect_flat(setup, step, times))
  })
  describe('results', () => {
    it.each(results)('%s', (_, setup, step, times) => expect_flat(setup, step, times))
  })
  describe('compiled plans', () => {
    it.each(plans)('%s', (_, setup, step, times) => expect_flat(setup, step, times))
  })
  describe('plans where no code may be generated', () => {
    const no_code = ['--disallow-code-generation-from-strings']
    it.each(plans)('%s', (_, setup, step, times) => expect_flat(setup, step, times, no_code))
  })
})
