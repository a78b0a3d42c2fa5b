import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

const named = (name: string, message: string) => expect.objectContaining({ name, message })
const kinds = (modules: Iterable<nn.Module>) => [...modules].map((module) => module.constructor.name)

describe('Sequential', () => {
  const make = () => new nn.Sequential(new nn.Linear(1, 2), new nn.ReLU(), new nn.Linear(2, 3))

  it('chains modules, with the first one’s arguments and the last one’s result', () => {
    const chain = make()
    const y = chain(torch.ones(4, 1))
    expect(y.shape).toEqual([4, 3])
    expectTypeOf(y).toEqualTypeOf<Tensor>()
    expect(Object.keys(chain.state_dict())).toEqual(['0.weight', '0.bias', '2.weight', '2.bias'])
    const x = torch.ones(1)
    expect(new nn.Sequential()(x)).toBe(x)
  })

  it('takes modules by name', () => {
    const chain = new nn.Sequential({ first: new nn.Linear(1, 2), second: new nn.ReLU() })
    expect([...chain.named_children()].map(([name]) => name)).toEqual(['first', 'second'])
    expect(chain(torch.ones(1)).shape).toEqual([2])
    // A child that has a name among the numbers is part of the chain, as in PyTorch.
    const longer = make()
    longer.add_module('named', new nn.Linear(3, 7))
    expect(longer(torch.ones(1)).shape).toEqual([7])
  })

  it('is a list: at, slices, set_at, delete_at, pop, append, insert, extend', () => {
    const chain = make()
    expect(chain.length).toBe(3)
    expect(chain.at(-1)).toBe(chain.at(2))
    expect(kinds(chain.at('1:'))).toEqual(['ReLU', 'Linear'])
    expect(kinds(chain.at('::-1'))).toEqual(['Linear', 'ReLU', 'Linear'])
    chain.set_at(1, new nn.Tanh())
    chain.append(new nn.Sigmoid()).insert(0, new nn.Identity())
    expect(kinds(chain)).toEqual(['Identity', 'Linear', 'Tanh', 'Linear', 'Sigmoid'])
    expect(chain.pop(0)).toBeInstanceOf(nn.Identity)
    chain.delete_at('1:3')
    expect(kinds(chain)).toEqual(['Linear', 'Sigmoid'])
    expect([...chain.named_children()].map(([name]) => name)).toEqual(['0', '1'])
    expect(kinds(chain.extend(make()))).toHaveLength(5)
    expect(kinds(make().add(make()))).toHaveLength(6)
    expect(make().mul(2).length).toBe(6)
  })

  it('refuses what PyTorch refuses', () => {
    const chain = make()
    expect(() => chain.at(3)).toThrow(named('IndexError', 'index 3 is out of range'))
    expect(() => chain.insert(9, new nn.ReLU())).toThrow(named('IndexError', 'Index out of range: 9'))
    expect(() => chain.insert(0, 1 as never)).toThrow(/module should be of type/)
    expect(() => chain.mul(0)).toThrow(
      named('ValueError', 'Non-positive multiplication factor 0 for Sequential'),
    )
    expect(() => chain.mul(1.5)).toThrow(TypeError)
    expect(() => chain.add(1 as never)).toThrow(/add operator supports only objects of Sequential class/)
    expect(() => new nn.Sequential(torch.relu as never)).toThrow('function is not a Module subclass')
    expect(() => chain.set_at(0, 'x' as never)).toThrow(
      "cannot assign 'string' as child module '0' (torch.nn.Module or None expected)",
    )
  })
})

describe('ModuleList', () => {
  it('is a list whose modules are registered', () => {
    const list = new nn.ModuleList([new nn.Linear(1, 1), new nn.Linear(1, 1)])
    expectTypeOf(list.at(0)).toEqualTypeOf<nn.Linear>()
    list.append(new nn.Linear(2, 2)).extend([new nn.Linear(3, 3)])
    expect(list.length).toBe(4)
    expect([...list.parameters()]).toHaveLength(8)
    list.insert(0, new nn.Linear(9, 9))
    expect(list.at(0).in_features).toBe(9)
    expect(list.pop(-1).in_features).toBe(3)
    list.delete_at('1:3')
    expect([...list].map((layer) => layer.in_features)).toEqual([9, 2])
    expect(list.at('-1:').at(0).in_features).toBe(2)
    expect(list.add([new nn.ReLU()]).length).toBe(3)
    list.set_at(0, new nn.Linear(5, 5))
    expect(list.at(-2).in_features).toBe(5)
    expect(() => list.at(2)).toThrow(named('IndexError', 'index 2 is out of range'))
    expect(() => list.extend(3 as never)).toThrow(
      'ModuleList.extend should be called with an iterable, but got number',
    )
    expect(() => list(1)).toThrow('Module [ModuleList] is missing the required "forward" function')
  })

  it('prints equal modules on one line', () => {
    const list = new nn.ModuleList<nn.Module>([new nn.Linear(1, 1), new nn.Linear(1, 1), new nn.ReLU()])
    expect(String(list)).toBe(
      'ModuleList(\n' +
        '  (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)\n' +
        '  (2): ReLU()\n' +
        ')',
    )
    expect(String(new nn.ModuleList())).toBe('ModuleList()')
  })
})

describe('ModuleDict', () => {
  it('is a dictionary that keeps its order', () => {
    const dict = new nn.ModuleDict<nn.Module>({ b: new nn.ReLU(), a: new nn.Tanh() })
    dict.set('10', new nn.Sigmoid()).set('2', new nn.Identity())
    expect(dict.keys()).toEqual(['b', 'a', '10', '2'])
    expect([...dict]).toEqual(dict.keys())
    expect(kinds(dict.values())).toEqual(['ReLU', 'Tanh', 'Sigmoid', 'Identity'])
    expect(dict.items()[1]?.[0]).toBe('a')
    expect(dict.has('a')).toBe(true)
    expect(dict.get('a')).toBeInstanceOf(nn.Tanh)
    expect(dict.pop('a')).toBeInstanceOf(nn.Tanh)
    dict.update([['c', new nn.ReLU()]])
    dict.update(new nn.ModuleDict({ b: new nn.SiLU() }))
    expect(dict.keys()).toEqual(['b', '10', '2', 'c'])
    expect(dict.get('b')).toBeInstanceOf(nn.SiLU)
    dict.delete('c')
    expect(dict.length).toBe(3)
    dict.clear()
    expect(dict.length).toBe(0)
  })

  it('refuses what PyTorch refuses', () => {
    const dict = new nn.ModuleDict()
    expect(() => dict.get('x')).toThrow(named('KeyError', "'x'"))
    expect(() => dict.pop('x')).toThrow(named('KeyError', "'x'"))
    expect(() => dict.set('keys', new nn.ReLU())).toThrow("attribute 'keys' already exists")
    expect(() => dict.set('a.b', new nn.ReLU())).toThrow('module name can\'t contain "."')
    expect(() => dict.update(3 as never)).toThrow(
      'ModuleDict.update should be called with an iterable of key/value pairs, but got number',
    )
    expect(() => dict.update([['a'] as never])).toThrow(
      'ModuleDict update sequence element #0 has length 1; 2 is required',
    )
    expect(() => dict.update(['ab' as never])).toThrow(/element #0 should be Iterable/)
  })
})

describe('ParameterList', () => {
  it('makes parameters of tensors and keeps other values', () => {
    const list = new nn.ParameterList<unknown>([torch.ones(2), 'text', new nn.Parameter(torch.ones(1))])
    expect(list.at(0)).toBeInstanceOf(nn.Parameter)
    expect(list.at(1)).toBe('text')
    expect([...list.named_parameters()].map(([name]) => name)).toEqual(['0', '2'])
    list.append(torch.zeros(3, 3)).extend([4])
    expect(list.length).toBe(5)
    const [zeros, four] = list.at('3:')
    expect([zeros === list.at(3), four]).toEqual([true, 4])
    expect(list.pop(0)).toBeInstanceOf(nn.Parameter)
    expect(list.length).toBe(4)
    expect(String(list)).toBe(
      'ParameterList(\n' +
        '    (0): Object of type: string\n' +
        '    (1): Parameter containing: [torch.float32 of size 1]\n' +
        '    (2): Parameter containing: [torch.float32 of size 3x3]\n' +
        '    (3): Object of type: number\n' +
        ')',
    )
    expect(() => list.extend(torch.ones(1) as never)).toThrow(/should be called with an iterable/)
    expect(() => (list as unknown as () => void)()).toThrow('ParameterList should not be called.')
    expect(() => list.set_at(1, 'x')).toThrow("cannot assign 'string' as parameter '1'")
  })
})

describe('ParameterDict', () => {
  it('makes parameters of tensors and keeps the order', () => {
    const dict = new nn.ParameterDict<unknown>(
      new Map<string, unknown>([
        ['10', torch.ones(1)],
        ['2', torch.ones(2)],
      ]),
    )
    dict.set('note', 3)
    expect([...dict.named_parameters()].map(([name]) => name)).toEqual(['10', '2'])
    expect(Object.keys(new nn.ParameterDict({ b: torch.ones(1), a: torch.ones(1) }).state_dict())).toEqual([
      'a',
      'b',
    ])
    expect(dict.keys()).toEqual(['10', '2', 'note'])
    expect(dict.get('note')).toBe(3)
    expect(dict.get('none', null)).toBeNull()
    expect(dict.setdefault('note', 4)).toBe(3)
    expect(dict.popitem()).toEqual(['note', 3])
    expect(dict.copy().keys()).toEqual(['10', '2'])
    expect(dict.fromkeys(['x']).items()).toEqual([['x', null]])
    expect(String(dict).split('\n')[1]).toBe('    (10): Parameter containing: [torch.FloatTensor of size 1]')
    expect(dict.pop('2')).toBeInstanceOf(nn.Parameter)
    expect(dict.has('2')).toBe(false)
    dict.clear()
    expect(dict.length).toBe(0)
    expect(() => dict.get('x')).toThrow(named('KeyError', "'x'"))
    expect(() => dict.popitem()).toThrow('dictionary is empty')
    expect(() => dict.set(1 as never, 2)).toThrow(/Index given to ParameterDict cannot be used as a key/)
    expect(() => (dict as unknown as () => void)()).toThrow('ParameterDict should not be called.')
  })
})
