import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'

const { utils } = nn
const numbers = (tensors: readonly (Tensor | null)[]) => tensors.map((t) => t?.tolist() ?? null)

function module_facts(module: nn.Module & ((x: Tensor) => Tensor), x: Tensor) {
  const y = module(x)
  const state = module.state_dict()
  if (y.requires_grad) y.sum().backward()
  return {
    text: String(module),
    keys: state.keys(),
    state: numbers(state.values()),
    y: y.tolist(),
    grads: numbers([...module.parameters()].map((p) => p.grad)),
  }
}

// [Python, TypeScript]: both make a list of results from the same seed.
const CASES: [name: string, python: string, run: () => unknown][] = [
  [
    'clip_grad_norm_',
    `m = nn.Linear(4, 3); m(torch.randn(2, 4)).pow(2).sum().backward()
norm = utils.clip_grad_norm_(m.parameters(), 0.1)
out = [norm.tolist(), [p.grad.tolist() for p in m.parameters()]]`,
    () => {
      const m = new nn.Linear(4, 3)
      m(torch.randn(2, 4)).pow(2).sum().backward()
      const norm = utils.clip_grad_norm_(m.parameters(), 0.1)
      return [norm.tolist(), numbers([...m.parameters()].map((p) => p.grad))]
    },
  ],
  [
    'clip_grad_norm_ of the greatest, clip_grad_value_, get_total_norm',
    `m = nn.Linear(4, 3); m(torch.randn(2, 4)).pow(2).sum().backward()
a = utils.get_total_norm([p.grad for p in m.parameters()], 3.0)
b = utils.clip_grad_norm_(m.parameters(), 0.5, norm_type=float('inf'))
utils.clip_grad_value_(m.parameters(), 0.2)
out = [a.tolist(), b.tolist(), [p.grad.tolist() for p in m.parameters()]]`,
    () => {
      const m = new nn.Linear(4, 3)
      m(torch.randn(2, 4)).pow(2).sum().backward()
      const a = utils.get_total_norm(
        [...m.parameters()].map((p) => p.grad!),
        3,
      )
      const b = utils.clip_grad_norm_(m.parameters(), 0.5, { norm_type: Number.POSITIVE_INFINITY })
      utils.clip_grad_value_(m.parameters(), 0.2)
      return [a.tolist(), b.tolist(), numbers([...m.parameters()].map((p) => p.grad))]
    },
  ],
  [
    'parameters_to_vector, vector_to_parameters',
    `m = nn.Linear(2, 2); v = utils.parameters_to_vector(m.parameters())
utils.vector_to_parameters(v * 2, m.parameters())
out = [v.tolist(), [p.tolist() for p in m.parameters()]]`,
    () => {
      const m = new nn.Linear(2, 2)
      const v = utils.parameters_to_vector(m.parameters())
      utils.vector_to_parameters(v.mul(2), m.parameters())
      return [v.tolist(), numbers([...m.parameters()])]
    },
  ],
  [
    'fuse_conv_bn_eval',
    `c = nn.Conv2d(2, 3, 2, bias=False).eval(); b = nn.BatchNorm2d(3); b(torch.randn(4, 3, 2, 2)); b.eval()
f = utils.fuse_conv_bn_eval(c, b); out = [f.weight.tolist(), f.bias.tolist(), f(torch.randn(1, 2, 3, 3)).tolist()]`,
    () => {
      const c = new nn.Conv2d(2, 3, 2, { bias: false }).eval()
      const b = new nn.BatchNorm2d(3)
      b(torch.randn(4, 3, 2, 2))
      const f = utils.fuse_conv_bn_eval(c, b.eval())
      return [f.weight.tolist(), f.bias!.tolist(), f(torch.randn(1, 2, 3, 3)).tolist()]
    },
  ],
  [
    'fuse_linear_bn_eval',
    `c = nn.Linear(2, 3).eval(); b = nn.BatchNorm1d(3); b(torch.randn(4, 3)); b.eval()
f = utils.fuse_linear_bn_eval(c, b); out = [f.weight.tolist(), f.bias.tolist()]`,
    () => {
      const b = new nn.BatchNorm1d(3)
      const c = new nn.Linear(2, 3).eval()
      b(torch.randn(4, 3))
      const f = utils.fuse_linear_bn_eval(c, b.eval())
      return [f.weight.tolist(), f.bias!.tolist()]
    },
  ],
  [
    'weight_norm',
    `m = utils.weight_norm(nn.Linear(3, 2)); out = facts(m, torch.randn(4, 3))
utils.remove_weight_norm(m); out = [out, list(m.state_dict()), m.weight.tolist()]`,
    () => {
      const m = utils.weight_norm(new nn.Linear(3, 2))
      const out = module_facts(m, torch.randn(4, 3))
      utils.remove_weight_norm(m)
      return [out, m.state_dict().keys(), m.weight.tolist()]
    },
  ],
  [
    'spectral_norm',
    `m = utils.spectral_norm(nn.ConvTranspose2d(3, 2, 2), n_power_iterations=2); out = facts(m, torch.randn(1, 3, 2, 2))
utils.remove_spectral_norm(m); out = [out, list(m.state_dict()), m.weight.tolist()]`,
    () => {
      const m = utils.spectral_norm(new nn.ConvTranspose2d(3, 2, 2), { n_power_iterations: 2 })
      const out = module_facts(m, torch.randn(1, 3, 2, 2))
      utils.remove_spectral_norm(m)
      return [out, m.state_dict().keys(), m.weight.tolist()]
    },
  ],
  [
    'parametrizations.weight_norm',
    `m = utils.parametrizations.weight_norm(nn.Linear(3, 2), dim=1); out = facts(m, torch.randn(4, 3))
utils.parametrize.remove_parametrizations(m, 'weight'); out = [out, repr(m), m.weight.tolist()]`,
    () => {
      const m = utils.parametrizations.weight_norm(new nn.Linear(3, 2), { dim: 1 })
      const out = module_facts(m, torch.randn(4, 3))
      utils.parametrize.remove_parametrizations(m, 'weight')
      return [out, String(m), m.weight.tolist()]
    },
  ],
  [
    'parametrizations.spectral_norm',
    `m = utils.parametrizations.spectral_norm(nn.Linear(3, 2)); out = facts(m, torch.randn(4, 3))`,
    () => module_facts(utils.parametrizations.spectral_norm(new nn.Linear(3, 2)), torch.randn(4, 3)),
  ],
  ...(
    [
      ['matrix_exp', 3, 3, true],
      ['cayley', 4, 3, true],
      ['householder', 3, 5, true],
      ['householder', 4, 3, false],
    ] as const
  ).map(([map, n, k, trivial]): [string, string, () => unknown] => [
    `parametrizations.orthogonal by ${map}, ${n}×${k}${trivial ? '' : ', without a base'}`,
    `m = utils.parametrizations.orthogonal(nn.Linear(${k}, ${n}), 'weight', '${map}', use_trivialization=${trivial ? 'True' : 'False'})
out = facts(m, torch.randn(4, ${k}))`,
    () =>
      module_facts(
        utils.parametrizations.orthogonal(new nn.Linear(k, n), 'weight', map, {
          use_trivialization: trivial,
        }),
        torch.randn(4, k),
      ),
  ]),
  [
    'packed sequences',
    `m = nn.LSTM(3, 4, bidirectional=True); x = torch.randn(5, 3, 3)
p = utils.rnn.pack_padded_sequence(x, [2, 5, 3], enforce_sorted=False)
y, (h, c) = m(p); z, n = utils.rnn.pad_packed_sequence(y, batch_first=True, padding_value=-1.0, total_length=6)
s = utils.rnn.unpack_sequence(utils.rnn.pack_sequence([x[:4, 0], x[:2, 1]]))
out = [y.data.tolist(), y.batch_sizes.tolist(), h.tolist(), c.tolist(), z.tolist(), n.tolist(), [t.tolist() for t in s],
       utils.rnn.pad_sequence([x[:1, 0], x[:2, 1]], padding_side='left').tolist()]`,
    () => {
      const m = new nn.LSTM(3, 4, { bidirectional: true })
      const x = torch.randn(5, 3, 3)
      const p = utils.rnn.pack_padded_sequence(x, [2, 5, 3], { enforce_sorted: false })
      const [y, [h, c]] = m(p)
      const [z, n] = utils.rnn.pad_packed_sequence(y, {
        batch_first: true,
        padding_value: -1,
        total_length: 6,
      })
      const s = utils.rnn.unpack_sequence(utils.rnn.pack_sequence([x.at(':4', 0), x.at(':2', 1)]))
      return [
        ...numbers([y.data, y.batch_sizes, h, c, z, n]),
        numbers(s),
        utils.rnn.pad_sequence([x.at(':1', 0), x.at(':2', 1)], { padding_side: 'left' }).tolist(),
      ]
    },
  ],
  [
    'functional_call',
    `m = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)); x = torch.randn(4, 3)
p = {'0.weight': torch.ones(2, 3), '1.num_batches_tracked': torch.tensor(5)}
y = torch.func.functional_call(m, p, (x,))
out = [y.tolist(), p['1.num_batches_tracked'].tolist(), m[1].num_batches_tracked.tolist(), m[0].weight.tolist()]`,
    () => {
      const bn = new nn.BatchNorm1d(2)
      const linear = new nn.Linear(3, 2)
      const m = new nn.Sequential(linear, bn)
      const x = torch.randn(4, 3)
      const p = { '0.weight': torch.ones(2, 3), '1.num_batches_tracked': torch.tensor(5n) }
      const y = torch.func.functional_call(m, p, [x]) as Tensor
      return [...numbers([y, p['1.num_batches_tracked'], bn.num_batches_tracked, linear.weight])]
    },
  ],
]

describe.skipIf(!live_torch())('nn.utils against a live Python, to the last bit', () => {
  let python: unknown[] = []

  beforeAll(() => {
    python = run_python(
      `
import json, sys, torch, warnings
from torch import nn
from torch.nn import utils
warnings.simplefilter('ignore')
def facts(m, x):
    y = m(x)
    state = m.state_dict()
    if y.requires_grad: y.sum().backward()
    return {'text': repr(m), 'keys': list(state), 'state': [t.tolist() for t in state.values()], 'y': y.tolist(),
            'grads': [None if p.grad is None else p.grad.tolist() for p in m.parameters()]}
answers = []
for source in json.loads(sys.argv[1]):
    torch.manual_seed(3)
    scope = dict(globals())
    exec(source, scope)
    answers.append(scope['out'])
print(json.dumps(answers))
`,
      [JSON.stringify(CASES.map(([, source]) => source))],
    ) as unknown[]
  }, 120_000)

  it.each(CASES.map(([name, , run], i) => ({ name, run, i })))('$name', ({ run, i }) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    torch.manual_seed(3)
    expect(run()).toEqual(python[i])
  })
})
