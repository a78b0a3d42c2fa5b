import * as torch from 'typetorch'
import { nn, optim } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { live_torch, run_python } from '../helpers/python.js'

const path = temporary_folder()

// What both sides make, and how Python says whether two values are the same, their types and sharing included.
const VALUES = `
import json, sys, torch, collections
base = torch.arange(24.).reshape(4, 6)
class Namespace:
    def __init__(self, **a): self.__dict__.update(a)
x = {
  'base': base, 'strided': base[::2, ::3], 'expanded': torch.ones(3).expand(4, 3), 'flipped': base.t(),
  'channels_last': torch.arange(24.).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
  'size': torch.Size([2, 3]), 'bytes': b'\\x00\\xff\\x80', 'no_bytes': b'', 'set': {1, 'two'},
  'integers': [2**53 - 1, 2**53, -2**63, 2**64 - 1, 2**200, -2**200, 127, 128, -128, -129, 32767, -32768],
  'floats': [0.5, -0.0, float('inf'), float('-inf'), float('nan'), 5e-324, 1.7976931348623157e308],
  'complex': 1.5-2j, 'text': ['', 'a\\nb', 'é😀', '__proto__'], 'nested': {'a': [{'b': [[], {}, None]}]},
  'order': collections.OrderedDict([('10', 1), ('2', 2)]),
  'keys': {0: 'a', 1.5: 'b', 'c': 'd', None: 'e'},
  'parameter': torch.nn.Parameter(torch.ones(2), requires_grad=False),
  'csr': torch.eye(3).to_sparse_csr(), 'coo': torch.eye(3).to_sparse(),
}
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, torch.Tensor):
        if a.dtype != b.dtype or a.shape != b.shape or a.layout != b.layout or a.requires_grad != b.requires_grad: return False
        if a.layout != torch.strided: return torch.equal(a.to_dense(), b.to_dense())
        return a.stride() == b.stride() and a.storage_offset() == b.storage_offset() and torch.equal(a, b)
    if isinstance(a, dict): return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)): return len(a) == len(b) and all(same(p, q) for p, q in zip(a, b))
    return repr(a) == repr(b)
`

function values(): Record<string, unknown> {
  const base = torch.arange(24, { dtype: torch.float32 }).reshape(4, 6)
  return {
    base,
    strided: base.at('::2', '::3'),
    expanded: torch.ones(3).expand(4, 3),
    flipped: base.t(),
    channels_last: torch
      .arange(24, { dtype: torch.float32 })
      .reshape(1, 2, 3, 4)
      .to({ memory_format: torch.channels_last }),
    size: new torch.Size([2, 3]),
    bytes: Uint8Array.of(0, 255, 128),
    no_bytes: new Uint8Array(),
    set: new Set([1, 'two']),
    integers: [
      2 ** 53 - 1,
      2n ** 53n,
      -(2n ** 63n),
      2n ** 64n - 1n,
      2n ** 200n,
      -(2n ** 200n),
      127,
      128,
      -128,
      -129,
      32767,
      -32768,
    ],
    floats: [0.5, -0, Infinity, -Infinity, Number.NaN, 5e-324, Number.MAX_VALUE],
    complex: new torch.Complex(1.5, -2),
    text: ['', 'a\nb', 'é😀', '__proto__'],
    nested: { a: [{ b: [[], {}, null] }] },
    order: new torch.OrderedDict([
      ['10', 1],
      ['2', 2],
    ]),
    keys: new Map<unknown, unknown>([
      [0, 'a'],
      [1.5, 'b'],
      ['c', 'd'],
      [null, 'e'],
    ]),
    parameter: new nn.Parameter(torch.ones(2), false),
    csr: torch.eye(3).to_sparse_csr(),
    coo: torch.eye(3).to_sparse(),
  }
}

function expect_values(loaded: Record<string, unknown>): void {
  const expected = values()
  expect(Object.keys(loaded)).toEqual(Object.keys(expected))
  for (const [name, value] of Object.entries(expected)) {
    const got = loaded[name]
    if (!(value instanceof torch.Tensor)) {
      expect(got, name).toEqual(value)
      continue
    }
    const tensor = got as torch.Tensor
    expect(String(tensor), name).toBe(String(value))
    expect(tensor.constructor, name).toBe(value.constructor)
    expect(tensor.requires_grad).toBe(value.requires_grad)
    if (value.layout === torch.strided) expect(tensor.stride(), name).toEqual(value.stride())
  }
  const [base, strided] = [loaded['base'], loaded['strided']] as torch.Tensor[]
  expect(strided!.untyped_storage().data_ptr()).toBe(base!.untyped_storage().data_ptr())
}

describe.skipIf(live_torch() === null)('with a live Python', () => {
  it('every kind of value goes there and back', () => {
    torch.save(values(), path('ours.pt'))
    const wrong = run_python(
      `${VALUES}
y = torch.load(sys.argv[1], weights_only=True)
wrong = [] if list(x) == list(y) else ['keys']
wrong += [k for k in x if not same(x[k], y[k])]
if y['base'].untyped_storage().data_ptr() != y['strided'].untyped_storage().data_ptr(): wrong.append('sharing')
torch.save(x, sys.argv[2])
torch.save(x, sys.argv[3], _use_new_zipfile_serialization=False)
for protocol in 3, 4, 5: torch.save(x, f'{sys.argv[2]}.{protocol}', pickle_protocol=protocol)
print(json.dumps(wrong))`,
      [path('ours.pt'), path('theirs.pt'), path('legacy.pt')],
    )
    expect(wrong).toEqual([])
    for (const file of ['ours.pt', 'theirs.pt', 'legacy.pt', 'theirs.pt.3', 'theirs.pt.4', 'theirs.pt.5'])
      expect_values(torch.load(path(file)))
    expect(torch.serialization.get_unsafe_globals_in_checkpoint(path('theirs.pt'))).toEqual([])
  })

  it('what Python saved is saved again as it was: tuples are tuples', () => {
    run_python(
      `import sys, torch
torch.save({'betas': (0.9, 0.999), 'list': [1, (2, [3], ())], 'size': torch.Size([1])}, sys.argv[1])
print('null')`,
      [path('tuples.pt')],
    )
    const loaded = torch.load<{ betas: number[] }>(path('tuples.pt'))
    expect(loaded.betas).toEqual([0.9, 0.999])
    torch.save(loaded, path('tuples_again.pt'))
    expect(
      run_python(`import sys, json, torch; print(json.dumps(repr(torch.load(sys.argv[1]))))`, [
        path('tuples_again.pt'),
      ]),
    ).toBe("{'betas': (0.9, 0.999), 'list': [1, (2, [3], ())], 'size': torch.Size([1])}")
  })

  it('training goes on in Python from what is saved here, and here from there: the same bits', () => {
    const [model, optimizer, step] = training()
    for (let i = 0; i < 3; i++) step(i)
    torch.save({ model: model.state_dict(), optimizer: optimizer.state_dict() }, path('three.pt'))
    run_python(
      `import sys, torch
x = torch.load(sys.argv[1], weights_only=True)
model = torch.nn.Linear(4, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, amsgrad=True)
model.load_state_dict(x['model'])
optimizer.load_state_dict(x['optimizer'])
for i in range(3, 6):
    optimizer.zero_grad()
    model(torch.arange(8.).reshape(2, 4).add(i)).square().mean().backward()
    optimizer.step()
torch.save({'model': model.state_dict(), 'optimizer': optimizer.state_dict()}, sys.argv[2])
print('null')`,
      [path('three.pt'), path('six.pt')],
    )
    for (let i = 3; i < 9; i++) step(i)
    const [again, optimizer_again, step_again] = training()
    const six = torch.load<{ model: object; optimizer: object }>(path('six.pt'))
    again.load_state_dict(six.model as ReturnType<typeof again.state_dict>)
    optimizer_again.load_state_dict(six.optimizer as ReturnType<typeof optimizer.state_dict>)
    for (let i = 6; i < 9; i++) step_again(i)
    expect(torch.equal(again.weight, model.weight)).toBe(true)
    expect(torch.equal(again.bias!, model.bias!)).toBe(true)
  })

  it('a class that Python names is built where it is allowed, and saved again', () => {
    run_python(
      `import sys, torch, argparse
torch.save({'args': argparse.Namespace(lr=0.1, sizes=[1, 2], inner={'a': 1})}, sys.argv[1])
print('null')`,
      [path('namespace.pt')],
    )
    expect(torch.serialization.get_unsafe_globals_in_checkpoint(path('namespace.pt'))).toEqual([
      'argparse.Namespace',
    ])
    expect(() => torch.load(path('namespace.pt'))).toThrow(
      'GLOBAL argparse.Namespace was not an allowed global',
    )
    class Namespace {
      declare lr: number
    }
    torch.serialization.safe_globals([[Namespace, 'argparse.Namespace']], () => {
      const { args } = torch.load<{ args: Namespace }>(path('namespace.pt'))
      expect(args).toBeInstanceOf(Namespace)
      expect({ ...args }).toEqual({ lr: 0.1, sizes: [1, 2], inner: { a: 1 } })
      torch.save({ args }, path('namespace_again.pt'))
    })
    expect(torch.serialization.get_safe_globals()).toEqual([])
    const text = run_python(
      `import sys, json, torch, argparse
with torch.serialization.safe_globals([argparse.Namespace]): print(json.dumps(repr(torch.load(sys.argv[1])['args'])))`,
      [path('namespace_again.pt')],
    )
    expect(text).toBe("Namespace(lr=0.1, sizes=[1, 2], inner={'a': 1})")
  })
})

function training(): [nn.Linear, optim.Adam, (i: number) => void] {
  torch.manual_seed(0)
  const model = new nn.Linear(4, 3)
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01, amsgrad: true })
  const step = (i: number) => {
    optimizer.zero_grad()
    model(torch.arange(8, { dtype: torch.float32 }).reshape(2, 4).add(i))
      .square()
      .mean()
      .backward()
    optimizer.step()
  }
  return [model, optimizer, step]
}
