import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { afterEach, describe, expect, it } from 'vitest'
import { failure, refuses } from './failure.js'

const x = torch.ones(2, 3)
// Callers without TypeScript pass anything.
const loose = torch as unknown as Record<string, (...args: unknown[]) => torch.Tensor>
const method = (name: string, ...args: unknown[]) =>
  (x as unknown as Record<string, (...a: unknown[]) => unknown>)[name]!(...args)
const expect_refusal = (call: () => unknown, kind: new (message: string) => Error, text: string) =>
  refuses('arguments.test.ts', call, kind, text)

afterEach(() => expect(torch.ones(2, 3).add(1).sum().item()).toBe(12))

describe('wrong dtype', () => {
  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'matrices',
      () => x.mm(torch.ones([3, 2], { dtype: torch.float64 })),
      torch.RuntimeError,
      'expected m1 and m2 to have the same dtype, but got: float != double',
    ],
    [
      'an index',
      () => x.index_select(0, torch.tensor([0, 1])),
      torch.RuntimeError,
      'index_select(): Expected dtype int32 or int64 for index',
    ],
    [
      'gather',
      () => x.gather(0, torch.ones(2, 3)),
      torch.RuntimeError,
      'gather(): Expected dtype int32/int64 for index',
    ],
    [
      'out',
      () => torch.add(x, x, { out: torch.empty([2, 3], { dtype: torch.int64 }) }),
      torch.RuntimeError,
      "result type Float can't be cast to the desired output type Long",
    ],
    [
      'booleans',
      () => torch.tensor([true]).sub(torch.tensor([false])),
      torch.RuntimeError,
      'Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.',
    ],
    [
      'integers with gradients',
      () => torch.tensor([1n], { requires_grad: true }),
      torch.RuntimeError,
      'Only Tensors of floating point and complex dtype can require gradients',
    ],
  ])('%s', (_, call, kind, text) => expect_refusal(call, kind, text))

  it('says how an index is made', () => {
    expect(failure(() => x.at(torch.tensor([0, 1]))).message).toContain(
      'make it with { dtype: torch.long } or bigints',
    )
  })
})

describe('shapes', () => {
  it.each<[string, () => unknown, string]>([
    [
      'do not broadcast',
      () => x.add(torch.ones(4)),
      'The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1',
    ],
    [
      'do not multiply',
      () => nn.functional.linear(x, torch.ones(4, 5)),
      'mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)',
    ],
    ['no matrix', () => x.mm(torch.ones(3)), 'mat2 must be a matrix'],
    ['view', () => x.view(7), "shape '[7]' is invalid for input of size 6"],
    ['item', () => x.item(), 'a Tensor with 6 elements cannot be converted to Scalar'],
  ])('%s', (_, call, text) => expect_refusal(call, torch.RuntimeError, text))

  it('a dimension out of range is an IndexError and a RangeError', () => {
    const error = failure(() => x.sum(5))
    expect(error).toBeInstanceOf(torch.IndexError)
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('Dimension out of range (expected to be in range of [-2, 1], but got 5)')
    expect(error.operator).toBe('sum')
  })
})

describe('a misspelt keyword names the closest', () => {
  it.each<[string, () => unknown, string]>([
    [
      'a function',
      () => loose['zeros']!(2, { dtpye: torch.float32 }),
      "zeros() got an unexpected keyword argument 'dtpye'; did you mean 'dtype'?",
    ],
    [
      'one overload',
      () => method('add', x, { aplha: 2 }),
      "add() got an unexpected keyword argument 'aplha'; did you mean 'alpha'?",
    ],
    [
      'several overloads',
      () => method('sum', 1, { kepdim: true }),
      "sum() got an unexpected keyword argument 'kepdim'; did you mean 'keepdim'?",
    ],
    [
      'named results',
      () => loose['max']!(x, 1, { keepdmi: true }),
      "max() got an unexpected keyword argument 'keepdmi'; did you mean 'keepdim'?",
    ],
    [
      'torch.tensor',
      () => loose['tensor']!([1], { dtyp: torch.float32 }),
      "tensor() got an unexpected keyword argument 'dtyp'; did you mean 'dtype'?",
    ],
    [
      'Tensor.to',
      () => method('to', { devise: 'cpu' }),
      "to() got an unexpected keyword argument 'devise'; did you mean 'device'?",
    ],
    [
      'a module',
      () => new nn.Conv2d(3, 4, 3, { pading: 1 } as object),
      "Conv2d() got an unexpected keyword argument 'pading'; did you mean 'padding'?",
    ],
    [
      'nothing close',
      () => loose['randn']!([2], { zzzzzz: 1 }),
      "randn() got an unexpected keyword argument 'zzzzzz'",
    ],
  ])('%s', (_, call, text) => expect_refusal(call, TypeError, text))
})

describe('too many, missing, twice', () => {
  it.each<[string, () => unknown, string]>([
    ['a method', () => method('relu', 1, 2), 'relu() takes 0 positional arguments but 2 were given'],
    ['a function', () => loose['add']!(x, x, x, x), 'add() takes 2 positional arguments but 4 were given'],
    [
      'several overloads',
      () => method('sum', 1, true, torch.float32, 4),
      'sum() takes 2 positional arguments but 4 were given',
    ],
    ['one missing', () => loose['add']!(x), 'add() missing 1 required positional arguments: "other"'],
    ['missing in a method', () => method('mm'), 'mm() missing 1 required positional arguments: "mat2"'],
    ['undefined', () => loose['relu']!(undefined), 'relu() missing 1 required positional arguments: "input"'],
    ['torch.tensor', () => loose['tensor']!(), "tensor() missing 1 required positional argument: 'data'"],
    ['twice', () => loose['add']!(x, x, { other: x }), "add() got multiple values for argument 'other'"],
  ])('%s', (_, call, text) => expect_refusal(call, TypeError, text))
})

describe('wrong type: operator, argument, expected, received', () => {
  it.each<[string, () => unknown, string]>([
    [
      'a string for a tensor',
      () => loose['add']!('a', x),
      "add(): argument 'input' (position 1) must be Tensor, not string",
    ],
    ['a method', () => method('mm', 'a'), "mm(): argument 'mat2' (position 1) must be Tensor, not string"],
    [
      'several overloads',
      () => loose['mm']!(x, 3),
      "mm(): argument 'mat2' (position 2) must be Tensor, not number",
    ],
    ['null', () => loose['relu']!(null), "relu(): argument 'input' (position 1) must be Tensor, not null"],
    [
      'a list',
      () => loose['cat']!(x),
      "cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor",
    ],
    [
      'an element',
      () => loose['cat']!([x, 3]),
      "cat(): argument 'tensors' (position 1) must be tuple of Tensors, but found element of type number (3) at pos 1",
    ],
    [
      'a dimension',
      () => method('softmax', 1.5),
      "softmax(): argument 'dim' (position 1) must be int, not number 1.5",
    ],
    [
      'a size',
      () => loose['zeros']!('a'),
      "zeros(): argument 'size' (position 1) must be tuple of ints, not string",
    ],
    [
      'among sizes',
      () => method('view', 1.5, 2),
      "view(): argument 'size' (position 1) must be tuple of ints, not number 1.5",
    ],
    [
      'a keyword',
      () => method('sum', 1, { keepdim: 3 }),
      "sum(): argument 'keepdim' must be bool, not number",
    ],
    [
      'a dtype',
      () => loose['zeros']!(2, { dtype: 'float32' }),
      "zeros(): argument 'dtype' must be torch.dtype, not string",
    ],
    ['out', () => loose['add']!(x, x, { out: 3 }), "add(): argument 'out' must be Tensor, not number"],
    [
      'a generator',
      () => loose['randn']!(2, { generator: 3 }),
      "randn(): argument 'generator' must be torch.Generator, not number",
    ],
    [
      'a seed',
      () => loose['manual_seed']!(null),
      "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
    ],
    ...(
      [
        ['ones', () => torch.ones(2, { requires_grad: 1 as never })],
        ['arange', () => torch.arange(3, { requires_grad: 1 as never })],
        ['full', () => torch.full([2], 1, { requires_grad: 0 as never })],
        ['zeros_like', () => torch.zeros_like(x, { requires_grad: 1 as never })],
        ['new_ones', () => x.new_ones([2], { requires_grad: 1 as never })],
        ['tensor', () => torch.tensor([1], { requires_grad: 1 as never })],
        ['asarray', () => torch.asarray([1], { requires_grad: 1 as never })],
        ['nested_tensor', () => torch.nested.nested_tensor([x], { requires_grad: 1 as never })],
        ['requires_grad_', () => torch.ones(1).requires_grad_(1 as never)],
        ['requires_grad_', () => new nn.Linear(1, 1).requires_grad_(1 as never)],
      ] as const
    ).map(([name, call]): [string, () => unknown, string] => [
      `requires_grad, of ${name}`,
      call,
      `${name}(): argument 'requires_grad' must be bool, not number`,
    ]),
    [
      'null for a keyword that is not optional',
      () => x.argmax({ keepdim: null as never }),
      "argmax(): argument 'keepdim' must be bool, not null",
    ],
    [
      "a GPU's seed, without one too",
      () => torch.cuda.manual_seed('x' as never),
      "manual_seed(): argument 'seed' must be int, not string",
    ],
    [
      "a Generator's seed",
      () => new torch.Generator().manual_seed('a' as unknown as number),
      "manual_seed(): argument 'seed' must be int, not string",
    ],
    ['a state', () => torch.set_rng_state(x), 'RNG state must be a torch.ByteTensor'],
    [
      'no state',
      () => torch.set_rng_state(3 as unknown as torch.Tensor),
      "set_rng_state(): argument 'new_state' must be Tensor, not number",
    ],
    [
      'a budget',
      () => torch.set_memory_budget(Number.NaN),
      "set_memory_budget(): argument 'bytes' must be a positive number, not NaN",
    ],
    ['data', () => loose['tensor']!(['a']), 'tensor(): data of the type string cannot be made a tensor'],
    [
      'no data',
      () => loose['tensor']!(null),
      "tensor(): argument 'data' must be a number, bigint, boolean, array, typed array or Tensor, not null",
    ],
    [
      'a hook',
      () => method('register_hook', 3),
      "register_hook(): argument 'hook' must be function, not number",
    ],
    [
      'a mode',
      () => torch.no_grad(3 as unknown as () => void),
      'no_grad() takes 0 positional arguments but 1 was given; the callback must be function, not number',
    ],
    [
      'a gradient',
      () => method('backward', 3),
      "backward(): argument 'gradient' must be Tensor or tuple of Tensors, not number",
    ],
    [
      'an operator of JavaScript',
      () => (x as unknown as number) + 1,
      "Tensor: JavaScript's operators do not work on tensors: use a.add(b), a.eq(b), torch.sub(1, a), …",
    ],
  ])('%s', (_, call, text) => expect_refusal(call, TypeError, text))

  it('lists the overloads after the first line', () => {
    expect(
      failure(() => loose['mm']!(x, 3))
        .message.split('\n')
        .slice(1),
    ).toEqual([
      'mm() received an invalid combination of arguments - got (Tensor, number), but expected one of:',
      ' * (Tensor input, Tensor mat2)',
      ' * (Tensor input, Tensor mat2, torch.dtype out_dtype)',
    ])
  })

  it('ragged data is a ValueError', () => {
    expect_refusal(
      () => torch.tensor([[1, 2], [3]]),
      torch.ValueError,
      'expected sequence of length 2 at dim 1 (got 1)',
    )
  })

  it('an unknown device and an unknown operator are RuntimeErrors', () => {
    expect(failure(() => torch.zeros(2, { device: 'nope' })).message).toMatch(
      /^Expected one of cpu, cuda, .* device type at start of device string: nope$/,
    )
    expect_refusal(
      () => torch.ops['aten']!['nope']!(x),
      torch.RuntimeError,
      "'_OpNamespace' 'aten' object has no attribute 'nope'",
    )
  })

  it('no native stack, and an operator name on the error', () => {
    const error = failure(() => x.add(torch.ones(4)))
    expect(error.message).not.toContain('frame #')
    expect(error.operator).toBe('add')
    expect(Object.keys(failure(() => torch.ones(2).sum().backward()))).not.toContain('operator')
  })
})

describe('an ArrayBuffer', () => {
  it('that is detached is refused', () => {
    const data = new Float32Array(4)
    structuredClone(data.buffer, { transfer: [data.buffer] })
    expect_refusal(() => torch.tensor(data), TypeError, "the typed array's ArrayBuffer is detached")
  })

  it('of a tensor is not transferred away from under it', () => {
    const tensor = torch.tensor([1, 2, 3])
    const buffer = tensor.typed_array().buffer as ArrayBuffer
    try {
      // Node 20 makes a copy, later ones refuse.
      structuredClone(buffer, { transfer: [buffer] })
    } catch (error) {
      expect((error as Error).name).toBe('DataCloneError')
    }
    expect(buffer.byteLength).toBe(12)
    tensor.add_(1)
    expect([...new Float32Array(buffer)]).toEqual([2, 3, 4])
  })

  it('outlives the tensor it was taken from', () => {
    const array = torch.arange(1000).typed_array()
    torch.empty_cache()
    for (let i = 0; i < 200; i++) torch.zeros([1000], { dtype: torch.int64 }).dispose()
    expect(array[999]).toBe(999n)
  })
})
