import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { temporary_folder } from './helpers/folder.js'
import { live_torch } from './helpers/python.js'

const path = temporary_folder()

const { safetensors } = torch
// dtypes by their names
const by_name = { ...torch }

const DTYPES = [
  'bool',
  'uint8',
  'int8',
  'float8_e5m2',
  'float8_e4m3fn',
  'float8_e8m0fnu',
  'int16',
  'uint16',
  'float16',
  'bfloat16',
  'int32',
  'uint32',
  'float32',
  'complex64',
  'float64',
  'int64',
  'uint64',
] as const

const every_dtype = () =>
  Object.fromEntries(
    DTYPES.map((name, i) => [`${name} ü"${i}`, torch.arange(6).reshape(2, 3).to(by_name[name])]),
  )

// The package of Python's is not torch's: where it is not beside the live torch, TYPETORCH_SAFETENSORS names its folder.
function python_safetensors(script: string, args: string[]): string | null {
  const live = live_torch()
  if (live === null) return null
  const folders = [live.env['PYTHONPATH'], process.env['TYPETORCH_SAFETENSORS']].filter(
    (folder) => folder !== undefined,
  )
  const env = { ...live.env, PYTHONPATH: folders.join(':') }
  const { status, stdout, stderr } = spawnSync(live.python, ['-c', script, ...args], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`Python failed: ${stderr}`)
  return stdout
}

function has_package(): boolean {
  try {
    return python_safetensors('import safetensors.torch', []) !== null
  } catch {
    return false
  }
}

describe.skipIf(!has_package())('with safetensors of Python', () => {
  it('both write the same bytes, and read each other', () => {
    safetensors.save_file(every_dtype(), path('ours.safetensors'), { metadata: { format: 'pt' } })
    python_safetensors(
      `import sys, torch
from safetensors.torch import load_file, save_file
from safetensors import safe_open
x = load_file(sys.argv[1])
for name, value in x.items():
    assert str(value.dtype) == 'torch.' + name.split(' ')[0], name
    assert torch.equal(value.view(torch.uint8), torch.arange(6).reshape(2, 3).to(value.dtype).view(torch.uint8)), name
with safe_open(sys.argv[1], 'pt') as f: assert f.metadata() == {'format': 'pt'}
save_file(x, sys.argv[2], metadata={'format': 'pt'})`,
      [path('ours.safetensors'), path('theirs.safetensors')],
    )
    const [ours, theirs] = [path('ours.safetensors'), path('theirs.safetensors')].map((file) =>
      readFileSync(file),
    )
    expect(ours!.equals(theirs!)).toBe(true)
    expect(Object.keys(safetensors.load_file(path('theirs.safetensors'))).sort()).toEqual(
      Object.keys(every_dtype()).sort(),
    )
  })
})

describe('safetensors', () => {
  it('every dtype goes into a file and out of it', () => {
    const tensors = every_dtype()
    const file = path('dtypes.safetensors')
    safetensors.save_file(tensors, file)
    const back = safetensors.load_file(file)
    expectTypeOf(back).toEqualTypeOf<Record<string, torch.Tensor>>()
    for (const [name, tensor] of Object.entries(tensors)) {
      expect(back[name]!.dtype, name).toBe(tensor.dtype)
      expect(back[name]!.shape).toEqual([2, 3])
      expect(torch.equal(back[name]!.view(torch.uint8), tensor.view(torch.uint8)), name).toBe(true)
    }
    expect(torch.load(file)).toEqual(expect.objectContaining({}))
    expect(Object.keys(torch.load(file) as object)).toEqual(Object.keys(back))
  })

  it('empty tensors, scalars, whole numbers as names, and no tensors at all', () => {
    const bytes = safetensors.save(
      new torch.OrderedDict([
        ['10', torch.zeros(0, 3)],
        ['2', torch.tensor(2.5)],
      ]),
    )
    const back = safetensors.load(bytes)
    expect(back['10']!.shape).toEqual([0, 3])
    expect(back['2']!.item()).toBe(2.5)
    expect(safetensors.load(safetensors.save({}))).toEqual({})
  })

  it('is opened lazily: names, metadata, tensors, slices', () => {
    const file = path('lazy.safetensors')
    const weight = torch.arange(12, { dtype: torch.float32 }).reshape(4, 3)
    safetensors.save_file({ weight, bias: torch.ones(3) }, file, { metadata: { step: '7' } })
    using opened = safetensors.safe_open(file, 'pt', 'cpu')
    expect(opened.keys()).toEqual(['bias', 'weight'])
    expect(opened.offset_keys()).toEqual(['bias', 'weight'])
    expect(opened.metadata()).toEqual({ step: '7' })
    const slice = opened.get_slice('weight')
    expect([slice.get_shape(), slice.get_dtype()]).toEqual([[4, 3], torch.float32])
    expect(slice.at('1:3', 0).tolist()).toEqual([3, 6])
    const got = opened.get_tensor('weight')
    opened.close()
    expect(torch.equal(got, weight)).toBe(true)
    expect(() => opened.get_tensor('weight')).toThrow('File is not open')
  })

  it('copies: what happens to the file later is nothing to its tensors', () => {
    const file = path('rewritten.safetensors')
    safetensors.save_file({ x: torch.ones(1 << 20) }, file)
    const { x } = safetensors.load_file(file)
    const { x: y } = torch.load<{ x: torch.Tensor }>(file)
    const opened = safetensors.safe_open(file)
    const z = opened.get_tensor('x')
    writeFileSync(file, Buffer.alloc(1000))
    for (const tensor of [x!, y, z]) expect(tensor.sum().item()).toBe(1 << 20)
    expect(() => opened.get_tensor('x')).toThrow(`'${file}' was cut at byte 1000 while it was read`)
    opened.close()
  })

  it('reads of a slice only its rows', () => {
    const file = path('rows.safetensors')
    const x = torch.arange(60, { dtype: torch.int32 }).reshape(5, 4, 3)
    safetensors.save_file({ x, scalar: torch.tensor(2.5), none: torch.zeros(0, 3) }, file)
    for (const mmap of [false, true]) {
      using opened = safetensors.safe_open(file, 'pt', 'cpu', { mmap })
      const slice = opened.get_slice('x')
      const indices: torch.IndexItem[][] = [
        [0],
        [-1],
        [4n],
        ['1:3'],
        ['-2:'],
        ['::2'],
        ['1::3', 2],
        [':', '::2', -1],
        ['3:1'],
        [2, '1:', null],
        ['...', 0],
        [null, 1],
        [[0, 2], 1],
        [torch.tensor([true, false, true, false, true])],
        [],
      ]
      for (const index of indices) {
        const [got, wanted] = [slice.at(...index), x.at(...index)]
        expect([got.shape, got.tolist()], String(index)).toEqual([wanted.shape, wanted.tolist()])
      }
      expect(() => slice.at(5)).toThrow('index 5 is out of bounds for dimension 0 with size 5')
      expect(opened.get_slice('scalar').at('...').item()).toBe(2.5)
      expect(opened.get_slice('none').at('0:2').shape).toEqual([0, 3])
    }
  })

  it('is mapped on request: opening a file costs nothing, and changes stay in memory', () => {
    const file = path('mapped.safetensors')
    safetensors.save_file({ x: torch.zeros(1 << 20), y: torch.ones(4) }, file)
    const before = torch.memory_stats().alive_bytes
    const { x, y } = safetensors.load_file(file, { mmap: true })
    expect(torch.memory_stats().alive_bytes - before).toBeLessThan(1 << 20)
    x!.fill_(1)
    expect(x!.sum().item()).toBe(1 << 20)
    expect(safetensors.load_file(file)['x']!.sum().item()).toBe(0)
    // What was loaded can be saved, each tensor for itself.
    safetensors.save_file({ x: x!, y: y! }, path('again.safetensors'))
    torch.save({ y }, path('small.pt'))
    expect(statSync(path('small.pt')).size).toBeLessThan(4096)
    expect((torch.load(path('small.pt')) as { y: torch.Tensor }).y.tolist()).toEqual([1, 1, 1, 1])
  })

  it('a tensor that stands at no place for its dtype is copied', () => {
    const header = Buffer.from('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} ')
    expect(header.length % 4).not.toBe(0)
    const length = Buffer.alloc(8)
    length.writeUInt32LE(header.length)
    writeFileSync(
      path('odd.safetensors'),
      Buffer.concat([length, header, Buffer.from(Float32Array.of(1, 2).buffer)]),
    )
    expect(safetensors.load_file(path('odd.safetensors'))['x']!.tolist()).toEqual([1, 2])
  })

  it('refuses what the format has no place for, by name', () => {
    const to = path('refused.safetensors')
    const x = torch.ones(4, 3)
    expect(() => safetensors.save_file({ t: x.t() }, to)).toThrow('non contiguous tensor: `t`')
    expect(() => safetensors.save_file({ s: x.to_sparse() }, to)).toThrow('sparse tensor: `s`')
    expect(() => safetensors.save_file({ a: x, b: x.at('1:') }, to)).toThrow(
      "Some tensors share memory, this will lead to duplicate memory on disk and potential differences when loading them again: [{'a', 'b'}]",
    )
    expect(() => safetensors.save_file({ a: x.at('0:2'), b: x.at('2:') }, to)).not.toThrow()
    expect(() => safetensors.save_file({ c: x.to(torch.complex128) }, to)).toThrow('torch.complex128')
    // @ts-expect-error no tensor
    expect(() => safetensors.save_file({ n: 1 }, to)).toThrow(
      'Key `n` is invalid, expected torch.Tensor but received number',
    )
    // @ts-expect-error no strings
    expect(() => safetensors.save_file({ x }, to, { metadata: { step: 1 } })).toThrow(
      "metadata['step'] must be a string",
    )
    expect(() => safetensors.save_file({ x }, to, { metdata: {} } as object)).toThrow(
      "did you mean 'metadata'?",
    )
    expect(() => safetensors.load_file(path('none.safetensors'))).toThrow('ENOENT')
    expect(() => safetensors.safe_open(to, 'np')).toThrow("argument 'framework' must be 'pt', not 'np'")
  })

  it.each([
    ['short', Buffer.from([1, 2]), 'the file has 2 bytes'],
    ['long', Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 123]), 'is more than the format allows'],
    [
      'beyond',
      Buffer.from([64, 0, 0, 0, 0, 0, 0, 0, 123, 125]),
      "the header's length of 64 bytes exceeds the file's 10 bytes",
    ],
    ['json', packed('{"x":'), 'the header is no JSON'],
    ['array', packed('[]'), 'the header must be an object, not array'],
    ['dtype', packed('{"x":{"dtype":"F99","shape":[],"data_offsets":[0,0]}}'), 'is of dtype "F99"'],
    ['shape', packed('{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}'), 'has no shape, but [-1]'],
    [
      'huge',
      packed('{"x":{"dtype":"F32","shape":[9007199254740991,0,9],"data_offsets":[0,0]}}'),
      'needs 0 bytes',
    ],
    [
      'size',
      packed('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4),
      'needs 8 bytes, and its data_offsets are 0 and 4',
    ],
    [
      'hole',
      packed('{"x":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}', 3),
      "tensor 'x' begins at byte 1",
    ],
    [
      'rest',
      packed('{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 3),
      'the tensors are 2 bytes, and the file has 3 for them',
    ],
    [
      'cut',
      packed('{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 1),
      'the tensors are 2 bytes, and the file has 1 for them',
    ],
    ['metadata', packed('{"__metadata__":{"a":1}}'), '__metadata__ must hold strings'],
  ])('refuses a damaged header: %s', (name, bytes, message) => {
    const file = path(`${name}.safetensors`)
    writeFileSync(file, bytes)
    expect(() => safetensors.load_file(file)).toThrow(message)
    expect(() => safetensors.load_file(file)).toThrow(`('${file}')`)
    expect(() => safetensors.load(bytes)).toThrow(message)
  })
})

function packed(header: string, data = 0): Buffer {
  const bytes = Buffer.alloc(8 + header.length + data)
  bytes.writeUInt32LE(header.length)
  bytes.write(header, 8)
  return bytes
}

class Tied extends nn.Module {
  inner = new nn.Linear(2, 2)
  outer = new nn.Linear(2, 2)
  norm = new nn.BatchNorm1d(2)
  constructor() {
    super()
    this.outer.weight = this.inner.weight
  }
}

describe('save_model and load_model', () => {
  const { save_model, load_model, safe_open } = safetensors
  const values = (model: nn.Module) =>
    [...model.state_dict().items()].map(([name, tensor]) => [name, tensor.tolist()])

  it('carry a model with tied weights, which are saved once', () => {
    const model = new Tied()
    save_model(model, path('tied.safetensors'))
    const file = safe_open(path('tied.safetensors'))
    expect([file.keys().includes('outer.weight'), file.metadata()]).toEqual([
      false,
      { 'outer.weight': 'inner.weight' },
    ])
    file.close()
    const other = new Tied()
    expect(load_model(other, path('tied.safetensors'))).toEqual([[], []])
    expect(values(other)).toEqual(values(model))
    expect(other.outer.weight).toBe(other.inner.weight)
  })

  it("keep metadata by position and by keyword, and the user's own under the others' names", () => {
    save_model(new Tied(), path('metadata.safetensors'), { format: 'pt', 'outer.weight': 'mine' })
    const file = safe_open(path('metadata.safetensors'))
    expect(file.metadata()).toEqual({ format: 'pt', 'outer.weight': 'mine' })
    file.close()
    save_model(new nn.Linear(1, 1), path('keyword.safetensors'), { metadata: { format: 'pt' } })
    const other = safe_open(path('keyword.safetensors'))
    expect(other.metadata()).toEqual({ format: 'pt' })
    other.close()
  })

  it('take a file that has the other name of tied weights', () => {
    const model = new Tied()
    const {
      'inner.weight': weight,
      'outer.weight': _,
      ...others
    } = Object.fromEntries(model.state_dict().items())
    safetensors.save_file({ ...others, 'outer.weight': weight! }, path('other.safetensors'))
    const loaded = new Tied()
    expect(load_model(loaded, path('other.safetensors'))).toEqual([[], []])
    expect(values(loaded)).toEqual(values(model))
  })

  it('throw for what is missing or too much, unless told otherwise', () => {
    save_model(new nn.Sequential(new nn.Linear(2, 2)), path('short.safetensors'))
    const longer = new nn.Sequential(new nn.Linear(2, 2, { bias: false }), new nn.Linear(2, 1))
    expect(() => load_model(longer, path('short.safetensors'))).toThrow(
      'Error(s) in loading state_dict for Sequential:\n    Missing key(s) in state_dict: "1.bias", "1.weight"\n    Unexpected key(s) in state_dict: "0.bias"',
    )
    const [missing, unexpected] = load_model(longer, path('short.safetensors'), { strict: false })
    expect([missing.sort(), unexpected]).toEqual([['1.bias', '1.weight'], ['0.bias']])
    expect(() => load_model(new nn.Linear(3, 3), path('short.safetensors'), false)).not.toThrow()
    expect(() => save_model({} as never, path('no.safetensors'))).toThrow(
      "save_model(): argument 'model' must be Module, not Object",
    )
    expect(() =>
      save_model(new nn.Linear(1, 1), path('no.safetensors'), { force_contigous: true } as never),
    ).toThrow('force_contigous')
  })

  it('copy what is not contiguous, and refuse views of which none is whole', () => {
    const model = new nn.Linear(2, 3)
    model.weight = new nn.Parameter(torch.arange(6, { dtype: torch.float32 }).view(2, 3).t())
    save_model(model, path('turned.safetensors'))
    expect(safetensors.load_file(path('turned.safetensors'))['weight']!.tolist()).toEqual(
      model.weight.tolist(),
    )
    expect(() => save_model(model, path('no.safetensors'), { force_contiguous: false })).toThrow(
      'Or use save_model(..., { force_contiguous: true })',
    )
    const parts = new nn.ParameterList([torch.arange(6, { dtype: torch.float32 }).at('0:4'), torch.ones(1)])
    expect(() => save_model(parts, path('no.safetensors'))).toThrow(
      "found no suitable name to keep for saving amongst: {'0'}",
    )
  })

  it("save a model whose tensors are a mapped file's", () => {
    const model = new nn.Linear(2, 2)
    save_model(model, path('mapped.safetensors'))
    const other = new nn.Linear(2, 2)
    other.load_state_dict(safetensors.load_file(path('mapped.safetensors')), { assign: true })
    save_model(other, path('mapped_again.safetensors'))
    expect(readFileSync(path('mapped_again.safetensors'))).toEqual(readFileSync(path('mapped.safetensors')))
  })

  it.skipIf(!has_package())('go to Python and back', () => {
    const model = new Tied()
    save_model(model, path('ours.safetensors'), { format: 'pt' })
    const out = python_safetensors(
      `
import sys, json, torch
from safetensors.torch import load_model, save_model
class Tied(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.outer, self.norm = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)
        self.outer.weight = self.inner.weight
m = Tied()
load_model(m, sys.argv[1])
save_model(m, sys.argv[2], metadata={'format': 'pt'})
part = torch.nn.ParameterList([torch.arange(6.)[:4]])
try: save_model(part, sys.argv[3])
except RuntimeError as e: print(str(e)[:100])`,
      [path('ours.safetensors'), path('theirs.safetensors'), path('no.safetensors')],
    )
    expect(out).toMatch('no suitable name to keep')
    const file = safe_open(path('theirs.safetensors'))
    expect(file.metadata()).toEqual({ format: 'pt', 'outer.weight': 'inner.weight' })
    file.close()
    const loaded = new Tied()
    load_model(loaded, path('theirs.safetensors'))
    expect(values(loaded)).toEqual(values(model))
  })
})

describe('save_file', () => {
  it('takes metadata by position and by keyword', () => {
    const read = () => {
      const file = safetensors.safe_open(path('meta.safetensors'))
      const metadata = file.metadata()
      file.close()
      return metadata
    }
    const tensors = { a: torch.ones(1) }
    safetensors.save_file(tensors, path('meta.safetensors'), { format: 'pt' })
    expect(read()).toEqual({ format: 'pt' })
    safetensors.save_file(tensors, path('meta.safetensors'), { metadata: { format: 'np' } })
    expect(read()).toEqual({ format: 'np' })
    safetensors.save_file(tensors, path('meta.safetensors'), { metadata: 'a', format: 'pt' } as never)
    expect(read()).toEqual({ metadata: 'a', format: 'pt' })
    safetensors.save_file(tensors, path('meta.safetensors'), {})
    expect(read()).toBe(null)
    expect(() =>
      safetensors.save_file(tensors, path('no.safetensors'), { metdata: { a: 'b' } } as never),
    ).toThrow("did you mean 'metadata'?")
  })
})
