import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'
import { compare_rows, type Row } from '../helpers/rows.js'

const { gradcheck, gradgradcheck, GradcheckError } = torch.autograd
const F = nn.functional
const A = 'torch.autograd.'
const row = (python: string, ours: () => unknown): Row => ({ python, ours })
const grown = { dtype: torch.double, requires_grad: true } as const
const X = 'torch.randn(2, 3, dtype=torch.double, requires_grad=True)'
const x = () => torch.randn(2, 3, grown)
const Z = 'torch.randn(2, dtype=torch.cdouble, requires_grad=True)'
const z = () => torch.randn(2, { dtype: torch.complex128, requires_grad: true })

type One = (x: Tensor) => Tensor | Tensor[]
const right: [string, One][] = [
  ['lambda x: x.exp()', (x) => x.exp()],
  ['lambda x: (x @ x.T).tanh()', (x) => x.matmul(x.t()).tanh()],
  ['lambda x: (x.sin(), x.sum())', (x) => [x.sin(), x.sum()]],
  ['lambda x: F.layer_norm(x, (3,))', (x) => F.layer_norm(x, [3])],
  [
    'lambda x: torch.view_as_complex(x[:, :2].contiguous())',
    (x) => torch.view_as_complex(x.at(':', ':2').contiguous()),
  ],
  ['lambda x: (x * 2, x.detach())', (x) => [x.mul(2), x.detach()]],
]
// Gradients that are wrong: a part is hidden from backward.
const wrong: [string, One][] = [
  ['lambda x: x * x.detach()', (x) => x.mul(x.detach())],
  ['lambda x: (x.sum(), (x * x.detach()).sum())', (x) => [x.sum(), x.mul(x.detach()).sum()]],
  ['lambda x: torch.complex(x, x * x.detach())', (x) => torch.complex(x, x.mul(x.detach()))],
  ['lambda x: x.detach() ** 2', (x) => x.detach().pow(2)],
]
const modes: [string, torch.autograd.GradcheckOptions][] = [
  ['', {}],
  [', fast_mode=True', { fast_mode: true }],
  [
    ', check_undefined_grad=False, eps=1e-5, rtol=1e-2, atol=1e-4',
    { check_undefined_grad: false, eps: 1e-5, rtol: 1e-2, atol: 1e-4 },
  ],
  [', check_forward_ad=True', { check_forward_ad: true }],
  [', check_forward_ad=True, fast_mode=True', { check_forward_ad: true, fast_mode: true }],
  [
    ', check_forward_ad=True, check_backward_ad=False, check_grad_dtypes=True, check_undefined_grad=False',
    {
      check_forward_ad: true,
      check_backward_ad: false,
      check_grad_dtypes: true,
      check_undefined_grad: false,
    },
  ],
  [', check_batched_grad=True', { check_batched_grad: true }],
  [
    ', check_forward_ad=True, check_batched_forward_grad=True',
    { check_forward_ad: true, check_batched_forward_grad: true },
  ],
]
// Wrong in one way of differentiating only, or where several are taken at once.
const one_way: [string, One][] = [
  ['OnlyBackward.apply', (x) => OnlyBackward.apply(x)],
  ['WrongForward.apply', (x) => WrongForward.apply(x)],
  ['lambda x: Unmapped.apply(x)', (x) => Unmapped.apply(x)],
]
type Ctx = torch.autograd.FunctionCtx
class OnlyBackward extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): Tensor {
    ctx.save_for_backward(x)
    return x.exp()
  }
  static override backward(ctx: Ctx, g: Tensor) {
    return g.mul(ctx.saved_tensors[0]!.exp())
  }
}
class WrongForward extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): Tensor {
    ctx.save_for_backward(x)
    ctx.save_for_forward(x)
    return x.exp()
  }
  static override backward(ctx: Ctx, g: Tensor) {
    return g.mul(ctx.saved_tensors[0]!.exp())
  }
  static override jvp(ctx: Ctx, t: Tensor) {
    return t.mul(ctx.saved_tensors[0]!)
  }
}
class Unmapped extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor): Tensor {
    ctx.save_for_backward(x)
    return x.exp()
  }
  static override backward(ctx: Ctx, g: Tensor) {
    return g.sum().item() === 0.5 ? g : g.mul(ctx.saved_tensors[0]!.exp())
  }
}
const FUNCTIONS = `
class OnlyBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()
    @staticmethod
    def backward(ctx, g): return g.mul(ctx.saved_tensors[0].exp())
class WrongForward(OnlyBackward):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x.exp()
    @staticmethod
    def jvp(ctx, t): return t.mul(ctx.saved_tensors[0])
class Unmapped(OnlyBackward):
    @staticmethod
    def backward(ctx, g): return g if g.sum().item() == 0.5 else g.mul(ctx.saved_tensors[0].exp())
`

describe('gradcheck', () => {
  compare_rows(
    modes.flatMap(([python_options, options]) => [
      ...right
        // Python's own words for this one fail in themselves.
        .filter(([python]) => !(options.check_forward_ad && options.fast_mode && python.includes('detach')))
        .map(([python, f]) =>
          row(`${A}gradcheck(${python}, ${X}${python_options})`, () => gradcheck(f, x(), options)),
        ),
      ...[...wrong, ...one_way].map(([python, f]) =>
        row(`${A}gradcheck(${python}, ${X}${python_options})`, () => gradcheck(f, x(), options)),
      ),
      ...wrong.map(([python, f]) =>
        row(`${A}gradcheck(${python}, ${X}, raise_exception=False${python_options})`, () =>
          gradcheck(f, x(), { ...options, raise_exception: false }),
        ),
      ),
      row(`${A}gradcheck(lambda z: z * z, ${Z}${python_options})`, () =>
        gradcheck((a: Tensor) => a.mul(a), z(), options),
      ),
      row(`${A}gradcheck(lambda z: z.abs(), ${Z}${python_options})`, () =>
        gradcheck((a: Tensor) => a.abs(), z(), options),
      ),
      row(`${A}gradcheck(lambda z: z * z.detach(), ${Z}${python_options})`, () =>
        gradcheck((a: Tensor) => a.mul(a.detach()), z(), options),
      ),
      row(
        `${A}gradcheck(lambda a, k, b: a.mul(k) @ b, (${X}, 3, torch.randn(3, 1, dtype=torch.double))${python_options})`,
        () =>
          gradcheck(
            (a: Tensor, k: number, b: Tensor) => a.mul(k).matmul(b),
            [x(), 3, torch.randn(3, 1, { dtype: torch.double })],
            options,
          ),
      ),
      row(`${A}gradcheck(lambda z: (z * z.conj()).real, ${Z}${python_options})`, () =>
        gradcheck((a: Tensor) => torch.real(a.mul(a.conj())), z(), options),
      ),
      row(
        `${A}gradcheck(lambda x: x.sum(), torch.tensor(2.0, dtype=torch.double, requires_grad=True)${python_options})`,
        () => gradcheck((a: Tensor) => a.sum(), torch.tensor(2, grown), options),
      ),
    ]),
    FUNCTIONS,
  )
  compare_rows([
    row(`${A}gradcheck(lambda x: x.exp(), torch.ones(2))`, () =>
      gradcheck((a: Tensor) => a.exp(), torch.ones(2)),
    ),
    row(
      `${A}gradcheck(lambda x: x.exp(), torch.ones(1, dtype=torch.double, requires_grad=True).expand(3))`,
      () => gradcheck((a: Tensor) => a.exp(), torch.ones(1, grown).expand(3)),
    ),
    row(`${A}gradcheck(lambda x: x.exp().to_sparse(), ${X})`, () =>
      gradcheck((a: Tensor) => a.exp().to_sparse(), x()),
    ),
    row(`${A}gradcheck(lambda x: x.exp(), ${X}, check_backward_ad=False)`, () =>
      gradcheck((a: Tensor) => a.exp(), x(), { check_backward_ad: false }),
    ),
    row(
      `${A}gradcheck(lambda x: x.exp(), ${X}, check_backward_ad=False, check_forward_ad=True, check_batched_grad=True)`,
      () =>
        gradcheck((a: Tensor) => a.exp(), x(), {
          check_backward_ad: false,
          check_forward_ad: true,
          check_batched_grad: true,
        }),
    ),
    row(`${A}gradcheck(lambda x: x.exp(), ${X}, check_batched_forward_grad=True)`, () =>
      gradcheck((a: Tensor) => a.exp(), x(), { check_batched_forward_grad: true }),
    ),
    row(
      `${A}gradcheck(lambda x: x.masked_select(x > 0.5), torch.full((2,), 0.5, dtype=torch.double, requires_grad=True))`,
      () => gradcheck((a: Tensor) => a.masked_select(a.gt(0.5)), torch.full([2], 0.5, grown)),
    ),
    row(`${A}gradcheck(lambda x: F.dropout(x), ${X}, raise_exception=False)`, () =>
      gradcheck((a: Tensor) => F.dropout(a), x(), { raise_exception: false }),
    ),
    row(`${A}gradcheck(lambda x: x.exp(), torch.randn(2, requires_grad=True), raise_exception=False)`, () =>
      gradcheck((a: Tensor) => a.exp(), torch.randn(2, { requires_grad: true }), { raise_exception: false }),
    ),
  ])

  it('leaves the inputs, their gradients and the random numbers alone', () => {
    torch.manual_seed(4)
    const a = x()
    const [before, state] = [a.tolist(), torch.get_rng_state().tolist()]
    expect(gradcheck((b: Tensor) => b.exp(), a)).toBe(true)
    expect(gradcheck((b: Tensor) => b.exp(), a, { fast_mode: true })).toBe(true)
    expect([a.tolist(), torch.get_rng_state().tolist()]).toEqual([before, state])
    expect(a.grad).toBeNull()
  })

  it('throws a GradcheckError, a RuntimeError, and lets others through', () => {
    const check = () => gradcheck((a: Tensor) => a.mul(a.detach()), x())
    expect(check).toThrow(GradcheckError)
    expect(check).toThrow(torch.RuntimeError)
    const other = () =>
      gradcheck(
        () => {
          throw new RangeError('inside')
        },
        x(),
        { raise_exception: false },
      )
    expect(other).toThrow(RangeError)
  })
})

describe('gradgradcheck', () => {
  compare_rows([
    ...right
      .slice(0, 4)
      .flatMap(([python, f]) => [
        row(`${A}gradgradcheck(${python}, ${X})`, () => gradgradcheck(f, x())),
        row(`${A}gradgradcheck(${python}, ${X}, fast_mode=True, gen_non_contig_grad_outputs=True)`, () =>
          gradgradcheck(f, x(), { fast_mode: true, gen_non_contig_grad_outputs: true }),
        ),
      ]),
    row(`${A}gradgradcheck(lambda x: x.exp(), ${X}, ${X})`, () =>
      gradgradcheck((a: Tensor) => a.exp(), x(), x()),
    ),
    row(`${A}gradgradcheck(lambda z: z * z, ${Z})`, () => gradgradcheck((a: Tensor) => a.mul(a), z())),
    row(`${A}gradgradcheck(lambda x: x.exp() * x.detach(), ${X})`, () =>
      gradgradcheck((a: Tensor) => a.exp().mul(a.detach()), x()),
    ),
    row(
      `${A}gradgradcheck(lambda x: x.exp() * x.detach(), ${X}, raise_exception=False, fast_mode=True)`,
      () =>
        gradgradcheck((a: Tensor) => a.exp().mul(a.detach()), x(), {
          raise_exception: false,
          fast_mode: true,
        }),
    ),
    row(`${A}gradgradcheck(lambda x: x.exp(), ${X}, check_rev_over_rev=False)`, () =>
      gradgradcheck((a: Tensor) => a.exp(), x(), { check_rev_over_rev: false }),
    ),
    row(`${A}gradgradcheck(lambda x: x.exp(), ${X}, check_rev_over_rev=False, check_fwd_over_rev=True)`, () =>
      gradgradcheck((a: Tensor) => a.exp(), x(), { check_rev_over_rev: false, check_fwd_over_rev: true }),
    ),
    ...[...right.slice(0, 4), ...wrong.slice(0, 1)].map(([python, f]) =>
      row(
        `${A}gradgradcheck(${python}, ${X}, check_fwd_over_rev=True, check_batched_grad=True, check_undefined_grad=False)`,
        () =>
          gradgradcheck(f, x(), {
            check_fwd_over_rev: true,
            check_batched_grad: true,
            check_undefined_grad: false,
          }),
      ),
    ),
  ])
})

const TEXTS = `
import json, torch
x = torch.tensor([[0.3, -1.2, 0.7], [2.0, 0.1, -0.4]], dtype=torch.double, requires_grad=True)
texts = []
for f in (lambda x: x * x.detach(), lambda x: torch.complex(x, x * x.detach()), lambda x: (x * x.detach()).sum()):
    for fast_mode in (False, True):
        for forward in (False, True):
            try: torch.autograd.gradcheck(f, x, fast_mode=fast_mode, check_forward_ad=forward, check_backward_ad=not forward)
            except RuntimeError as e: texts.append(str(e))
print(json.dumps(texts))
`

it.skipIf(live_torch() === null)('the whole text of a failure is Python’s, numbers included', () => {
  const a = torch.tensor(
    [
      [0.3, -1.2, 0.7],
      [2, 0.1, -0.4],
    ],
    grown,
  )
  const functions: One[] = [
    (b) => b.mul(b.detach()),
    (b) => torch.complex(b, b.mul(b.detach())),
    (b) => b.mul(b.detach()).sum(),
  ]
  const texts: string[] = []
  for (const f of functions)
    for (const fast_mode of [false, true])
      for (const forward of [false, true])
        try {
          gradcheck(f, a, { fast_mode, check_forward_ad: forward, check_backward_ad: !forward })
        } catch (error) {
          texts.push((error as Error).message)
        }
  expect(texts).toEqual(run_python(TEXTS))
  expect(texts).toHaveLength(12)
})
