import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { grad, hessian, jacfwd, jacrev, jvp, vjp, vmap } = torch.func
type Ctx = torch.autograd.FunctionCtx
type VmapInfo = torch.autograd.VmapInfo
type Dim = number | null
const row = (python: string, ours: () => unknown): Row => ({ python, ours })

const PRELUDE = `
from torch.func import *
from torch.autograd import Function
class Cube(Function):
    generate_vmap_rule = True
    @staticmethod
    def forward(x): return x.pow(3)
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)
    @staticmethod
    def backward(ctx, g): return g.mul(ctx.saved_tensors[0].pow(2)).mul(3)
    @staticmethod
    def jvp(ctx, t): return t.mul(ctx.saved_tensors[0].pow(2)).mul(3)
class Scaled(Function):
    @staticmethod
    def forward(x, y, scale): return x.mul(y).mul(scale)
    @staticmethod
    def setup_context(ctx, inputs, output):
        x, y, ctx.scale = inputs
        ctx.save_for_backward(x, y)
        ctx.save_for_forward(x, y)
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return (g.mul(y).mul(ctx.scale) if ctx.needs_input_grad[0] else None,
                g.mul(x).mul(ctx.scale) if ctx.needs_input_grad[1] else None, None)
    @staticmethod
    def jvp(ctx, tx, ty, _):
        x, y = ctx.saved_tensors
        return tx.mul(y).add(ty.mul(x)).mul(ctx.scale)
    @staticmethod
    def vmap(info, in_dims, x, y, scale):
        x = x.unsqueeze(0) if in_dims[0] is None else x.movedim(in_dims[0], 0)
        y = y.unsqueeze(0) if in_dims[1] is None else y.movedim(in_dims[1], 0)
        return Scaled.apply(x, y, scale), 0
class Sort(Function):
    generate_vmap_rule = True
    @staticmethod
    def forward(x): return tuple(x.sort(-1))
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(output[1])
    @staticmethod
    def backward(ctx, g, _): return torch.zeros_like(g).scatter(-1, ctx.saved_tensors[0], g)
class Two(Function):
    generate_vmap_rule = True
    @staticmethod
    def forward(x): return x.sin(), x.cos()
    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*output)
    @staticmethod
    def backward(ctx, a, b):
        s, c = ctx.saved_tensors
        if a is None: return b.mul(s).neg()
        return a.mul(c) if b is None else a.mul(c).sub(b.mul(s))
class Wide(Function):
    generate_vmap_rule = True
    @staticmethod
    def forward(x, y): return x.mul(y)
    @staticmethod
    def setup_context(ctx, inputs, output): ctx.save_for_backward(*inputs)
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g.mul(y), g.mul(x)
class Double_(Function):
    @staticmethod
    def forward(x): return x.mul_(2)
    @staticmethod
    def setup_context(ctx, inputs, output): ctx.mark_dirty(*inputs)
    @staticmethod
    def backward(ctx, g): return g.mul(2)
    @staticmethod
    def jvp(ctx, t): return t.mul_(2)
    @staticmethod
    def vmap(info, in_dims, x): return Double_.apply(x), in_dims[0]
class Exp(Function):
    @staticmethod
    def forward(x): return x.exp()
    @staticmethod
    def setup_context(ctx, inputs, output): ctx.save_for_backward(output)
    @staticmethod
    def backward(ctx, g): return Scaled.apply(g, ctx.saved_tensors[0], 1)
class Noise(Function):
    generate_vmap_rule = True
    @staticmethod
    def forward(x): return x.mul(torch.rand_like(x))
    @staticmethod
    def setup_context(ctx, inputs, output): pass
    @staticmethod
    def backward(ctx, g): return g
class Info(Function):
    @staticmethod
    def forward(x, n): return x.mul(n)
    @staticmethod
    def setup_context(ctx, inputs, output): pass
    @staticmethod
    def backward(ctx, g): return g, None
    @staticmethod
    def vmap(info, in_dims, x, n):
        seen.append([info.batch_size, info.randomness, list(in_dims)])
        return x.mul(n), in_dims[0]
seen = []
class Old(Function):
    @staticmethod
    def forward(ctx, x): return x.sin()
    @staticmethod
    def backward(ctx, g): return g
class Plain(Function):
    @staticmethod
    def forward(x): return x.sin()
    @staticmethod
    def setup_context(ctx, inputs, output): pass
    @staticmethod
    def backward(ctx, g): return g
class Both(Plain):
    generate_vmap_rule = True
    @staticmethod
    def vmap(info, in_dims, x): return x, 0
class One(Plain):
    @staticmethod
    def vmap(info, in_dims, x): return x
class Three(Plain):
    @staticmethod
    def vmap(info, in_dims, x): return x, 0, 0
class Misfit(Plain):
    @staticmethod
    def vmap(info, in_dims, x): return x, [0, 0]
class NoBackward(Function):
    @staticmethod
    def forward(x): return x.sin()
    @staticmethod
    def setup_context(ctx, inputs, output): pass
x = torch.linspace(-1, 2, 12).view(4, 3)
y = torch.linspace(0.5, 3, 12).view(4, 3)
v = torch.tensor([0.3, -1.2, 2.5])
s = torch.tensor(0.7)
`

class Cube extends torch.autograd.Function {
  static override readonly generate_vmap_rule = true
  static override forward(x: Tensor): Tensor {
    return x.pow(3)
  }
  static override setup_context(ctx: Ctx, inputs: [Tensor], _output: Tensor) {
    ctx.save_for_backward(...inputs)
    ctx.save_for_forward(...inputs)
  }
  static override backward(ctx: Ctx, g: Tensor) {
    return g.mul(ctx.saved_tensors[0]!.pow(2)).mul(3)
  }
  static override jvp(ctx: Ctx, t: Tensor) {
    return t.mul(ctx.saved_tensors[0]!.pow(2)).mul(3)
  }
}
class Scaled extends torch.autograd.Function {
  static override forward(x: Tensor, y: Tensor, scale: number): Tensor {
    return x.mul(y).mul(scale)
  }
  static override setup_context(ctx: Ctx, [x, y, scale]: [Tensor, Tensor, number], _output: Tensor) {
    ctx['scale'] = scale
    ctx.save_for_backward(x, y)
    ctx.save_for_forward(x, y)
  }
  static override backward(ctx: Ctx, g: Tensor) {
    const [x, y] = ctx.saved_tensors
    const scale = ctx['scale'] as number
    const [by_x, by_y] = ctx.needs_input_grad
    return [by_x ? g.mul(y!).mul(scale) : null, by_y ? g.mul(x!).mul(scale) : null, null]
  }
  static override jvp(ctx: Ctx, tx: Tensor, ty: Tensor) {
    const [x, y] = ctx.saved_tensors
    return tx
      .mul(y!)
      .add(ty.mul(x!))
      .mul(ctx['scale'] as number)
  }
  static override vmap(_info: VmapInfo, in_dims: Dim[], x: Tensor, y: Tensor, scale: number) {
    const front = (tensor: Tensor, dim: Dim) => (dim === null ? tensor.unsqueeze(0) : tensor.movedim(dim, 0))
    return [Scaled.apply(front(x, in_dims[0]!), front(y, in_dims[1]!), scale), 0]
  }
}
class Sort extends torch.autograd.Function {
  static override readonly generate_vmap_rule = true
  static override forward(x: Tensor): [Tensor, Tensor] {
    const [values, indices] = x.sort(-1)
    return [values, indices]
  }
  static override setup_context(ctx: Ctx, _inputs: [Tensor], [, indices]: [Tensor, Tensor]) {
    ctx.mark_non_differentiable(indices)
    ctx.save_for_backward(indices)
  }
  static override backward(ctx: Ctx, g: Tensor, _none: Tensor) {
    return torch.zeros_like(g).scatter(-1, ctx.saved_tensors[0]!, g)
  }
}
class Two extends torch.autograd.Function {
  static override readonly generate_vmap_rule = true
  static override forward(x: Tensor): [Tensor, Tensor] {
    return [x.sin(), x.cos()]
  }
  static override setup_context(ctx: Ctx, _inputs: [Tensor], output: [Tensor, Tensor]) {
    ctx.set_materialize_grads(false)
    ctx.save_for_backward(...output)
  }
  static override backward(ctx: Ctx, a: Tensor | null, b: Tensor | null) {
    const [s, c] = ctx.saved_tensors
    if (a === null) return b!.mul(s!).neg()
    return b === null ? a.mul(c!) : a.mul(c!).sub(b.mul(s!))
  }
}
class Wide extends torch.autograd.Function {
  static override readonly generate_vmap_rule = true
  static override forward(x: Tensor, y: Tensor): Tensor {
    return x.mul(y)
  }
  static override setup_context(ctx: Ctx, inputs: [Tensor, Tensor], _output: Tensor) {
    ctx.save_for_backward(...inputs)
  }
  static override backward(ctx: Ctx, g: Tensor) {
    const [x, y] = ctx.saved_tensors
    return [g.mul(y!), g.mul(x!)]
  }
}
class Double_ extends torch.autograd.Function {
  static override forward(x: Tensor): Tensor {
    return x.mul_(2)
  }
  static override setup_context(ctx: Ctx, inputs: [Tensor], _output: Tensor) {
    ctx.mark_dirty(...inputs)
  }
  static override backward(_ctx: Ctx, g: Tensor) {
    return g.mul(2)
  }
  static override jvp(_ctx: Ctx, t: Tensor) {
    return t.mul_(2)
  }
  static override vmap(_info: VmapInfo, in_dims: Dim[], x: Tensor) {
    return [Double_.apply(x), in_dims[0]]
  }
}
class Exp extends torch.autograd.Function {
  static override forward(x: Tensor): Tensor {
    return x.exp()
  }
  static override setup_context(ctx: Ctx, _inputs: [Tensor], output: Tensor) {
    ctx.save_for_backward(output)
  }
  static override backward(ctx: Ctx, g: Tensor) {
    return Scaled.apply(g, ctx.saved_tensors[0]!, 1)
  }
}
class Noise extends torch.autograd.Function {
  static override readonly generate_vmap_rule = true
  static override forward(x: Tensor): Tensor {
    return x.mul(torch.rand_like(x))
  }
  static override setup_context() {}
  static override backward(_ctx: Ctx, g: Tensor) {
    return g
  }
}
let seen: unknown[] = []
class Info extends torch.autograd.Function {
  static override forward(x: Tensor, n: number): Tensor {
    return x.mul(n)
  }
  static override setup_context() {}
  static override backward(_ctx: Ctx, g: Tensor) {
    return [g, null]
  }
  static override vmap(info: VmapInfo, in_dims: Dim[], x: Tensor, n: number) {
    seen.push([info.batch_size, info.randomness, in_dims])
    return [x.mul(n), in_dims[0]]
  }
}
class Old extends torch.autograd.Function {
  static override forward(_ctx: Ctx, x: Tensor): Tensor {
    return x.sin()
  }
  static override backward(_ctx: Ctx, g: Tensor) {
    return g
  }
}
class Plain extends torch.autograd.Function {
  static override forward(x: Tensor): Tensor {
    return x.sin()
  }
  static override setup_context() {}
  static override backward(_ctx: Ctx, g: Tensor) {
    return g
  }
}
class Both extends Plain {
  static override readonly generate_vmap_rule = true
  static override vmap(_info: VmapInfo, _in_dims: Dim[], x: Tensor): unknown {
    return [x, 0]
  }
}
class One extends Plain {
  static override vmap(_info: VmapInfo, _in_dims: Dim[], x: Tensor): unknown {
    return x
  }
}
class Three extends Plain {
  static override vmap(_info: VmapInfo, _in_dims: Dim[], x: Tensor): unknown {
    return [x, 0, 0]
  }
}
class Misfit extends Plain {
  static override vmap(_info: VmapInfo, _in_dims: Dim[], x: Tensor): unknown {
    return [x, [0, 0]]
  }
}
class NoBackward extends torch.autograd.Function {
  static override forward(x: Tensor): Tensor {
    return x.sin()
  }
  static override setup_context() {}
}
const x = torch.linspace(-1, 2, 12).view(4, 3)
const y = torch.linspace(0.5, 3, 12).view(4, 3)
const v = torch.tensor([0.3, -1.2, 2.5])
const s = torch.tensor(0.7)
const cube = (a: Tensor) => Cube.apply(a)
const cubes = (a: Tensor) => Cube.apply(a).sum()
const scaled = (a: Tensor, b: Tensor) => Scaled.apply(a, b, 2)

describe('an autograd.Function inside transforms', () => {
  compare_rows(
    [
      row('grad(lambda a: Cube.apply(a).sum())(x)', () => grad(cubes)(x)),
      row('grad(grad(Cube.apply))(s)', () => grad(grad(cube))(s)),
      row('grad(grad(grad(Cube.apply)))(s)', () => grad(grad(grad(cube)))(s)),
      row('grad(lambda a, b: Scaled.apply(a, b, 2).sum(), argnums=(0, 1))(x, y)', () =>
        grad((a: Tensor, b: Tensor) => scaled(a, b).sum(), { argnums: [0, 1] })(x, y),
      ),
      row('grad(lambda a: Scaled.apply(a, a, 2).sum())(x)', () => grad((a: Tensor) => scaled(a, a).sum())(x)),
      row('vjp(Cube.apply, x)[1](y)', () => vjp(cube, x)[1](y)),
      row('vjp(Exp.apply, x)[1](y.clone().requires_grad_())', () =>
        vjp((a: Tensor) => Exp.apply(a), x)[1](y.clone().requires_grad_()),
      ),
      row('vjp(Two.apply, x)[1]((x, y))', () => vjp((a: Tensor) => Two.apply(a), x)[1]([x, y])),
      row('grad(lambda a: Two.apply(a)[1].sum())(x)', () => grad((a: Tensor) => Two.apply(a)[1].sum())(x)),
      row('grad(grad(lambda a: Exp.apply(a)))(s)', () => grad(grad((a: Tensor) => Exp.apply(a)))(s)),
      row('jvp(Cube.apply, (x,), (y,))', () => jvp(cube, [x], [y])),
      row('jvp(lambda a, b: Scaled.apply(a, b, 2), (x, y), (y, x))', () => jvp(scaled, [x, y], [y, x])),
      row('jvp(lambda a: Scaled.apply(a, y, 2), (x,), (y,))', () =>
        jvp((a: Tensor) => scaled(a, y), [x], [y]),
      ),
      row('jvp(lambda a: Scaled.apply(y, a, 2), (x,), (y,))', () =>
        jvp((a: Tensor) => scaled(y, a), [x], [y]),
      ),
      row('vmap(Cube.apply)(x)', () => vmap(cube)(x)),
      row('vmap(Cube.apply, in_dims=1, out_dims=1)(x)', () => vmap(cube, { in_dims: 1, out_dims: 1 })(x)),
      row('vmap(vmap(Cube.apply))(x)', () => vmap(vmap(cube))(x)),
      row('vmap(lambda a, b: Scaled.apply(a, b, 2))(x, y)', () => vmap(scaled)(x, y)),
      row('vmap(lambda a, b: Scaled.apply(a, b, 2), in_dims=(1, None))(x, y[:, 0])', () =>
        vmap(scaled, { in_dims: [1, null] })(x, y.at('...', 0)),
      ),
      row('vmap(vmap(lambda a, b: Scaled.apply(a, b, 2), in_dims=(None, 0)), in_dims=(0, None))(x, y)', () =>
        vmap(vmap(scaled, { in_dims: [null, 0] }), { in_dims: [0, null] })(x, y),
      ),
      row('vmap(Sort.apply)(x.neg())', () => vmap((a: Tensor) => Sort.apply(a))(x.neg())),
      row('vmap(grad(lambda a: Sort.apply(a)[0].mul(v).sum()))(x.neg())', () =>
        vmap(grad((a: Tensor) => Sort.apply(a)[0].mul(v).sum()))(x.neg()),
      ),
      row('grad(lambda a: vmap(Sort.apply)(a)[0].mul(y).sum())(x.neg())', () =>
        grad((a: Tensor) =>
          vmap((b: Tensor) => Sort.apply(b))(a)[0]
            .mul(y)
            .sum(),
        )(x.neg()),
      ),
      row('vmap(grad(lambda a: Cube.apply(a).sum()))(x)', () => vmap(grad(cubes))(x)),
      row('grad(lambda a: vmap(Cube.apply)(a).sum())(x)', () => grad((a: Tensor) => vmap(cube)(a).sum())(x)),
      row('grad(lambda a: vmap(vmap(Cube.apply))(a).sum())(x)', () =>
        grad((a: Tensor) => vmap(vmap(cube))(a).sum())(x),
      ),
      row('vmap(vmap(grad(Cube.apply)))(x)', () => vmap(vmap(grad(cube)))(x)),
      row('jvp(vmap(Cube.apply), (x,), (y,))', () => jvp(vmap(cube), [x], [y])),
      row('vmap(lambda a, t: jvp(Cube.apply, (a,), (t,)), in_dims=(0, None))(x, v)', () =>
        vmap((a: Tensor, t: Tensor) => jvp(cube, [a], [t]), { in_dims: [0, null] })(x, v),
      ),
      row('jacrev(Cube.apply)(v)', () => jacrev(cube)(v)),
      row('jacfwd(Cube.apply)(v)', () => jacfwd(cube)(v)),
      row('jacrev(lambda a, b: Scaled.apply(a, b, 2), argnums=(0, 1))(v, x)', () =>
        jacrev(scaled, { argnums: [0, 1] })(v, x),
      ),
      row('jacfwd(lambda a, b: Scaled.apply(a, b, 2), argnums=(0, 1))(v, x)', () =>
        jacfwd(scaled, { argnums: [0, 1] })(v, x),
      ),
      row('hessian(lambda a: Cube.apply(a).sum())(v)', () => hessian(cubes)(v)),
      row('jacrev(jacrev(lambda a: Cube.apply(a).sum()))(v)', () => jacrev(jacrev(cubes))(v)),
      row('jacfwd(jacfwd(Cube.apply))(v)', () => jacfwd(jacfwd(cube))(v)),
      row('vmap(hessian(lambda a: Cube.apply(a).sum()))(x)', () => vmap(hessian(cubes))(x)),
      row('vmap(jacfwd(Cube.apply))(x)', () => vmap(jacfwd(cube))(x)),
      row('jvp(grad(lambda a: Cube.apply(a).sum()), (x,), (y,))', () => jvp(grad(cubes), [x], [y])),
      row('grad(lambda a: jvp(Cube.apply, (a,), (y,))[1].sum())(x)', () =>
        grad((a: Tensor) => jvp(cube, [a], [y])[1].sum())(x),
      ),
      row('vmap(grad(lambda a, b: Wide.apply(a, b).sum(), argnums=(0, 1)), in_dims=(0, None))(x, y)', () =>
        vmap(
          grad((a: Tensor, b: Tensor) => Wide.apply(a, b).sum(), { argnums: [0, 1] }),
          { in_dims: [0, null] },
        )(x, y),
      ),
      row('grad(lambda a: vmap(Wide.apply, in_dims=(0, None))(a, y).sum())(x)', () =>
        grad((a: Tensor) =>
          vmap((b: Tensor, c: Tensor) => Wide.apply(b, c), { in_dims: [0, null] })(a, y).sum(),
        )(x),
      ),
      row('grad(lambda b: vmap(Wide.apply, in_dims=(0, None))(x, b).mul(y).sum())(y)', () =>
        grad((b: Tensor) =>
          vmap((a: Tensor, c: Tensor) => Wide.apply(a, c), { in_dims: [0, null] })(x, b)
            .mul(y)
            .sum(),
        )(y),
      ),
      row('grad(lambda a: Double_.apply(a.clone()).mul(a).sum())(x)', () =>
        grad((a: Tensor) => Double_.apply(a.clone()).mul(a).sum())(x),
      ),
      row('vmap(lambda a: Double_.apply(a.clone()).add(a))(x)', () =>
        vmap((a: Tensor) => Double_.apply(a.clone()).add(a))(x),
      ),
      row('(lambda a: (vmap(Double_.apply)(a), a))(x.clone())', () => {
        const a = x.clone()
        return [vmap((b: Tensor) => Double_.apply(b))(a), a]
      }),
      row('jvp(lambda a: Double_.apply(a.clone()), (x,), (y,))', () =>
        jvp((a: Tensor) => Double_.apply(a.clone()), [x], [y]),
      ),
      row('vmap(Noise.apply, randomness="different")(x)', () =>
        vmap((a: Tensor) => Noise.apply(a), { randomness: 'different' })(x),
      ),
      row('vmap(Noise.apply, randomness="same")(x)', () =>
        vmap((a: Tensor) => Noise.apply(a), { randomness: 'same' })(x),
      ),
      row(
        '(seen.clear(), vmap(Info.apply, in_dims=(1, None), randomness="same")(x, 3), list(seen))[1:]',
        () => {
          seen = []
          const result = vmap((a: Tensor, n: number) => Info.apply(a, n), {
            in_dims: [1, null],
            randomness: 'same',
          })(x, 3)
          return [result, seen]
        },
      ),
      // The outer graph is recorded through the transform.
      row(
        '(lambda a: torch.autograd.grad(grad(lambda b: Cube.apply(b).sum())(a).sum(), a))(x.clone().requires_grad_())',
        () => {
          const a = x.clone().requires_grad_()
          return torch.autograd.grad(grad(cubes)(a).sum(), a)
        },
      ),
      row('(lambda a: torch.autograd.grad(vmap(Cube.apply)(a).sum(), a))(x.clone().requires_grad_())', () => {
        const a = x.clone().requires_grad_()
        return torch.autograd.grad(vmap(cube)(a).sum(), a)
      }),
    ],
    PRELUDE,
  )
})

describe('an autograd.Function that cannot be used so', () => {
  compare_rows(
    [
      row('grad(lambda a: Old.apply(a).sum())(x)', () => grad((a: Tensor) => Old.apply(a).sum())(x)),
      row('vmap(Old.apply)(x)', () => vmap((a: Tensor) => Old.apply(a))(x)),
      row('vmap(Plain.apply)(x)', () => vmap((a: Tensor) => Plain.apply(a))(x)),
      row('vmap(Both.apply)(x)', () => vmap((a: Tensor) => Both.apply(a))(x)),
      row('vmap(One.apply)(x)', () => vmap((a: Tensor) => One.apply(a))(x)),
      row('vmap(Three.apply)(x)', () => vmap((a: Tensor) => Three.apply(a))(x)),
      row('jvp(Plain.apply, (x,), (y,))', () => jvp((a: Tensor) => Plain.apply(a), [x], [y])),
      row('grad(lambda a: NoBackward.apply(a).sum())(x)', () =>
        grad((a: Tensor) => NoBackward.apply(a).sum())(x),
      ),
      row('vmap(Noise.apply)(x)', () => vmap((a: Tensor) => Noise.apply(a))(x)),
    ],
    PRELUDE,
  )

  it('says where out_dims do not fit', () => {
    expect(() => vmap((a: Tensor) => Misfit.apply(a))(x)).toThrow(
      "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected out_dims=[0,0]",
    )
    // What failed left no level behind.
    expect(x.add(1).shape).toEqual([4, 3])
  })
})

describe('its context', () => {
  const collect = () => {
    for (let i = 0; i < 20_000; i++) torch.ones(1)
  }

  it('lives as long as what left the transform needs it', () => {
    const a = x.clone().requires_grad_()
    const first = grad(cubes)(a)
    const mapped = vmap(cube)(a)
    const [, pull] = vjp(cube, x)
    collect()
    expect(torch.autograd.grad(first.sum(), a)[0]!.allclose(x.mul(6))).toBe(true)
    expect(torch.autograd.grad(mapped.sum(), a)[0]!.allclose(x.pow(2).mul(3))).toBe(true)
    expect((pull(y) as unknown as Tensor[])[0]!.allclose(x.pow(2).mul(3).mul(y))).toBe(true)
  })

  it('goes with it', () => {
    const parameter = torch.ones(1000)
    const alive = () => {
      torch.memory_summary()
      return torch.memory_stats().tensors
    }
    const before = alive()
    for (let i = 0; i < 100; i++) {
      parameter.sub_(grad(cubes)(parameter).mul(1e-3))
      vmap(grad(cube))(parameter)
    }
    expect(alive()).toBeLessThan(before + 20)
  })
})
