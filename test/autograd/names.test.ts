import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { detect_anomaly, set_detect_anomaly, Variable } = torch.autograd
const row = (python: string, ours: () => unknown): Row => ({ python, ours })
const V = 'torch.autograd.Variable'

describe('Variable', () => {
  compare_rows([
    row(`${V}(torch.ones(2))`, () => Variable(torch.ones(2))),
    row(`${V}()`, () => new Variable()),
    row(
      `${V}(torch.ones(2), requires_grad=True).requires_grad`,
      () => Variable(torch.ones(2), { requires_grad: true }).requires_grad,
    ),
    row(
      `${V}(torch.ones(2, requires_grad=True)).requires_grad`,
      () => new Variable(torch.ones(2, { requires_grad: true })).requires_grad,
    ),
    row(`isinstance(torch.ones(2), ${V})`, () => torch.ones(2) instanceof Variable),
    row(`isinstance(3, ${V})`, () => (3 as unknown) instanceof Variable),
    row(`${V}(3)`, () => Variable(3 as never)),
    row(`${V}(torch.ones(2), requires_grad=True, volatile=True)`, () =>
      Variable({ data: torch.ones(2), requires_grad: true, volatile: true }),
    ),
    row(`${V}(torch.ones(2, dtype=torch.long), True)`, () =>
      Variable(torch.ones(2, { dtype: torch.long }), true),
    ),
    row('torch.autograd.variable(3)', () => torch.autograd.variable(3)),
  ])

  it('shares its data and is a leaf of its own', () => {
    const x = torch.ones(2, { requires_grad: true })
    const y = new Variable(x.mul(2), true)
    expect([y.is_leaf, y.requires_grad]).toEqual([true, true])
    expectTypeOf(y).toEqualTypeOf<Tensor>()
    const z = torch.zeros(2)
    z.add_(1)
    const shared = Variable(z)
    z.add_(1)
    expect(shared.tolist()).toEqual([2, 2])
  })
})

describe('anomalies', () => {
  const nan = () => torch.tensor([-1], { requires_grad: true }).sqrt().sum().backward()
  const words = "Function 'SqrtBackward0' returned nan values in its 0th output."
  afterEach(() =>
    expect([torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()]).toEqual([false, true]),
  )

  it('are found in a callback, a block and an asynchronous callback', async () => {
    nan()
    expect(() => detect_anomaly(nan)).toThrow(words)
    {
      using _ = detect_anomaly()
      expect(nan).toThrow(words)
    }
    await expect(
      detect_anomaly(true, async () => {
        await null
        nan()
      }),
    ).rejects.toThrow(words)
    nan()
    expect(detect_anomaly({ check_nan: false }, () => [nan(), torch.is_anomaly_enabled()])).toEqual([
      undefined,
      true,
    ])
    expectTypeOf(detect_anomaly(() => 3)).toEqualTypeOf<number>()
  })

  it('are looked for from now on, or not', () => {
    {
      using _ = set_detect_anomaly(true)
      expect(nan).toThrow(words)
      set_detect_anomaly(false, nan)
      expect(() => set_detect_anomaly(true, { check_nan: true }, nan)).toThrow(words)
      set_detect_anomaly(true, false, nan)
    }
    set_detect_anomaly(true)
    expect(torch.is_anomaly_enabled()).toBe(true)
    set_detect_anomaly(false)
  })
})

it('names stand where Python has them', () => {
  expect(torch.autograd.grad_mode.no_grad).toBe(torch.no_grad)
  expect(torch.autograd.anomaly_mode.detect_anomaly).toBe(detect_anomaly)
  expect(torch.distributions.kl.kl_divergence).toBe(torch.distributions.kl_divergence)
  expect(torch.nn.parameter.is_lazy(new torch.nn.parameter.UninitializedParameter())).toBe(true)
})

describe('torch.nn', () => {
  const N = 'torch.nn.'
  const { nn } = torch
  const kwargs: [string, Record<string, unknown> | null][] = [
    ['None', null],
    ["{'dtype': 1}", { dtype: 1 }],
    ["{'factory_kwargs': {'device': 'cpu'}, 'dtype': 2}", { factory_kwargs: { device: 'cpu' }, dtype: 2 }],
    ["{'dtype': 1, 'factory_kwargs': {'dtype': 2}}", { dtype: 1, factory_kwargs: { dtype: 2 } }],
    ["{'x': 1}", { x: 1 }],
  ]
  compare_rows([
    ...kwargs.map(([python, ours]) => row(`${N}factory_kwargs(${python})`, () => nn.factory_kwargs(ours))),
    row(`str(${N}Container(a=nn.ReLU(), b=nn.Linear(1, 2)))`, () =>
      String(new nn.Container({ a: new nn.ReLU(), b: new nn.Linear(1, 2) })),
    ),
    row(`${N}Linear(1, 2).xpu()`, () => new nn.Linear(1, 2).xpu()),
    row(`${N}Linear(1, 2).ipu()`, () => new nn.Linear(1, 2).ipu()),
    row(`[${N}Module.call_super_init, ${N}Module.dump_patches]`, () => [
      nn.Module.call_super_init,
      nn.Module.dump_patches,
    ]),
  ])

  it('a module compiles to itself', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const layer = new nn.Linear(2, 1)
    const x = torch.ones(1, 2)
    const before = layer(x).item()
    expect(layer.compile({ fullgraph: true })).toBeUndefined()
    expect(layer(x).item()).toBe(before)
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'torch.compile: there is no compiler here; the model runs eagerly',
    ])
    warn.mockRestore()
  })
})
