// One operator at one element: µs a call over the whole loop, so that collecting and sweeping count.
import * as torch from 'typetorch'
import { peak_megabytes, read_flags } from './child.js'

const flags = read_flags()
torch.set_num_threads(flags.threads)
const a = torch.full([1], 1.5, { requires_grad: true })
const b = torch.full([1], 0.5, { requires_grad: true })
const u = torch.full([1], 1.5)
const v = torch.full([1], 0.5)
const w = torch.full([1], 0.5)
const m = torch.full([1, 1], 1.5)
const index = torch.zeros(1, { dtype: torch.int64 })
const out = torch.empty(1)
const sum = torch.full([1], 0.5)
const sums = [torch.full([1], 0.5), torch.full([1], 0.5), torch.full([1], 0.5)]
const parts = [torch.full([1], 0.5), torch.full([1], 0.5), torch.full([1], 0.5)]
const weight = torch.full([1, 1], 0.5, { requires_grad: true })
const bias = torch.full([1], 0.5, { requires_grad: true })
const linear = torch.ops.aten.linear!

const calls: Record<string, () => unknown> = {
  'add (tracked)': () => a.add(b),
  add: () => u.add(v),
  'add, alpha': () => torch.add(u, v, { alpha: 2 }),
  'mul by a number': () => u.mul(2),
  'pow by a number': () => u.pow(2),
  neg: () => u.neg(),
  exp: () => torch.exp(u),
  detach: () => u.detach(),
  add_: () => sum.add_(v),
  'mul_ by a number': () => w.mul_(1),
  'clamp_, min': () => w.clamp_({ min: 0 }),
  'add, out': () => torch.add(u, v, { out }),
  'sum, out': () => torch.sum(m, 1, { out }),
  mean: () => u.mean(),
  'sum, keepdim': () => torch.sum(m, 1, { keepdim: true }),
  'var, correction': () => torch.var(m, 1, { correction: 0, keepdim: true }),
  'max with a dim': () => torch.max(m, 1),
  matmul: () => m.matmul(m),
  'linear (tracked)': () => linear(m, weight, bias),
  view: () => u.view(1, 1),
  select: () => m.at(0),
  slice: () => u.at('0:1'),
  'slice, new axis': () => m.at('...', '0:1', null),
  'index by a tensor': () => u.at(index),
  'slice assigned': () => w.set_at('0:1', v),
  'cat of two': () => torch.cat([u, v]),
  'stack of three': () => torch.stack([u, v, u]),
  '_foreach_add_ of three': () => torch._foreach_add_(sums, parts),
  zeros: () => torch.zeros(1),
  randn_like: () => torch.randn_like(u),
}

const us: Record<string, number> = {}
for (const [name, call] of Object.entries(calls)) {
  for (let i = 0; i < flags.warmup; i++) call()
  const start = performance.now()
  for (let i = 0; i < flags.iterations; i++) call()
  us[name] = ((performance.now() - start) * 1000) / flags.iterations
}
console.log(JSON.stringify({ us, peak_mb: peak_megabytes() }))
