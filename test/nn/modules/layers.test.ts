import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'

// [Python, TypeScript]: the same module, made by both.
const CASES: [python: string, make: () => nn.Module & ((x: Tensor) => Tensor), shape: number[]][] = [
  ['nn.Linear(5, 3)', () => new nn.Linear(5, 3), [2, 5]],
  ['nn.Linear(5, 3, bias=False)', () => new nn.Linear(5, 3, { bias: false }), [2, 5]],
  ['nn.Linear(in_features=5, out_features=3)', () => new nn.Linear({ in_features: 5, out_features: 3 }), [5]],
  [
    'nn.Linear(5, 3, False, dtype=torch.float64)',
    () => new nn.Linear(5, 3, false, { dtype: torch.float64 }),
    [2, 5],
  ],
  ['nn.Conv1d(4, 6, 3)', () => new nn.Conv1d(4, 6, 3), [2, 4, 9]],
  ['nn.Conv2d(4, 6, 3, padding=1)', () => new nn.Conv2d(4, 6, 3, { padding: 1 }), [2, 4, 7, 8]],
  [
    'nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2, False)',
    () => new nn.Conv2d(4, 6, [3, 2], [2, 1], [1, 2], [1, 2], 2, false),
    [2, 4, 7, 8],
  ],
  [
    'nn.Conv2d(4, 6, 3, groups=2, bias=False)',
    () => new nn.Conv2d(4, 6, 3, { groups: 2, bias: false }),
    [4, 7, 8],
  ],
  ['nn.Conv2d(4, 6, 4, padding="same")', () => new nn.Conv2d(4, 6, 4, { padding: 'same' }), [2, 4, 7, 8]],
  ['nn.Conv2d(4, 6, 3, padding="valid")', () => new nn.Conv2d(4, 6, 3, 1, 'valid'), [2, 4, 7, 8]],
  [
    'nn.Conv2d(4, 6, 4, padding="same", padding_mode="circular")',
    () => new nn.Conv2d(4, 6, 4, { padding: 'same', padding_mode: 'circular' }),
    [2, 4, 7, 8],
  ],
  [
    'nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode="reflect")',
    () => new nn.Conv2d(4, 6, 3, { padding: [1, 2], padding_mode: 'reflect' }),
    [2, 4, 7, 8],
  ],
  [
    'nn.Conv1d(4, 6, 3, padding=1, padding_mode="replicate")',
    () => new nn.Conv1d(4, 6, 3, { padding: 1, padding_mode: 'replicate' }),
    [2, 4, 9],
  ],
  [
    'nn.Conv3d(2, 3, (1, 2, 3), dilation=2)',
    () => new nn.Conv3d(2, 3, [1, 2, 3], { dilation: 2 }),
    [1, 2, 6, 7, 8],
  ],
  ['nn.Identity(54, unused=0.1)', () => new nn.Identity(54, { unused: 0.1 }), [2]],
  ['nn.ReLU()', () => new nn.ReLU(), [9]],
  ['nn.ReLU(inplace=True)', () => new nn.ReLU({ inplace: true }), [9]],
  ['nn.ReLU6()', () => new nn.ReLU6(), [9]],
  ['nn.SELU()', () => new nn.SELU(), [9]],
  ['nn.SiLU()', () => new nn.SiLU(), [9]],
  ['nn.Mish(True)', () => new nn.Mish(true), [9]],
  ['nn.Hardsigmoid()', () => new nn.Hardsigmoid(), [9]],
  ['nn.Hardswish()', () => new nn.Hardswish(), [9]],
  ['nn.Sigmoid()', () => new nn.Sigmoid(), [9]],
  ['nn.Tanh()', () => new nn.Tanh(), [9]],
  ['nn.Tanhshrink()', () => new nn.Tanhshrink(), [9]],
  ['nn.Softsign()', () => new nn.Softsign(), [9]],
  ['nn.LogSigmoid()', () => new nn.LogSigmoid(), [9]],
  ['nn.ELU()', () => new nn.ELU(), [9]],
  ['nn.ELU(0.5, inplace=True)', () => new nn.ELU(0.5, { inplace: true }), [9]],
  ['nn.CELU(alpha=1e-05)', () => new nn.CELU({ alpha: 1e-5 }), [9]],
  ['nn.LeakyReLU()', () => new nn.LeakyReLU(), [9]],
  ['nn.LeakyReLU(0.2)', () => new nn.LeakyReLU(0.2), [9]],
  ['nn.Threshold(0.1, 20)', () => new nn.Threshold(0.1, 20), [9]],
  ['nn.Hardtanh()', () => new nn.Hardtanh(), [9]],
  ['nn.Hardtanh(-2.0, max_val=0.5)', () => new nn.Hardtanh(-2, { max_val: 0.5 }), [9]],
  ['nn.GELU()', () => new nn.GELU(), [9]],
  ['nn.GELU(approximate="tanh")', () => new nn.GELU({ approximate: 'tanh' }), [9]],
  ['nn.GLU()', () => new nn.GLU(), [4]],
  ['nn.Hardshrink()', () => new nn.Hardshrink(), [9]],
  ['nn.Softshrink(0.25)', () => new nn.Softshrink(0.25), [9]],
  ['nn.Softplus()', () => new nn.Softplus(), [9]],
  ['nn.Softplus(2.0, threshold=1.0)', () => new nn.Softplus(2, { threshold: 1 }), [9]],
  ['nn.Softmax(dim=1)', () => new nn.Softmax({ dim: 1 }), [3, 4]],
  ['nn.Softmin(0)', () => new nn.Softmin(0), [3, 4]],
  ['nn.LogSoftmax(-1)', () => new nn.LogSoftmax(-1), [3, 4]],
]

interface Answer {
  text: string
  keys: string[]
  state: unknown[]
  output: unknown
  grads: unknown[]
}

describe('layers', () => {
  describe.skipIf(!live_torch())('against a live Python, to the last bit', () => {
    let python: Answer[] = []

    beforeAll(() => {
      python = run_python(
        `
import json, sys, torch
from torch import nn
answers = []
for source, shape in json.loads(sys.argv[1]):
    torch.manual_seed(7)
    module = eval(source)
    params = list(module.parameters())
    x = torch.randn(shape, dtype=params[0].dtype if params else torch.float32)
    x.requires_grad_(not getattr(module, 'inplace', False))
    y = module(x)
    if y.requires_grad: y.sum().backward()
    answers.append({'text': repr(module), 'keys': list(module.state_dict()), 'output': y.tolist(),
                    'state': [t.tolist() for t in module.state_dict().values()],
                    'grads': [None if t.grad is None else t.grad.tolist() for t in [x, *params]]})
print(json.dumps(answers))
`,
        [JSON.stringify(CASES.map(([source, , shape]) => [source, shape]))],
      ) as Answer[]
    }, 120_000)

    it.each(CASES.map(([source, make, shape], i) => ({ source, make, shape, i })))(
      '$source',
      ({ make, shape, i }) => {
        torch.manual_seed(7)
        const module = make()
        const params = [...module.parameters()]
        const x = torch.randn(shape, { dtype: params[0]?.dtype ?? torch.float32 })
        x.requires_grad_(!(module as { inplace?: boolean }).inplace)
        const y = module(x)
        if (y.requires_grad) y.sum().backward()
        const state = module.state_dict()
        expect({
          text: String(module),
          keys: Object.keys(state),
          state: state.values().map((t) => t.tolist()),
          output: y.tolist(),
          grads: [x, ...params].map((t) => t.grad?.tolist() ?? null),
        }).toEqual(python[i])
      },
    )
  })

  it('types a call', () => {
    const conv = new nn.Conv2d(1, 1, 1)
    expectTypeOf(conv).parameters.toEqualTypeOf<[input: Tensor]>()
    expectTypeOf(conv).returns.toEqualTypeOf<Tensor>()
    expectTypeOf(new nn.Identity()).toBeCallableWith(torch.ones(1))
    // @ts-expect-error two dimensions need two numbers
    expect(new nn.Conv2d(1, 1, [1, 1, 1]).kernel_size).toEqual([1, 1, 1])
  })
})

describe('a convolution', () => {
  it('computes with options that were set after it was made', () => {
    const conv = new nn.Conv2d(1, 1, 3)
    const x = torch.ones(1, 1, 5, 5)
    expect(conv(x).shape).toEqual([1, 1, 3, 3])
    conv.padding = [1, 1]
    conv.stride = [2, 2]
    expect(conv(x).shape).toEqual([1, 1, 3, 3])
    conv.stride = [1, 1]
    expect(conv(x).shape).toEqual([1, 1, 5, 5])
    expect(Object.isFrozen(conv.dilation)).toBe(true)
  })

  it('works without its bias, with another weight, and where gradients pass', () => {
    const conv = new nn.Conv1d(1, 1, 1)
    conv.bias = null
    conv.weight = new nn.Parameter(torch.full([1, 1, 1], 3))
    const y = conv(torch.ones(1, 1, 2))
    expect(y.tolist()).toEqual([[[3, 3]]])
    y.sum().backward()
    expect(conv.weight.grad?.item()).toBe(2)
  })

  it.each<[string, () => unknown, string]>([
    ['groups 0', () => new nn.Conv2d(4, 4, 1, { groups: 0 }), 'groups must be a positive integer'],
    ['groups 3', () => new nn.Conv2d(4, 6, 1, { groups: 3 }), 'in_channels must be divisible by groups'],
    ['groups 3 out', () => new nn.Conv2d(6, 4, 1, { groups: 3 }), 'out_channels must be divisible by groups'],
    [
      'strided same',
      () => new nn.Conv2d(1, 1, 3, { stride: 2, padding: 'same' }),
      "padding='same' is not supported for strided convolutions",
    ],
    [
      'padding text',
      () => new nn.Conv2d(1, 1, 3, { padding: 'some' as never }),
      "Invalid padding string 'some', should be one of {'same', 'valid'}",
    ],
    [
      'padding mode',
      () => new nn.Conv2d(1, 1, 3, { padding_mode: 'mirror' as never }),
      "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='mirror'",
    ],
    [
      'keyword',
      () => new nn.Conv2d(1, 1, 3, { paddin: 1 } as never),
      "Conv2d() got an unexpected keyword argument 'paddin'; did you mean 'padding'?",
    ],
    [
      'missing',
      () => new nn.Conv2d(...([1, 1] as never as [1, 1, 1])),
      /missing 1 required.*'kernel_size'/ as never,
    ],
    [
      'twice',
      () => new nn.Conv2d(1, 1, 3, 1, { stride: 2 } as never),
      "Conv2d() got multiple values for argument 'stride'",
    ],
    ['fraction', () => new nn.Conv2d(1, 1, 1.5), "argument 'kernel_size' must be int, not float (1.5)"],
    ['text', () => new nn.Linear('a' as never, 1), "argument 'in_features' must be int, not string"],
  ])('refuses %s', (_name, make, message) => {
    expect(make).toThrow(message)
  })

  it.each([
    ['conv2d', () => new nn.Conv2d(1, 1, 1)('x' as never)],
    ['linear', () => new nn.Linear(1, 1)('x' as never)],
    ['mse_loss', () => new nn.MSELoss()(torch.ones(1), 'x' as never)],
  ])('refuses what is no Tensor: %s', (operator, run) => {
    expect(run).toThrow(
      `${operator}(): argument '${operator === 'mse_loss' ? 'target' : 'input'}' must be Tensor`,
    )
    expect(run).toThrow(TypeError)
  })

  it('passes LibTorch’s refusal on, and a disposed input’s', () => {
    expect(() => new nn.Linear(2, 1)(torch.ones(3))).toThrow(/size mismatch|shapes cannot be multiplied/)
    expect(() => new nn.Conv2d(2, 1, 1)(torch.ones(1, 1, 2, 2))).toThrow(/expected input.*to have 2 channels/)
    const x = torch.ones(1)
    x.dispose()
    expect(() => new nn.Linear(1, 1)(x)).toThrow(/disposed of by dispose\(\)/)
  })
})

describe('losses', () => {
  const x = () => torch.tensor([1, 2, 4], { requires_grad: true })
  const y = () => torch.tensor([1, 0, 0])

  it.each([
    ['mean', 20 / 3, 2],
    ['sum', 20, 6],
    ['none', [0, 4, 16], [0, 2, 4]],
  ] as const)('reduce by %s', (reduction, squared, absolute) => {
    const round = (t: Tensor) => t.tolist()
    expect(round(new nn.MSELoss({ reduction })(x(), y()))).toEqual(
      typeof squared === 'number' ? Math.fround(squared) : squared,
    )
    expect(round(new nn.L1Loss({ reduction })(x(), y()))).toEqual(absolute)
    expect(round(nn.functional.mse_loss(x(), y(), { reduction }))).toEqual(
      typeof squared === 'number' ? Math.fround(squared) : squared,
    )
  })

  it('weigh', () => {
    const weight = torch.tensor([1, 1, 2])
    expect(nn.functional.mse_loss(x(), y(), { weight }).item()).toBe(9)
    expect(nn.functional.l1_loss(x(), y(), { weight, reduction: 'sum' }).item()).toBe(10)
    expect(nn.functional.l1_loss(x(), y(), { weight, reduction: 'none' }).tolist()).toEqual([0, 2, 8])
    expect(() => nn.functional.mse_loss(x(), y(), { weight: torch.ones(1) })).toThrow(
      'Weights and input must have the same size.',
    )
  })

  it('warn of broadcasting, and of the old arguments', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect(new nn.MSELoss()(torch.ones(2), torch.zeros(1)).item()).toBe(1)
    expect(warn.mock.calls[0]?.[0]).toBe(
      'Using a target size (torch.Size([1])) that is different to the input size (torch.Size([2])). This will likely ' +
        'lead to incorrect results due to broadcasting. Please ensure they have the same size.',
    )
    expect(new nn.MSELoss(false).reduction).toBe('sum')
    expect(new nn.MSELoss({ reduce: false }).reduction).toBe('none')
    expect(warn.mock.calls.at(-1)?.[0]).toMatch(/please use reduction='none' instead/)
    warn.mockRestore()
  })

  it('refuse another reduction', () => {
    const loss = new nn.MSELoss({ reduction: 'max' as never })
    expect(() => loss(x(), y())).toThrow('max is not a valid value for reduction')
    expect(() => new nn.MSELoss({ reduktion: 'sum' } as never)).toThrow("did you mean 'reduction'?")
  })
})
