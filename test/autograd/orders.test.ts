import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

// Gradients of the first, second and third order through Functions of many kinds, to the last bit. Expressions below are
// valid in both languages, and are run in both.

type Ctx = torch.autograd.FunctionCtx
type Unary = { apply(x: Tensor): Tensor }

/** A Function of one argument: what it computes of x, what it saves of x and y, and its gradient of g and these. */
type Small = readonly [forward: string, saves: 'x' | 'y' | 'x, y', backward: string]

const SMALL: Record<string, Small> = {
  exp: ['x.exp()', 'y', 'g.mul(y)'],
  sigmoid: ['x.sigmoid()', 'y', 'g.mul(y).mul(y.neg().add(1))'],
  tanh: ['x.tanh()', 'y', 'g.mul(y.mul(y).neg().add(1))'],
  square: ['x.mul(x)', 'x', 'g.mul(x).mul(2)'],
  cube: ['x.pow(3)', 'x', 'g.mul(x.pow(2)).mul(3)'],
  sin: ['x.sin()', 'x', 'g.mul(x.cos())'],
  cos: ['x.cos()', 'x', 'g.mul(x.sin()).neg()'],
  sinh: ['x.sinh()', 'x', 'g.mul(x.cosh())'],
  log1p: ['x.mul(x).log1p()', 'x', 'g.mul(x).mul(2).div(x.mul(x).add(1))'],
  hypotenuse: ['x.mul(x).add(1).sqrt()', 'x, y', 'g.mul(x).div(y)'],
  reciprocal: ['x.mul(x).add(1).reciprocal()', 'x, y', 'g.mul(x).mul(y).mul(y).mul(-2)'],
  relu: ['x.relu()', 'x', 'g.mul(x.gt(0))'],
  leaky: ['x.where(x.gt(0), x.mul(0.1))', 'x', 'g.where(x.gt(0), g.mul(0.1))'],
  softplus: ['x.exp().log1p()', 'x', 'g.mul(x.sigmoid())'],
  swish: [
    'x.mul(x.sigmoid())',
    'x',
    'g.mul(x.sigmoid().add(x.mul(x.sigmoid()).mul(x.sigmoid().neg().add(1))))',
  ],
  atan: ['x.atan()', 'x', 'g.div(x.mul(x).add(1))'],
  absolute: ['x.abs()', 'x', 'g.mul(x.sign())'],
  clamp: ['x.clamp(-0.5, 0.5)', 'x', 'g.mul(x.abs().lt(0.5))'],
  erf: ['x.erf()', 'x', 'g.mul(x.mul(x).neg().exp()).mul(1.1283791670955126)'],
  softmax: ['x.softmax(-1)', 'y', 'y.mul(g.sub(g.mul(y).sum(-1, True)))'],
  log_softmax: ['x.log_softmax(-1)', 'y', 'g.sub(y.exp().mul(g.sum(-1, True)))'],
  logsumexp: ['x.logsumexp(-1)', 'x, y', 'x.sub(y.unsqueeze(-1)).exp().mul(g.unsqueeze(-1))'],
  sum: ['x.sum(-1)', 'x', 'g.unsqueeze(-1).expand(x.shape)'],
  cumsum: ['x.cumsum(-1)', 'x', 'g.flip([-1]).cumsum(-1).flip([-1])'],
  transpose: ['x.t().contiguous()', 'x', 'g.t()'],
  norm: ['x.mul(x).sum().sqrt()', 'x, y', 'g.mul(x).div(y)'],
  gram: ['x.matmul(x.t())', 'x', 'g.add(g.t()).matmul(x)'],
  center: ['x.sub(x.mean(-1, True))', 'x', 'g.sub(g.mean(-1, True))'],
}

const WRITTEN = `
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint
X = torch.linspace(-1.3, 1.7, 12).view(4, 3)
def orders(f):
    y = x = X.clone().requires_grad_()
    found = [y := f(x)]
    for _ in range(3):
        if not y.requires_grad: break
        y, = torch.autograd.grad(y.mul(torch.linspace(0.5, 1.5, y.numel()).view(y.shape)).sum(), x, create_graph=True)
        found.append(y)
    return found
def small(forward, saves, backward):
    def apply_context(ctx, inputs, y):
        x, = inputs
        ctx.save_for_backward(*[{'x': x, 'y': y}[name] for name in saves.split(', ')])
    class Small(Function):
        @staticmethod
        def backward(ctx, g): return eval(backward, {'g': g, **dict(zip(saves.split(', '), ctx.saved_tensors))})
    class Apart(Small):
        @staticmethod
        def forward(x): return eval(forward, {'x': x})
        setup_context = staticmethod(apply_context)
    class Together(Small):
        @staticmethod
        def forward(ctx, x):
            y = eval(forward, {'x': x})
            apply_context(ctx, (x,), y)
            return y
    return Apart, Together
class Product(Function):
    @staticmethod
    def forward(ctx, x, y, scale):
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        return x.mul(y).mul(scale)
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return Product.apply(g, y, ctx.scale), Product.apply(g, x, ctx.scale), None
class Sorted(Function):
    @staticmethod
    def forward(ctx, x):
        values, places = x.sort(-1)
        ctx.mark_non_differentiable(places)
        ctx.save_for_backward(places)
        return values, places
    @staticmethod
    def backward(ctx, g, _): return torch.zeros_like(g).scatter(-1, ctx.saved_tensors[0], g)
class Scale_(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(3)
    @staticmethod
    def backward(ctx, g): return g.mul(3)
class Pair(Function):
    @staticmethod
    def forward(ctx, x, materialize):
        ctx.set_materialize_grads(materialize)
        ctx.save_for_backward(x)
        return x.sin(), x.exp()
    @staticmethod
    def backward(ctx, a, b):
        x, = ctx.saved_tensors
        if a is None: return b.mul(x.exp()), None
        if b is None: return a.mul(x.cos()), None
        return a.mul(x.cos()).add(b.mul(x.exp())), None
class Wanted(Function):
    @staticmethod
    def forward(x, y): return x.mul(y)
    @staticmethod
    def setup_context(ctx, inputs, output): ctx.save_for_backward(*inputs)
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        a, b = ctx.needs_input_grad
        return g.mul(y) if a else None, g.mul(x) if b else None
class Inner(Function):
    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad():
            own = x.detach().requires_grad_()
            y = own.sin().mul(own)
        ctx.own, ctx.y = own, y
        return y.detach()
    @staticmethod
    def backward(ctx, g): return torch.autograd.grad(ctx.y, ctx.own, g)[0]
class Product3(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.pow(3)
    @staticmethod
    def vjp(ctx, g): return g.mul(ctx.saved_tensors[0].pow(2).mul(3))
class Broadcast(Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x.mul(y)
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g.mul(y), g.mul(x)
class Once(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()
    @staticmethod
    @once_differentiable
    def backward(ctx, g): return g.mul(ctx.saved_tensors[0].exp())
class Same(Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g.mul(2)
class View(Function):
    @staticmethod
    def forward(ctx, x): return x.view(-1)
    @staticmethod
    def backward(ctx, g): return g.view(4, 3)
class Nothing(Function):
    @staticmethod
    def forward(ctx, x): return x.sin()
    @staticmethod
    def backward(ctx, g): return None
def hooked(x):
    y = cube.apply(x)
    y.register_hook(lambda g: g.mul(g))
    return y.sin()
def node_hooked(x):
    y = cube.apply(x)
    y.grad_fn.register_hook(lambda i, o: (i[0].mul(2),))
    y.grad_fn.register_prehook(lambda o: (o[0].mul(3),))
    return y.sin()
def packed(x):
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.double(), lambda t: t.float()):
        return sin.apply(x.mul(x)).mul(x)
def twice(f): return lambda x: f(f(x))
`

const run = (expression: string, names: Record<string, unknown>): Tensor =>
  new Function('True', 'None', ...Object.keys(names), `return ${expression}`)(
    true,
    null,
    ...Object.values(names),
  ) as Tensor

function small([forward, saves, backward]: Small): { apart: Unary; together: Unary } {
  const names = saves.split(', ')
  const save = (ctx: Ctx, x: Tensor, y: Tensor) =>
    ctx.save_for_backward(...names.map((name) => (name === 'x' ? x : y)))
  const gradient = (ctx: Ctx, g: Tensor) => {
    const saved = ctx.saved_tensors
    return run(backward, { g, ...Object.fromEntries(names.map((name, i) => [name, saved[i]])) })
  }
  class Apart extends torch.autograd.Function {
    static override forward(x: Tensor) {
      return run(forward, { x })
    }
    static override setup_context(ctx: Ctx, [x]: [Tensor], y: Tensor) {
      save(ctx, x, y)
    }
    static override backward(ctx: Ctx, g: Tensor) {
      return gradient(ctx, g)
    }
  }
  class Together extends torch.autograd.Function {
    static override forward(ctx: Ctx, x: Tensor) {
      const y = run(forward, { x })
      save(ctx, x, y)
      return y
    }
    static override backward(ctx: Ctx, g: Tensor) {
      return gradient(ctx, g)
    }
  }
  return { apart: Apart as unknown as Unary, together: Together as unknown as Unary }
}

class Product extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor, y: Tensor, scale: number): Tensor {
    ctx.save_for_backward(x, y)
    ctx['scale'] = scale
    return x.mul(y).mul(scale)
  }
  static override backward(ctx: Ctx, g: Tensor): (Tensor | null)[] {
    const [x, y] = ctx.saved_tensors
    const scale = ctx['scale'] as number
    return [Product.apply(g, y!, scale), Product.apply(g, x!, scale), null]
  }
}
class Sorted extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): [Tensor, Tensor] {
    const [values, places] = x.sort(-1)
    ctx.mark_non_differentiable(places)
    ctx.save_for_backward(places)
    return [values, places]
  }
  static override backward(ctx: Ctx, g: Tensor, _none: Tensor) {
    return torch.zeros_like(g).scatter(-1, ctx.saved_tensors[0]!, g)
  }
}
class Scale_ extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): Tensor {
    ctx.mark_dirty(x)
    return x.mul_(3)
  }
  static override backward(_ctx: Ctx, g: Tensor) {
    return g.mul(3)
  }
}
class Pair extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor, materialize: boolean): [Tensor, Tensor] {
    ctx.set_materialize_grads(materialize)
    ctx.save_for_backward(x)
    return [x.sin(), x.exp()]
  }
  static override backward(ctx: Ctx, a: Tensor | null, b: Tensor | null) {
    const [x] = ctx.saved_tensors
    if (a === null) return [b!.mul(x!.exp()), null]
    if (b === null) return [a.mul(x!.cos()), null]
    return [a.mul(x!.cos()).add(b.mul(x!.exp())), null]
  }
}
class Wanted extends torch.autograd.Function {
  static override forward(x: Tensor, y: Tensor): Tensor {
    return x.mul(y)
  }
  static override setup_context(ctx: Ctx, inputs: [Tensor, Tensor], _output: Tensor) {
    ctx.save_for_backward(...inputs)
  }
  static override backward(ctx: Ctx, g: Tensor) {
    const [x, y] = ctx.saved_tensors
    const [a, b] = ctx.needs_input_grad
    return [a ? g.mul(y!) : null, b ? g.mul(x!) : null]
  }
}
class Inner extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): Tensor {
    return torch.enable_grad(() => {
      const own = x.detach().requires_grad_()
      const y = own.sin().mul(own)
      Object.assign(ctx, { own, y })
      return y.detach()
    })
  }
  static override backward(ctx: Ctx, g: Tensor) {
    return torch.autograd.grad(ctx['y'] as Tensor, ctx['own'] as Tensor, g)[0]
  }
}
class Product3 extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): Tensor {
    ctx.save_for_backward(x)
    return x.pow(3)
  }
  static override vjp(ctx: Ctx, g: Tensor) {
    return g.mul(ctx.saved_tensors[0]!.pow(2).mul(3))
  }
}
class Broadcast extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor, y: Tensor): Tensor {
    ctx.save_for_backward(x, y)
    return x.mul(y)
  }
  static override backward(ctx: Ctx, g: Tensor) {
    const [x, y] = ctx.saved_tensors
    return [g.mul(y!), g.mul(x!)]
  }
}
class Once extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): Tensor {
    ctx.save_for_backward(x)
    return x.exp()
  }
  static override backward = torch.autograd.function.once_differentiable((ctx: Ctx, g: Tensor) =>
    g.mul(ctx.saved_tensors[0]!.exp()),
  )
}
class Same extends torch.autograd.Function {
  static override forward(_ctx: Ctx, x: Tensor): Tensor {
    return x
  }
  static override backward(_ctx: Ctx, g: Tensor) {
    return g.mul(2)
  }
}
class View extends torch.autograd.Function {
  static override forward(_ctx: Ctx, x: Tensor): Tensor {
    return x.view(-1)
  }
  static override backward(_ctx: Ctx, g: Tensor) {
    return g.view(4, 3)
  }
}
class Nothing extends torch.autograd.Function {
  static override forward(_ctx: Ctx, x: Tensor): Tensor {
    return x.sin()
  }
  static override backward(_ctx: Ctx, _g: Tensor) {
    return null
  }
}

const X = torch.linspace(-1.3, 1.7, 12).view(4, 3)

function orders(f: (x: Tensor) => Tensor): Tensor[] {
  const x = X.clone().requires_grad_()
  let y = f(x)
  const found = [y]
  for (let order = 0; order < 3 && y.requires_grad; order++) {
    const weights = torch.linspace(0.5, 1.5, y.numel()).view(y.shape)
    y = torch.autograd.grad(y.mul(weights).sum(), x, { create_graph: true })[0]!
    found.push(y)
  }
  return found
}

const made = Object.fromEntries(Object.entries(SMALL).map(([name, of]) => [name, small(of)]))
const apart = (name: string) => (x: Tensor) => made[name]!.apart.apply(x)
const { cube, sin, exp, tanh, sigmoid } = Object.fromEntries(
  Object.keys(made).map((name) => [name, apart(name)]),
) as Record<'cube' | 'sin' | 'exp' | 'tanh' | 'sigmoid', (x: Tensor) => Tensor>
const checkpoint = (f: (x: Tensor) => Tensor) => (x: Tensor) =>
  torch.utils.checkpoint.checkpoint(f, x, { use_reentrant: false }) as Tensor

const PRELUDE = `${WRITTEN}
for name, of in json.loads(r'''${JSON.stringify(SMALL)}''').items():
    globals()[name], globals()[name + '_together'] = small(*of)
`
const row = (python: string, ours: (x: Tensor) => Tensor): Row => ({
  python: `orders(${python})`,
  ours: () => orders(ours),
})

describe('three orders of gradients through a Function', () => {
  compare_rows(
    Object.keys(SMALL).flatMap((name) => [
      row(`${name}.apply`, apart(name)),
      row(`${name}_together.apply`, (x) => made[name]!.together.apply(x)),
    ]),
    PRELUDE,
  )
})

describe('three orders of gradients through a composition', () => {
  compare_rows(
    [
      row('lambda x: Product.apply(x, x.sin(), 2)', (x) => Product.apply(x, x.sin(), 2)),
      row('lambda x: Product.apply(x, x, 0.5)', (x) => Product.apply(x, x, 0.5)),
      row('lambda x: Sorted.apply(cube.apply(x).neg())[0].exp()', (x) =>
        Sorted.apply(cube(x).neg())[0].exp(),
      ),
      row('lambda x: Scale_.apply(x.mul(x)).sin()', (x) => Scale_.apply(x.mul(x)).sin()),
      row('lambda x: (lambda y: Scale_.apply(y.view(-1)).view(4, 3).mul(y))(x.exp())', (x) => {
        const y = x.exp()
        return Scale_.apply(y.view(-1)).view(4, 3).mul(y)
      }),
      row('lambda x: Pair.apply(x, False)[0]', (x) => Pair.apply(x, false)[0]),
      row('lambda x: Pair.apply(x, False)[1]', (x) => Pair.apply(x, false)[1]),
      row('lambda x: Pair.apply(x, True)[1]', (x) => Pair.apply(x, true)[1]),
      row('lambda x: (lambda p: p[0].mul(p[1]))(Pair.apply(x, False))', (x) => {
        const [a, b] = Pair.apply(x, false)
        return a.mul(b)
      }),
      row('lambda x: Wanted.apply(x, X)', (x) => Wanted.apply(x, X)),
      row('lambda x: Wanted.apply(X, x.sin())', (x) => Wanted.apply(X, x.sin())),
      row('lambda x: Wanted.apply(x.exp(), x)', (x) => Wanted.apply(x.exp(), x)),
      row('Inner.apply', (x) => Inner.apply(x)),
      row('Product3.apply', (x) => Product3.apply(x)),
      row('lambda x: Broadcast.apply(x, x[0].sin())', (x) => Broadcast.apply(x, x.at(0).sin())),
      row('lambda x: Broadcast.apply(x[:, :1], x)', (x) => Broadcast.apply(x.narrow(1, 0, 1), x)),
      row('lambda x: Same.apply(x).sin()', (x) => Same.apply(x).sin()),
      row('lambda x: View.apply(x.exp()).cumsum(0)', (x) => View.apply(x.exp()).cumsum(0)),
      row('lambda x: Nothing.apply(x).add(x.exp())', (x) => Nothing.apply(x).add(x.exp())),
      row('Nothing.apply', (x) => Nothing.apply(x)),
      row('Once.apply', (x) => Once.apply(x)),
      row('lambda x: Once.apply(x.mul(0.5)).mul(x)', (x) => Once.apply(x.mul(0.5)).mul(x)),
      row('twice(sigmoid.apply)', (x) => sigmoid(sigmoid(x))),
      row('lambda x: exp.apply(tanh.apply(sin.apply(x)))', (x) => exp(tanh(sin(x)))),
      row('lambda x: checkpoint(cube.apply, x, use_reentrant=False)', checkpoint(cube)),
      row(
        'lambda x: checkpoint(lambda a: exp.apply(sin.apply(a)).mul(a), x, use_reentrant=False).mul(x)',
        (x) => checkpoint((a) => exp(sin(a)).mul(a))(x).mul(x),
      ),
      row(
        'lambda x: checkpoint(lambda a: tanh.apply(checkpoint(cube.apply, a, use_reentrant=False)), x, use_reentrant=False)',
        checkpoint((a) => tanh(checkpoint(cube)(a))),
      ),
      row('hooked', (x) => {
        const y = cube(x)
        y.register_hook((g) => g.mul(g))
        return y.sin()
      }),
      row('node_hooked', (x) => {
        const y = cube(x)
        y.grad_fn!.register_hook(([gradient]) => [gradient!.mul(2)])
        y.grad_fn!.register_prehook(([gradient]) => [gradient!.mul(3)])
        return y.sin()
      }),
      row('packed', (x) =>
        torch.autograd.graph.saved_tensors_hooks(
          (tensor: Tensor) => tensor.to(torch.float64),
          (tensor: Tensor) => tensor.to(torch.float32),
          () => sin(x.mul(x)).mul(x),
        ),
      ),
      row('lambda x: torch.func.grad(lambda a: cube.apply(a).sum())(x)', (x) =>
        torch.func.grad((a: Tensor) => cube(a).sum())(x),
      ),
      row('lambda x: torch.autograd.grad(exp.apply(x.mul(x)).sum(), x, create_graph=True)[0].mul(x)', (x) =>
        torch.autograd.grad(exp(x.mul(x)).sum(), x, { create_graph: true })[0]!.mul(x),
      ),
    ],
    PRELUDE,
  )
})
