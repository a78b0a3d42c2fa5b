import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const { init } = nn

// [Python, TypeScript]: the same call on a tensor `w` of the shape.
const CASES: [python: string, fill: (w: Tensor) => Tensor, shape: number[]][] = [
  ['init.uniform_(w)', (w) => init.uniform_(w), [3, 5]],
  ['init.uniform_(w, -2.0, b=0.5)', (w) => init.uniform_(w, -2, { b: 0.5 }), [3, 5]],
  ['init.normal_(w, mean=1.0, std=0.1)', (w) => init.normal_(w, { mean: 1, std: 0.1 }), [3, 5]],
  ['init.constant_(w, 0.3)', (w) => init.constant_(w, 0.3), [3, 5]],
  ['init.ones_(w)', (w) => init.ones_(w), [3, 5]],
  ['init.zeros_(w)', (w) => init.zeros_(w), [3, 5]],
  ['init.eye_(w)', (w) => init.eye_(w), [3, 5]],
  ['init.dirac_(w)', (w) => init.dirac_(w), [4, 2, 3]],
  ['init.dirac_(w, 2)', (w) => init.dirac_(w, 2), [4, 2, 3, 5]],
  ['init.dirac_(w, groups=2)', (w) => init.dirac_(w, { groups: 2 }), [4, 3, 3, 3, 3]],
  ['init.xavier_uniform_(w)', (w) => init.xavier_uniform_(w), [3, 5]],
  [
    'init.xavier_uniform_(w, gain=init.calculate_gain("relu"))',
    (w) => init.xavier_uniform_(w, { gain: init.calculate_gain('relu') }),
    [3, 5, 2],
  ],
  ['init.xavier_normal_(w, 2.0)', (w) => init.xavier_normal_(w, 2), [3, 5]],
  ['init.kaiming_uniform_(w)', (w) => init.kaiming_uniform_(w), [3, 5]],
  [
    'init.kaiming_uniform_(w, a=5 ** 0.5)',
    (w) => init.kaiming_uniform_(w, { a: Math.sqrt(5) }),
    [3, 5, 3, 3],
  ],
  [
    'init.kaiming_uniform_(w, 0.2, "fan_out", "leaky_relu")',
    (w) => init.kaiming_uniform_(w, 0.2, 'fan_out', 'leaky_relu'),
    [3, 5],
  ],
  [
    'init.kaiming_normal_(w, mode="fan_out", nonlinearity="tanh")',
    (w) => init.kaiming_normal_(w, { mode: 'fan_out', nonlinearity: 'tanh' }),
    [3, 5],
  ],
  ['init.trunc_normal_(w)', (w) => init.trunc_normal_(w), [30, 5]],
  ['init.trunc_normal_(w, std=0.02)', (w) => init.trunc_normal_(w, { std: 0.02 }), [30, 5]],
  ['init.trunc_normal_(w, 0.0, 1.0, 1.5, 2.0)', (w) => init.trunc_normal_(w, 0, 1, 1.5, 2), [30, 5]],
  ['init.trunc_normal_(w, 0.0, 2.0, -2.0, 2.0)', (w) => init.trunc_normal_(w, 0, 2, -2, 2), [30, 5]],
  ['init.orthogonal_(w)', (w) => init.orthogonal_(w), [3, 5]],
  ['init.orthogonal_(w, gain=2)', (w) => init.orthogonal_(w, { gain: 2 }), [5, 3, 1]],
  ['init.sparse_(w, sparsity=0.5)', (w) => init.sparse_(w, { sparsity: 0.5 }), [6, 3]],
  [
    'init.normal_(w, generator=g)',
    (w) => init.normal_(w, { generator: new torch.Generator().manual_seed(3) }),
    [4],
  ],
]

describe.skipIf(!live_torch())('against a live Python, to the last bit', () => {
  let python: unknown[] = []

  beforeAll(() => {
    python = run_python(
      `
import json, sys, torch
from torch.nn import init
answers = []
for source, shape in json.loads(sys.argv[1]):
    torch.manual_seed(7)
    g = torch.Generator().manual_seed(3)
    w = torch.empty(shape, requires_grad=True)
    r = eval(source)
    answers.append([w.tolist(), r is w, torch.rand(1).item()])
print(json.dumps(answers))
`,
      [JSON.stringify(CASES.map(([source, , shape]) => [source, shape]))],
    ) as unknown[]
  }, 120_000)

  it.each(CASES.map(([source, fill, shape], i) => ({ source, fill, shape, i })))(
    '$source',
    ({ fill, shape, i }) => {
      torch.manual_seed(7)
      const w = torch.empty(shape, { requires_grad: true })
      const result = fill(w)
      // The next number shows that as many were drawn.
      expect([w.tolist(), result === w, torch.rand(1).item()]).toEqual(python[i])
    },
  )
})

describe('gains and fans', () => {
  it('are those of PyTorch', () => {
    expect(init.calculate_gain('linear')).toBe(1)
    expect(init.calculate_gain('sigmoid')).toBe(1)
    expect(init.calculate_gain('tanh')).toBe(5 / 3)
    expect(init.calculate_gain('relu')).toBe(Math.SQRT2)
    expect(init.calculate_gain('selu')).toBe(0.75)
    expect(init.calculate_gain('leaky_relu')).toBe(1.4141428569978354)
    expect(init.calculate_gain('leaky_relu', 0.2)).toBe(1.3867504905630728)
    expect(init._calculate_fan_in_and_fan_out(torch.empty(2, 3, 4, 5))).toEqual([60, 40])
  })
})

describe('refusals', () => {
  it.each<[string, () => unknown, string]>([
    ['gain', () => init.calculate_gain('gelu' as never), 'Unsupported nonlinearity gelu'],
    ['slope', () => init.calculate_gain('leaky_relu', 'x' as never), 'negative_slope x not a valid number'],
    ['eye_', () => init.eye_(torch.empty(1)), 'Only tensors with 2 dimensions are supported'],
    ['dirac_', () => init.dirac_(torch.empty(1, 1)), 'Only tensors with 3, 4, or 5 dimensions are supported'],
    ['dirac_ groups', () => init.dirac_(torch.empty(3, 1, 1), 2), 'dim 0 must be divisible by groups'],
    [
      'orthogonal_',
      () => init.orthogonal_(torch.empty(1)),
      'Only tensors with 2 or more dimensions are supported',
    ],
    ['sparse_', () => init.sparse_(torch.empty(1), 0.1), 'Only tensors with 2 dimensions are supported'],
    [
      'fan',
      () => init.xavier_uniform_(torch.empty(1)),
      'Fan in and fan out can not be computed for tensor with fewer than 2 dimensions',
    ],
    [
      'mode',
      () => init.kaiming_uniform_(torch.empty(2, 2), { mode: 'fan' as never }),
      "Mode fan not supported, please use one of ['fan_in', 'fan_out']",
    ],
  ])('%s', (_name, run, message) => {
    expect(run).toThrow(expect.objectContaining({ name: 'ValueError', message }))
  })

  it('names a misspelt keyword’s neighbour', () => {
    expect(() => init.kaiming_uniform_(torch.empty(2, 2), { mod: 'fan_in' } as never)).toThrow(
      "kaiming_uniform_() got an unexpected keyword argument 'mod'; did you mean 'mode'?",
    )
  })

  it('warns of an empty tensor and of a mean far outside', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    init.kaiming_uniform_(torch.empty(0, 2))
    expect(warn).toHaveBeenLastCalledWith('Initializing zero-element tensors is a no-op')
    init.trunc_normal_(torch.empty(2), 9, 1)
    expect(warn.mock.calls.at(-1)?.[0]).toMatch(/mean is more than 2 std from/)
    warn.mockRestore()
  })
})

it('throws TypeError for strings where numbers are computed with', () => {
  const w = torch.empty(4, 4)
  const calls: [() => unknown, string][] = [
    [() => nn.init.xavier_uniform_(w, '2' as never), "xavier_uniform_(): argument 'gain' must be a number"],
    [() => nn.init.sparse_(w, '0.5' as never), "sparse_(): argument 'sparsity' must be a number"],
    [() => nn.init.trunc_normal_(w, { mean: '0' as never }), "trunc_normal_(): argument 'mean' must be"],
    [() => nn.init.dirac_(torch.empty(2, 2, 2), 1.5), "dirac_(): argument 'groups' must be int, not float"],
  ]
  for (const [call, words] of calls) expect(call).toThrow(words)
})
