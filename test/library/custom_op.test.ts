import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const { library } = torch
const { custom_op } = library
type Ctx = torch.autograd.FunctionCtx

function make_muladd() {
  const op = custom_op('test_ops::muladd', (a: Tensor, b: Tensor, c: number) => a.mul(b).add(c), {
    mutates_args: [],
    schema: '(Tensor a, Tensor b, float c) -> Tensor',
  })
  op.register_autograd((ctx, gradient) => {
    const [a, b] = ctx.saved_tensors
    return [gradient.mul(b!), gradient.mul(a!), null]
  }, { setup_context: (ctx, [a, b]) => ctx.save_for_backward(a, b) }) // biome-ignore format: as it is written
  return op
}

describe('custom_op', () => {
  it('is called as its function and as torch.ops, typed by its schema', () => {
    const op = make_muladd()
    expectTypeOf(op).toBeCallableWith(torch.ones(1), torch.ones(1), 2)
    const a = torch.tensor([1, 2])
    expect(op(a, a, 1).tolist()).toEqual([2, 5])
    expect(torch.ops['test_ops']!['muladd']!(a, a, { c: 1 }).tolist()).toEqual([2, 5])
    expect(() => torch.ops['test_ops']!['muladd']!(a, a, 'x')).toThrow(
      "muladd(): argument 'c' (position 3) must be float, not string",
    )
    expect(() => torch.ops['test_ops']!['muladd']!(a)).toThrow(
      'muladd() missing 2 required positional arguments: "b", "c"',
    )
  })

  it('has gradients of first and second order', () => {
    const op = make_muladd()
    const [a, b] = [1.5, 2.5].map((value) => torch.tensor([value], { requires_grad: true })) as [
      Tensor,
      Tensor,
    ]
    const y = op(a, b, 1)
    const [da, db] = torch.autograd.grad(y, [a, b], null, { create_graph: true }) as [Tensor, Tensor]
    expect([da.item(), db.item()]).toEqual([2.5, 1.5])
    expect(torch.autograd.grad(da, [b])[0]!.item()).toBe(1)
    expect(torch.autograd.gradcheck((x: Tensor, z: Tensor) => op(x, z, 1), [torch.rand(3, { dtype: torch.float64, requires_grad: true }), torch.rand(3, { dtype: torch.float64, requires_grad: true })])).toBe(true) // biome-ignore format: one call
  })

  it('keeps its context through collections, and lets it go', () => {
    const op = make_muladd()
    const a = torch.ones(4, { requires_grad: true })
    let y = op(a, a, 0)
    for (let i = 0; i < 50; i++) y = op(y, torch.ones(4), 1)
    for (let i = 0; i < 60_000; i++) torch.ones(1)
    y.sum().backward()
    expect(a.grad!.tolist()).toEqual([2, 2, 2, 2])
  })

  it('lists of tensors, several results, keyword-only arguments, defaults', () => {
    const op = custom_op(
      'test_ops::lists',
      (xs: Tensor[], w: Tensor, { scale }: { scale: number }) => [
        xs.map((x) => x.mul(w).mul(scale)),
        w.clone(),
      ],
      { mutates_args: [], schema: '(Tensor[] xs, Tensor w, *, float scale=3.0) -> (Tensor[], Tensor)' },
    )
    const seen: unknown[] = []
    op.register_autograd((ctx, ...gradients) => {
      const [ys, dw] = gradients as unknown as [Tensor[], Tensor]
      seen.push(ctx.needs_input_grad, ctx['scale'])
      return [ys.map((y) => y.mul(ctx.saved_tensors[0]!).mul(3)), dw]
    }, {
      setup_context: (ctx: Ctx, [, w], _output, { scale }) => {
        ctx.save_for_backward(w)
        ctx['scale'] = scale
      },
    }) // biome-ignore format: as it is written
    const xs = [torch.ones(2, { requires_grad: true }), torch.ones(2)]
    const w = torch.full([2], 2)
    const [ys] = torch.ops['test_ops']!['lists']!(xs, w) as unknown as [Tensor[], Tensor]
    expect(ys.map((y) => y.tolist())).toEqual([[6, 6], [6, 6]]) // biome-ignore format: rows
    ys[0]!.sum().backward()
    expect(xs[0]!.grad!.tolist()).toEqual([6, 6])
    expect(seen).toEqual([[[true, false], false], 3])
  })

  it('changes an argument, and the graph knows', () => {
    const op = custom_op('test_ops::twice_', (x: Tensor) => void x.mul_(2), {
      mutates_args: ['x'],
      schema: '(Tensor(a!) x) -> ()',
    })
    const x = torch.ones(2)
    const before = x._version
    op(x)
    expect(x.tolist()).toEqual([2, 2])
    expect(x._version).toBeGreaterThan(before)
    expect(() => op.register_autograd(() => null)).toThrow(
      'Cannot register autograd formula for non-functional operator',
    )
  })

  it('register_fake answers for the meta device, register_kernel for a device', () => {
    const op = custom_op('test_ops::faked', (x: Tensor) => x.clone(), {
      mutates_args: [],
      schema: '(Tensor x) -> Tensor',
    })
    const meta = torch.ones(2, 3, { device: 'meta' })
    expect(() => op(meta)).toThrow('There was no fake impl registered for <CustomOpDef(test_ops::faked)>')
    op.register_fake((x) => torch.empty_like(x))
    expect(op(meta).shape).toEqual([2, 3])
    op.register_kernel('cpu', (x) => x.add(1))
    expect(op(torch.zeros(1)).item()).toBe(1)
  })

  it('an exception comes out as it was thrown, from forward and from backward', () => {
    const mistake = new RangeError('of mine')
    const op = custom_op(
      'test_ops::failing',
      function kernel_of_mine(x: Tensor): Tensor {
        if (x.item() === 0) throw mistake
        return x.clone()
      },
      { mutates_args: [], schema: '(Tensor x) -> Tensor' },
    )
    let caught: unknown
    try {
      op(torch.zeros(1))
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(mistake)
    const x = torch.ones(1, { requires_grad: true })
    expect(() => op(x).backward()).toThrow(
      'Trying to backward through test_ops::failing but no autograd formula was registered. Please use register_autograd to add one.',
    )
    op.register_autograd(() => {
      throw mistake
    })
    expect(() => op(x).backward()).toThrow(mistake)
  })

  it.each<[string, () => unknown, string]>([
    ['no namespace', () => custom_op('f', () => null, { mutates_args: [], schema: '() -> ()' }), 'to be of the form "namespace::opname"'],
    ['no schema', () => custom_op('test_ops::g', () => null, { mutates_args: [] } as never), "argument 'schema' is needed"],
    ['a schema that is none', () => custom_op('test_ops::g', () => null, { mutates_args: [], schema: '(Tenso x) -> ()' }), 'Tenso'],
    ['what it changes', () => custom_op('test_ops::g', () => null, { mutates_args: ['x'], schema: '(Tensor x) -> ()' }), "mutates_args is ['x'], and the schema says []"],
    ['keyword-only tensors', () => custom_op('test_ops::g', () => null, { mutates_args: [], schema: '(*, Tensor x) -> ()' }), 'custom_op with kwarg-only Tensor args'],
    ['an alias', () => custom_op('test_ops::g', (x: Tensor) => x, { mutates_args: [], schema: '(Tensor x) -> Tensor' })(torch.ones(1)), 'may not alias any inputs to this custom operator'],
    ['another type', () => custom_op('test_ops::g', (_: Tensor) => 3 as never, { mutates_args: [], schema: '(Tensor x) -> Tensor' })(torch.ones(1)), 'test_ops::g: a kernel written in TypeScript must return Tensor, not number'],
    ['a promise', () => custom_op('test_ops::g', async (x: Tensor) => x, { mutates_args: [], schema: '(Tensor x) -> Tensor' })(torch.ones(1)), 'must return Tensor, not Promise'],
  ])('refuses %s', (_, call, text) => expect(call).toThrow(text)) // biome-ignore format: a case a line
})

describe('Library', () => {
  let opened: torch.library.Library | undefined
  afterEach(() => opened?._destroy())

  it('defines, implements, composes for autograd, and is taken back', () => {
    opened = new library.Library('test_library', 'DEF')
    expect(opened.define('square(Tensor x) -> Tensor')).toBe('square')
    opened.impl('square', (x: Tensor) => x.mul(x), 'CompositeImplicitAutograd')
    const { square } = torch.ops['test_library']!
    const x = torch.tensor([3], { requires_grad: true })
    square!(x).backward()
    expect(x.grad!.item()).toBe(6)
    opened._destroy()
    expect(() => square!(x)).toThrow('the operator was unregistered with its library')
    expect(() => torch.ops['test_library']!['square']).toThrow(
      "'_OpNamespace' 'test_library' object has no attribute 'square'",
    )
    opened = new library.Library('test_library', 'DEF')
    opened.define('square(Tensor x, int n) -> Tensor')
    opened.impl('square', (y: Tensor, n: number) => y.mul(n), 'CPU')
    expect(torch.ops['test_library']!['square']!(torch.ones(1), 4).item()).toBe(4)
  })

  it('overrides a kernel of LibTorch until it goes', () => {
    {
      using override = new library.Library('aten', 'IMPL')
      override.impl('heaviside', (x: Tensor) => torch.full_like(x, 7), 'CPU')
      expect(torch.heaviside(torch.ones(1), torch.ones(1)).item()).toBe(7)
    }
    expect(torch.heaviside(torch.ones(1), torch.ones(1)).item()).toBe(1)
  })

  it('may take itself back while its kernel runs', () => {
    const own = new library.Library('test_gone', 'DEF')
    own.define('gone(Tensor x) -> Tensor')
    own.impl('gone', (x: Tensor) => {
      own._destroy()
      return x.add(1)
    }, 'CPU') // biome-ignore format: as it is written
    const { gone } = torch.ops['test_gone']!
    expect(gone!(torch.zeros(1)).item()).toBe(1)
    expect(() => gone!(torch.zeros(1))).toThrow('unregistered')
  })

  it.each<[string, () => unknown, string]>([
    ['a kind', () => new library.Library('x', 'NONE' as never), 'Unsupported kind: NONE'],
    ['prim', () => new library.Library('prim', 'DEF'), 'prim is a reserved namespace. Please try creating a library with another name.'],
    ['a second DEF', () => new library.Library('aten', 'DEF'), 'Only a single TORCH_LIBRARY can be used to register the namespace aten'],
    ['a key', () => new library.Library('x', 'IMPL', 'Nonsense'), 'could not parse dispatch key: Nonsense'],
    ['a kernel without schema', () => new library.Library('test_library', 'FRAGMENT').impl('none', () => null), 'Could not find schema for test_library::none'],
  ])('refuses %s', (_, call, text) => expect(call).toThrow(text)) // biome-ignore format: a case a line
})

describe.skipIf(!live_torch())('as live Python', () => {
  const script = `
import json, torch
@torch.library.custom_op("test_py::mix", mutates_args=())
def mix(xs: list[torch.Tensor], p: float, *, k: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return (xs[0].sin() * p + xs[1] ** k, xs[1].exp())
def setup(ctx, inputs, keyword_only_inputs, output):
    ctx.save_for_backward(*inputs[0], output[1])
    ctx.p, ctx.k = inputs[1], keyword_only_inputs["k"]
def back(ctx, g, h):
    x, y, e = ctx.saved_tensors
    return [g * x.cos() * ctx.p, g * ctx.k * y ** (ctx.k - 1) + h * e], None
mix.register_autograd(back, setup_context=setup)
torch.manual_seed(0)
x = torch.randn(5, requires_grad=True)
y = torch.randn(5, requires_grad=True)
a, b = mix([x, y], 0.3, k=3)
first = torch.autograd.grad((a * b).sum(), [x, y], create_graph=True)
second = torch.autograd.grad(first[1].sum(), [x, y])
print(json.dumps([t.tolist() for t in (a, b, *first, *second)]))
`
  it('values and gradients of two orders, bit for bit', () => {
    const mix = custom_op(
      'test_py::mix',
      ([x, y]: Tensor[], p: number, { k }: { k?: number } = {}) => [
        x!.sin().mul(p).add(y!.pow(k!)),
        y!.exp(),
      ],
      { mutates_args: [], schema: '(Tensor[] xs, float p, *, int k=2) -> (Tensor, Tensor)' },
    )
    mix.register_autograd((ctx, g, h) => {
      const [x, y, e] = ctx.saved_tensors as [Tensor, Tensor, Tensor]
      const [p, k] = [ctx['p'], ctx['k']] as [number, number]
      return [[g!.mul(x.cos()).mul(p), g!.mul(k).mul(y.pow(k - 1)).add(h!.mul(e))], null]
    }, {
      setup_context: (ctx, [xs, p], output, { k }) => {
        ctx.save_for_backward(...xs, output[1]!)
        Object.assign(ctx, { p, k })
      },
    }) // biome-ignore format: as it is written
    torch.manual_seed(0)
    const x = torch.randn(5, { requires_grad: true })
    const y = torch.randn(5, { requires_grad: true })
    const [a, b] = mix([x, y], 0.3, { k: 3 }) as [Tensor, Tensor]
    const first = torch.autograd.grad(a.mul(b).sum(), [x, y], null, { create_graph: true })
    const second = torch.autograd.grad(first[1]!.sum(), [x, y])
    expect([a, b, ...first, ...second].map((each) => each!.tolist())).toEqual(run_python(script))
  })
})
