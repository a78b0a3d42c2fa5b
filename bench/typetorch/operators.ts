// One operator at one element: µs a call over the whole loop, so that collecting and sweeping count.
import * as torch from 'typetorch'
import { peak_megabytes, read_flags } from './child.js'

const flags = read_flags()
torch.set_num_threads(flags.threads)
const a = torch.full([1], 1.5, { requires_grad: true })
const b = torch.full([1], 0.5, { requires_grad: true })
const u = torch.full([1], 1.5)
const v = torch.full([1], 0.5)
const m = torch.full([1, 1], 1.5)
const c = torch.full([1], true)
const sum = torch.full([1], 0.5)
const weight = torch.full([1, 1], 0.5, { requires_grad: true })
const bias = torch.full([1], 0.5, { requires_grad: true })
const linear = torch.ops.aten!.linear!

const calls: Record<string, () => unknown> = {
  'add (tracked)': () => a.add(b),
  add: () => u.add(v),
  'mul by a number': () => u.mul(2),
  add_: () => sum.add_(v),
  sub: () => u.sub(v),
  div: () => u.div(v),
  neg: () => u.neg(),
  'pow by a number': () => u.pow(2),
  sqrt: () => torch.sqrt(u),
  exp: () => torch.exp(u),
  sigmoid: () => torch.sigmoid(u),
  relu: () => torch.relu(u),
  mean: () => u.mean(),
  'sum, keepdim': () => torch.sum(m, 1, { keepdim: true }),
  'max with a dim': () => torch.max(m, 1),
  matmul: () => m.matmul(m),
  'linear (tracked)': () => linear(m, weight, bias),
  view: () => u.view(1, 1),
  reshape: () => m.reshape(1),
  transpose: () => m.transpose(0, 1),
  unsqueeze: () => u.unsqueeze(0),
  select: () => m.at(0),
  slice: () => u.at('0:1'),
  'cat of two': () => torch.cat([u, v]),
  zeros: () => torch.zeros(1),
  randn_like: () => torch.randn_like(u),
  eq: () => u.eq(v),
  where: () => torch.where(c, u, v),
  clone: () => u.clone(),
  detach: () => u.detach(),
}

const us: Record<string, number> = {}
for (const [name, call] of Object.entries(calls)) {
  for (let i = 0; i < flags.warmup; i++) call()
  const start = performance.now()
  for (let i = 0; i < flags.iterations; i++) call()
  us[name] = ((performance.now() - start) * 1000) / flags.iterations
}
console.log(JSON.stringify({ us, peak_mb: peak_megabytes() }))
