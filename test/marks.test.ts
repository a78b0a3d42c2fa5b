import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { compare_rows } from './helpers/rows.js'

describe('what Python compiles and traces', () => {
  compare_rows([
    { python: 'torch.jit.is_scripting()', ours: () => torch.jit.is_scripting() },
    { python: 'torch.jit.is_tracing()', ours: () => torch.jit.is_tracing() },
    { python: 'torch.jit.annotate(int, 3)', ours: () => torch.jit.annotate(Number, 3) },
    { python: 'torch.compiler.is_compiling()', ours: () => torch.compiler.is_compiling() },
    {
      python: 'torch.cond(True, lambda a: a + 1, lambda a: a, (torch.ones(1),))',
      ours: () =>
        torch.cond(
          true,
          (a: Tensor) => a.add(1),
          (a) => a,
          [torch.ones(1)],
        ),
    },
    {
      python: 'torch.cond(torch.ones(2) > 0, abs, abs, (torch.ones(1),))',
      ours: () => torch.cond(torch.ones(2).gt(0), Math.abs, Math.abs, [1]),
    },
    {
      python: 'torch.while_loop(lambda i: i < 3, lambda i: (i + 1,), (torch.tensor(0),))',
      ours: () =>
        torch.while_loop(
          (i: Tensor) => i.lt(3),
          (i) => [i.add(1)] as [Tensor],
          [torch.tensor(0n)] as [Tensor],
        ),
    },
    ...(
      [
        ['torch.sym_max(1, 2)', () => torch.sym_max(1, 2)],
        ['torch.sym_min(1, 2)', () => torch.sym_min(1, 2)],
        ['torch.sym_int(-2.7)', () => torch.sym_int(-2.7)],
        ['torch.sym_sqrt(2)', () => torch.sym_sqrt(2)],
        ['torch.sym_not(True)', () => torch.sym_not(true)],
        ['torch.sym_sum([1, 2, 4])', () => torch.sym_sum([1, 2, 4])],
        ['torch.sym_ite(False, 1, 2)', () => torch.sym_ite(false, 1, 2)],
        ['torch.sym_float(3)', () => torch.sym_float(3)],
        ['str(torch.Size([2, 3]))', () => String(new torch.Size([2, 3]))],
        ['torch.Size([2, 3]).numel()', () => new torch.Size([2, 3]).numel()],
        ['torch.Size([1.5])', () => new torch.Size([1.5])],
        ['torch.typename(torch.ones(1))', () => torch.typename(torch.ones(1))],
        ['torch.typename(torch.float32)', () => torch.typename(torch.float32)],
        ['torch.typename(3)', () => torch.typename(3)],
        ['torch.bit is torch.uint1', () => torch.bit === torch.uint1],
        ['isinstance(torch.float32, torch.dtype)', () => torch.float32 instanceof torch.dtype],
        ['isinstance(torch.strided, torch.layout)', () => torch.strided instanceof torch.layout],
        ['isinstance(torch.ones(1).shape, torch.Size)', () => torch.ones(1).shape instanceof torch.Size],
        ['torch.overrides.has_torch_function((1,))', () => torch.overrides.has_torch_function([1])],
        [
          'torch.overrides.is_tensor_like(torch.ones(1))',
          () => torch.overrides.is_tensor_like(torch.ones(1)),
        ],
        ['torch.get_device_module("cpu") is torch.cpu', () => torch.get_device_module('cpu') === torch.cpu],
        [
          'torch.get_device_module("cuda") is torch.cuda',
          () => torch.get_device_module('cuda') === torch.cuda,
        ],
        ['torch.get_device_module("xyz")', () => torch.get_device_module('xyz')],
      ] as const
    ).map(([python, ours]) => ({ python, ours })),
  ])

  it('compile gives the model back and says so once', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const model = new nn.Linear(2, 2)
    expect(torch.compile(model)).toBe(model)
    expect(torch.compile({ mode: 'max-autotune' })(model)).toBe(model)
    expect(torch.compile(model, { fullgraph: true })).toBe(model)
    expect(warnings.mock.calls).toEqual([
      ['torch.compile: there is no compiler here; the model runs eagerly', 'UserWarning'],
    ])
    warnings.mockRestore()
    expectTypeOf(torch.compile(model)).toEqualTypeOf<nn.Linear>()
    expect(torch.typename(model)).toBe('Linear')
    expect(torch.typename(nn.Linear)).toBe('Linear')
  })

  it('marks are the function itself', () => {
    const f = (x: number) => x
    for (const mark of [torch.jit.ignore, torch.jit.unused, torch.jit.export, torch.compiler.disable]) {
      expect(mark(f)).toBe(f)
    }
    expect(torch.jit.isinstance(torch.ones(1), torch.Tensor)).toBe(true)
    expect(torch.jit.isinstance(1, [torch.Tensor])).toBe(false)
  })

  it('while_loop refuses a body with other results', () => {
    expect(() =>
      torch.while_loop(
        (_: Tensor) => true,
        () => [] as unknown as [Tensor],
        [torch.ones(1)] as [Tensor],
      ),
    ).toThrow('body_fn should return the same number of elements as carried_inputs, 1')
  })
})
