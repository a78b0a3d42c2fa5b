import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

// Models of many kinds through every transform, to the last bit of a live Python's. Where PyTorch itself cannot (twelve of the
// rows: batch_norm of one sample, the recurrent cells under vmap, fused attention in forward mode), the errors are the same.

const { functional_call, grad, hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap } = torch.func
const { functional: F } = nn

const PRELUDE = `
from torch.func import *
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.qkv, self.out = nn.LayerNorm(4), nn.Linear(4, 12), nn.Linear(4, 4)
    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        return self.out(q.matmul(k.transpose(-2, -1)).div(2).softmax(-1).matmul(v))
class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.out = nn.Embedding(6, 3), nn.Linear(3, 2)
    def forward(self, x): return self.out(self.embedding(x).mean(-2).tanh())
class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(3, 4)
    def forward(self, x): return self.cell(x, self.cell(x))
class Pairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.bilinear = nn.Bilinear(3, 3, 2)
    def forward(self, x): return self.bilinear(x, x.cos())
class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 4, batch_first=True)
    def forward(self, x): return self.rnn(x)[0]
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.attention, self.norm2 = nn.LayerNorm(4), nn.MultiheadAttention(4, 2, batch_first=True), nn.LayerNorm(4)
        self.up, self.down = nn.Linear(4, 6), nn.Linear(6, 4)
    def forward(self, x):
        n = self.norm1(x)
        x = x.add(self.attention(n, n, n, need_weights=False)[0])
        return x.add(self.down(F.gelu(self.up(self.norm2(x)))))
class Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(3, 2)
        self.experts = nn.ModuleList([nn.Linear(3, 2), nn.Linear(3, 2)])
    def forward(self, x):
        weights = self.gate(x).softmax(-1)
        return sum(weights[..., i:i + 1].mul(e(x).relu()) for i, e in enumerate(self.experts))
MODELS = {
    'mlp': (lambda: nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), [3]),
    'conv': (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)), [1, 4, 4]),
    'group_norm': (lambda: nn.Sequential(nn.Conv2d(2, 4, 1), nn.GroupNorm(2, 4), nn.SiLU(), nn.Flatten(), nn.Linear(16, 2)), [2, 2, 2]),
    'batch_norm': (lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, track_running_stats=False), nn.ELU(), nn.Linear(4, 2)), [3]),
    'attention': (Attention, [3, 4]),
    'words': (Words, None),
    'cell': (Cell, [3]),
    'pairs': (Pairs, [3]),
    'recurrent': (Recurrent, [3, 3]),
    'block': (Block, [3, 4]),
    'mixture': (Mixture, [3]),
    'log_softmax': (lambda: nn.Sequential(nn.Linear(3, 4), nn.LogSoftmax(-1)), [3]),
    'log_sigmoid': (lambda: nn.Sequential(nn.Linear(3, 4), nn.LogSigmoid(), nn.Softmax(-1)), [3]),
    'transposed': (lambda: nn.Sequential(nn.ConvTranspose2d(1, 2, 2), nn.LeakyReLU(), nn.AvgPool2d(2), nn.Flatten()), [1, 3, 3]),
    'pool': (lambda: nn.Sequential(nn.Conv1d(1, 2, 2), nn.MaxPool1d(2), nn.Softplus(), nn.InstanceNorm1d(2, affine=True)), [1, 5]),
}
def through(name, transform):
    make, shape = MODELS[name]
    torch.manual_seed(0)
    m = make()
    p = {k: v.detach() for k, v in m.named_parameters()}
    x = torch.arange(20).view(4, 5).remainder(6) if shape is None else torch.randn([4, *shape])
    t = {k: v.cos() for k, v in p.items()}
    first = next(iter(p))
    call = lambda p, x: functional_call(m, p, (x,))
    loss = lambda p, x: call(p, x).tanh().pow(2).mean()
    one = lambda p, a: loss(p, a.unsqueeze(0))
    return eval(transform, {**globals(), **locals()})
x = torch.linspace(-1, 2, 12).view(4, 3)
y = torch.linspace(0.5, 3, 12).view(4, 3).sin()
c = torch.tensor([2, 0, 1, 2])
w = torch.tensor([0.5, 2.0, 1.5])
`

class Attention extends nn.Module {
  norm = new nn.LayerNorm(4)
  qkv = new nn.Linear(4, 12)
  out = new nn.Linear(4, 4)
  override forward(x: Tensor): Tensor {
    const [q, k, v] = this.qkv(this.norm(x)).chunk(3, -1) as [Tensor, Tensor, Tensor]
    return this.out(q.matmul(k.transpose(-2, -1)).div(2).softmax(-1).matmul(v))
  }
}
class Words extends nn.Module {
  embedding = new nn.Embedding(6, 3)
  out = new nn.Linear(3, 2)
  override forward(x: Tensor): Tensor {
    return this.out(this.embedding(x).mean(-2).tanh())
  }
}
class Cell extends nn.Module {
  cell = new nn.GRUCell(3, 4)
  override forward(x: Tensor): Tensor {
    return this.cell(x, this.cell(x))
  }
}
class Pairs extends nn.Module {
  bilinear = new nn.Bilinear(3, 3, 2)
  override forward(x: Tensor): Tensor {
    return this.bilinear(x, x.cos())
  }
}
class Recurrent extends nn.Module {
  rnn = new nn.RNN(3, 4, { batch_first: true })
  override forward(x: Tensor): Tensor {
    return this.rnn(x)[0] as Tensor
  }
}
class Block extends nn.Module {
  norm1 = new nn.LayerNorm(4)
  attention = new nn.MultiheadAttention(4, 2, { batch_first: true })
  norm2 = new nn.LayerNorm(4)
  up = new nn.Linear(4, 6)
  down = new nn.Linear(6, 4)
  override forward(x: Tensor): Tensor {
    const n = this.norm1(x)
    const y = x.add(this.attention(n, n, n, { need_weights: false })[0])
    return y.add(this.down(F.gelu(this.up(this.norm2(y)))))
  }
}
class Mixture extends nn.Module {
  gate = new nn.Linear(3, 2)
  experts = new nn.ModuleList([new nn.Linear(3, 2), new nn.Linear(3, 2)])
  override forward(x: Tensor): Tensor {
    const weights = this.gate(x).softmax(-1)
    return [...this.experts]
      .map((expert, i) => weights.narrow(-1, i, 1).mul((expert as nn.Linear)(x).relu()))
      .reduce((sum, part) => sum.add(part), torch.tensor(0))
  }
}

const MODELS: Record<string, [make: () => nn.Module, shape: number[] | null]> = {
  mlp: [() => new nn.Sequential(new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 2)), [3]],
  conv: [
    () => new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.ReLU(), new nn.Flatten(), new nn.Linear(8, 2)),
    [1, 4, 4],
  ],
  group_norm: [
    () =>
      new nn.Sequential(
        new nn.Conv2d(2, 4, 1),
        new nn.GroupNorm(2, 4),
        new nn.SiLU(),
        new nn.Flatten(),
        new nn.Linear(16, 2),
      ),
    [2, 2, 2],
  ],
  batch_norm: [
    () =>
      new nn.Sequential(
        new nn.Linear(3, 4),
        new nn.BatchNorm1d(4, { track_running_stats: false }),
        new nn.ELU(),
        new nn.Linear(4, 2),
      ),
    [3],
  ],
  attention: [() => new Attention(), [3, 4]],
  words: [() => new Words(), null],
  cell: [() => new Cell(), [3]],
  pairs: [() => new Pairs(), [3]],
  recurrent: [() => new Recurrent(), [3, 3]],
  block: [() => new Block(), [3, 4]],
  mixture: [() => new Mixture(), [3]],
  log_softmax: [() => new nn.Sequential(new nn.Linear(3, 4), new nn.LogSoftmax(-1)), [3]],
  log_sigmoid: [() => new nn.Sequential(new nn.Linear(3, 4), new nn.LogSigmoid(), new nn.Softmax(-1)), [3]],
  transposed: [
    () =>
      new nn.Sequential(
        new nn.ConvTranspose2d(1, 2, 2),
        new nn.LeakyReLU(),
        new nn.AvgPool2d(2),
        new nn.Flatten(),
      ),
    [1, 3, 3],
  ],
  pool: [
    () =>
      new nn.Sequential(
        new nn.Conv1d(1, 2, 2),
        new nn.MaxPool1d(2),
        new nn.Softplus(),
        new nn.InstanceNorm1d(2, { affine: true }),
      ),
    [1, 5],
  ],
}

type Named = Record<string, Tensor>
interface Given {
  p: Named
  t: Named
  x: Tensor
  first: string
  call: (p: Named, x: Tensor) => Tensor
  loss: (p: Named, x: Tensor) => Tensor
  one: (p: Named, a: Tensor) => Tensor
}

function through(name: string, transform: (given: Given) => unknown): unknown {
  const [make, shape] = MODELS[name]!
  torch.manual_seed(0)
  const m = make()
  const p = Object.fromEntries(
    Array.from(m.named_parameters(), ([key, value]) => [key, value.detach() as Tensor]),
  )
  const x = shape === null ? torch.arange(20).view(4, 5).remainder(6) : torch.randn([4, ...shape])
  const t = Object.fromEntries(Object.entries(p).map(([key, value]) => [key, value.cos()]))
  const call = (given: Named, a: Tensor) => functional_call(m, given, [a]) as Tensor
  const loss = (given: Named, a: Tensor) => call(given, a).tanh().pow(2).mean()
  const one = (given: Named, a: Tensor) => loss(given, a.unsqueeze(0))
  return transform({ p, t, x, first: Object.keys(p)[0]!, call, loss, one })
}

const TRANSFORMS: Record<string, (given: Given) => unknown> = {
  'grad(loss)(p, x)': ({ p, x, loss }) => grad(loss)(p, x),
  'vjp(lambda q: call(q, x), p)[1](call(p, x).cos())[0]': ({ p, x, call }) =>
    vjp((q: Named) => call(q, x), p)[1](call(p, x).cos())[0],
  'jvp(lambda q: call(q, x), (p,), (t,))': ({ p, t, x, call }) => jvp((q: Named) => call(q, x), [p], [t]),
  'vmap(grad(one), (None, 0))(p, x)': ({ p, x, one }) => vmap(grad(one), { in_dims: [null, 0] })(p, x),
  'jacrev(call)(p, x[:2])': ({ p, x, call }) => jacrev(call)(p, x.narrow(0, 0, 2)),
  'jacfwd(call)(p, x[:2])': ({ p, x, call }) => jacfwd(call)(p, x.narrow(0, 0, 2)),
  'hessian(lambda q: loss({**p, first: q}, x))(p[first])': ({ p, x, first, loss }) =>
    hessian((q: Tensor) => loss({ ...p, [first]: q }, x))(p[first]!),
  'linearize(lambda q: call(q, x), p)[1](t)': ({ p, t, x, call }) =>
    linearize((q: Named) => call(q, x), p)[1](t),
  'vmap(lambda a: jvp(lambda q: one(q, a), (p,), (t,))[1])(x)': ({ p, t, x, one }) =>
    vmap((a: Tensor) => jvp((q: Named) => one(q, a), [p], [t])[1])(x),
  'grad(lambda q: sum(v.pow(2).sum() for v in grad(loss)(q, x).values()))(p)': ({ p, x, loss }) =>
    grad((q: Named) =>
      Object.values(grad(loss)(q, x))
        .map((v) => v.pow(2).sum())
        .reduce((sum, part) => sum.add(part), torch.tensor(0)),
    )(p),
}

describe.each(Object.keys(MODELS))('%s', (name) => {
  compare_rows(
    Object.entries(TRANSFORMS).map(
      ([python, ours]): Row => ({
        python: `through('${name}', '${python}')`,
        ours: () => through(name, ours),
      }),
    ),
    PRELUDE,
  )
})

const x = torch.linspace(-1, 2, 12).view(4, 3)
const y = torch.linspace(0.5, 3, 12).view(4, 3).sin()
const c = torch.tensor([2, 0, 1, 2], { dtype: torch.int64 })
const w = torch.tensor([0.5, 2, 1.5])
const each = (python: string, ours: (a: Tensor, b: Tensor) => Tensor, target = 'y', value = y): Row => ({
  python: `vmap(grad(lambda a, b: ${python}))(x, ${target})`,
  ours: () => vmap(grad(ours))(x, value),
})

describe('losses of each sample', () => {
  compare_rows(
    [
      each('F.mse_loss(a, b)', (a, b) => F.mse_loss(a, b)),
      each('F.mse_loss(a, b, reduction="sum")', (a, b) => F.mse_loss(a, b, { reduction: 'sum' })),
      each('F.smooth_l1_loss(a, b, beta=0.7)', (a, b) => F.smooth_l1_loss(a, b, { beta: 0.7 })),
      each('F.huber_loss(a, b, delta=0.7)', (a, b) => F.huber_loss(a, b, { delta: 0.7 })),
      each('F.l1_loss(a, b)', (a, b) => F.l1_loss(a, b)),
      each('F.binary_cross_entropy_with_logits(a, b.abs())', (a, b) =>
        F.binary_cross_entropy_with_logits(a, b.abs()),
      ),
      each('F.kl_div(a.log_softmax(-1), b.softmax(-1), reduction="sum")', (a, b) =>
        F.kl_div(a.log_softmax(-1), b.softmax(-1), { reduction: 'sum' }),
      ),
      each('F.cross_entropy(a, b)', (a, b) => F.cross_entropy(a, b), 'c', c),
      each(
        'F.cross_entropy(a.unsqueeze(0), b.unsqueeze(0), label_smoothing=0.1)',
        (a, b) => F.cross_entropy(a.unsqueeze(0), b.unsqueeze(0), { label_smoothing: 0.1 }),
        'c',
        c,
      ),
      each(
        'F.cross_entropy(a.unsqueeze(0), b.unsqueeze(0), weight=w, reduction="sum")',
        (a, b) => F.cross_entropy(a.unsqueeze(0), b.unsqueeze(0), { weight: w, reduction: 'sum' }),
        'c',
        c,
      ),
      each(
        'F.nll_loss(a, b, ignore_index=1, weight=w)',
        (a, b) => F.nll_loss(a, b, { ignore_index: 1, weight: w }),
        'c',
        c,
      ),
      each(
        'F.nll_loss(a.view(1, 3, 1, 1), b.view(1, 1, 1))',
        (a, b) => F.nll_loss(a.view(1, 3, 1, 1), b.view(1, 1, 1)),
        'c',
        c,
      ),
      each('torch.addr(torch.ones(3, 3), a, b, beta=0.5, alpha=2).sin().sum()', (a, b) =>
        torch.addr(torch.ones(3, 3), a, b, { beta: 0.5, alpha: 2 }).sin().sum(),
      ),
      {
        python: 'vmap(lambda a, b: F.nll_loss(a.unsqueeze(0), b.unsqueeze(0), reduction="none"))(x, c)',
        ours: () =>
          vmap((a: Tensor, b: Tensor) => F.nll_loss(a.unsqueeze(0), b.unsqueeze(0), { reduction: 'none' }))(
            x,
            c,
          ),
      },
      {
        python: 'vmap(grad(lambda a, b: F.mse_loss(a, b)))(x.bfloat16(), y.bfloat16())',
        ours: () =>
          vmap(grad((a: Tensor, b: Tensor) => F.mse_loss(a, b)))(x.to(torch.bfloat16), y.to(torch.bfloat16)),
      },
      {
        python: 'hessian(lambda a: F.cross_entropy(a, c))(x)',
        ours: () => hessian((a: Tensor) => F.cross_entropy(a, c))(x),
      },
      {
        python: 'jvp(grad(lambda a: torch.trace(a.matmul(a.t())).log()), (x,), (y,))',
        ours: () =>
          jvp(
            grad((a: Tensor) => torch.trace(a.matmul(a.t())).log()),
            [x],
            [y],
          ),
      },
    ],
    PRELUDE,
  )
})
