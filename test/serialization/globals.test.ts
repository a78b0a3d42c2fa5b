import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { own_attributes } from '../../lib/identity.js'
import { temporary_folder } from '../helpers/folder.js'
import { live_torch, run_python } from '../helpers/python.js'
import { forge_archive, pickle, storage, text } from './forge.js'

const path = temporary_folder()

const RECORDS = { version: '3', byteorder: 'little' }
const load_pickle = (parts: (string | number | Uint8Array)[], records: Record<string, Uint8Array> = {}) =>
  torch.load(forge_archive(path('forged.pt'), { ...RECORDS, ...records, 'data.pkl': pickle(...parts) }))
const global_of = (name: string) => {
  const dot = name.lastIndexOf('.')
  return `c${name.slice(0, dot)}\n${name.slice(dot + 1)}\n`
}
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)
const there_and_back = <T>(value: T): T => {
  torch.save(value, path('there.pt'))
  return torch.load<T>(path('there.pt'))
}
const own_of = (tensor: Tensor) => Object.fromEntries(own_attributes(tensor))

// What Python has under each name that its weights-only reader allows, and how it prints it.
const ALLOWED = `
import json, torch
from torch._weights_only_unpickler import _get_allowed_globals
from torch._utils import IMPORT_MAPPING, NAME_MAPPING
def kind(v):
    if isinstance(v, torch.dtype): return 'dtype'
    if isinstance(v, torch.qscheme): return 'qscheme'
    if isinstance(v, torch.serialization.StorageType): return 'storage'
    return 'class' if isinstance(v, type) or 'Tensor' in str(v) else 'function'
print(json.dumps([
    [[name, kind(v)] for name, v in sorted(_get_allowed_globals().items())],
    [[a, b, c, d] for (a, b), (c, d) in NAME_MAPPING.items()],
    [[a, b] for a, b in IMPORT_MAPPING.items()],
]))`

type Allowed = [
  names: [string, string][],
  names_of_2: [string, string, string, string][],
  modules: [string, string][],
]

// Classes that have no counterpart in JavaScript: a file may call them and not hold them.
const ONLY_CALLED = new Set([
  'builtins.bytearray',
  'collections.Counter',
  ...['Float', 'Double', 'Half', 'BFloat16', 'Byte', 'Char', 'Short', 'Int', 'Long'].map(
    (kind) => `torch.cuda.sparse.${kind}Tensor`,
  ),
])

describe.skipIf(live_torch() === null)("names of Python's weights-only reader", () => {
  const [allowed, names_of_2, modules] = (
    live_torch() === null ? [[], [], []] : run_python(ALLOWED)
  ) as Allowed

  it('are as many as they were looked through', () => {
    expect(allowed.length).toBe(144)
  })

  it.each(allowed)('%s is known: %s', (name, kind) => {
    const read = () => load_pickle([global_of(name)])
    const member = name.slice(name.lastIndexOf('.') + 1)
    if (kind === 'dtype' || kind === 'qscheme') {
      expect(String(read())).toBe(name)
      expect(read()).toBe((torch as unknown as Record<string, unknown>)[member])
      expect(there_and_back(read())).toBe(read())
    } else if (kind === 'function' || ONLY_CALLED.has(name)) {
      expect(read).toThrow(`'${name}' is a function that makes values, and is no value itself`)
    } else if (/\.QU?Int.*Storage$/.test(name)) {
      expect(read).toThrow('have no class here')
    } else {
      expect(typeof read()).toBe('function')
      // PyTorch has these on the CPU under the same class here.
      const again = name.startsWith('torch.cuda.') && kind === 'storage' ? name.replace('cuda.', '') : name
      torch.save([read()], path('class.pt'))
      const read_back = torch.load<unknown[]>(path('class.pt'))[0]
      expect(read_back).toBe(read())
      expect(read_back).toBe(load_pickle([global_of(again)]))
    }
    expect(torch.serialization.get_unsafe_globals_in_checkpoint(path('forged.pt'))).toEqual([])
  })

  it.each(names_of_2)("%s.%s is Python 3's %s.%s", (module, name, new_module, new_name) => {
    const allow: [() => string, string] = [() => 'called', `${new_module}.${new_name}`]
    torch.serialization.safe_globals([allow], () => {
      const read = () => load_pickle([`c${module}\n${name}\n`, ')R'])
      if (new_module === 'sys') expect(read).toThrow('whose module sys is blocked')
      else expect(read()).toBe('called')
    })
  })

  it.each(modules)("%s is Python 3's %s", (module, new_module) => {
    torch.serialization.safe_globals([[() => 'called', `${new_module}.something`]], () => {
      expect(load_pickle([`c${module}\nsomething\n`, ')R'])).toBe('called')
    })
  })
})

const QUANTIZED = () => ({
  tensor: torch.quantize_per_tensor(
    torch.arange(6, { dtype: torch.float32 }).view(2, 3),
    0.5,
    3,
    torch.quint8,
  ),
  tensor8: torch.quantize_per_tensor(torch.tensor([-1, 1.5]), 0.25, -2, torch.qint8),
  tensor32: torch.quantize_per_tensor(torch.tensor([-1, 1.5]), 1, 0, torch.qint32),
  turned: torch
    .quantize_per_tensor(torch.arange(6, { dtype: torch.float32 }).view(2, 3), 0.5, 3, torch.quint8)
    .t(),
  channels: torch.quantize_per_channel(
    torch.arange(6, { dtype: torch.float32 }).view(3, 2),
    torch.tensor([0.1, 0.2, 0.3], { dtype: torch.float64 }),
    torch.tensor([0n, 1n, 2n]),
    0,
    torch.quint8,
  ),
  four_bits: torch.quantize_per_channel(
    torch.arange(6, { dtype: torch.float32 }).view(3, 2),
    torch.tensor([0.1, 0.2, 0.3]),
    torch.tensor([0.5, 1, 2]),
    0,
    torch.quint4x2,
  ),
})

const VALUES = () => ({
  ...QUANTIZED(),
  nested: torch.nested.nested_tensor([torch.ones(2), torch.arange(3, { dtype: torch.float32 })]),
  nested_grad: torch.nested.nested_tensor([torch.ones(2, 2), torch.ones(1, 2)]),
  attributes: Object.assign(torch.ones(2), { note: { 0: [1, 'a'] }, of: torch.zeros(1) }),
  parameter: Object.assign(new nn.Parameter(torch.ones(2), false), { note: 'mine' }),
  buffer: new nn.Buffer(torch.ones(2), { persistent: false }),
  bits: torch.arange(3, { dtype: torch.uint8 }).view(torch.bits8),
  four: torch.arange(3, { dtype: torch.uint8 }).view(torch.float4_e2m1fn_x2),
  layouts: [torch.strided, torch.sparse_coo, torch.jagged, torch.sparse_bsc],
  schemes: [torch.per_tensor_affine, torch.per_channel_symmetric],
  dtypes: [torch.qint8, torch.bits16, torch.float4_e2m1fn_x2, torch.int3, torch.uint7],
  classes: [torch.Tensor, nn.Parameter, torch.FloatTensor, torch.Size, torch.OrderedDict],
})

// A quantized or packed tensor's elements as bytes, so that they can be compared.
const bytes_of = (tensor: Tensor) => tensor.untyped_storage().tolist()

function expect_same(got: ReturnType<typeof VALUES>, expected = VALUES()): void {
  for (const [name, value] of Object.entries(expected)) {
    const found = got[name as keyof typeof expected]
    if (!(value instanceof torch.Tensor)) {
      expect(found, name).toEqual(value)
      continue
    }
    const tensor = found as Tensor
    expect(tensor.constructor, name).toBe(value.constructor)
    expect([tensor.dtype, tensor.requires_grad, tensor.is_nested], name).toEqual([
      value.dtype,
      value.requires_grad,
      value.is_nested,
    ])
    expect(bytes_of(tensor), name).toEqual(bytes_of(value))
    if (!value.is_nested) expect([tensor.shape, tensor.stride()], name).toEqual([value.shape, value.stride()])
    if (value.is_quantized) expect(String(tensor), name).toBe(String(value))
  }
  expect(got.attributes.note, 'attributes').toEqual({ 0: [1, 'a'] })
  expect(got.attributes.of.tolist()).toEqual([0])
  expect([own_of(got.parameter), own_of(got.buffer)]).toEqual([{ note: 'mine' }, { persistent: false }])
  expect(got.nested.unbind(0).map((part) => part.tolist())).toEqual([
    [1, 1],
    [0, 1, 2],
  ])
}

describe('values that only some files hold', () => {
  it('go there and back', () => {
    expect_same(there_and_back(VALUES()))
  })

  it('share their storages as they did', () => {
    const base = torch.ones(4)
    const back = there_and_back({ base, typed: base.storage(), part: base.at('1:') })
    back.typed.fill_(0)
    expect([back.base.tolist(), back.part.tolist()]).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0],
    ])
    expect([back.typed.dtype, back.typed.length]).toEqual([torch.float32, 4])
    const untyped = there_and_back([base.untyped_storage(), base.untyped_storage()])
    untyped[0]!.fill_(3)
    expect([untyped[1] instanceof torch.UntypedStorage, untyped[1]!.tolist()]).toEqual([
      true,
      Array(16).fill(3),
    ])
    // As in Python.
    expect(() => there_and_back([base, base.untyped_storage()])).toThrow(
      'Cannot save multiple tensors or storages that view the same data as different types',
    )
    expect(there_and_back(new torch.UntypedStorage(0)).nbytes()).toBe(0)
  })

  it("keep an attribute's dictionary one with another part of the file", () => {
    const shared = { 0: 1 }
    const back = there_and_back({ tensor: Object.assign(torch.ones(1), { shared }), shared })
    expect(back.tensor.shared).toBe(back.shared)
  })

  it.skipIf(live_torch() === null)('go to Python and back, with weights_only', () => {
    torch.save(VALUES(), path('ours.pt'))
    const told = run_python(
      `import sys, json, torch, warnings
x = torch.load(sys.argv[1], weights_only=True)
torch.save(x, sys.argv[2])
torch.save(x, sys.argv[3], _use_new_zipfile_serialization=False)
q = x['channels']
print(json.dumps({
  'scale': [x['tensor'].q_scale(), x['tensor'].q_zero_point()],
  'channels': [str(q.qscheme()), q.q_per_channel_scales().tolist(), q.q_per_channel_zero_points().tolist(), q.q_per_channel_axis()],
  'nested': [p.tolist() for p in x['nested'].unbind()],
  'own': [x['attributes'].note, x['attributes'].of.tolist(), x['parameter'].note, isinstance(x['buffer'], torch.nn.Buffer), x['buffer'].persistent],
  'types': [type(x[k]).__name__ for k in ('attributes', 'parameter', 'buffer')],
  'others': [repr(x[k]) for k in ('layouts', 'schemes', 'dtypes', 'classes')],
  'bits': [x['bits'].view(torch.uint8).tolist(), str(x['bits'].dtype), str(x['four'].dtype)],
}))`,
      [path('ours.pt'), path('theirs.pt'), path('legacy.pt')],
    )
    expect(told).toEqual({
      scale: [0.5, 3],
      channels: ['torch.per_channel_affine', [0.1, 0.2, 0.3], [0, 1, 2], 0],
      nested: [
        [1, 1],
        [0, 1, 2],
      ],
      own: [{ 0: [1, 'a'] }, [0], 'mine', true, false],
      types: ['Tensor', 'Parameter', 'Tensor'],
      others: [
        '[torch.strided, torch.sparse_coo, torch.jagged, torch.sparse_bsc]',
        '[torch.per_tensor_affine, torch.per_channel_symmetric]',
        '[torch.qint8, torch.bits16, torch.float4_e2m1fn_x2, torch.int3, torch.uint7]',
        "[<class 'torch.Tensor'>, <class 'torch.nn.parameter.Parameter'>, <class 'torch.FloatTensor'>, <class 'torch.Size'>, <class 'collections.OrderedDict'>]",
      ],
      bits: [[0, 1, 2], 'torch.bits8', 'torch.float4_e2m1fn_x2'],
    })
    expect_same(torch.load(path('theirs.pt')))
    const old = torch.load<ReturnType<typeof VALUES>>(path('legacy.pt'))
    expect(String(old.channels)).toBe(String(VALUES().channels))
    expect(old.attributes.note).toEqual({ 0: [1, 'a'] })
  })
})

describe('tensors of the first versions of PyTorch', () => {
  const data = { 'data/0': floats(1, 2, 3, 4, 5, 6) }
  const state = [
    '(',
    storage('FloatStorage', '0', 6),
    'K',
    1,
    'K',
    2,
    'K',
    2,
    0x86,
    'K',
    2,
    'K',
    1,
    0x86,
    't',
  ]

  it.each(['torch\nTensor', 'torch\nFloatTensor'])('made empty by %s and set to a storage', (name) => {
    const tensor = load_pickle([`c${name}\n`, ')R', ...state, 'b'], data) as Tensor
    expect(tensor.tolist()).toEqual([
      [2, 3],
      [4, 5],
    ])
  })

  it('made without a constructor, of sizes, of numbers and of a storage', () => {
    expect((load_pickle(['ctorch\nLongTensor\n', ')', 0x81]) as Tensor).dtype).toBe(torch.int64)
    const sized = load_pickle(['ctorch\nHalfTensor\n', 'K', 2, 'K', 3, 0x86, 'R']) as Tensor
    expect([sized.shape, sized.dtype]).toEqual([[2, 3], torch.float16])
    const numbers = load_pickle(['ctorch\nIntTensor\n', ']', '(', 'K', 7, 'K', 8, 'e', 0x85, 'R']) as Tensor
    expect([numbers.tolist(), numbers.dtype]).toEqual([[7, 8], torch.int32])
    const over = load_pickle(
      ['ctorch\nFloatTensor\n', storage('FloatStorage', '0', 6), 0x85, 'R'],
      data,
    ) as Tensor
    expect(over.tolist()).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('sparse ones, whose indices are checked', () => {
    const row = (kind: string, key: string, count: number) => [
      'ctorch._utils\n_rebuild_tensor\n',
      '(',
      storage(kind, key, count),
      'K',
      0,
    ]
    const make = (index: number) =>
      load_pickle(
        [
          ...['ctorch.sparse\nFloatTensor\n'],
          ...[...row('LongStorage', 'i', 1), 'K', 1, 'K', 1, 0x86, 'K', 1, 'K', 1, 0x86, 't', 'R'],
          ...[...row('FloatStorage', '0', 6), 'K', 1, 0x85, 'K', 1, 0x85, 't', 'R'],
          ...['K', 5, 0x85, 0x87, 'R'],
        ],
        { ...data, 'data/i': new Uint8Array(BigInt64Array.of(BigInt(index)).buffer) },
      ) as Tensor
    expect(make(3).to_dense().tolist()).toEqual([0, 0, 0, 1, 0])
    expect(() => make(9)).toThrow('size is 5 but found index 9')
  })

  it('parameters with the state of a Variable', () => {
    const made = [
      'ctorch._utils\n_rebuild_tensor\n',
      '(',
      storage('FloatStorage', '0', 6),
      'K',
      0,
      'K',
      1,
      0x85,
      'K',
      1,
      0x85,
      't',
      'R',
    ]
    const parameter = ['ctorch.nn.parameter\nParameter\n', ...made, 0x85, 'R']
    const off = load_pickle([...parameter, '(', 0x89, 'N', 'N', 't', 'b'], data) as nn.Parameter
    expect([off instanceof nn.Parameter, off.requires_grad, off.tolist()]).toEqual([true, false, [1]])
    const five = load_pickle(
      [...parameter, '(', ...made, 'N', 'N', 0x88, 'N', 't', 'b'],
      data,
    ) as nn.Parameter
    expect([five.requires_grad, five.tolist()]).toEqual([true, [1]])
    expect(() => load_pickle([...parameter, 'K', 1, 'b'], data)).toThrow(
      'the state of a parameter must be a tuple',
    )
  })

  it('throws where a storage is of another dtype, too short, or none', () => {
    const wrong = ['(', storage('FloatStorage', '0', 6), 'K', 0, 'K', 9, 0x85, 'K', 1, 0x85, 't']
    expect(() => load_pickle(['ctorch\nLongTensor\n', ')R', ...state, 'b'], data)).toThrow(
      'a tensor of torch.int64 is over a storage of torch.float32',
    )
    expect(() => load_pickle(['ctorch\nFloatTensor\n', ')R', ...wrong, 'b'], data)).toThrow(
      'does not fit into its storage of 6 elements',
    )
    expect(() => load_pickle(['ctorch\nFloatTensor\n', ')R', '}', 'b'], data)).toThrow(
      'the state of a tensor must be (storage, offset, size, stride)',
    )
    expect(() => load_pickle(['ctorch\nFloatTensor\n', text('a'), 0x85, 'R'], data)).toThrow(
      'a tensor must be made of sizes, a storage or numbers',
    )
  })

  it("reads Python 2's text as UTF-8, and refuses other bytes", () => {
    const bytes = (...values: number[]) => new Uint8Array([0x55, values.length, ...values])
    expect(load_pickle([bytes(0xc3, 0xa9)])).toBe('é')
    expect(() => load_pickle([bytes(0xe9)])).toThrow('a string is not UTF-8')
  })
})

describe('files that are not to be believed', () => {
  const data = { 'data/0': floats(1, 2), 'data/q': new Uint8Array(6) }
  const quantized = (scheme: (string | number | Uint8Array)[], size = 6) => [
    ...[
      'ctorch._utils\n_rebuild_qtensor\n',
      '(',
      storage('QInt8Storage', 'q', 6),
      'K',
      0,
      'K',
      size,
      0x85,
      'K',
      1,
      0x85,
    ],
    ...[...scheme, 0x89, 'N', 't', 'R'],
  ]
  const float = new Uint8Array([0x47, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0])

  it('throws for a quantized tensor that does not fit, or whose numbers are none', () => {
    const good = ['ctorch\nper_tensor_affine\n', float, 'K', 0, 0x87]
    expect((load_pickle(quantized(good), data) as Tensor).q_scale()).toBe(0.5)
    expect(() => load_pickle(quantized(good, 7), data)).toThrow('does not fit into its storage of 6 elements')
    expect(() =>
      load_pickle(quantized(['ctorch\nper_tensor_affine\n', text('a'), 'K', 0, 0x87]), data),
    ).toThrow('a scale of a and a zero point of 0 are none')
    expect(() => load_pickle(quantized(['ctorch\nper_channel_symmetric\n', 0x85]), data)).toThrow(
      "Can't deserialize quantized tensor with qscheme torch.per_channel_symmetric",
    )
    const channels = (axis: number) => [
      '(',
      'ctorch\nper_channel_affine\n',
      ']',
      float,
      'a',
      ']',
      'K',
      0,
      'a',
      'K',
      axis,
      't',
    ]
    expect(() => load_pickle(quantized(channels(4)), data)).toThrow(
      'per_channel axis 4 out of range for size (6)',
    )
    expect(() => load_pickle(quantized(channels(0)), data)).toThrow(
      'length must equal size[axis]=6, got scales=1, zero_points=1',
    )
  })

  it('throws for a nested tensor whose parts are not in its buffer', () => {
    const tensor = (kind: string, key: string, count: number, shape: number[]) => [
      ...['ctorch._utils\n_rebuild_tensor\n', '(', storage(kind, key, count), 'K', 0],
      ...[
        '(',
        ...shape.flatMap((size) => ['K', size]),
        't',
        '(',
        ...shape.flatMap(() => ['K', 1]),
        't',
        't',
        'R',
      ],
    ]
    const nested = (size: number) =>
      load_pickle(
        [
          'ctorch._utils\n_rebuild_nested_tensor\n',
          '(',
          ...tensor('FloatStorage', '0', 2, [2]),
          ...tensor('LongStorage', 'size', 1, [1, 1]),
          ...tensor('LongStorage', 'stride', 1, [1, 1]),
          ...tensor('LongStorage', 'offset', 1, [1]),
          'tR',
        ],
        {
          ...data,
          'data/size': new Uint8Array(BigInt64Array.of(BigInt(size)).buffer),
          'data/stride': new Uint8Array(BigInt64Array.of(1n).buffer),
          'data/offset': new Uint8Array(BigInt64Array.of(0n).buffer),
        },
      ) as Tensor
    expect(nested(2).unbind(0)[0]!.tolist()).toEqual([1, 2])
    expect(() => nested(3)).toThrow('does not fit into its storage of 2 elements')
    expect(() => nested(-1)).toThrow('must not be negative')
  })

  it('throws for classes and functions that make no sense here', () => {
    const call = (name: string) => () => load_pickle([`ctorch._utils\n${name}\n`, ')R'])
    expect(call('_rebuild_device_tensor_from_numpy')).toThrow("numpy's arrays are not supported")
    expect(call('_rebuild_wrapper_subclass')).toThrow(
      'subclasses of Tensor that wrap another are not supported',
    )
    expect(() =>
      load_pickle([
        'ctorch._tensor\n_rebuild_from_type_v2\n',
        '(',
        'ctorch\nFloatTensor\n',
        'ctorch\nSize\n',
        ')',
        '}',
        't',
        'R',
      ]),
    ).toThrow('tensors of the class torch.Size are not supported')
    expect(() => load_pickle(['ctorch.nested._internal.nested_tensor\nNestedTensor\n'])).toThrow(
      'was not an allowed global',
    )
  })

  it('puts a tensor of a foreign device where map_location says', () => {
    const parts = [
      'ctorch._utils\n_rebuild_device_tensor_from_cpu_tensor\n',
      '(',
      'ctorch._utils\n_rebuild_tensor\n',
      '(',
      storage('FloatStorage', '0', 2),
      'K',
      0,
      'K',
      2,
      0x85,
      'K',
      1,
      0x85,
      't',
      'R',
      'ctorch\nfloat64\n',
      text('xla:0'),
      0x88,
      't',
      'R',
    ]
    const file = forge_archive(path('xla.pt'), { ...RECORDS, ...data, 'data.pkl': pickle(...parts) })
    const tensor = torch.load<Tensor>(file, { map_location: 'cpu' })
    expect([tensor.tolist(), tensor.dtype, tensor.requires_grad]).toEqual([[1, 2], torch.float64, true])
    expect(torch.load<Tensor>(file, { map_location: { 'xla:0': 'cpu' } }).device.type).toBe('cpu')
    expect(() => torch.load(file, { map_location: () => null })).toThrow(
      'Callable map_location not supported',
    )
    expect(() => torch.load(file)).toThrow('xla')
  })
})
