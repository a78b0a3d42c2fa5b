import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { live_torch, run_python } from './helpers/python.js'

// dtypes by the names that the cases give
const by_name = { ...torch }

const folder = mkdtempSync(join(tmpdir(), 'typetorch-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string) => join(folder, name)

const DTYPES = [
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
  'complex128',
  'complex64',
  'complex32',
  'uint16',
  'uint32',
  'uint64',
  'float8_e5m2',
  'float8_e4m3fn',
  'float8_e8m0fnu',
] as const

class Net extends nn.Module {
  conv = new nn.Conv2d(3, 4, 3)
  linear = new nn.Linear(4, 2)
  constructor() {
    super()
    this.register_buffer('steps', torch.tensor(5n))
  }
}

// Every kind of value that is saved, as Python would write it; its pickle is the same byte for byte.
function everything(): torch.OrderedDict<unknown> {
  const base = torch.arange(6, { dtype: torch.float32 }).reshape(2, 3)
  return new torch.OrderedDict<unknown>([
    ['base', base],
    ['transposed', base.t()],
    ['row', base.at(1)],
    ['parameter', new nn.Parameter(torch.ones(2))],
    ['empty', torch.zeros(0, 3)],
    ['scalar', torch.tensor(2.5, { dtype: torch.float64 })],
    ['half', torch.ones(3, { dtype: torch.bfloat16, requires_grad: true })],
    ['untyped', torch.ones(2, { dtype: torch.uint16 })],
    ['conj', torch.ones(2, { dtype: torch.complex64 }).conj()],
    [
      'numbers',
      [
        0,
        255,
        256,
        65536,
        -1,
        -129,
        2 ** 31,
        -(2 ** 40),
        1.5,
        torch.float_scalar(2),
        -0,
        Number.NaN,
        2n ** 70n,
      ],
    ],
    ['text', 'hé 😀'],
    ['flags', [true, false, null]],
    ['plain', { q: 1 }],
    ['by_number', { 0: { step: 1 }, 1: {} }],
    ['dtype', torch.float32],
    ['device', torch.device('cpu')],
    ['sparse', torch.eye(2).to_sparse()],
    ['meta', torch.empty(2, { device: 'meta' })],
  ])
}

const EVERYTHING = `
import json, sys, torch, collections, zipfile, pickle, pickletools
base = torch.arange(6.).reshape(2, 3)
x = collections.OrderedDict([
  ('base', base), ('transposed', base.t()), ('row', base[1]), ('parameter', torch.nn.Parameter(torch.ones(2))),
  ('empty', torch.zeros(0, 3)), ('scalar', torch.tensor(2.5, dtype=torch.float64)),
  ('half', torch.ones(3, dtype=torch.bfloat16, requires_grad=True)), ('untyped', torch.ones(2, dtype=torch.uint16)),
  ('conj', torch.ones(2, dtype=torch.complex64).conj()),
  ('numbers', [0, 255, 256, 65536, -1, -129, 2**31, -2**40, 1.5, 2.0, -0.0, float('nan'), 2**70]),
  ('text', 'hé 😀'), ('flags', [True, False, None]), ('plain', {'q': 1}), ('by_number', {0: {'step': 1}, 1: {}}),
  ('dtype', torch.float32), ('device', torch.device('cpu')), ('sparse', torch.eye(2).to_sparse()),
  ('meta', torch.empty(2, device='meta')),
])
`

describe.skipIf(live_torch() === null)('with a live Python', () => {
  it('Python reads with weights_only what is saved', () => {
    const path = file('everything.pt')
    torch.save(everything(), path)
    const answer = run_python(
      `${EVERYTHING}
y = torch.load(sys.argv[1], weights_only=True)
assert type(y) is type(x) and list(y) == list(x)
wrong = []
def same(a, b):
    if isinstance(a, torch.Tensor):
        if type(a) is not type(b) or a.dtype != b.dtype or a.shape != b.shape or a.device != b.device: return False
        if a.requires_grad != b.requires_grad or a.layout != b.layout: return False
        if a.device.type == 'meta': return True
        if a.layout != torch.strided: return torch.equal(a.to_dense(), b.to_dense())
        return a.stride() == b.stride() and a.is_conj() == b.is_conj() and torch.equal(a, b)
    return repr(a) == repr(b)
for key in x:
    if not same(x[key], y[key]): wrong.append(key)
shared = y['base'].data_ptr() == y['transposed'].data_ptr() and y['row'].data_ptr() == y['base'].data_ptr() + 12
print(json.dumps([wrong, shared]))`,
      [path],
    )
    expect(answer).toEqual([[], true])
  })

  it('the file of a state_dict is the one that Python writes, byte for byte', () => {
    const model = new Net()
    torch.save(model.state_dict(), file('ours.pt'))
    // To a buffer: then Python names the archive as it is named here.
    run_python(
      `import sys, torch, io
b = io.BytesIO()
torch.save(torch.load(sys.argv[1], weights_only=True), b)
open(sys.argv[2], 'wb').write(b.getvalue())
print('null')`,
      [file('ours.pt'), file('theirs.pt')],
    )
    expect(readFileSync(file('ours.pt')).equals(readFileSync(file('theirs.pt')))).toBe(true)
  })

  it('load reads what Python writes', () => {
    const path = file('python.pt')
    run_python(`${EVERYTHING}\ntorch.save(x, sys.argv[1])\nprint('null')`, [path])
    const y = torch.load(path) as ReturnType<typeof everything>
    check_everything(y)
  })

  it('every dtype goes there and back', () => {
    const x = Object.fromEntries(DTYPES.map((name) => [name, torch.tensor([0, 1, 2, 1]).to(by_name[name])]))
    torch.save(x, file('there.pt'))
    run_python(
      `import sys, torch
x = torch.load(sys.argv[1], weights_only=True)
for name in x: assert str(x[name].dtype) == 'torch.' + name, name
torch.save(x, sys.argv[2])
print('null')`,
      [file('there.pt'), file('back.pt')],
    )
    const back = torch.load(file('back.pt')) as typeof x
    expect(Object.keys(back)).toEqual([...DTYPES])
    for (const name of DTYPES) {
      expect(back[name]!.dtype).toBe(by_name[name])
      expect(torch.equal(back[name]!.view(torch.uint8), x[name]!.view(torch.uint8)), name).toBe(true)
    }
  })

  it('records are aligned as PyTorch aligns them', () => {
    torch.save({ a: torch.ones(3), b: torch.ones(100) }, file('aligned.pt'))
    const offsets = run_python(
      `import sys, json, torch
r = torch._C.PyTorchFileReader(sys.argv[1])
print(json.dumps([r.get_record_offset(n) % 64 for n in ['data/0', 'data/1']]))`,
      [file('aligned.pt')],
    )
    expect(offsets).toEqual([0, 0])
  })
})

function check_everything(y: torch.OrderedDict<unknown>): void {
  const x = everything()
  expect(y).toBeInstanceOf(torch.OrderedDict)
  expect(y.keys()).toEqual(x.keys())
  for (const [key, value] of x.items()) {
    const got = y.get(key)
    if (value instanceof torch.Tensor) {
      expect(String(got), key).toBe(String(value))
      expect((got as torch.Tensor).constructor, key).toBe(value.constructor)
    }
  }
  const [base, transposed, row] = ['base', 'transposed', 'row'].map((key) => y.get(key) as torch.Tensor)
  row!.fill_(9)
  expect(base!.at(1).tolist()).toEqual([9, 9, 9])
  expect(transposed!.stride()).toEqual([1, 3])
  expect(transposed!.at(':', 1).tolist()).toEqual([9, 9, 9])
  const numbers = [0, 255, 256, 65536, -1, -129, 2 ** 31, -(2 ** 40), 1.5, 2, -0, Number.NaN, 2n ** 70n]
  expect(y.get('numbers')).toEqual(numbers)
  expect(y.get('text')).toBe('hé 😀')
  expect(y.get('flags')).toEqual([true, false, null])
  expect(y.get('plain')).toEqual({ q: 1 })
  expect(y.get('by_number')).toEqual({ 0: { step: 1 }, 1: {} })
  expect(y.get('dtype')).toBe(torch.float32)
  expect(String(y.get('device'))).toBe('cpu')
}

describe('save and load', () => {
  it('give back what went in', () => {
    torch.save(everything(), file('again.pt'))
    check_everything(torch.load(file('again.pt')) as ReturnType<typeof everything>)
  })

  it('carry a model', () => {
    const [a, b] = [new Net(), new Net()]
    torch.save(a.state_dict(), pathToFileURL(file('model ü.pt')))
    const loaded = torch.load(file('model ü.pt')) as ReturnType<Net['state_dict']>
    b.load_state_dict(loaded)
    expect(torch.equal(a.conv.weight, b.conv.weight)).toBe(true)
    expect(Object.keys(loaded)).toEqual(['steps', 'conv.weight', 'conv.bias', 'linear.weight', 'linear.bias'])
  })

  it('keep one object one, and keys in their order', () => {
    const shared = { list: [1] }
    torch.save(
      {
        a: shared,
        b: shared,
        c: new torch.OrderedDict([
          ['10', 1],
          ['2', 2],
        ]),
      },
      file('shared.pt'),
    )
    const { a, b, c } = torch.load(file('shared.pt')) as Record<string, object>
    expect(a).toBe(b)
    expect((c as torch.OrderedDict<number>).keys()).toEqual(['10', '2'])
  })

  it('hold more than one batch of items', () => {
    const many = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`k${i}`, i]))
    const list = Array.from({ length: 2500 }, (_, i) => `text ${i}`)
    torch.save([many, list], file('many.pt'))
    expect(torch.load(file('many.pt'))).toEqual([many, list])
  })

  it('replace the old file only when the new one is complete', () => {
    const path = file('atomic.pt')
    torch.save({ x: torch.ones(2) }, path)
    const before = readFileSync(path)
    expect(() => torch.save({ x: torch.ones(2), f: () => 1 }, path)).toThrow(
      "save(): cannot save the object['f']: a function is code, which is not saved",
    )
    expect(() => torch.save({ m: new Date(0) }, path)).toThrow(
      "save(): cannot save the object['m']: Date is no kind of object that is saved",
    )
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(() => torch.save({}, file('missing/x.pt'))).toThrow('ENOENT')
  })

  it.skipIf(!existsSync('/dev/full'))('say why the disk did not take it', () => {
    expect(() => torch.save({ x: torch.ones(100_000) }, '/dev/full')).toThrow(
      'file write failed (ENOSPC: no space left on device, write)',
    )
  })

  it('write through a link', () => {
    torch.save({ a: 1 }, file('target.pt'))
    symlinkSync(file('target.pt'), file('link.pt'))
    torch.save({ a: 2 }, file('link.pt'))
    expect(torch.load(file('target.pt'))).toEqual({ a: 2 })
  })

  it('put tensors on a device', () => {
    torch.save({ x: torch.ones(2) }, file('place.pt'))
    const { x } = torch.load(file('place.pt'), { map_location: 'meta' }) as { x: torch.Tensor }
    expect(x.device.type).toBe('meta')
  })
})

describe('load refuses', () => {
  const golden = new URL('golden/conformance/files/', import.meta.url)
  const pickled = (parts: (string | number | Uint8Array)[]) =>
    Buffer.concat(
      parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part as string))),
    )

  // A file whose pickle is not what save would write.
  function forged(name: string, ...parts: (string | number | Uint8Array)[]): string {
    const pickle = pickled([0x80, 2, ...parts])
    const path = file(name)
    torch.save('x'.repeat(pickle.length - 10), path)
    const bytes = readFileSync(path)
    const at = bytes.indexOf(Buffer.from([0x80, 2, 0x58]))
    pickle.copy(bytes, at)
    write_with_checksum(path, bytes, at, pickle.length)
    return path
  }

  it('a name that is not allowed, and runs nothing', () => {
    const path = forged('evil.pt', 'cos\nsystem\n', 'X', new Uint8Array([4, 0, 0, 0]), 'true', 0x85, 'R', '.')
    expect(() => torch.load(path)).toThrow(
      `Weights only load failed. Trying to load unsupported GLOBAL os.system whose module os is blocked. (${path}, byte 2, GLOBAL)`,
    )
    const other = forged(
      'call.pt',
      'csubprocess\ncall\n',
      'X',
      new Uint8Array([4, 0, 0, 0]),
      'true',
      0x85,
      'R',
      '.',
    )
    expect(() => torch.load(other)).toThrow(
      `Weights only load failed. Unsupported global: GLOBAL subprocess.call was not an allowed global by default. Please use \`torch.serialization.add_safe_globals([[…, 'subprocess.call']])\` to allowlist this global if you trust this class/function. (${other}, byte 2, GLOBAL)`,
    )
  })

  it('a module that is blocked also where it was added', () => {
    const path = forged('added.pt', 'csys\nexit\n', ')R.')
    torch.serialization.safe_globals([[() => 0, 'sys.exit']], () => {
      expect(() => torch.load(path)).toThrow('GLOBAL sys.exit whose module sys is blocked')
      expect(torch.serialization.get_unsafe_globals_in_checkpoint(path)).toEqual(['sys.exit'])
    })
  })

  it('an instruction that is not allowed', () => {
    const path = forged('odd.pt', 'i', 'os\nsystem\n....')
    expect(() => torch.load(path)).toThrow(`Unsupported operand 105 (${path}, byte 2)`)
  })

  it('a pickle that is cut, and a stack that is empty', () => {
    expect(() =>
      torch.load(forged('cut.pt', 'X', new Uint8Array([255, 255, 255, 127]), '.........')),
    ).toThrow('pickle data was truncated: 2147483647 bytes are wanted')
    expect(() => torch.load(forged('bare.pt', 'R..............'))).toThrow('the stack is empty')
    expect(() => torch.load(forged('mark.pt', 't..............'))).toThrow('could not find MARK')
    expect(() => torch.load(forged('memo.pt', 'h', 7, '.............'))).toThrow(
      'Memo value not found at index 7',
    )
  })

  it('a file that is no archive, or only half of one', () => {
    writeFileSync(file('text.pt'), 'hello')
    expect(() => torch.load(file('text.pt'))).toThrow('is no zip archive')
    expect(() => torch.load(new URL('truncated_half.pt', golden))).toThrow('failed finding central directory')
    expect(() => torch.load(file('nothing.pt'))).toThrow('ENOENT')
  })

  it('a storage that is missing or too short', () => {
    expect(() => torch.load(new URL('storage_missing.pt', golden))).toThrow(/record 'data\/\d+' is missing/)
    expect(() => torch.load(new URL('storage_short.pt', golden))).toThrow(/has \d+ bytes, and \d+ are wanted/)
  })
})

// The directory of a zip file and the entry itself hold the entry's checksum; both are set to that of the new bytes.
function write_with_checksum(path: string, bytes: Buffer, at: number, length: number): void {
  const whole = bytes.subarray(at, at + length)
  const old = crc32(readFileSync(path).subarray(at, at + length))
  const replaced = crc32(whole)
  const [was, is] = [old, replaced].map((value) => {
    const four = Buffer.alloc(4)
    four.writeUInt32LE(value)
    return four
  }) as [Buffer, Buffer]
  for (let found = bytes.indexOf(was); found >= 0; found = bytes.indexOf(was, found + 1))
    is.copy(bytes, found)
  writeFileSync(path, bytes)
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
