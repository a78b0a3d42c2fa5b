import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'

const named = (name: string, message: string) => expect.objectContaining({ name, message })
const set = (module: object, name: string, value: unknown) => {
  ;(module as Record<string, unknown>)[name] = value
}
const names = (items: Iterable<[string, unknown]>) => [...items].map(([name]) => name)

class Model extends nn.Module {
  fc = new nn.Linear(2, 2)
  scale = new nn.Parameter(torch.ones(2))
  table = new nn.Buffer(torch.ones(2))
  mask = torch.ones(2)
  override forward(x: Tensor): Tensor {
    return this.fc(x).mul(this.scale)
  }
}

class Assigning extends nn.Module {
  declare fc: nn.Linear
  declare scale: nn.Parameter
  declare table: nn.Buffer
  constructor() {
    super()
    this.fc = new nn.Linear(2, 2)
    this.scale = new nn.Parameter(torch.ones(2))
    this.table = new nn.Buffer(torch.ones(2))
  }
}

const refusals: [string, string, () => unknown, string][] = [
  ['scale', 'a Tensor', () => torch.ones(2), "cannot assign 'torch.FloatTensor' as parameter 'scale'"],
  ['scale', 'integers', () => torch.tensor([1n]), "cannot assign 'torch.LongTensor' as parameter 'scale'"],
  ['scale', 'a number', () => 5, "cannot assign 'number' as parameter 'scale'"],
  ['scale', 'a string', () => 'a', "cannot assign 'string' as parameter 'scale'"],
  ['scale', 'undefined', () => undefined, "cannot assign 'undefined' as parameter 'scale'"],
  ['scale', 'a module', () => new nn.Linear(1, 1), "cannot assign 'Linear' as parameter 'scale'"],
  ['scale', 'a buffer', () => new nn.Buffer(), "cannot assign 'torch.FloatTensor' as parameter 'scale'"],
  ['fc', 'a Tensor', () => torch.ones(2), "cannot assign 'torch.FloatTensor' as child module 'fc'"],
  ['fc', 'a number', () => 5, "cannot assign 'number' as child module 'fc'"],
  ['fc', 'a function', () => torch.relu, "cannot assign 'function' as child module 'fc'"],
  ['table', 'a number', () => 5, "cannot assign 'number' as buffer 'table'"],
  ['table', 'an array', () => [1], "cannot assign 'array' as buffer 'table'"],
]
const expected = {
  scale: ' (torch.nn.Parameter or None expected)',
  fc: ' (torch.nn.Module or None expected)',
  table: ' (torch.nn.Buffer, torch.Tensor or None expected)',
} as Record<string, string>

describe.each([
  ['class fields', Model],
  ['assignments in a constructor', Assigning],
])('A member made by %s', (_, Made) => {
  it.each(refusals)('%s refuses %s, and stays what it was', (field, _what, value, message) => {
    const model = new Made()
    torch.ones(1)
    const before = names(model.named_parameters())
    expect(() => set(model, field, value())).toThrow(named('TypeError', message + expected[field]))
    expect(names(model.named_parameters())).toEqual(before)
    expect(Object.keys(model.state_dict())).toEqual(['scale', 'table', 'fc.weight', 'fc.bias'])
  })

  it('takes null, and what is of its kind', () => {
    const model = new Made()
    torch.ones(1)
    const weight = new nn.Parameter(torch.zeros(2))
    model.scale = weight
    model.table = torch.zeros(2) as nn.Buffer
    model.fc = new nn.Linear(3, 3)
    expect([...model.parameters()][0]).toBe(weight)
    expect(names(model.named_buffers())).toEqual(['table'])
    for (const field of ['scale', 'table', 'fc']) set(model, field, null)
    expect([...model.parameters()]).toEqual([])
    // The name still stands for what it stood for.
    expect(() => set(model, 'scale', torch.ones(2))).toThrow(TypeError)
  })

  it('turns into another kind as in Python: a Parameter or a module where the name stood for a buffer', () => {
    const model = new Made()
    torch.ones(1)
    set(model, 'table', new nn.Parameter(torch.ones(2)))
    expect(names(model.named_parameters())).toEqual(['scale', 'table', 'fc.weight', 'fc.bias'])
    expect(names(model.named_buffers())).toEqual([])
    set(model, 'fc', new nn.Parameter(torch.ones(2)))
    expect(names(model.named_children())).toEqual([])
  })

  it('is gone after delete, and the name is free', () => {
    const model = new Made()
    torch.ones(1)
    delete (model as { scale?: unknown }).scale
    expect(names(model.named_parameters())).toEqual(['fc.weight', 'fc.bias'])
    set(model, 'scale', torch.ones(2))
    expect(Object.keys(model.state_dict())).toEqual(['table', 'fc.weight', 'fc.bias'])
  })
})

describe('Assigning to a layer', () => {
  it('refuses a Tensor for its weight at once', () => {
    const layer = new nn.Linear(2, 2)
    expect(() => set(layer, 'weight', torch.ones(2, 2))).toThrow(
      named(
        'TypeError',
        "cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected)",
      ),
    )
    expect(layer(torch.ones(2)).requires_grad).toBe(true)
  })

  it('takes null for a bias, and refuses a Tensor for one that was left out', () => {
    const layer = new nn.Linear(2, 2)
    layer.bias = null
    expect(layer(torch.ones(1, 2)).shape).toEqual([1, 2])
    expect(() => set(new nn.Linear(2, 2, { bias: false }), 'bias', torch.ones(2))).toThrow(
      /as parameter 'bias'/,
    )
  })

  it('sees through copies, devices, functional_call and load_state_dict', () => {
    const copied = torch.deepcopy(new Model())
    expect(() => set(copied, 'scale', torch.ones(2))).toThrow(/as parameter 'scale'/)
    const meta = new Model().to('meta')
    expect(() => set(meta, 'scale', torch.ones(2))).toThrow(/as parameter 'scale'/)
    const model = new Model()
    const y = torch.func.functional_call(model, { scale: torch.zeros(2) }, torch.ones(1, 2)) as Tensor
    expect(y.abs().tolist()).toEqual([[0, 0]])
    expect(model.scale).toBeInstanceOf(nn.Parameter)
    expect(() => set(model, 'scale', torch.ones(2))).toThrow(/as parameter 'scale'/)
    model.load_state_dict(new Model().state_dict(), { assign: true })
    expect(() => set(model, 'scale', torch.ones(2))).toThrow(/as parameter 'scale'/)
  })

  it('leaves fields that are no members alone', () => {
    const model = new Model()
    torch.ones(1)
    set(model, 'mask', 5)
    set(model, 'note', { a: 1 })
    set(model, 'other', torch.ones(2))
    expect(names(model.named_parameters())).toHaveLength(3)
    expect(Object.keys(model)).toEqual(['training', 'fc', 'scale', 'table', 'mask', 'note', 'other'])
  })

  it('refuses a Parameter under the name of a method, a non-leaf, and a name with a dot', () => {
    class Named extends nn.Module {
      override type = new nn.Parameter(torch.ones(2)) as never
    }
    expect(() => [...new Named().parameters()]).toThrow(named('KeyError', "attribute 'type' already exists"))
    const model = new Model()
    expect(() => set(model, 'apply', new nn.Parameter(torch.ones(2)))).not.toThrow()
    expect(() => [...model.parameters()]).toThrow(named('KeyError', "attribute 'apply' already exists"))
    expect(() => set(new Model(), 'a.b', new nn.Parameter(torch.ones(2)))).toThrow(
      named('KeyError', 'parameter name can\'t contain "."'),
    )
  })

  it('says what happened where a class names a field again', () => {
    class Again extends nn.Linear {
      // What a compiler makes of `weight: Parameter` without `declare`.
      override weight = undefined as unknown as nn.Parameter
    }
    expect(() => [...new Again(1, 1).parameters()]).toThrow(
      named(
        'AttributeError',
        "Again: the parameter 'weight' became undefined: a class that names the field again for its type says " +
          '`declare weight`',
      ),
    )
  })
})

describe('Assigning to a place of a container', () => {
  const chain = () => new nn.Sequential(new nn.Linear(1, 1), new nn.ReLU())
  const list = () => new nn.ModuleList([new nn.Linear(1, 1), new nn.ReLU()])
  const parameters = () => new nn.ParameterList([torch.ones(2), torch.ones(3)])

  it.each([
    ['Sequential', chain],
    ['ModuleList', list],
  ] as const)('%s takes modules by place, and refuses the rest', (_, make) => {
    const made = make()
    set(made, '0', new nn.Tanh())
    set(made, '-1', new nn.Sigmoid())
    expect([...made].map((module) => module.constructor.name)).toEqual(['Tanh', 'Sigmoid'])
    expect(() => set(made, '2', new nn.Tanh())).toThrow(named('IndexError', 'index 2 is out of range'))
    expect(() => set(made, '0', torch.ones(2))).toThrow(
      /cannot assign 'torch.FloatTensor' as child module '0'/,
    )
    delete (made as unknown as Record<string, unknown>)['0']
    expect(names(made.named_children())).toEqual(['0'])
    expect(made.length).toBe(1)
  })

  it('Sequential counts places, whatever the names', () => {
    const made = new nn.Sequential(
      new torch.OrderedDict<nn.Module>([
        ['1', new nn.Linear(1, 1)],
        ['0', new nn.ReLU()],
      ]),
    )
    set(made, '0', new nn.Tanh())
    expect([...made.named_children()].map(([name, child]) => name + child.constructor.name)).toEqual([
      '1Tanh',
      '0ReLU',
    ])
  })

  it('ModuleList.insert refuses what is no module', () => {
    expect(() => list().insert(0, 5 as never)).toThrow(named('TypeError', 'number is not a Module subclass'))
  })

  it('ModuleDict takes modules by name, and refuses the rest', () => {
    const made = new nn.ModuleDict({ a: new nn.ReLU() })
    set(made, 'b', new nn.Tanh())
    expect(made.keys()).toEqual(['a', 'b'])
    for (const value of [5, torch.ones(2), 'x']) {
      expect(() => set(made, 'a', value)).toThrow(/is not a Module subclass/)
      expect(() => set(made, 'c', value)).toThrow(/is not a Module subclass/)
    }
    delete (made as unknown as Record<string, unknown>)['a']
    expect(made.keys()).toEqual(['b'])
  })

  it('ParameterList makes parameters of tensors, and refuses places that it lacks', () => {
    const made = parameters()
    set(made, '0', torch.zeros(2))
    expect(made.at(0)).toBeInstanceOf(nn.Parameter)
    expect([...made.parameters()]).toHaveLength(2)
    expect(() => set(made, '2', torch.ones(2))).toThrow(named('IndexError', 'index 2 is out of range'))
    expect(() => set(made, '0', 5)).toThrow(/as parameter '0'/)
    delete (made as unknown as Record<string, unknown>)['0']
    const message = "'ParameterList' object doesn't support item deletion: use pop(0), which moves the rest"
    expect(() => [...made.parameters()]).toThrow(named('TypeError', message))
    expect(() => made.at(0)).toThrow(named('TypeError', message))
  })

  it('ParameterDict makes parameters of tensors', () => {
    const made = new nn.ParameterDict({ a: torch.ones(2) })
    set(made, 'b', torch.zeros(2))
    set(made, 'a', torch.zeros(2))
    expect(names(made.named_parameters())).toEqual(['a', 'b'])
    expect(made.keys()).toEqual(['a', 'b'])
    delete (made as unknown as Record<string, unknown>)['a']
    expect(made.keys()).toEqual(['b'])
    expect(made.length).toBe(1)
  })
})
