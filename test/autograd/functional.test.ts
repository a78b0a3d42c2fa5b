import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { functional } = torch.autograd
const { jacobian, hessian, vjp, jvp, vhp, hvp } = functional
const A = 'torch.autograd.functional.'
const row = (python: string, ours: () => unknown): Row => ({ python, ours })

type One = (x: Tensor) => Tensor
type Two = (x: Tensor, y: Tensor) => Tensor

// Functions of one tensor, (3, 3) or of one element: in Python and here.
const ones: [string, One][] = [
  ['lambda x: x.exp().sum(1)', (x) => x.exp().sum(1)],
  ['lambda x: torch.tanh(x @ x)', (x) => torch.tanh(x.matmul(x))],
  ['lambda x: x.pow(3).sum()', (x) => x.pow(3).sum()],
  ['lambda x: F.softmax(x, -1).log()', (x) => torch.nn.functional.softmax(x, -1).log()],
  ['lambda x: torch.linalg.inv(x + 4 * torch.eye(3))', (x) => torch.linalg.inv(x.add(torch.eye(3).mul(4)))],
  ['lambda x: 2 * x', (x) => torch.mul(2, x)],
  ['lambda x: x.mean()', (x) => x.mean()],
]
const scalars: [string, One][] = [
  ['lambda x: x.pow(3).sum()', (x) => x.pow(3).sum()],
  ['lambda x: (x @ x).tanh().sum()', (x) => x.matmul(x).tanh().sum()],
  ['lambda x: torch.logsumexp(x * x, 1).prod()', (x) => torch.logsumexp(x.mul(x), 1).prod()],
  ['lambda x: F.layer_norm(x, (3,)).exp().sum()', (x) => torch.nn.functional.layer_norm(x, [3]).exp().sum()],
  ['lambda x: x.sum()', (x) => x.sum()],
  ['lambda x: torch.linalg.det(x)', (x) => torch.linalg.det(x)],
]
const twos: [string, Two][] = [
  ['lambda x, y: 2 * x.exp() + 3 * y', (x, y) => torch.mul(2, x.exp()).add(torch.mul(3, y))],
  ['lambda x, y: x * 2', (x) => x.mul(2)],
]
const two_scalars: [string, Two][] = [
  ['lambda x, y: (2 * x.pow(2) + 3 * y.pow(2)).sum()', (x, y) => x.pow(2).mul(2).add(y.pow(2).mul(3)).sum()],
  ['lambda x, y: (x * y).sin().sum()', (x, y) => x.mul(y).sin().sum()],
  ['lambda x, y: x.pow(2).sum()', (x) => x.pow(2).sum()],
]
const P3 = 'torch.randn(3, 3)'
const x3 = () => torch.randn(3, 3)
const PP = '(torch.randn(2), torch.randn(2))'
const xy = (): [Tensor, Tensor] => [torch.randn(2), torch.randn(2)]

describe('jacobian', () => {
  compare_rows(
    [false, true].flatMap((create_graph) => [
      ...ones.map(([python, f]) =>
        row(`${A}jacobian(${python}, ${P3}, create_graph=${create_graph ? 'True' : 'False'})`, () =>
          jacobian(f, x3(), { create_graph }),
        ),
      ),
      ...twos.map(([python, f]) =>
        row(`${A}jacobian(${python}, ${PP}, create_graph=${create_graph ? 'True' : 'False'})`, () =>
          jacobian(f, xy(), create_graph),
        ),
      ),
    ]),
  )
  compare_rows([
    row(`${A}jacobian(lambda x, y: (x * y, x.sum()), ${PP})`, () =>
      jacobian((x, y) => [x!.mul(y!), x!.sum()] as [Tensor, Tensor], xy()),
    ),
    row(`${A}jacobian(lambda x: (x * 2, x.sum()), ${P3})`, () =>
      jacobian((x) => [x!.mul(2), x!.sum()] as [Tensor, Tensor], x3()),
    ),
    row(`${A}jacobian(lambda x: x.double().to(torch.complex128) * 2j, torch.randn(2))`, () =>
      jacobian(
        (x) =>
          x!
            .double()
            .to(torch.complex128)
            .mul(torch.complex(torch.zeros([]), torch.full([], 2)).to(torch.complex128)),
        torch.randn(2),
      ),
    ),
    row(`${A}jacobian(lambda x: x.exp(), torch.randn(0))`, () => jacobian((x) => x!.exp(), torch.randn(0))),
    row(`${A}jacobian(lambda x: x.exp(), torch.randn(2), vectorize=True)`, () =>
      jacobian((x) => x!.exp(), torch.randn(2), { vectorize: true }),
    ),
    row(`${A}jacobian(lambda x, y: (x * y, x.sum(), y * 2), ${PP}, vectorize=True)`, () =>
      jacobian((x, y) => [x!.mul(y!), x!.sum(), y!.mul(2)] as [Tensor, Tensor, Tensor], xy(), {
        vectorize: true,
      }),
    ),
    row(`${A}jacobian(lambda x, y: x * 2, ${PP}, vectorize=True, create_graph=True)`, () =>
      jacobian((x) => x!.mul(2), xy(), { vectorize: true, create_graph: true }),
    ),
    ...(
      [
        ['strict=True, vectorize=True', { strict: true, vectorize: true }],
        ['strategy="sideways"', { strategy: 'sideways' as never }],
        ['strategy="forward-mode"', { strategy: 'forward-mode' }],
        ['strategy="forward-mode", strict=True', { strategy: 'forward-mode', strict: true }],
        ['strategy="forward-mode", create_graph=True', { strategy: 'forward-mode', create_graph: true }],
      ] as [string, torch.autograd.functional.JacobianOptions][]
    ).map(([python, options]) =>
      row(`${A}jacobian(lambda x: x.exp(), torch.randn(2), ${python})`, () =>
        jacobian((x) => x!.exp(), torch.randn(2), options),
      ),
    ),
    row(
      `${A}jacobian(lambda x: x.exp().cumsum(0), torch.randn(3), strategy="forward-mode", vectorize=True)`,
      () =>
        jacobian((x) => x!.exp().cumsum(0), torch.randn(3), { strategy: 'forward-mode', vectorize: true }),
    ),
    row(
      `${A}jacobian(lambda x, y: (x * y, x.sum(), y * 2), ${PP}, strategy="forward-mode", vectorize=True)`,
      () =>
        jacobian((x, y) => [x!.mul(y!), x!.sum(), y!.mul(2)] as [Tensor, Tensor, Tensor], xy(), {
          strategy: 'forward-mode',
          vectorize: true,
        }),
    ),
    row(`${A}jacobian(lambda x: 3, torch.randn(2), strategy="forward-mode", vectorize=True)`, () =>
      jacobian((() => 3) as never, torch.randn(2), { strategy: 'forward-mode', vectorize: true }),
    ),
    row(`${A}jacobian(lambda x: 3, torch.randn(2))`, () => jacobian((() => 3) as never, torch.randn(2))),
    row(`${A}jacobian(lambda x: (x, 3), torch.randn(2))`, () =>
      jacobian(((x: Tensor) => [x, 3]) as never, torch.randn(2)),
    ),
    row(`${A}jacobian(lambda x: x, 3)`, () => jacobian((x) => x!, 3 as never)),
    row(`${A}jacobian(lambda x: x, (torch.ones(1), None))`, () =>
      jacobian((x) => x!, [torch.ones(1), null as never]),
    ),
    row(`${A}jacobian(lambda x: torch.ones(2), torch.randn(2), strict=True)`, () =>
      jacobian(() => torch.ones(2), torch.randn(2), { strict: true }),
    ),
    row(`${A}jacobian(lambda x, y: x * 2, ${PP}, strict=True)`, () =>
      jacobian((x) => x!.mul(2), xy(), { strict: true }),
    ),
    row(`${A}jacobian(lambda x: x * 2, torch.randn(2), strict=True, create_graph=True)`, () =>
      jacobian((x) => x!.mul(2), torch.randn(2), { strict: true, create_graph: true }),
    ),
  ])
})

describe('hessian', () => {
  compare_rows([
    ...scalars.map(([python, f]) => row(`${A}hessian(${python}, ${P3})`, () => hessian(f, x3()))),
    ...two_scalars.map(([python, f]) => row(`${A}hessian(${python}, ${PP})`, () => hessian(f, xy()))),
    ...scalars.map(([python, f]) =>
      row(`${A}hessian(${python}, ${P3}, create_graph=True)`, () => hessian(f, x3(), { create_graph: true })),
    ),
    ...[...two_scalars].map(([python, f]) =>
      row(`${A}hessian(${python}, ${PP}, vectorize=True)`, () => hessian(f, xy(), { vectorize: true })),
    ),
    ...two_scalars.map(([python, f]) =>
      row(`${A}hessian(${python}, ${PP}, vectorize=True, outer_jacobian_strategy="forward-mode")`, () =>
        hessian(f, xy(), { vectorize: true, outer_jacobian_strategy: 'forward-mode' }),
      ),
    ),
    ...scalars.map(([python, f]) =>
      row(`${A}hessian(${python}, ${P3}, vectorize=True, outer_jacobian_strategy="forward-mode")`, () =>
        hessian(f, x3(), { vectorize: true, outer_jacobian_strategy: 'forward-mode' }),
      ),
    ),
    ...two_scalars.map(([python, f]) =>
      row(`${A}hessian(${python}, ${PP}, strict=True)`, () => hessian(f, xy(), { strict: true })),
    ),
    row(`${A}hessian(lambda x: x.sum(), ${P3}, strict=True)`, () =>
      hessian((x) => x!.sum(), x3(), { strict: true }),
    ),
    row(`${A}hessian(lambda x: x.exp(), ${P3})`, () => hessian((x) => x!.exp(), x3())),
    row(`${A}hessian(lambda x: (x.sum(),), ${P3})`, () => hessian(((x: Tensor) => [x.sum()]) as never, x3())),
    row(`${A}hessian(lambda x: x.sum(), ${P3}, outer_jacobian_strategy="x")`, () =>
      hessian((x) => x!.sum(), x3(), { outer_jacobian_strategy: 'x' as never }),
    ),
  ])
})

describe('products with the Jacobian', () => {
  const graphs = [false, true]
  compare_rows(
    graphs.flatMap((create_graph) => {
      const python_graph = `create_graph=${create_graph ? 'True' : 'False'}`
      return [
        ...ones.map(([python, f]) =>
          row(
            `(lambda x: ${A}vjp(${python}, x, torch.randn_like((${python})(x)), ${python_graph}))(${P3})`,
            () => {
              const x = x3()
              return vjp(f, x, torch.randn_like(f(x)), { create_graph })
            },
          ),
        ),
        ...ones.map(([python, f]) =>
          row(`(lambda x: ${A}jvp(${python}, x, torch.randn_like(x), ${python_graph}))(${P3})`, () => {
            const x = x3()
            return jvp(f, x, torch.randn_like(x), { create_graph })
          }),
        ),
        ...twos.flatMap(([python, f]) => [
          row(`${A}vjp(${python}, ${PP}, torch.randn(2), ${python_graph})`, () =>
            vjp(f, xy(), torch.randn(2), { create_graph }),
          ),
          row(`${A}jvp(${python}, ${PP}, ${PP}, ${python_graph})`, () =>
            jvp(f, xy(), xy(), { create_graph }),
          ),
        ]),
      ]
    }),
  )
  compare_rows([
    row(`${A}vjp(lambda x: x.pow(3).sum(), ${P3})`, () => vjp((x) => x!.pow(3).sum(), x3())),
    row(`${A}vjp(lambda x: (x * 2, x.sum()), torch.randn(2), (torch.randn(2), torch.randn(())))`, () =>
      vjp((x) => [x!.mul(2), x!.sum()] as [Tensor, Tensor], torch.randn(2), [
        torch.randn(2),
        torch.randn([]),
      ]),
    ),
    row(`${A}jvp(lambda x: (x * 2, x.sum()), torch.randn(2), torch.randn(2))`, () =>
      jvp((x) => [x!.mul(2), x!.sum()] as [Tensor, Tensor], torch.randn(2), torch.randn(2)),
    ),
    row(`${A}jvp(lambda x: x.exp(), torch.randn(1))`, () => jvp((x) => x!.exp(), torch.randn(1))),
    row(`${A}vjp(lambda x: x.exp(), ${P3})`, () => vjp((x) => x!.exp(), x3())),
    row(`${A}jvp(lambda x: x.exp(), ${P3})`, () => jvp((x) => x!.exp(), x3())),
    row(`${A}vjp(lambda x: x.exp(), ${P3}, torch.ones(2))`, () => vjp((x) => x!.exp(), x3(), torch.ones(2))),
    row(`${A}vjp(lambda x: x.exp(), ${P3}, 3)`, () => vjp((x) => x!.exp(), x3(), 3 as never)),
    row(`${A}jvp(lambda x, y: x.exp(), ${PP}, torch.ones(2))`, () =>
      jvp((x) => x!.exp(), xy(), torch.ones(2) as never),
    ),
    row(`${A}jvp(lambda x, y: x.exp(), ${PP}, (torch.ones(2), torch.ones(3)))`, () =>
      jvp((x) => x!.exp(), xy(), [torch.ones(2), torch.ones(3)]),
    ),
    row(`${A}jvp(lambda x: x.exp(), torch.ones(2), (torch.ones(2), torch.ones(3)))`, () =>
      jvp((x) => x!.exp(), torch.ones(2), [torch.ones(2), torch.ones(3)] as never),
    ),
    row(`${A}vjp(lambda x, y: x.exp(), ${PP}, torch.ones(2), strict=True)`, () =>
      vjp((x) => x!.exp(), xy(), torch.ones(2), { strict: true }),
    ),
    row(`${A}vjp(lambda x: torch.ones(2), torch.ones(2), torch.ones(2), strict=True)`, () =>
      vjp(() => torch.ones(2), torch.ones(2), torch.ones(2), { strict: true }),
    ),
    row(`${A}vjp(lambda x: 2 * x, torch.ones(2), torch.ones(2), True, True)`, () =>
      vjp((x) => x!.mul(2), torch.ones(2), torch.ones(2), { create_graph: true, strict: true }),
    ),
    row(`${A}jvp(lambda x: 2 * x, torch.ones(2), torch.ones(2), strict=True)`, () =>
      jvp((x) => x!.mul(2), torch.ones(2), torch.ones(2), { strict: true }),
    ),
    row(`${A}jvp(lambda x, y: 2 * x, ${PP}, ${PP}, strict=True)`, () =>
      jvp((x) => x!.mul(2), xy(), xy(), { strict: true }),
    ),
    row(`${A}jvp(lambda x: 2 * x, torch.ones(2), torch.ones(2), True, True)`, () =>
      jvp((x) => x!.mul(2), torch.ones(2), torch.ones(2), { create_graph: true, strict: true }),
    ),
    row(`${A}vjp(lambda x: 2 * x, torch.ones(2), torch.ones(2), stricct=True)`, () => {
      try {
        vjp((x) => x!, torch.ones(2), torch.ones(2), { stricct: true } as never)
      } catch (error) {
        // Python's words, before ours.
        throw Object.assign(new TypeError((error as Error).message.split(';')[0]))
      }
    }),
  ])
})

describe('products with the Hessian', () => {
  for (const [name, ours] of [
    ['vhp', vhp],
    ['hvp', hvp],
  ] as const) {
    compare_rows([
      ...[false, true].flatMap((create_graph) => {
        const graph = `create_graph=${create_graph ? 'True' : 'False'}`
        return [
          ...scalars.map(([python, f]) =>
            row(`(lambda x: ${A}${name}(${python}, x, torch.randn_like(x), ${graph}))(${P3})`, () => {
              const x = x3()
              return ours(f, x, torch.randn_like(x), { create_graph })
            }),
          ),
          ...two_scalars.map(([python, f]) =>
            row(`${A}${name}(${python}, ${PP}, ${PP}, ${graph})`, () =>
              ours(f, xy(), xy(), { create_graph }),
            ),
          ),
        ]
      }),
      ...two_scalars.map(([python, f]) =>
        row(`${A}${name}(${python}, ${PP}, ${PP}, strict=True)`, () => ours(f, xy(), xy(), { strict: true })),
      ),
      row(`${A}${name}(lambda x: x.sum(), ${P3}, ${P3}, strict=True)`, () =>
        ours((x) => x!.sum(), x3(), x3(), { strict: true }),
      ),
      row(`${A}${name}(lambda x: x.pow(2).sum(), ${P3}, ${P3}, True, True)`, () =>
        ours((x) => x!.pow(2).sum(), x3(), x3(), { create_graph: true, strict: true }),
      ),
      row(`${A}${name}(lambda x: x.exp().sum(), torch.randn(1))`, () =>
        ours((x) => x!.exp().sum(), torch.randn(1)),
      ),
      row(`${A}${name}(lambda x: x.exp().sum(), ${P3})`, () => ours((x) => x!.exp().sum(), x3())),
      row(`${A}${name}(lambda x: x.exp(), ${P3}, ${P3})`, () => ours((x) => x!.exp(), x3(), x3())),
      row(`${A}${name}(lambda x: (x.sum(), x.sum()), ${P3}, ${P3})`, () =>
        ours(((x: Tensor) => [x.sum(), x.sum()]) as never, x3(), x3()),
      ),
    ])
  }
})

describe('create_graph', () => {
  const x = () => torch.rand(2, 2, { requires_grad: true })

  it('lets results be differentiated, and only then', () => {
    const f: One = (a) => a.pow(3).sum()
    for (const create_graph of [false, true]) {
      const a = x()
      expect(jacobian(f, a, { create_graph }).requires_grad).toBe(create_graph)
      expect(hessian(f, a, { create_graph }).requires_grad).toBe(create_graph)
      for (const product of [vhp, hvp, jvp] as (typeof vhp)[])
        expect(product(f, a, torch.ones(2, 2), { create_graph }).map((r) => r.requires_grad)).toEqual(
          Array(2).fill(create_graph),
        )
      expect(vjp(f, a, null, { create_graph }).map((r) => r.requires_grad)).toEqual(
        Array(2).fill(create_graph),
      )
    }
  })

  compare_rows([
    row(
      `(lambda x: torch.autograd.grad(${A}hvp(lambda a: a.exp().sum(), x, torch.ones(2, 2), create_graph=True)[1].sum(), x))(torch.randn(2, 2, requires_grad=True))`,
      () => {
        const a = torch.randn(2, 2, { requires_grad: true })
        const [, product] = hvp((b) => b!.exp().sum(), a, torch.ones(2, 2), { create_graph: true })
        return torch.autograd.grad(product.sum(), a)
      },
    ),
    row(
      `(lambda x: torch.autograd.grad(${A}jacobian(lambda a: torch.tanh(a @ a), x, create_graph=True).sum(), x))(torch.randn(2, 2, requires_grad=True))`,
      () => {
        const a = torch.randn(2, 2, { requires_grad: true })
        const found = jacobian((b) => torch.tanh(b!.matmul(b!)), a, { create_graph: true })
        return torch.autograd.grad(found.sum(), a)
      },
    ),
  ])

  it('works under no_grad as in Python, and leaves the mode alone', () => {
    torch.no_grad(() => {
      expect(jacobian((a) => a!.exp(), torch.zeros(2)).tolist()).toEqual([
        [1, 0],
        [0, 1],
      ])
      expect(torch.is_grad_enabled()).toBe(false)
    })
    expect(() =>
      jacobian(() => {
        throw new Error('inside')
      }, torch.zeros(2)),
    ).toThrow('inside')
    expect(torch.is_grad_enabled()).toBe(true)
  })
})

it('types follow the arguments', () => {
  const x = torch.ones(2)
  expectTypeOf(jacobian((a) => a!.exp(), x)).toEqualTypeOf<Tensor>()
  expectTypeOf(jacobian((a) => a!.exp(), [x, x] as [Tensor, Tensor])).toEqualTypeOf<[Tensor, Tensor]>()
  expectTypeOf(hessian((a) => a!.sum(), [x, x] as [Tensor, Tensor])).toEqualTypeOf<
    [[Tensor, Tensor], [Tensor, Tensor]]
  >()
  expectTypeOf(vjp((a) => a!.sum(), x)).toEqualTypeOf<[Tensor, Tensor]>()
  // @ts-expect-error -- no such keyword
  expect(() => jacobian((a) => a!.exp(), x, { stric: true })).toThrow(
    "jacobian() got an unexpected keyword argument 'stric'; did you mean 'strict'?",
  )
})
