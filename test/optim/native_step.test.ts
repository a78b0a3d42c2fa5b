import * as torch from 'typetorch'
import { optim, type Tensor } from 'typetorch'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { native } from '../../dist/native.js'

type AnyOptimizer = optim.Optimizer & { step(): null }
type AnyClass = new (
  params: Tensor[] | { params: Tensor[]; lr?: number }[],
  options: Record<string, unknown>,
) => AnyOptimizer
type Name = keyof typeof FAMILIES
type StepName = `${Lowercase<Name>}_step`

const decoupled = { weight_decay: 0.125, decoupled_weight_decay: true }
const common = [{}, { weight_decay: 0.125 }, { lr: 0.25, weight_decay: 0.125, maximize: true }]
const FAMILIES = {
  Adadelta: [...common, { rho: 0.75, eps: 1e-5 }],
  Adagrad: [...common, { lr_decay: 0.1, initial_accumulator_value: 0.5, eps: 1e-6 }],
  Adamax: [...common, { betas: [0.75, 0.95], eps: 1e-5 }],
  ASGD: [...common, { t0: 2.5, lambd: 0.01, alpha: 0.5 }],
  NAdam: [...common, { betas: [0.75, 0.95], momentum_decay: 0.01 }, decoupled],
  RAdam: [...common, { betas: [0.75, 0.95] }, { betas: [0.5, 0.99] }, decoupled],
  RMSprop: [
    ...common,
    { alpha: 0.9, momentum: 0.5 },
    { centered: true },
    { centered: true, momentum: 0.9, eps: 1e-5, weight_decay: 0.125 },
  ],
  Rprop: [{}, { maximize: true }, { lr: 0.05, etas: [0.25, 1.5], step_sizes: [0.001, 0.075] }],
  SGD: [
    ...common,
    { momentum: 0.9 },
    { momentum: 0.9, dampening: 0.5 },
    { momentum: 0.9, nesterov: true, weight_decay: 0.125 },
    { momentum: 0.9, nesterov: true, maximize: true },
  ],
} satisfies Record<string, Record<string, unknown>[]>
const NAMES = Object.keys(FAMILIES) as Name[]

const class_of = (name: string) => (optim as unknown as Record<string, AnyClass>)[name]!
const step_of = (name: string) => `${name.toLowerCase()}_step` as StepName
const leaves = (dtype: torch.DType) =>
  [[4, 3], [5], [], [0]].map((shape) => torch.randn(shape, { dtype }).requires_grad_())
const in_dtype = (param: Tensor) => torch.randn(param.shape, { dtype: param.dtype })

afterEach(() => {
  vi.restoreAllMocks()
})

/** Five steps of two groups, one parameter of which has no gradient at times. */
function train(name: Name, options: Record<string, unknown>, dtype: torch.DType) {
  torch.manual_seed(0)
  const [first, second] = [leaves(dtype), leaves(dtype)]
  const params = [...first, ...second]
  const optimizer = new (class_of(name))([{ params: first }, { params: second, lr: 0.125 }], options)
  for (let step = 0; step < 5; step++) {
    params.forEach((param, i) => {
      param.grad = i === 1 && step !== 2 && step !== 4 ? null : in_dtype(param)
    })
    optimizer.step()
  }
  const { state } = optimizer.state_dict()
  const tensors = Object.entries(state).map(([param, kept]) => [
    param,
    Object.entries(kept).map(([key, value]) => [key, (value as Tensor).tolist(), (value as Tensor).dtype]),
  ])
  return { params: params.map((param) => param.tolist()), tensors }
}

describe.each(NAMES)('%s in one crossing', (name) => {
  it.each([torch.float32, torch.float64, torch.bfloat16])(
    'is as one by one, to the last bit: %s',
    (dtype) => {
      for (const options of FAMILIES[name]) {
        const spy = vi.spyOn(native, step_of(name))
        const together = train(name, options, dtype)
        expect(spy.mock.results.some(({ value }) => value === true)).toBe(true)
        spy.mockReturnValue(false)
        expect(together, JSON.stringify(options)).toEqual(train(name, options, dtype))
        vi.restoreAllMocks()
      }
    },
  )

  it('crosses once a group, and reads no gradient in JavaScript', () => {
    const params = Array.from({ length: 20 }, () => torch.randn(3).requires_grad_())
    for (const param of params) param.grad = in_dtype(param)
    const optimizer = new (class_of(name))(params, {})
    optimizer.step()
    const called: string[] = []
    for (const [key, value] of Object.entries(native as unknown as Record<string, unknown>)) {
      if (typeof value !== 'function') continue
      vi.spyOn(native as unknown as Record<string, () => unknown>, key).mockImplementation((...args) => {
        called.push(key)
        return (value as (...args: unknown[]) => unknown)(...args)
      })
    }
    optimizer.step()
    vi.restoreAllMocks()
    // SGD asks where the first parameter is (on CUDA it takes the list operators), and every step whether to collect now.
    const asked = ['device', 'worth_resting']
    expect(called.filter((key) => !asked.includes(key))).toEqual([step_of(name)])
  })

  it('marks what it changes, and records nothing', () => {
    const param = torch.ones(2, { requires_grad: true })
    param.grad = torch.ones(2)
    const optimizer = new (class_of(name))([param], {})
    optimizer.step()
    const loss = param.mul(param).sum()
    optimizer.step()
    expect(param.requires_grad && param.is_leaf && param.grad_fn === null).toBe(true)
    for (const value of Object.values(optimizer.state.get(param) ?? {}))
      expect((value as Tensor).requires_grad).toBe(false)
    expect(() => loss.backward()).toThrow(/has been modified by an inplace operation/)
  })
})

describe('what the addon does not take', () => {
  it.each(NAMES.filter((name) => name !== 'SGD' && name !== 'Adagrad'))(
    '%s refuses a sparse gradient and changes nothing',
    (name) => {
      const [a, b] = [torch.ones(4, 3, { requires_grad: true }), torch.ones(4, 3, { requires_grad: true })]
      a.grad = torch.ones(4, 3)
      b.grad = torch.ones(4, 3)
      const optimizer = new (class_of(name))([a, b], {})
      optimizer.step()
      const before = a.tolist()
      b.grad = torch.ones(4, 3).to_sparse()
      expect(() => optimizer.step()).toThrow(`${name} does not support sparse gradients`)
      expect(a.tolist()).toEqual(before)
    },
  )

  it.each(['SGD', 'Adagrad'] as const)('%s takes the longer road for a sparse gradient', (name) => {
    const param = torch.ones(4, 3, { requires_grad: true })
    const optimizer = new (class_of(name))([param], { lr: 0.5 })
    param.grad = torch
      .tensor([[1], [0], [0], [2]])
      .expand(4, 3)
      .to_sparse()
    const spy = vi.spyOn(native, step_of(name))
    optimizer.step()
    expect(spy.mock.results.map(({ value }) => value)).toEqual([false])
    expect(param.select(1, 0).tolist()).not.toEqual([1, 1, 1, 1])
  })

  it('rates that are tensors, complex parameters, options of another kind', () => {
    const spy = vi.spyOn(native, 'rmsprop_step')
    const param = torch.ones(2, { requires_grad: true })
    param.grad = torch.ones(2)
    const optimizer = new optim.RMSprop([param], { lr: torch.tensor(0.5) })
    optimizer.step()
    optimizer.step()
    expect(spy).not.toHaveBeenCalled()
    const complex = torch.ones(2, { dtype: torch.complex64, requires_grad: true })
    complex.grad = torch.ones(2, { dtype: torch.complex64 })
    const other = new optim.RMSprop([complex])
    other.step()
    other.step()
    expect(spy.mock.results.map(({ value }) => value)).toEqual([false, false])
  })

  it('handles and numbers that do not fit are errors', () => {
    expect(() => native.sgd_step(new Int32Array(1), new Float64Array(2))).toThrow(
      'expected 6 numbers, but got 2',
    )
    expect(() => native.adagrad_step(new Int32Array(4), new Float64Array(5))).toThrow(
      'expected 3 tensors a parameter, but got 4 in all',
    )
  })

  it('an option that changes between steps asks for state that is not there', () => {
    const param = torch.ones(2, { requires_grad: true })
    param.grad = torch.ones(2)
    const optimizer = new optim.SGD([param], { lr: 0.5 })
    optimizer.step()
    optimizer.param_groups[0]!.momentum = 0.5
    optimizer.step()
    optimizer.step()
    expect(param.tolist()).toEqual([-0.75, -0.75])
    expect((optimizer.state.get(param)!['momentum_buffer'] as Tensor).tolist()).toEqual([1.5, 1.5])
  })
})
