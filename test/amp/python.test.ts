import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'
import { compare_rows, type Row } from '../helpers/rows.js'
import { full, lower, type OperatorCase, others } from './operators.js'

const halves = { bfloat16: torch.bfloat16, float16: torch.float16 }
type Half = keyof typeof halves

function operator_row(half: Half, [shapes, python, ours]: OperatorCase): Row {
  const none = Array<string>(3 - shapes.length).fill('None')
  const drawn = shapes.map((shape) => `torch.randn(${JSON.stringify(shape)})`)
  return {
    python: `(lambda x, y, z, h: torch.autocast('cpu', h)(lambda: ${python})())(${[...drawn, ...none].join(', ')}, torch.${half})`,
    ours: () => {
      const [x, y, z] = shapes.map((shape) => torch.randn(shape)) as [Tensor, Tensor, Tensor]
      return torch.autocast('cpu', { dtype: halves[half] }, () => ours(x, y, z, halves[half]))
    },
  }
}

/** A module on an input, in a mode, forward alone under autocast: output and the weights' gradients. */
function module_row(
  half: Half,
  python: string,
  module: () => nn.Module,
  shapes: number[][],
  call = (m: nn.Module, inputs: Tensor[]): unknown => m(...inputs),
): Row {
  const inputs = shapes.map((shape) => `torch.randn(${JSON.stringify(shape)})`)
  return {
    python: `(lambda m, *x: (lambda y: [y, (y if isinstance(y, torch.Tensor) else y[0]).float().sum().backward(), [p.grad for p in m.parameters()]])(torch.autocast('cpu', torch.${half})(m)(*x)))(${[python, ...inputs].join(', ')})`,
    ours: () => {
      const m = module()
      const x = shapes.map((shape) => torch.randn(shape))
      const y = torch.autocast('cpu', halves[half], () => call(m, x))
      const first = (y instanceof torch.Tensor ? y : (y as Tensor[])[0])!
      first.float().sum().backward()
      return [y, null, [...m.parameters()].map((p) => p.grad)]
    },
  }
}

const modules = (half: Half): Row[] => [
  module_row(half, 'nn.Linear(4, 3)', () => new nn.Linear(4, 3), [[5, 4]]),
  module_row(half, 'nn.Conv2d(3, 4, 3, padding=1)', () => new nn.Conv2d(3, 4, 3, { padding: 1 }), [
    [2, 3, 6, 6],
  ]),
  module_row(half, 'nn.ConvTranspose2d(3, 4, 3)', () => new nn.ConvTranspose2d(3, 4, 3), [[2, 3, 6, 6]]),
  module_row(half, 'nn.LayerNorm(4)', () => new nn.LayerNorm(4), [[3, 4]]),
  module_row(half, 'nn.BatchNorm1d(4)', () => new nn.BatchNorm1d(4), [[3, 4]]),
  module_row(half, 'nn.LSTM(4, 3)', () => new nn.LSTM(4, 3), [[5, 2, 4]]),
  module_row(half, 'nn.GRU(4, 3)', () => new nn.GRU(4, 3), [[5, 2, 4]]),
  module_row(
    half,
    'nn.MultiheadAttention(8, 2, batch_first=True)',
    () => new nn.MultiheadAttention(8, 2, { batch_first: true }),
    [
      [2, 3, 8],
      [2, 3, 8],
      [2, 3, 8],
    ],
  ),
  module_row(
    half,
    'nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)',
    () => new nn.TransformerEncoderLayer(8, 2, { dim_feedforward: 16, dropout: 0, batch_first: true }),
    [[2, 3, 8]],
  ),
  {
    python: `(lambda x, y: torch.autocast('cpu', torch.${half})(lambda: nn.MSELoss()(x.to(torch.${half}), y))())(torch.randn(4, 4), torch.randn(4, 4))`,
    ours: () => {
      const [x, y] = [torch.randn(4, 4), torch.randn(4, 4)]
      return torch.autocast('cpu', halves[half], () => new nn.MSELoss()(x.to(halves[half]), y))
    },
  },
  // The fused operators of inference run under CPU's autocast: PyTorch leaves them out under CUDA's alone.
  {
    python: `torch.no_grad()(lambda m, x: torch.autocast('cpu', torch.${half})(m)(x))(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval(), torch.randn(2, 3, 8))`,
    ours: () => {
      const m = new nn.TransformerEncoderLayer(8, 2, { dim_feedforward: 16, batch_first: true }).eval()
      const x = torch.randn(2, 3, 8)
      return torch.no_grad(() => torch.autocast('cpu', halves[half], () => m(x)))
    },
  },
]

// Steps under autocast, where Python's optimizers run by the same casts.
type OneTensor = (param: Tensor) => { step(): unknown }
const steps: Row[] = (
  [
    ['Adam', 'lr=0.1', (p) => new optim.Adam([p], { lr: 0.1 })],
    ['AdamW', 'lr=0.1, foreach=True', (p) => new optim.AdamW([p], { lr: 0.1, foreach: true })],
    ['SGD', 'lr=0.1, momentum=0.9', (p) => new optim.SGD([p], { lr: 0.1, momentum: 0.9 })],
    ['Muon', 'lr=0.1', (p) => new optim.Muon([p], { lr: 0.1 })],
    ['Adafactor', 'lr=0.1', (p) => new optim.Adafactor([p], { lr: 0.1 })],
  ] as [name: string, python: string, make: OneTensor][]
).map(([name, python, make]) => ({
  python: `(lambda p: [setattr(p, 'grad', torch.randn(4, 4)), torch.autocast('cpu', torch.float16)(torch.optim.${name}([p], ${python}).step)(), p])(torch.randn(4, 4).requires_grad_())`,
  ours: () => {
    const p = torch.randn(4, 4).requires_grad_()
    p.grad = torch.randn(4, 4)
    const optimizer = make(p)
    torch.autocast('cpu', torch.float16, () => optimizer.step())
    return [null, null, p]
  },
}))

describe('operators, modules and steps under autocast', () => {
  const by_dtype = (half: Half) => [
    ...[...lower, ...full, ...others].map((one) => operator_row(half, one)),
    ...modules(half),
  ]
  compare_rows([...by_dtype('bfloat16'), ...by_dtype('float16'), ...steps])
})

const STEPS = 20
const mlp = () => new nn.Sequential(new nn.Linear(6, 16), new nn.ReLU(), new nn.Linear(16, 3))
const conv_net = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(4, 8, 3),
    new nn.GELU(),
    new nn.Flatten(),
    new nn.Linear(32, 3),
  )

describe.skipIf(live_torch() === null)('training with autocast and GradScaler, bit for bit', () => {
  const theirs =
    live_torch() === null
      ? {}
      : (run_python(`
import json, torch
from torch import nn
torch.set_num_threads(1)
def hexed(t):
    return t.detach().contiguous().view(torch.uint8).numpy().tobytes().hex() if t.dim() else hexed(t.reshape(1))
mlp = lambda: nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
conv_net = lambda: nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(4, 8, 3), nn.GELU(), nn.Flatten(), nn.Linear(32, 3))
def train(make, shape, dtype):
    torch.manual_seed(1)
    model = make()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler('cpu', init_scale=2.0**16, growth_interval=5)
    found = []
    for _ in range(${STEPS}):
        optimizer.zero_grad()
        input, target = torch.randn(shape), torch.randint(3, (8,))
        with torch.autocast('cpu', dtype=dtype):
            output = model(input)
            loss = nn.functional.cross_entropy(output, target)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        found += [hexed(loss), hexed(output), scaler.get_scale()]
    return found + [hexed(v) for v in model.state_dict().values()]
print(json.dumps({f'{name} {dtype}': train(make, shape, dtype) for name, make, shape in (('mlp', mlp, (8, 6)), ('conv_net', conv_net, (8, 1, 8, 8))) for dtype in (torch.bfloat16, torch.float16)}))
`) as Record<string, unknown[]>)

  const hexed = (tensor: Tensor) => {
    const { buffer, byteOffset, byteLength } = tensor.detach().contiguous().typed_array({ copy: true })
    return Buffer.from(buffer, byteOffset, byteLength).toString('hex')
  }

  function* train(make: () => nn.Module, shape: number[], dtype: torch.dtype) {
    torch.manual_seed(1)
    const model = make()
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 })
    const scaler = new torch.amp.GradScaler('cpu', { init_scale: 2 ** 16, growth_interval: 5 })
    for (let i = 0; i < STEPS; i++) {
      optimizer.zero_grad()
      const input = torch.randn(shape)
      const target = torch.randint(3, [8])
      const [output, loss] = torch.autocast('cpu', { dtype }, () => {
        const output = model(input) as Tensor
        return [output, nn.functional.cross_entropy(output, target)] as const
      })
      scaler.scale(loss).backward()
      scaler.unscale_(optimizer as never)
      nn.utils.clip_grad_norm_(model.parameters(), 1)
      scaler.step(optimizer as never)
      scaler.update()
      yield* [hexed(loss), hexed(output), scaler.get_scale()]
    }
    for (const [, value] of Object.entries(model.state_dict())) yield hexed(value as Tensor)
  }

  it.each([
    ['mlp torch.bfloat16', mlp, [8, 6], torch.bfloat16],
    ['mlp torch.float16', mlp, [8, 6], torch.float16],
    ['conv_net torch.bfloat16', conv_net, [8, 1, 8, 8], torch.bfloat16],
    ['conv_net torch.float16', conv_net, [8, 1, 8, 8], torch.float16],
  ] as const)('%s', (name, make, shape, dtype) => {
    const threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try {
      expect([...train(make, [...shape], dtype)]).toEqual(theirs[name])
    } finally {
      torch.set_num_threads(threads)
    }
  })
})
