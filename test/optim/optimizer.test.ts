import { inspect } from 'node:util'
import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'

interface DescentGroup extends optim.ParamGroup {
  lr: number
}

class Descent extends optim.Optimizer<DescentGroup> {
  constructor(params: optim.Params<DescentGroup>, lr = 0.5) {
    super(params, { lr })
  }
  override step(): null
  override step<R>(closure: () => R): R
  override step<R>(closure?: () => R): R | null {
    const loss = closure?.() ?? null
    torch.no_grad(() => {
      for (const { params, lr } of this.param_groups)
        for (const param of params) if (param.grad) param.sub_(param.grad, { alpha: lr })
    })
    return loss
  }
}

const leaf = (n = 1) => torch.ones(n, { requires_grad: true })
const error = (name: string, message: string) => expect.objectContaining({ name, message })

describe('groups', () => {
  it('hold parameters with their options, the defaults filled in', () => {
    const [a, b, c] = [leaf(), leaf(), leaf()]
    const optimizer = new Descent([{ params: a, lr: 2 }, { params: [b] }])
    expectTypeOf(optimizer.param_groups).toEqualTypeOf<DescentGroup[]>()
    optimizer.add_param_group({ params: [c], lr: 3 })
    expect(optimizer.param_groups.map(({ params, lr }) => [params.length, lr])).toEqual([
      [1, 2],
      [1, 0.5],
      [1, 3],
    ])
    expect(optimizer.param_groups[0]!.params[0]).toBe(a)
    expect(optimizer.defaults).toEqual({ lr: 0.5 })
  })

  it('take a module’s parameters, named or not', () => {
    const net = new nn.Linear(1, 1)
    const [weight, bias] = new Descent(net.parameters()).param_groups[0]!.params
    expect([weight === net.weight, bias === net.bias]).toEqual([true, true])
    const named = new Descent(net.named_parameters())
    expect(named.param_groups[0]!.param_names).toEqual(['weight', 'bias'])
    expect(named.state_dict().param_groups[0]!.param_names).toEqual(['weight', 'bias'])
  })

  it.each<[string, () => unknown, Error]>([
    [
      'a Tensor',
      () => new Descent(leaf() as never),
      error(
        'TypeError',
        'params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch.FloatTensor',
      ),
    ],
    ['nothing', () => new Descent([]), error('ValueError', 'optimizer got an empty parameter list')],
    [
      'another value',
      () => new Descent(['x' as never]),
      error('TypeError', 'optimizer can only optimize Tensors, but one of the params is string'),
    ],
    ['a result', () => new Descent([leaf().mul(2)]), error('ValueError', "can't optimize a non-leaf Tensor")],
    [
      'a set',
      () => new Descent([{ params: new Set([leaf()]) }]),
      error(
        'TypeError',
        'optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will ' +
          'change between runs. Please use a list instead.',
      ),
    ],
    [
      'some names',
      () => new Descent([['a', leaf()], leaf()]),
      error('ValueError', 'all optimizer params should be with/without names. Some param names are missing'),
    ],
  ])('refuse %s', (_name, make, expected) => {
    expect(make).toThrow(expected)
  })

  it('refuse a parameter twice, and groups with and without names', () => {
    const a = leaf()
    const optimizer = new Descent([a])
    expect(() => optimizer.add_param_group({ params: [a] })).toThrow(
      error('ValueError', 'some parameters appear in more than one parameter group'),
    )
    expect(() => optimizer.add_param_group({ params: [['b', leaf()]] })).toThrow(
      'all optimizer param groups should be with/without names. cannot add param group with names to the optimizer',
    )
    expect(() => optimizer.add_param_group(3 as never)).toThrow('param_group must be a dict, but got number')
    expect(optimizer.param_groups).toHaveLength(1)
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    new Descent([a, a])
    expect(warn.mock.calls[0]?.[0]).toMatch(/duplicate parameters/)
    warn.mockRestore()
  })
})

describe('a step', () => {
  it('returns what the closure returned', () => {
    const optimizer = new Descent([leaf()])
    expect(optimizer.step()).toBeNull()
    expect(optimizer.step(() => 7)).toBe(7)
    expectTypeOf(optimizer.step(() => 'x')).toEqualTypeOf<string>()
  })

  it('runs hooks before and after, the class’s own and those of all', () => {
    const optimizer = new Descent([leaf()])
    const order: unknown[] = []
    const handles = [
      optim.register_optimizer_step_pre_hook(() => {
        order.push('all before')
      }),
      optimizer.register_step_pre_hook((own, args) => {
        expect(own).toBe(optimizer)
        order.push(args.length)
        return [[() => 'replaced'], {}]
      }),
      optimizer.register_step_post_hook(() => {
        order.push('after')
      }),
      optim.register_optimizer_step_post_hook(() => {
        order.push('all after')
      }),
    ]
    expect(optimizer.step(() => 'given')).toBe('replaced')
    expect(order).toEqual(['all before', 1, 'after', 'all after'])
    for (const handle of handles) handle.remove()
    expect(optimizer.step(() => 'given')).toBe('given')
    optimizer.register_step_pre_hook((() => 3) as never)
    expect(() => optimizer.step()).toThrow(
      'must return None or a tuple of (new_args, new_kwargs), but got 3.',
    )
  })

  it('is refused where a class does not define it', () => {
    const optimizer = new optim.Optimizer([leaf()], {})
    expect(() => optimizer.step()).toThrow(torch.NotImplementedError)
  })
})

describe('zero_grad', () => {
  it('removes gradients or fills them with zeros', () => {
    const a = leaf(2)
    const optimizer = new Descent([a, leaf()])
    a.sum().backward()
    const { grad } = a
    optimizer.zero_grad({ set_to_none: false })
    expect(a.grad).toBe(grad)
    expect(a.grad!.tolist()).toEqual([0, 0])
    optimizer.zero_grad()
    expect(a.grad).toBeNull()
  })

  it('takes a gradient that has a graph out of it', () => {
    const a = leaf()
    const optimizer = new Descent([a])
    a.mul(a).sum().backward({ create_graph: true })
    expect(a.grad!.grad_fn).not.toBeNull()
    optimizer.zero_grad(false)
    expect(a.grad!.grad_fn).toBeNull()
    expect(a.grad!.item()).toBe(0)
  })
})

describe('state_dict', () => {
  const with_state = () => {
    const [a, b] = [leaf(), leaf()]
    const optimizer = new Descent([{ params: [a], lr: 1 }, { params: [b] }])
    optimizer.state.set(b, { step: torch.tensor(3), moment: torch.ones(1), list: [1] })
    return { a, b, optimizer }
  }

  it('has Python’s layout', () => {
    const { optimizer, b } = with_state()
    const state = optimizer.state_dict()
    expect(Object.keys(state.state)).toEqual(['1'])
    expect(state.state[1]).toBe(optimizer.state.get(b))
    expect(state.param_groups).toEqual([
      { lr: 1, params: [0] },
      { lr: 0.5, params: [1] },
    ])
  })

  it('is taken, cast to the parameter’s dtype but for step', () => {
    const { optimizer } = with_state()
    const param = torch.ones([1], { dtype: torch.float64, requires_grad: true })
    const other = new Descent([{ params: [leaf()] }, { params: [param], lr: 9 }])
    other.load_state_dict(optimizer.state_dict())
    const state = other.state.get(param)!
    expect((state['moment'] as Tensor).dtype).toBe(torch.float64)
    expect((state['step'] as Tensor).dtype).toBe(torch.float32)
    expect(other.param_groups.map(({ lr }) => lr)).toEqual([1, 0.5])
    expect(other.param_groups[1]!.params[0]).toBe(param)
  })

  it('of other groups is refused', () => {
    const { optimizer } = with_state()
    const state = optimizer.state_dict()
    expect(() => new Descent([leaf()]).load_state_dict(state)).toThrow(
      error('ValueError', 'loaded state dict has a different number of parameter groups'),
    )
    expect(() =>
      new Descent([{ params: [leaf(), leaf()] }, { params: [leaf()] }]).load_state_dict(state),
    ).toThrow(
      error(
        'ValueError',
        "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
      ),
    )
  })

  it('passes hooks', () => {
    const { optimizer } = with_state()
    const order: string[] = []
    optimizer.register_state_dict_pre_hook(() => void order.push('second'))
    optimizer.register_state_dict_pre_hook(() => void order.push('first'), true)
    optimizer.register_state_dict_post_hook((_own, state) => ({ ...state, state: {} }))
    optimizer.register_load_state_dict_pre_hook((_own, state) => {
      order.push('load')
      return state
    })
    optimizer.register_load_state_dict_post_hook(() => void order.push('loaded'), { prepend: true })
    const state = optimizer.state_dict()
    expect(state.state).toEqual({})
    optimizer.load_state_dict(state)
    expect(order).toEqual(['first', 'second', 'load', 'loaded'])
  })
})

it('prints as Python does', () => {
  const optimizer = new Descent([{ params: [leaf()], lr: 1 }, { params: [leaf()] }])
  const text = 'Descent (\nParameter Group 0\n    lr: 1.0\n\nParameter Group 1\n    lr: 0.5\n)'
  expect(String(optimizer)).toBe(text)
  expect(inspect(optimizer)).toBe(text)
})
