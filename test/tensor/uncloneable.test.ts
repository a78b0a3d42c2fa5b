import { MessageChannel } from 'node:worker_threads'
import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it } from 'vitest'

const module = new nn.Linear(2, 2)
const optimizer = new torch.optim.SGD(module.parameters())
const objects: [string, object, RegExp][] = [
  ['Tensor', torch.ones(2), /^Object of type Tensor is not JSON serializable: use x\.tolist\(\)$/],
  ['Parameter', module.weight, /^Object of type Parameter is not JSON serializable: use x\.tolist\(\)$/],
  ['Linear', module, /^Object of type Linear is not JSON serializable: save its state_dict\(\)/],
  ['state_dict', module.state_dict(), /^Object of type Tensor is not JSON serializable/],
  ['SGD', optimizer, /^Object of type SGD is not JSON serializable: save its state_dict\(\)/],
  [
    'Generator',
    new torch.Generator(),
    /^Object of type Generator is not JSON serializable: use its get_state\(\)/,
  ],
  ['default_generator', torch.default_generator, /^Object of type Generator is not JSON serializable/],
  [
    'UntypedStorage',
    torch.ones(2).untyped_storage(),
    /^Object of type UntypedStorage is not JSON serializable/,
  ],
  ['DataLoader', new torch.utils.data.DataLoader([1]), /^Object of type DataLoader is not JSON serializable/],
  ['GradScaler', new torch.amp.GradScaler('cpu'), /^Object of type GradScaler is not JSON serializable/],
  ['Normal', new torch.distributions.Normal(0, 1), /^Object of type Tensor is not JSON serializable/],
]

describe('JSON.stringify', () => {
  it.each(objects)('refuses a %s, inside others too, with what to do', (_, object, message) => {
    for (const value of [object, { a: object }, [object]])
      expect(() => JSON.stringify(value)).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
      )
  })

  it('refuses a schedule, whose functions it would leave out', () => {
    const schedule = new torch.optim.lr_scheduler.LambdaLR(optimizer, () => 1)
    expect(() => JSON.stringify(schedule)).toThrow(/use its state_dict\(\)$/)
  })

  it('gives texts for names, which stand for them again, and numbers', () => {
    const given = { device: torch.device('cpu'), dtype: torch.float32, layout: torch.strided }
    expect(JSON.parse(JSON.stringify(given))).toEqual({
      device: 'cpu',
      dtype: 'torch.float32',
      layout: 'torch.strided',
    })
    expect(
      JSON.stringify([torch.float_scalar(2), torch.Size.from([2, 3]), torch.tensor([1, 2]).tolist()]),
    ).toBe('[2,[2,3],[1,2]]')
  })
})

describe('structuredClone and postMessage', () => {
  it.each(objects)('refuse a %s', (_, object) => {
    const { port1, port2 } = new MessageChannel()
    for (const value of [object, { a: object }, new Map([[1, object]])]) {
      const refusal = expect.objectContaining({ name: 'DataCloneError' })
      expect(() => structuredClone(value)).toThrow(refusal)
      expect(() => port1.postMessage(value)).toThrow(refusal)
    }
    port1.close()
    port2.close()
  })

  it('name the ways that there are', () => {
    expect(() => structuredClone(torch.ones(1))).toThrow(/torch\.multiprocessing, or its tolist\(\)/)
  })
})

describe('torch.save', () => {
  it.each([
    [
      'a module',
      module,
      /the state of Linear is saved, not its code: torch\.save\(x\.state_dict\(\), path\)/,
    ],
    ['an optimizer', optimizer, /the state of SGD is saved/],
    ['a generator', new torch.Generator(), /the state of Generator is saved: x\.get_state\(\)/],
    ['a function', () => 1, /a function is code, which is not saved/],
  ])('of %s says what to save instead', (_, object, message) => {
    expect(() => torch.save(object as never, '/nowhere/x.pt')).toThrow(message)
    expect(() => torch.save({ a: object } as never, '/nowhere/x.pt')).toThrow(message)
  })
})

describe('Types of old scripts', () => {
  it('convert tensors and modules', () => {
    const x = torch.ones(2)
    expect(x.type(torch.DoubleTensor).dtype).toBe(torch.float64)
    expect(x.type('torch.LongTensor').dtype).toBe(torch.int64)
    expect(x.type('torch.sparse.FloatTensor' as never, { non_blocking: true } as never).dtype).toBe(
      torch.float32,
    )
    expect(x.type(torch.float16).dtype).toBe(torch.float16)
    expect(x.type(torch.Tensor).dtype).toBe(torch.float32)
    expect(x.type()).toBe('torch.FloatTensor')
    expect(new nn.Linear(1, 1).type('torch.DoubleTensor').weight.dtype).toBe(torch.float64)
    expect(new nn.Linear(1, 1).type(torch.DoubleTensor).weight.dtype).toBe(torch.float64)
    expect(() => new nn.Linear(1, 1).type('torch.LongTensor')).toThrow(/must be floating point or complex/)
  })

  it('refuse names that are none', () => {
    for (const name of ['LongTensor', 'torch.foo', 'torch.float64', 'cpu', 'torch.fooTensor'])
      expect(() => torch.ones(1).type(name)).toThrow(
        expect.objectContaining({ name: 'ValueError', message: `invalid type: '${name}'` }),
      )
    expect(() => torch.ones(1).type(5 as never)).toThrow(/^dtype must be a type, str, or dtype object/)
    expect(() => torch.ones(1).type(torch.relu as never)).toThrow(/^invalid type: /)
  })
})
