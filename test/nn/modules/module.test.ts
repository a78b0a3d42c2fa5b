import { inspect } from 'node:util'
import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

class Net extends nn.Module {
  conv = new nn.Conv2d(1, 2, 3)
  head = new nn.Linear(2, 2)
  scale = new nn.Parameter(torch.ones(2))
  steps = 3
  constructor() {
    super()
    this.register_buffer('mean', torch.zeros(2))
    this.register_buffer('noise', torch.zeros(2), { persistent: false })
  }
  override forward(x: Tensor, shift = 0): Tensor {
    return this.head(this.conv(x).mean([2, 3]))
      .mul(this.scale)
      .add(shift)
  }
}

const names = (items: Iterable<[string, unknown]>) => [...items].map(([name]) => name)

describe('a call', () => {
  it('runs forward with its arguments and result, typed', () => {
    const net = new Net()
    const y = net(torch.ones(1, 1, 4, 4), 1)
    expect(y.shape).toEqual([1, 2])
    expectTypeOf(y).toEqualTypeOf<Tensor>()
    expectTypeOf(net).parameters.toEqualTypeOf<[x: Tensor, shift?: number]>()
    // @ts-expect-error a string is no tensor
    expect(() => net('x')).toThrow("conv2d(): argument 'input' must be Tensor, not string")
  })

  it('keeps the class: instanceof, constructor, this', () => {
    class Own extends nn.Module {
      override forward() {
        return this
      }
    }
    const own = new Own()
    expect(own).toBeInstanceOf(Own)
    expect(own).toBeInstanceOf(nn.Module)
    expect(own.constructor).toBe(Own)
    expect(own()).toBe(own)
  })

  it('leaves name and length to the model', () => {
    class Named extends nn.Module {
      override name = new nn.Linear(1, 1)
      override length = 7
    }
    const named = new Named()
    expect(named.length).toBe(7)
    expect(names(named.named_children())).toEqual(['name'])
    expect('name' in new nn.Module()).toBe(false)
  })

  it('takes a module where a function of tensors is wanted', () => {
    function twice<M extends nn.Module & ((x: Tensor) => Tensor)>(module: M, x: Tensor): Tensor {
      return module(module(x))
    }
    expect(twice(new nn.ReLU(), torch.ones(1)).item()).toBe(1)
    for (const child of new nn.Sequential(new nn.ReLU()).children())
      expect(child(torch.ones(1)).item()).toBe(1)
  })

  it('refuses a class without forward by its name', () => {
    class Empty extends nn.Module {}
    expect(() => new Empty()(1)).toThrow('Module [Empty] is missing the required "forward" function')
    expect(() => new Empty()(1)).toThrow(torch.NotImplementedError)
  })
})

describe('registration', () => {
  it('finds parameters, buffers and children in the order of assignment', () => {
    const net = new Net()
    expect(names(net.named_parameters())).toEqual([
      'scale',
      'conv.weight',
      'conv.bias',
      'head.weight',
      'head.bias',
    ])
    expect(names(net.named_buffers())).toEqual(['mean', 'noise'])
    expect(names(net.named_children())).toEqual(['conv', 'head'])
    expect(names(net.named_modules())).toEqual(['', 'conv', 'head'])
    expect(Object.keys(net.state_dict())).toEqual([
      'scale',
      'mean',
      'conv.weight',
      'conv.bias',
      'head.weight',
      'head.bias',
    ])
    expectTypeOf(net.parameters()).toExtend<Iterable<nn.Parameter>>()
  })

  it('follows prefix, recurse and remove_duplicate, by position and by keyword', () => {
    const net = new Net()
    expect(names(net.named_parameters('net', false))).toEqual(['net.scale'])
    expect(names(net.named_parameters({ prefix: 'net', recurse: false }))).toEqual(['net.scale'])
    const shared = new nn.Linear(1, 1)
    const tied = new nn.Sequential(shared, shared)
    expect(names(tied.named_parameters())).toEqual(['0.weight', '0.bias'])
    expect(names(tied.named_parameters({ remove_duplicate: false }))).toEqual([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
    ])
    expect(names(tied.named_children())).toEqual(['0'])
    expect(names(tied.named_modules({ remove_duplicate: false }))).toEqual(['', '0', '1'])
    expect([...tied.modules()]).toHaveLength(2)
    // @ts-expect-error there is no such keyword
    expect(() => [...net.named_parameters({ recurs: true })]).toThrow(
      "named_parameters() got an unexpected keyword argument 'recurs'; did you mean 'recurse'?",
    )
  })

  it('sees fields that are assigned anew, set to null, or deleted', () => {
    const net = new Net() as Net & Record<string, unknown>
    net.head = new nn.Linear(2, 5)
    expect(net.get_parameter('head.weight').shape).toEqual([5, 2])
    Object.assign(net, { scale: null })
    expect(names(net.named_parameters({ recurse: false }))).toEqual([])
    delete (net as Partial<Net>).conv
    expect(names(net.named_children())).toEqual(['head'])
    net['late'] = new nn.Parameter(torch.ones(1))
    expect(names(net.named_parameters({ recurse: false }))).toEqual(['late'])
    net.register_buffer('mean', torch.ones(3))
    expect(net.get_buffer('mean').shape).toEqual([3])
    net['mean'] = torch.ones(4)
    expect(net.get_buffer('mean').shape).toEqual([4])
  })

  it('registers names that stand for nothing yet', () => {
    const module = new nn.Module()
    module.register_parameter('weight', null)
    module.register_module('child', null)
    module.register_buffer('count', null)
    expect(names(module.named_parameters())).toEqual([])
    expect(Object.keys(module.state_dict())).toEqual([])
    expect(String(module)).toBe('Module(\n  (child): None\n)')
    module.register_parameter('weight', new nn.Parameter(torch.ones(1)))
    module.register_buffer('count', torch.ones(1))
    expect(Object.keys(module.state_dict())).toEqual(['weight', 'count'])
  })

  it('takes a Buffer field for a buffer', () => {
    class Counter extends nn.Module {
      seen = new nn.Buffer(torch.zeros(1), { persistent: false })
      total: Tensor = new nn.Buffer(torch.zeros(1))
    }
    const counter = new Counter()
    expect(names(counter.named_buffers())).toEqual(['seen', 'total'])
    expect(Object.keys(counter.state_dict())).toEqual(['total'])
    counter.total = torch.ones(1)
    expect(counter.state_dict()['total']?.item()).toBe(1)
  })

  it('keeps the order of whole-number names', () => {
    const module = new nn.Module()
    for (const name of ['b', '10', '2', 'a']) module.add_module(name, new nn.ReLU())
    expect(names(module.named_children())).toEqual(['b', '10', '2', 'a'])
  })

  it.each([
    ['', 'KeyError', 'buffer name can\'t be empty string ""', 'parameter name can\'t be empty string ""'],
    ['a.b', 'KeyError', 'buffer name can\'t contain "."', 'parameter name can\'t contain "."'],
    ['steps', 'KeyError', "attribute 'steps' already exists", "attribute 'steps' already exists"],
    ['forward', 'KeyError', "attribute 'forward' already exists", "attribute 'forward' already exists"],
  ])('refuses the name %j', (name, kind, buffer, parameter) => {
    const net = new Net()
    const tensor = torch.ones(1)
    const named = (message: string) => expect.objectContaining({ name: kind, message })
    expect(() => net.register_buffer(name, tensor)).toThrow(named(buffer))
    expect(() => net.register_parameter(name, new nn.Parameter(tensor))).toThrow(named(parameter))
  })

  it('refuses values of another kind', () => {
    const net = new Net()
    const wrong = 'text' as unknown
    expect(() => net.register_buffer('b', wrong as Tensor)).toThrow(
      "cannot assign 'string' object to buffer 'b' (torch Tensor or None required)",
    )
    expect(() => net.register_parameter('p', torch.ones(1) as nn.Parameter)).toThrow(
      "cannot assign 'torch.FloatTensor' object to parameter 'p' (torch.nn.Parameter or None required)",
    )
    expect(() => net.add_module('m', wrong as nn.Module)).toThrow('string is not a Module subclass')
    expect(() => net.add_module('a.b', new nn.ReLU())).toThrow('module name can\'t contain ".", got: a.b')
    expect(() => net.register_buffer(3 as unknown as string, null)).toThrow(
      'buffer name should be a string. Got number',
    )
  })
})

describe('paths', () => {
  it('finds and sets what stands at a path', () => {
    const net = new nn.Sequential(new Net())
    expect(net.get_submodule('')).toBe(net)
    expect(net.get_submodule('0.conv')).toBeInstanceOf(nn.Conv2d)
    expect(net.get_parameter('0.conv.bias').shape).toEqual([2])
    expect(net.get_buffer('0.mean').shape).toEqual([2])
    net.set_submodule('0.head', new nn.Identity())
    expect(net.get_submodule('0.head')).toBeInstanceOf(nn.Identity)
    net.set_submodule('0.extra', new nn.ReLU())
    expect(net.get_submodule('0.extra')).toBeInstanceOf(nn.ReLU)
  })

  it('refuses paths that lead nowhere', () => {
    const net = new Net()
    const attribute = (message: string) => expect.objectContaining({ name: 'AttributeError', message })
    expect(() => net.get_submodule('nothing')).toThrow(attribute('Net has no attribute `nothing`'))
    expect(() => net.get_submodule('steps')).toThrow(attribute('`steps` is not an nn.Module'))
    expect(() => net.get_parameter('conv.stride')).toThrow(attribute('`stride` is not an nn.Parameter'))
    expect(() => net.get_buffer('scale')).toThrow(attribute('`scale` is not a buffer'))
    expect(() => net.set_submodule('', net)).toThrow('Cannot set the submodule without a target name!')
    expect(() => net.set_submodule('a', 1 as unknown as nn.Module)).toThrow(
      '`module` is not an nn.Module, found number',
    )
    expect(() => net.set_submodule('a', net, { strict: true })).toThrow(attribute('Net has no attribute `a`'))
  })
})

describe('conversion', () => {
  it('casts floating point tensors in place and keeps the parameter', () => {
    const net = new Net()
    net.register_buffer('count', torch.zeros([1], { dtype: torch.int64 }))
    const { scale } = net
    scale.grad = torch.ones(2)
    expect(net.to(torch.float64)).toBe(net)
    expect(net.scale).toBe(scale)
    expect(scale.dtype).toBe(torch.float64)
    expect(scale.grad?.dtype).toBe(torch.float64)
    expect(scale.requires_grad).toBe(true)
    expect(net.get_buffer('mean').dtype).toBe(torch.float64)
    expect(net.get_buffer('count').dtype).toBe(torch.int64)
    for (const [cast, dtype] of [
      ['half', torch.float16],
      ['bfloat16', torch.bfloat16],
      ['double', torch.float64],
      ['float', torch.float32],
    ] as const)
      expect(net[cast]().conv.weight.dtype).toBe(dtype)
    expect(net.type(torch.float64).get_buffer('count').dtype).toBe(torch.float64)
  })

  it('takes a device, a dtype, a tensor or keywords', () => {
    const net = new Net()
    expect(net.to('cpu', torch.float64).scale.dtype).toBe(torch.float64)
    expect(net.to(torch.ones([1], { dtype: torch.float16 })).scale.dtype).toBe(torch.float16)
    expect(net.to({ dtype: torch.float32, device: 'cpu' }).scale.dtype).toBe(torch.float32)
    expect(net.cpu()).toBe(net)
    expect(() => net.to(torch.int64)).toThrow(
      'nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int64',
    )
    // @ts-expect-error there is no such keyword
    expect(() => net.to({ dtyp: torch.float64 })).toThrow("did you mean 'dtype'?")
  })

  it('moves to the meta device and back', () => {
    const net = new Net().to('meta')
    expect(net.scale.device.type).toBe('meta')
    expect(net.scale).toBeInstanceOf(nn.Parameter)
    expect(() => net.to('cpu')).toThrow(/Cannot copy out of meta tensor; no data!/)
    expect(net.to_empty({ device: 'cpu' }).scale.device.type).toBe('cpu')
  })

  it('keeps the gradient graph working', () => {
    const net = new Net().double()
    net(torch.ones([1, 1, 4, 4], { dtype: torch.float64 }))
      .sum()
      .backward()
    expect(net.scale.grad?.dtype).toBe(torch.float64)
  })
})

describe('modes and gradients', () => {
  it('sets training and evaluation mode down the tree', () => {
    const net = new Net()
    expect(net.training).toBe(true)
    expect(net.eval()).toBe(net)
    expect([...net.modules()].map((m) => m.training)).toEqual([false, false, false])
    net.train()
    expect(net.conv.training).toBe(true)
    expect(() => net.train(1 as unknown as boolean)).toThrow('training mode is expected to be boolean')
  })

  it('sets requires_grad and removes gradients', () => {
    const net = new Net()
    net.requires_grad_(false)
    expect([...net.parameters()].some((p) => p.requires_grad)).toBe(false)
    net.requires_grad_()
    net(torch.ones(1, 1, 4, 4))
      .sum()
      .backward()
    net.zero_grad({ set_to_none: false })
    expect(net.scale.grad?.tolist()).toEqual([0, 0])
    net.zero_grad()
    expect(net.scale.grad).toBeNull()
  })

  it('applies a function to children first', () => {
    const seen: string[] = []
    new Net().apply((module) => seen.push(module.constructor.name))
    expect(seen).toEqual(['Conv2d', 'Linear', 'Net'])
  })

  it('survives a scope: parameters, buffers and fields made inside stay', () => {
    const net = torch.scope(() => {
      const made = new Net() as Net & { last?: Tensor }
      made.last = torch.ones(1)
      return made
    })
    expect(net(torch.ones(1, 1, 4, 4)).shape).toEqual([1, 2])
    expect(net.last?.item()).toBe(1)
    expect(net.get_buffer('mean').tolist()).toEqual([0, 0])
  })
})

describe('printing', () => {
  it('prints as PyTorch does', () => {
    const net = new Net()
    expect(String(net)).toBe(
      [
        'Net(',
        '  (conv): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))',
        '  (head): Linear(in_features=2, out_features=2, bias=True)',
        ')',
      ].join('\n'),
    )
    expect(inspect(net)).toBe(String(net))
    expect(String(new nn.Sequential(net)).split('\n')[2]).toBe(
      '    (conv): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))',
    )
    expect(String(new nn.Module())).toBe('Module()')
  })

  it('puts lines of extra_repr before the children', () => {
    class Extra extends nn.Module {
      relu = new nn.ReLU()
      override extra_repr() {
        return 'a=1\nb=2'
      }
    }
    expect(String(new Extra())).toBe('Extra(\n  a=1\n  b=2\n  (relu): ReLU()\n)')
  })
})
