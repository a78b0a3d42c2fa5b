import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { custom_op, Library, OpCheckError, opcheck } = torch.library

const PRELUDE = `
from torch.library import opcheck
library = torch.library.Library('checks', 'DEF')
def define(name, schema, kernel, *keys):
    library.define(name + schema)
    for key in keys or ('CPU', 'Meta'): library.impl(name, kernel, key)
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.clone()
    @staticmethod
    def backward(ctx, g): return g
def twice(x):
    y = x * 2
    return y, y.view(-1)
real = lambda x, fake, kernel: fake(x) if x.is_meta else kernel(x)
define('scaled', '(Tensor x, float by, *, float plus=0) -> Tensor', lambda x, by, plus=0: x * by + plus)
define('changes', '(Tensor x) -> Tensor', lambda x: x.add_(1).clone())
define('changes_one', '(Tensor[] xs) -> Tensor', lambda xs: xs[1].zero_().clone())
define('says_so', '(Tensor(a!) x) -> Tensor', lambda x: x.add_(1).clone())
define('view', '(Tensor x) -> Tensor', lambda x: x.view(-1))
define('said_view', '(Tensor(a) x) -> Tensor(a)', lambda x: x.view(-1))
define('itself', '(Tensor(a) x) -> Tensor(a)', lambda x: x)
define('itself_changed', '(Tensor(a!) x) -> Tensor(a!)', lambda x: x.add_(1))
define('two', '(Tensor x) -> (Tensor, Tensor)', twice)
define('two_said', '(Tensor x) -> (Tensor(a), Tensor(a))', twice)
define('self_changed', '(Tensor self) -> Tensor', lambda x: x.add_(1).clone())
define('sizes', '(Tensor x) -> Tensor', lambda x: real(x, lambda x: x.new_empty(2), lambda x: x * 2))
define('dtypes', '(Tensor x) -> Tensor', lambda x: real(x, lambda x: x.double(), lambda x: x * 2))
define('strides', '(Tensor x) -> Tensor', lambda x: real(x, lambda x: x.t().contiguous().t(), lambda x: x * 2))
define('offset', '(Tensor x) -> Tensor', lambda x: real(x, lambda x: x.new_empty(5)[2:], lambda x: x * 2))
define('second', '(Tensor x) -> (Tensor, Tensor)', lambda x: real(x, lambda x: (x * 2, x.new_empty(1)), lambda x: (x * 2, x * 3)))
define('fake_copies', '(Tensor(a) x) -> Tensor(a)', lambda x: real(x, lambda x: x.clone(), lambda x: x.view(-1)))
define('inside', '(Tensor x) -> Tensor', lambda x: Same.apply(x))
define('inside_fake', '(Tensor x) -> Tensor', lambda x: real(x, Same.apply, lambda x: x.clone()))
define('composite', '(Tensor x) -> Tensor', lambda x: x * 2, 'CompositeImplicitAutograd')
ops = torch.ops.checks
T = ('test_schema', 'test_autograd_registration', 'test_faketensor')
x = torch.linspace(-1, 1, 3)
m = torch.linspace(-1, 1, 12).view(3, 4)
g = torch.linspace(-1, 1, 3).requires_grad_()
check = lambda name, *args, **kwargs: opcheck(getattr(ops, name), args, kwargs, test_utils=T)
noted = lambda *all, **options: {k: str(v) for k, v in opcheck(*all, raise_exception=False, **options).items()}
`

class Same extends torch.autograd.Function {
  static override forward(_: torch.autograd.FunctionCtx, x: Tensor) {
    return x.clone()
  }
  static override backward(_: torch.autograd.FunctionCtx, gradient: Tensor) {
    return gradient
  }
}

const library = new Library('checks', 'DEF')
function define(name: string, schema: string, kernel: torch.library.Kernel, ...keys: string[]) {
  library.define(name + schema)
  for (const key of keys.length > 0 ? keys : ['CPU', 'Meta']) library.impl(name, kernel, key)
}
const twice = (x: Tensor) => {
  const y = x.mul(2)
  return [y, y.view(-1)]
}
const real = (fake: (x: Tensor) => unknown, kernel: (x: Tensor) => unknown) => (x: Tensor) =>
  x.is_meta ? fake(x) : kernel(x)
const doubled = (x: Tensor) => x.mul(2)
define('scaled', '(Tensor x, float by, *, float plus=0) -> Tensor', (x: Tensor, by: number, { plus }: { plus: number }) => x.mul(by).add(plus)) // biome-ignore format: a row
define('changes', '(Tensor x) -> Tensor', (x: Tensor) => x.add_(1).clone())
define('changes_one', '(Tensor[] xs) -> Tensor', (xs: Tensor[]) => xs[1]!.zero_().clone())
define('says_so', '(Tensor(a!) x) -> Tensor', (x: Tensor) => x.add_(1).clone())
define('view', '(Tensor x) -> Tensor', (x: Tensor) => x.view(-1))
define('said_view', '(Tensor(a) x) -> Tensor(a)', (x: Tensor) => x.view(-1))
define('itself', '(Tensor(a) x) -> Tensor(a)', (x: Tensor) => x)
define('itself_changed', '(Tensor(a!) x) -> Tensor(a!)', (x: Tensor) => x.add_(1))
define('two', '(Tensor x) -> (Tensor, Tensor)', twice)
define('two_said', '(Tensor x) -> (Tensor(a), Tensor(a))', twice)
define('self_changed', '(Tensor self) -> Tensor', (x: Tensor) => x.add_(1).clone())
define(
  'sizes',
  '(Tensor x) -> Tensor',
  real((x) => x.new_empty([2]), doubled),
)
define(
  'dtypes',
  '(Tensor x) -> Tensor',
  real((x) => x.double(), doubled),
)
define(
  'strides',
  '(Tensor x) -> Tensor',
  real((x) => x.t().contiguous().t(), doubled),
)
define(
  'offset',
  '(Tensor x) -> Tensor',
  real((x) => x.new_empty([5]).narrow(0, 2, 3), doubled),
)
define('second', '(Tensor x) -> (Tensor, Tensor)', real((x) => [x.mul(2), x.new_empty([1])], (x) => [x.mul(2), x.mul(3)])) // biome-ignore format: a row
define('fake_copies', '(Tensor(a) x) -> Tensor(a)', real((x) => x.clone(), (x) => x.view(-1))) // biome-ignore format: a row
define('inside', '(Tensor x) -> Tensor', (x: Tensor) => Same.apply(x))
define('inside_fake', '(Tensor x) -> Tensor', real((x) => Same.apply(x), (x) => x.clone())) // biome-ignore format: a row
define('composite', '(Tensor x) -> Tensor', doubled, 'CompositeImplicitAutograd')

const ops = torch.ops['checks']!
const x = torch.linspace(-1, 1, 3)
const m = torch.linspace(-1, 1, 12).view(3, 4)
const g = torch.linspace(-1, 1, 3).requires_grad_()
const check = (name: string, ...args: unknown[]) => opcheck(ops[name]!, args)
const noted = (...all: Parameters<typeof opcheck>) => {
  const [op, args, kwargs = {}, options = {}] = all
  const results = opcheck(op, args, kwargs, { ...options, raise_exception: false })
  return Object.fromEntries(
    Object.entries(results).map(([name, found]) => [name, found === 'SUCCESS' ? found : found.message]),
  )
}
const row = (python: string, ours: () => unknown): Row => ({ python, ours })

describe('opcheck answers as Python', () => {
  compare_rows(
    [
      row("check('scaled', x, 2.0)", () => check('scaled', x, 2)),
      row("check('scaled', g, 2.0, plus=3.0)", () => opcheck(ops['scaled']!, [g, 2], { plus: 3 })),
      row("check('changes', x)", () => check('changes', x)),
      row("check('changes', torch.ones(3, dtype=torch.bool))", () =>
        check('changes', torch.ones([3], { dtype: torch.bool })),
      ),
      row('noted(ops.changes, (x,), test_utils=T)', () => noted(ops['changes']!, [x])),
      row("check('changes_one', [x, m])", () => check('changes_one', [x, m])),
      row("check('says_so', x)", () => check('says_so', x)),
      row("check('view', m)", () => check('view', m)),
      row("check('said_view', m)", () => check('said_view', m)),
      row("check('itself', x)", () => opcheck('checks::itself', [x])),
      row("check('itself_changed', x)", () => check('itself_changed', x)),
      row("check('two', x)", () => check('two', x)),
      row("check('two_said', x)", () => check('two_said', x)),
      row("check('self_changed', x)", () => check('self_changed', x)),
      row("check('sizes', x)", () => check('sizes', x)),
      row("check('dtypes', x)", () => check('dtypes', x)),
      row("check('strides', m)", () => check('strides', m)),
      row("check('offset', x)", () => check('offset', x)),
      row("check('second', x)", () => check('second', x)),
      row("check('fake_copies', x)", () => check('fake_copies', x)),
      row("check('inside', x)", () => check('inside', x)),
      row("check('inside', g)", () => check('inside', g)),
      row("noted(ops.inside, (g,), test_utils=('test_schema', 'test_faketensor'))", () =>
        noted(ops['inside']!, [g], {}, { test_utils: ['test_schema', 'test_faketensor'] }),
      ),
      row("check('inside_fake', g)", () => check('inside_fake', g)),
      row("check('composite', g)", () => check('composite', g)),
      row("check('changes', x.to('meta'))", () => check('changes', x.to('meta'))),
      row("opcheck(ops.changes, (x,), test_utils='test_faketensor')", () =>
        opcheck(ops['changes']!, [x], null, { test_utils: 'test_faketensor' }),
      ),
      row('x.tolist()', () => x.tolist()),
      row('opcheck(torch.ops.aten.sin.default, (g,), test_utils=T)', () => opcheck(torch.ops.aten['sin']!['default']!, [g])), // biome-ignore format: a row
      row('opcheck(torch.ops.aten.view.default, (m, [4, 3]), test_utils=T)', () => opcheck('aten::view.default', [m, [4, 3]])), // biome-ignore format: a row
      row('opcheck(torch.ops.aten.split.Tensor, (m, 2), test_utils=T)', () => opcheck(torch.ops.aten['split']!['Tensor']!, [m, 2])), // biome-ignore format: a row
      row('opcheck(torch.ops.aten.add_.Tensor, (m, 2), test_utils=T)', () => opcheck(torch.ops.aten['add_']!['Tensor']!, [m, 2])), // biome-ignore format: a row
      row('opcheck(torch.ops.aten.mul.out, (x, x), {"out": x.clone()}, test_utils=T)', () => opcheck(torch.ops.aten['mul']!['out']!, [x, x], { out: x.clone() })), // biome-ignore format: a row
    ],
    PRELUDE,
  )
})

describe('opcheck', () => {
  const op = custom_op('checks2::twice', (a: Tensor) => a.mul(2), { mutates_args: [], schema: '(Tensor a) -> Tensor' }) // biome-ignore format: one call

  it('says that a custom operator has no rule for the meta device, and takes one', () => {
    expect(() => opcheck(op, [x])).toThrow(
      /^opcheck\(op, \.\.\.\): test_faketensor failed with There was no fake impl registered for <CustomOpDef\(checks2::twice\)>/,
    )
    op.register_fake((a) => torch.empty_like(a))
    expect(opcheck(op, [g])).toEqual({
      test_schema: 'SUCCESS',
      test_autograd_registration: 'SUCCESS',
      test_faketensor: 'SUCCESS',
    })
    op.register_fake(() => torch.empty(3))
    expect(() => opcheck(op, [x])).toThrow('Devices meta and cpu are not equal!')
  })

  it('throws an OpCheckError whose cause is the fault, on the stack of its caller', () => {
    const error = (() => {
      try {
        return opcheck(ops['changes']!, [x])
      } catch (thrown) {
        return thrown
      }
    })() as Error
    expect(error).toBeInstanceOf(OpCheckError)
    expect(error.cause).toBeInstanceOf(torch.RuntimeError)
    expect(error.stack!.split('\n')[1]).toContain('opcheck.test.ts')
  })

  it('refuses what is no operator, has overloads, or is no check', () => {
    expect(() => opcheck(3 as never, [x])).toThrow(
      'opcheck(op, ...): op must be an operator, e.g. torch.ops.aten.sin.default, got number',
    )
    expect(() => opcheck(torch.sin as never, [x])).toThrow(torch.ValueError)
    expect(() => opcheck(torch.ops.aten['add']!, [x, x])).toThrow(
      'opcheck can only test operators without overloads. Got the following overloads for aten::add: [',
    )
    expect(() => opcheck('checks::none', [x])).toThrow(
      "opcheck(op, ...): there is no operator 'checks::none'",
    )
    expect(() => opcheck(op, [x], {}, { test_utils: 'test_aot_dispatch_dynamic' as never })).toThrow(
      "opcheck(op, ..., test_utils=('test_aot_dispatch_dynamic')), expected test_utils to be subset of ('test_schema', 'test_autograd_registration', 'test_faketensor') but it was not",
    )
    expect(() => opcheck(op, ['x' as never])).toThrow(OpCheckError)
  })
})
