import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { live_torch, run_python } from '../helpers/python.js'

const { npy } = torch.utils
const at = temporary_folder()
const folder = at('')

const dtypes = [
  ...['bool', 'uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'],
  ...['float16', 'float32', 'float64', 'complex64', 'complex128'],
]
const dtype_named = (name: string) => (torch as unknown as Record<string, torch.DType>)[name]!

function sample(name: string, shape: number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1)
  const plain = torch.arange(count).sub(name.startsWith('u') || name === 'bool' ? 0 : 3)
  const whole = plain.reshape(shape)
  if (name === 'bool') return whole.remainder(2).to(torch.bool)
  if (!/float|complex/.test(name)) return whole.to(dtype_named(name))
  const made = whole.to(torch.float64).mul(0.7)
  return (name.startsWith('complex') ? torch.complex(made, made.mul(-3)) : made).to(dtype_named(name))
}

const bits = (x: Tensor) => [x.dtype.name, x.shape, [...(x.contiguous().typed_array() as Uint8Array)]]

describe('.npy files', () => {
  it('come back as they were: every dtype, every shape, strides', () => {
    for (const name of dtypes)
      for (const shape of [[], [0], [5], [2, 3], [2, 0, 3], [2, 3, 4]]) {
        const x = sample(name, shape)
        npy.save(at('x'), x)
        expect(bits(npy.load(at('x.npy')))).toEqual(bits(x))
        expect(bits(npy.load(npy.to_bytes(x)))).toEqual(bits(x))
      }
    const turned = sample('int16', [3, 4]).t()
    const back = npy.load(npy.to_bytes(turned))
    expect([back.tolist(), back.stride()]).toEqual([turned.tolist(), turned.stride()])
    const every_other = sample('float32', [6]).at('::2')
    expect(npy.load(npy.to_bytes(every_other)).tolist()).toEqual(every_other.tolist())
    const conjugate = sample('complex64', [2]).conj()
    expect(bits(npy.load(npy.to_bytes(conjugate)))).toEqual(bits(conjugate.resolve_conj()))
    expectTypeOf(npy.load).returns.toEqualTypeOf<Tensor>()
    expect(readdirSync(folder)).toEqual(['x.npy'])
  })

  it('are refused for dtypes that NumPy has not, and nothing is written', () => {
    for (const dtype of [torch.bfloat16, torch.float8_e5m2, torch.complex32])
      expect(() => npy.save(at('none'), torch.ones(2).to(dtype))).toThrow(
        `save(): NumPy has no ${dtype}; save it as another, as x.to(torch.float32)`,
      )
    expect(() => npy.savez(at('none'), { a: torch.ones(1), b: 3 as never })).toThrow(
      "savez(): argument 'b' must be Tensor, not number",
    )
    expect(() => npy.save(at('no/such/folder'), torch.ones(1))).toThrow(/^save\(\): cannot write/)
    expect(existsSync(at('none.npy')) || existsSync(at('none.npz'))).toBe(false)
  })
})

describe('.npz files', () => {
  it('hold tensors by name, compressed or not', () => {
    const arrays = {
      a: sample('float32', [2, 3]),
      'b/c': sample('int64', []),
      __proto__x: sample('bool', [9]),
    }
    for (const write of [npy.savez, npy.savez_compressed]) {
      write(at('all'), arrays)
      const found = npy.load_npz(at('all.npz'))
      expect(Object.keys(found)).toEqual(Object.keys(arrays))
      for (const [name, x] of Object.entries(arrays)) expect(bits(found[name]!)).toEqual(bits(x))
    }
    npy.savez(at('list.npz'), [torch.ones(1), torch.zeros(2)])
    expect(Object.keys(npy.load_npz(readFileSync(at('list.npz'))))).toEqual(['arr_0', 'arr_1'])
    expect(() => npy.load(at('list.npz'))).toThrow('read it with load_npz')
  })

  it('that are damaged are refused', () => {
    npy.savez(at('good.npz'), { x: torch.arange(100) })
    const good = readFileSync(at('good.npz'))
    for (let cut = 0; cut < good.length; cut += 7) expect(() => npy.load_npz(good.subarray(0, cut))).toThrow()
    const flipped = Buffer.from(good)
    flipped[200]! ^= 1
    expect(() => npy.load_npz(flipped)).toThrow(/damaged/)
  })
})

describe('hostile headers', () => {
  const header = (text: string, version = 1) => {
    const body = Buffer.from(text.padEnd(60))
    const length = Buffer.alloc(version === 1 ? 2 : 4)
    if (version === 1) length.writeUInt16LE(body.length)
    else length.writeUInt32LE(body.length)
    return Buffer.concat([Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'), length, body])
  }
  const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }"

  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'it is no .npy file'],
    ['another file', Buffer.from('not a NumPy file at all'), 'it is no .npy file'],
    ['version 4', header(good, 4), 'we only support format version (1,0), (2,0), and (3,0), not (4,0)'],
    ['a header that is not there', Buffer.from('\x93NUMPY\x01\0\xff\x20{}', 'latin1'), 'it is cut short'],
    [
      'a huge header',
      Buffer.from('\x93NUMPY\x02\0\xff\xff\xff\xff{}', 'latin1'),
      'more than 10000 are not read',
    ],
    ['no dictionary', header('[1, 2]'), 'cannot parse header'],
    [
      'code',
      header("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': ()}"),
      'cannot parse header',
    ],
    ['too few keys', header("{'descr': '<f4', 'shape': ()}"), 'header does not contain the correct keys'],
    [
      'a key twice',
      header("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': ()}"),
      "has 'descr' twice",
    ],
    [
      'no order',
      header("{'descr': '<f4', 'fortran_order': 'F', 'shape': ()}"),
      'fortran_order is not a valid bool',
    ],
    [
      'a negative size',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
      'cannot parse header',
    ],
    [
      'a number as shape',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (3)}"),
      'shape is not valid',
    ],
    [
      'a size beyond all',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
      'shape is not valid',
    ],
    [
      'a product beyond all',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"),
      'are there',
    ],
    [
      'more than there is',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,)}"),
      'its 1000000000 elements take 4000000000 bytes, and 0 are there',
    ],
    [
      'a structure',
      header("{'descr': [('a', '<f4'), ('b', '<i8')], 'fortran_order': False, 'shape': (0,)}"),
      'it holds a structured array',
    ],
    [
      'objects',
      header("{'descr': '|O', 'fortran_order': False, 'shape': (0,)}"),
      'Object arrays cannot be loaded',
    ],
    [
      'texts',
      header("{'descr': '<U5', 'fortran_order': False, 'shape': (0,)}"),
      "NumPy's type '<U5', which no tensor has",
    ],
    ['dates', header("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (0,)}"), 'which no tensor has'],
  ])('%s', (_, bytes, text) => {
    expect(() => npy.load(bytes)).toThrow(text)
    expect(() => npy.load(bytes)).toThrow(torch.ValueError)
  })

  it('and the like are read where they are well', () => {
    for (const version of [1, 2, 3]) expect(npy.load(header(good, version)).shape).toEqual([0])
    expect(npy.load(header("{'shape': (0L, 2), \"fortran_order\": True, 'descr': '=i4'}")).shape).toEqual([
      0, 2,
    ])
  })

  it('never crash: 3,000 damaged files', () => {
    const whole = npy.to_bytes(sample('float32', [3, 4]))
    let state = 12345
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      return state % below
    }
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(whole)
      for (let k = 0; k <= random(3); k++) bytes[random(bytes.length)] = random(256)
      try {
        npy.load(bytes.subarray(0, 1 + random(bytes.length)))
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
  })
})

const live = live_torch()
describe.skipIf(live === null)('beside NumPy', () => {
  it('the same bytes are written', () => {
    const theirs = run_python(`
import json, io, base64, torch, numpy as np
out = {}
for name in ${JSON.stringify(dtypes)}:
    for shape in [(), (0,), (5,), (2, 3), (2, 3, 4)]:
        n = int(np.prod(shape))
        plain = (torch.arange(n) - (0 if name.startswith('u') or name == 'bool' else 3)).reshape(shape)
        if name == 'bool': x = (plain % 2).bool()
        elif 'float' in name or 'complex' in name:
            made = plain.double() * 0.7
            x = (torch.complex(made, made * -3) if 'complex' in name else made).to(getattr(torch, name))
        else: x = plain.to(getattr(torch, name))
        for turned in [False, True]:
            file = io.BytesIO(); np.save(file, (x.permute(tuple(reversed(range(x.ndim)))) if turned else x).numpy())
            out[f'{name} {list(shape)} {turned}'] = base64.b64encode(file.getvalue()).decode()
print(json.dumps(out))`) as Record<string, string>
    for (const [key, bytes] of Object.entries(theirs)) {
      const [, name, shape, turned] = /^(\w+) (\[.*\]) (\w+)$/.exec(key)!
      const x = sample(name!, JSON.parse(shape!) as number[])
      const given = turned === 'True' ? x.permute(x.shape.map((_, i) => x.ndim - 1 - i)) : x
      expect(Buffer.from(npy.to_bytes(given)).toString('base64'), key).toBe(bytes)
    }
    expect(Object.keys(theirs)).toHaveLength(dtypes.length * 10)
  })

  it('what NumPy writes is read, in either order of bytes; what we write NumPy reads', () => {
    mkdirSync(at('theirs'))
    npy.savez(at('ours.npz'), Object.fromEntries(dtypes.map((name) => [name, sample(name, [2, 3])])))
    npy.savez_compressed(at('small.npz'), { x: torch.zeros(10_000) })
    const read = run_python(
      `
import sys, json, numpy as np
folder = sys.argv[1]
for name in ${JSON.stringify(dtypes)}:
    a = np.arange(6).reshape(2, 3)
    a = (a % 2 if name == 'bool' else a * (1 + 2j) if 'complex' in name else a).astype(name)
    for order in '<>':
        np.save(f'{folder}/theirs/{name} {order}.npy', a.astype(a.dtype.newbyteorder(order)))
    np.savez_compressed(f'{folder}/theirs/{name}.npz', a=a, b=a.T)
np.save(f'{folder}/theirs/structured.npy', np.zeros(2, dtype=[('a', 'f4'), ('b', 'i8')]))
np.save(f'{folder}/theirs/objects.npy', np.array([{}, None], dtype=object))
with np.load(f'{folder}/ours.npz') as ours: values = {k: [str(v.dtype), repr(v.tolist())] for k, v in ours.items()}
with np.load(f'{folder}/small.npz') as small: values['small'] = [str(small['x'].shape), '']
print(json.dumps(values))`,
      [folder],
    ) as Record<string, [string, string]>
    expect(read['small']).toEqual(['(10000,)', ''])
    for (const name of dtypes) {
      expect(read[name]![0]).toBe(name)
      const plain = torch.arange(6).reshape(2, 3)
      const expected = (
        name === 'bool'
          ? plain.remainder(2)
          : name.startsWith('complex')
            ? torch.complex(plain.double(), plain.double().mul(2))
            : plain
      ).to(dtype_named(name))
      for (const order of '<>')
        expect(bits(npy.load(at(`theirs/${name} ${order}.npy`)))).toEqual(bits(expected))
      const { a, b } = npy.load_npz(at(`theirs/${name}.npz`))
      expect([bits(a!), bits(b!)]).toEqual([bits(expected), bits(expected.t())])
    }
    expect(() => npy.load(at('theirs/structured.npy'))).toThrow('it holds a structured array')
    expect(() => npy.load(at('theirs/objects.npy'))).toThrow('Object arrays cannot be loaded')
  })
})
