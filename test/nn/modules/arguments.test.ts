import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

type Loose = Record<string, new (...args: unknown[]) => nn.Module>
const classes = nn as unknown as Loose

const make = (name: string, ...args: unknown[]) => Reflect.construct(classes[name]!, args)

/** The names of the classes of nn that are modules of their own. */
const modules = Object.keys(nn).filter((name) => {
  const found: unknown = (nn as Record<string, unknown>)[name]
  return typeof found === 'function' && found.prototype instanceof nn.Module
})

// They pass a call on to other modules, or may not be called.
const CONTAINERS = new Set([
  'Container',
  'DataParallel',
  'ModuleDict',
  'ModuleList',
  'ParameterDict',
  'ParameterList',
])

describe("a layer's call", () => {
  const layers = modules.filter((name) => {
    const own = classes[name]!.prototype.forward !== nn.Module.prototype.forward
    return own && !CONTAINERS.has(name) && name !== 'Sequential'
  })

  it('is checked for every layer', () => {
    expect(layers.length).toBeGreaterThan(140)
  })

  it.each(layers)('throws TypeError for a keyword that %s does not have', (name) => {
    const { prototype } = classes[name]!
    const given = Array.from({ length: prototype.forward.length }, () => 1)
    expect(() =>
      Reflect.apply(prototype.forward, Object.create(prototype), [...given, { bogus_keyword: 1 }]),
    ).toThrow("forward() got an unexpected keyword argument 'bogus_keyword'")
  })

  it.each(layers)('throws TypeError for more arguments than %s takes', (name) => {
    const { prototype } = classes[name]!
    expect(() => Reflect.apply(prototype.forward, Object.create(prototype), new Array(20).fill(1))).toThrow(
      /^forward\(\) takes (from \d+ to )?\d+ positional arguments? but 20 were given$/,
    )
  })

  it('takes its arguments by keyword', () => {
    const layer = new nn.Linear(2, 1)
    const input = torch.ones(1, 2)
    const call = layer as unknown as (options: { input: Tensor }) => Tensor
    expect(call({ input }).tolist()).toEqual(layer(input).tolist())
    const gaussian = new nn.GaussianNLLLoss() as unknown as (...args: unknown[]) => Tensor
    const [x, y, variance] = [torch.zeros(2, 1), torch.ones(2, 1), torch.ones(2, 1)]
    expect(gaussian(x, y, { var: variance }).item()).toBe(gaussian(x, y, variance).item())
  })

  it('throws TypeError for a flag that only the function has', () => {
    const drop = new nn.Dropout(0.5) as unknown as (...args: unknown[]) => Tensor
    expect(() => drop(torch.ones(2), { training: false })).toThrow(
      "forward() got an unexpected keyword argument 'training'",
    )
  })
})

describe('layers without parameters', () => {
  const without = ['LogSigmoid', 'Sigmoid', 'Softmax2d', 'Softsign', 'Tanh', 'Tanhshrink', 'Module']

  it.each(without)('%s throws TypeError for arguments', (name) => {
    expect(() => make(name, 1)).toThrow(`${name}() takes 0 positional arguments but 1 was given`)
    expect(() => make(name, { inplace: true })).toThrow(
      `${name}() got an unexpected keyword argument 'inplace'`,
    )
  })

  it('are also those of a class without a constructor', () => {
    class Net extends nn.Module {}
    expect(() => Reflect.construct(Net, [5])).toThrow('Net() takes 0 positional arguments but 1 was given')
    expect(new Net()).toBeInstanceOf(nn.Module)
  })

  it('Identity takes anything', () => {
    expect(new nn.Identity(54, { unused: 0.1 })(torch.ones(1)).item()).toBe(1)
  })
})

describe("a layer's numbers and flags", () => {
  const floats: [string, unknown[], string][] = [
    ['AdaptiveLogSoftmaxWithLoss', [4, 6, [2], '4'], 'div_value'],
    ['AlphaDropout', ['0.5'], 'p'],
    ['BatchNorm1d', [3, '1e-5'], 'eps'],
    ['BatchNorm1d', [3, { momentum: true }], 'momentum'],
    ['CELU', ['1'], 'alpha'],
    ['ConstantPad1d', [1, '0'], 'value'],
    ['CosineEmbeddingLoss', ['0'], 'margin'],
    ['CosineSimilarity', [1, null], 'eps'],
    ['CrossEntropyLoss', [{ label_smoothing: '0.1' }], 'label_smoothing'],
    ['Dropout', [null], 'p'],
    ['Dropout2d', [[0.5]], 'p'],
    ['ELU', ['1'], 'alpha'],
    ['Embedding', [3, 2, { max_norm: '1' }], 'max_norm'],
    ['Embedding', [3, 2, { norm_type: null }], 'norm_type'],
    ['FractionalMaxPool2d', [2, { output_ratio: ['0.5', '0.5'] }], 'output_ratio'],
    ['GaussianNLLLoss', [{ eps: '1' }], 'eps'],
    ['GroupNorm', [1, 2, null], 'eps'],
    ['Hardshrink', ['0.5'], 'lambd'],
    ['Hardtanh', ['-1'], 'min_val'],
    ['InstanceNorm1d', [3, '1e-5'], 'eps'],
    ['LayerNorm', [3, 'x'], 'eps'],
    ['LeakyReLU', [null], 'negative_slope'],
    ['LocalResponseNorm', [2, '1'], 'alpha'],
    ['LPPool1d', ['2', 3], 'norm_type'],
    ['MultiheadAttention', [4, 2, '0.1'], 'dropout'],
    ['PairwiseDistance', ['2'], 'p'],
    ['PoissonNLLLoss', [{ eps: 'x' }], 'eps'],
    ['PReLU', [1, '0.25'], 'init'],
    ['RMSNorm', [3, '1'], 'eps'],
    ['RReLU', ['0.1'], 'lower'],
    ['SmoothL1Loss', [{ beta: '1' }], 'beta'],
    ['Softplus', [null], 'beta'],
    ['Softshrink', [[]], 'lambd'],
    ['Threshold', ['0', 1], 'threshold'],
    ['TransformerEncoderLayer', [4, 2, { dropout: '0.1' }], 'dropout'],
    ['TripletMarginLoss', [{ p: '2' }], 'p'],
    ['Upsample', [{ scale_factor: '2' }], 'scale_factor'],
  ]

  it.each(floats)('%s(%j) throws TypeError that names %s', (name, args, argument) => {
    expect(() => make(name, ...args)).toThrow(`${name}(): argument '${argument}' must be a number, not`)
  })

  const flags: [string, unknown[], string][] = [
    ['Linear', [2, 1, 'no'], 'bias'],
    ['Conv2d', [1, 1, 1, { bias: torch.tensor(false) }], 'bias'],
    ['ReLU', ['yes'], 'inplace'],
    ['BatchNorm2d', [3, { affine: [] }], 'affine'],
    ['MaxPool2d', [2, { ceil_mode: 'true' }], 'ceil_mode'],
    ['MSELoss', ['sum'], 'size_average'],
    ['LSTM', [1, 1, { bidirectional: 'no' }], 'bidirectional'],
  ]

  it.each(flags)('%s throws TypeError for a flag that is not a bool (case %#)', (name, args, argument) => {
    expect(() => make(name, ...args)).toThrow(`${name}(): argument '${argument}' must be bool, not`)
  })

  it('take 0, 1 and null for a flag, as Python does', () => {
    const linear = (bias: unknown) => make('Linear', 2, 1, bias) as unknown as nn.Linear
    expect(linear(0).bias).toBe(null)
    expect(linear(null).bias).toBe(null)
    expect(linear(1).bias).toBeInstanceOf(nn.Parameter)
  })

  it('names the class that was called', () => {
    expect(() => make('ReLU', { inplac: true })).toThrow(
      "ReLU() got an unexpected keyword argument 'inplac'; did you mean 'inplace'?",
    )
    expect(() => make('LogSoftmax', 1, 2)).toThrow(
      'LogSoftmax() takes from 0 to 1 positional arguments but 2 were given',
    )
  })
})

describe("a module's methods", () => {
  const layer = () => new nn.Linear(2, 1, { bias: false })
  const loose = (module: nn.Module) => module as unknown as Record<string, (...args: unknown[]) => unknown>

  it('throw TypeError for unknown keywords', () => {
    const calls: [string, unknown[]][] = [
      ['state_dict', []],
      ['zero_grad', []],
      ['train', []],
      ['eval', []],
      ['parameters', []],
      ['named_buffers', []],
      ['modules', []],
      ['requires_grad_', []],
      ['to', []],
      ['register_buffer', ['x', null]],
      ['load_state_dict', [{}]],
      ['register_forward_hook', [() => null]],
      ['register_full_backward_hook', [() => null]],
      ['reset_parameters', []],
      ['extra_repr', []],
      ['double', []],
    ]
    for (const [name, args] of calls)
      expect(() => loose(layer())[name]!(...args, { bogus: 1 }), name).toThrow(
        `${name}() got an unexpected keyword argument 'bogus'`,
      )
  })

  it('state_dict takes its deprecated positional arguments', () => {
    const made = layer()
    const first = made.state_dict()
    const second = loose(made)['state_dict']!(first, 'again.') as typeof first
    expect(second).toBe(first)
    expect([...first.keys()]).toEqual(['weight', 'again.weight'])
  })

  it('register_buffer takes persistent by position and by keyword', () => {
    const module = new nn.Module()
    module.register_buffer('a', torch.ones(1), false)
    module.register_buffer('b', torch.ones(1), { persistent: false })
    loose(module)['register_buffer']!({ name: 'c', tensor: torch.ones(1) })
    expect([...module.state_dict().keys()]).toEqual(['c'])
    expect([...module.named_buffers()].map(([name]) => name)).toEqual(['a', 'b', 'c'])
  })

  it('to_empty asks for its device', () => {
    expect(() => loose(layer())['to_empty']!()).toThrow(
      "to_empty() missing 1 required keyword-only argument: 'device'",
    )
    expect(layer().to_empty({ device: 'cpu', recurse: false }).weight.shape).toEqual([1, 2])
  })

  it('load_state_dict takes its flags by position and by keyword', () => {
    const state = layer().state_dict()
    const other = layer()
    expect(other.load_state_dict(state, false, true).missing_keys).toEqual([])
    expect(loose(other)['load_state_dict']!({ state_dict: state, strict: true })).toMatchObject({
      missing_keys: [],
    })
    expect(other.load_state_dict({}, { strict: false }).missing_keys).toEqual(['weight'])
  })
})

describe('parameters and buffers', () => {
  it('refuse other values than tensors and booleans', () => {
    expect(() => Reflect.construct(nn.Parameter, [[1, 2]])).toThrow(
      "Parameter(): argument 'data' must be Tensor, not array",
    )
    expect(() => Reflect.construct(nn.Parameter, [torch.ones(1), 'no'])).toThrow(
      "Parameter(): argument 'requires_grad' must be bool, not string",
    )
    expect(() => Reflect.construct(nn.Buffer, [torch.ones(1), false])).toThrow(
      'Buffer() takes from 0 to 1 positional arguments but 2 were given',
    )
  })

  it('keep whether an uninitialized buffer is persistent', () => {
    expect(new nn.UninitializedBuffer({ persistent: false }).persistent).toBe(false)
    const buffer = new nn.UninitializedBuffer()
    expect(buffer.persistent).toBe(true)
    buffer.materialize([2], torch.device('cpu'), torch.float64)
    expect([buffer.shape, buffer.dtype]).toEqual([[2], torch.float64])
  })
})

describe("layers' types", () => {
  it('take arguments by position and by keyword', () => {
    expectTypeOf(new nn.Linear(2, 3)).toEqualTypeOf<nn.Linear>()
    expectTypeOf(new nn.Linear(2, 3, false)).toEqualTypeOf<nn.Linear>()
    expectTypeOf(new nn.Linear(2, 3, { bias: false, dtype: torch.float64 })).toEqualTypeOf<nn.Linear>()
    expectTypeOf(new nn.Linear({ in_features: 2, out_features: 3 })).toEqualTypeOf<nn.Linear>()
    expectTypeOf(new nn.Conv2d(1, 1, [1, 1], 1, { padding: 'same' })).toEqualTypeOf<nn.Conv2d>()
    // @ts-expect-error a misspelt keyword
    expect(() => new nn.Linear(2, 3, { bais: false })).toThrow("did you mean 'bias'?")
    // @ts-expect-error three sizes for two dimensions
    expect(() => new nn.Conv2d(1, 1, [1, 1, 1])(torch.ones(1, 1, 2, 2))).toThrow()
    // @ts-expect-error text for a number
    expect(() => new nn.Dropout('0.5')).toThrow('must be a number')
  })

  it('let subclasses override methods with their own parameters', () => {
    class Net extends nn.Module {
      override train(mode = true): this {
        return super.train(mode)
      }
      override register_buffer(name: string, tensor: Tensor | null, persistent = true): void {
        super.register_buffer(name, tensor, persistent)
      }
      override zero_grad(set_to_none = true): void {
        super.zero_grad(set_to_none)
      }
      override *parameters(recurse = true): Generator<nn.Parameter, void, undefined> {
        yield* super.parameters(recurse)
      }
    }
    expect([...new Net().train().parameters()]).toEqual([])
  })
})

describe("a convolution's gradients", () => {
  const size = [1, 1, 5]
  const weight = torch.ones(1, 1, 2)

  it('take the stride by position and by keyword', () => {
    const grad = torch.ones(1, 1, 2)
    const expected = [[[1, 1, 1, 1, 0]]]
    expect(nn.grad.conv1d_input(size, weight, grad, 2).tolist()).toEqual(expected)
    expect(nn.grad.conv1d_input(size, weight, grad, { stride: 2 }).tolist()).toEqual(expected)
  })

  it('throw TypeError for unknown keywords', () => {
    expect(() =>
      Reflect.apply(nn.grad.conv1d_input, undefined, [size, weight, torch.ones(1, 1, 2), { strid: 2 }]),
    ).toThrow("conv1d_input() got an unexpected keyword argument 'strid'; did you mean 'stride'?")
  })
})

describe('hooks for all modules', () => {
  it('throw TypeError for unknown keywords', () => {
    expect(() =>
      Reflect.apply(nn.register_module_forward_hook, undefined, [() => null, { with_kwarg: true }]),
    ).toThrow("got an unexpected keyword argument 'with_kwarg'; did you mean 'with_kwargs'?")
  })
})
