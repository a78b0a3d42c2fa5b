import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'
import { make_random } from '../helpers/random.js'

// dtypes by the names that the cases give
const by_name = { ...torch }

// An index as JSON: what JSON has stands for itself; the rest is an object.
type Item =
  | number
  | boolean
  | null
  | '...'
  | { slice: string }
  | { list: unknown[] }
  | { tensor: unknown; dtype: 'int64' | 'int32' | 'bool' | 'uint8' | 'float32' }

interface Case {
  shape: number[]
  index: Item[]
  // What is assigned: a number, a tensor of ones times 100 + its place, or nothing, which reads.
  value?: number | { shape: number[] }
}

type Answer = { shape: number[]; values: number[] } | { error: string; message: string }

const PYTHON = `
import json, sys, warnings, torch
warnings.simplefilter('ignore')
def item(i):
    if i == '...': return ...
    if not isinstance(i, dict): return i
    if 'slice' in i: return slice(*[int(p) if p.strip() else None for p in i['slice'].split(':')])
    if 'list' in i: return i['list']
    return torch.tensor(i['tensor'], dtype=getattr(torch, i['dtype']))
def numel(shape):
    n = 1
    for s in shape: n *= s
    return n
answers = []
for case in json.load(open(sys.argv[1])):
    x = torch.arange(float(numel(case['shape']))).reshape(case['shape'])
    index = tuple(item(i) for i in case['index'])
    if len(index) == 1 and not isinstance(index[0], list): index = index[0]
    try:
        if 'value' in case:
            v = case['value']
            if isinstance(v, dict): v = (torch.arange(float(numel(v['shape']))) + 100).reshape(v['shape'])
            x[index] = v
        else:
            x = x[index]
        answers.append({'shape': list(x.shape), 'values': x.flatten().tolist()})
    except Exception as e:
        answers.append({'error': type(e).__name__, 'message': str(e).split('\\n')[0]})
print(json.dumps(answers))
`

function to_index(item: Item): torch.IndexItem {
  if (item === null || typeof item !== 'object') return item
  if ('slice' in item) return item.slice
  if ('list' in item) return item.list as torch.IndexItem
  return torch.tensor(item.tensor as never, { dtype: by_name[item.dtype] })
}

const numel = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
const counted = (shape: readonly number[], first = 0) =>
  torch.tensor(Array.from({ length: numel(shape) }, (_, i) => i + first)).reshape(shape as number[])

function answer(case_: Case): Answer {
  let x = counted(case_.shape)
  const index = case_.index.map(to_index)
  try {
    if (case_.value === undefined) x = x.at(...index)
    else if (typeof case_.value === 'number') x.set_at(index, case_.value)
    else x.set_at(index, counted(case_.value.shape, 100))
    return { shape: [...x.shape], values: [...(x.flatten().tolist() as number[])] }
  } catch (error) {
    const { name, message } = error as Error
    return {
      error: name,
      message: message.split('\n')[0]!.replace(', make it with { dtype: torch.long } or bigints', ''),
    }
  }
}

function random_cases(count: number): Case[] {
  const random = make_random(7)
  const whole = (end: number) => Math.floor(random() * end)
  const pick = <T>(items: readonly T[]): T => items[whole(items.length)]!
  const bound = (size: number) => (random() < 0.3 ? '' : String(whole(2 * size + 3) - size - 1))
  const slice = (size: number) => {
    const step = random() < 0.5 ? '' : `:${random() < 0.2 ? '' : 1 + whole(3)}`
    return `${bound(size)}:${bound(size)}${step}`
  }
  const integers = (size: number, length: number) => Array.from({ length }, () => whole(2 * size) - size)
  const one = (size: number, length: number): Item =>
    pick<() => Item>([
      () => whole(2 * size + 1) - size,
      () => ({ slice: slice(size) }),
      () => ({ slice: ':' }),
      () => '...',
      () => null,
      () => random() < 0.7,
      () => ({ list: integers(size, length) }),
      () => ({ tensor: integers(size, length), dtype: pick(['int64', 'int32']) }),
      () => ({ tensor: [integers(size, length), integers(size, length)], dtype: 'int64' }),
      () => ({ tensor: whole(size), dtype: 'int64' }),
      () => ({ tensor: Array.from({ length: size }, () => random() < 0.6), dtype: pick(['bool', 'uint8']) }),
    ])()
  return Array.from({ length: count }, () => {
    const shape = Array.from({ length: 1 + whole(4) }, () => 1 + whole(4))
    const length = 1 + whole(3)
    const index = Array.from({ length: 1 + whole(shape.length) }, (_, i) => one(shape[i] ?? 2, length))
    if (index.filter((item) => item === '...').length > 1) index.splice(index.indexOf('...'), 1)
    if (random() < 0.6) return { shape, index }
    if (random() < 0.5) return { shape, index, value: whole(100) + 0.5 }
    return { shape, index, value: { shape: pick([[], [1], [1, 1, 1], [length], shape.slice(1), shape]) } }
  })
}

const SHAPE = [2, 3, 4]
const FIXED: Case[] = [
  ...['0:0', '-1:', ':-1', '5:', '::2', '1::2', ':9', '-9:9:3', '::-1', '::0', ' 0 : 2 '].map((slice) => ({
    shape: SHAPE,
    index: [{ slice }],
  })),
  ...[0, 1, -1, -2, 2, -3, 99].map((i) => ({ shape: SHAPE, index: [i] })),
  { shape: SHAPE, index: [] },
  { shape: SHAPE, index: ['...'] },
  { shape: SHAPE, index: ['...', '...'] },
  { shape: SHAPE, index: [null] },
  { shape: SHAPE, index: [true] },
  { shape: SHAPE, index: [false] },
  { shape: SHAPE, index: [true, 0] },
  { shape: SHAPE, index: [0, true, false] },
  { shape: SHAPE, index: [0, 0, 0, 0] },
  { shape: SHAPE, index: ['...', 5] },
  { shape: SHAPE, index: [null, 5] },
  { shape: SHAPE, index: [0, { slice: '::-1' }] },
  { shape: SHAPE, index: [{ slice: ':' }, { tensor: [1, 2], dtype: 'int64' }, 0] },
  {
    shape: SHAPE,
    index: [{ tensor: [0, 1], dtype: 'int64' }, { slice: ':' }, { tensor: [1, 2], dtype: 'int64' }],
  },
  {
    shape: SHAPE,
    index: [
      { tensor: [0, 1], dtype: 'int64' },
      { tensor: [1, 2, 0], dtype: 'int64' },
    ],
  },
  { shape: SHAPE, index: [{ tensor: [5], dtype: 'int64' }] },
  { shape: SHAPE, index: [{ tensor: [1.5], dtype: 'float32' }] },
  { shape: SHAPE, index: [{ tensor: 1, dtype: 'float32' }, 0] },
  { shape: SHAPE, index: [{ tensor: true, dtype: 'bool' }, 0] },
  { shape: SHAPE, index: [{ tensor: 1, dtype: 'uint8' }] },
  {
    shape: SHAPE,
    index: [
      {
        tensor: [
          [true, false, true],
          [false, true, true],
        ],
        dtype: 'bool',
      },
    ],
  },
  { shape: SHAPE, index: [{ tensor: [[true, false, true, true]], dtype: 'bool' }] },
  { shape: SHAPE, index: [0, { tensor: [true, false], dtype: 'bool' }] },
  { shape: SHAPE, index: [{ list: [] }] },
  { shape: SHAPE, index: [0, { list: [1.5] }] },
  { shape: SHAPE, index: [0, { list: [true, false, true] }] },
  { shape: SHAPE, index: [0, { list: [[0, 1], [2]] }] },
  { shape: [], index: [0] },
  { shape: [], index: [1] },
  { shape: [], index: [{ slice: ':' }] },
  { shape: [], index: ['...'] },
  { shape: [], index: [null, true] },
  { shape: [], index: [{ tensor: [0], dtype: 'int64' }] },
  { shape: [3], index: [{ slice: ':' }], value: { shape: [3] } },
  { shape: [], index: ['...'], value: 3 },
  { shape: SHAPE, index: [true], value: 1 },
  { shape: SHAPE, index: [false], value: 1 },
  { shape: SHAPE, index: [null], value: { shape: [1, 1, 2, 3, 4] } },
  { shape: SHAPE, index: [0], value: { shape: [2, 2, 4] } },
  { shape: SHAPE, index: [9], value: 1 },
  { shape: SHAPE, index: [0, 0], value: { shape: [1, 1, 1, 4] } },
  { shape: SHAPE, index: [0, { tensor: [0, 1], dtype: 'int64' }], value: { shape: [3, 4] } },
  { shape: SHAPE, index: [{ tensor: [0.5], dtype: 'float32' }], value: 1 },
]

describe.skipIf(live_torch() === null)('indexing, against a live Python', () => {
  it('reads and assigns as Python does', () => {
    const cases = [...FIXED, ...random_cases(600)]
    const folder = mkdtempSync(join(tmpdir(), 'typetorch-'))
    const file = join(folder, 'cases.json')
    writeFileSync(file, JSON.stringify(cases))
    const expected = run_python(PYTHON, [file]) as Answer[]
    rmSync(folder, { recursive: true })
    const wrong = cases.flatMap((case_, i) => {
      const got = answer(case_)
      return JSON.stringify(got) === JSON.stringify(expected[i])
        ? []
        : [{ case_, got, expected: expected[i] }]
    })
    expect(wrong).toEqual([])
    expect(expected.filter((one) => 'shape' in one).length).toBeGreaterThan(300)
  })
})

describe('indexing', () => {
  const x = counted(SHAPE)

  it('takes each kind of index', () => {
    expect(x.at(1, -1, 0).item()).toBe(20)
    expect(x.at(1n, 2n).shape).toEqual([4])
    expect(x.at('1:', '...', null, '::2').shape).toEqual([1, 3, 1, 2])
    expect(x.at([1, 0, 1]).shape).toEqual([3, 3, 4])
    expect(x.at(torch.LongTensor([0, 1]), torch.LongTensor([2, 0]), 0).tolist()).toEqual([8, 12])
    expect(x.at(x.gt(21)).tolist()).toEqual([22, 23])
    expect(x.at(torch.tensor(1n)).shape).toEqual([3, 4])
    expect(x.at().is(x)).toBe(false)
  })

  it('makes views, which share memory, where Python does', () => {
    const base = torch.zeros(3, 4)
    base.at(1).fill_(1)
    base.at(':', '2:').at('...', -1).fill_(2)
    base.at([0]).fill_(9)
    expect(base.tolist()).toEqual([
      [0, 0, 0, 2],
      [1, 1, 1, 2],
      [0, 0, 0, 2],
    ])
  })

  it('is differentiable, reading and assigning', () => {
    const a = torch.arange(6, { dtype: torch.float32 }).reshape(2, 3).requires_grad_()
    const v = torch.tensor(2, { requires_grad: true })
    const b = a.mul(1)
    b.set_at([0, '1:'], v)
    b.at([1, 1, 0]).sum().add(b.at(0, 2)).backward()
    expect(a.grad?.tolist()).toEqual([
      [1, 0, 0],
      [2, 2, 2],
    ])
    expect(v.grad?.item()).toBe(3)
    expect(b.at(0).grad_fn?.name()).toBe('SelectBackward0')
    expect(b.at('1:').grad_fn?.name()).toBe('SliceBackward0')
    expect(b.at([0]).grad_fn?.name()).toBe('IndexBackward0')
  })

  it('assigns in the dtype of the tensor', () => {
    const n = torch.arange(3)
    n.set_at(0, 7.9)
    n.set_at(torch.LongTensor([2]), true)
    expect(n.tolist()).toEqual([7, 1, 1])
    expect(() => n.set_at(0, 1e30)).toThrow('value cannot be converted to type int64_t without overflow')
    expect(() => n.set_at([torch.LongTensor([0])], torch.tensor([1.5]))).toThrow(
      'Index put requires the source and destination dtypes match, got Long for the destination and Float for the source.',
    )
  })

  it('refuses what is no index, by name', () => {
    const words =
      'only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices'
    expect(() => x.at(1.5)).toThrow(`${words} (got float)`)
    expect(() => x.at('1')).toThrow(`${words} (got '1')`)
    expect(() => x.at({} as never)).toThrow(`${words} (got Object)`)
    expect(() => x.at(undefined as never)).toThrow(`${words} (got undefined)`)
    expect(() => x.at(2n ** 70n)).toThrow('Overflow when unpacking long long')
    expect(() => x.at(0, [0, 'a'] as never)).toThrow("new(): invalid data type 'string'")
    expect(() => x.at(0, [Number.NaN])).toThrow('cannot convert float NaN to integer')
    expect(() => x.at(torch.tensor([0.0]))).toThrow(
      'tensors used as indices must be long, int, byte or bool tensors, make it with { dtype: torch.long } or bigints',
    )
    expect(() => x.at(5)).toThrow(RangeError)
    expect(() => x.set_at(0, 'a' as never)).toThrow(TypeError)
    expect(() => x.set_at(0, 'a' as never)).toThrow(
      "can't assign a string to a tensor of dtype torch.float32",
    )
    expect(() => x.to_sparse().set_at(0, 1)).toThrow('Cannot assign to a sparse tensor')
  })

  it('refuses to change a leaf that requires grad', () => {
    const leaf = torch.ones(3, { requires_grad: true })
    expect(() => leaf.set_at(0, 1)).toThrow(
      'a view of a leaf Variable that requires grad is being used in an in-place operation.',
    )
    expect(() => leaf.set_at('...', 1)).toThrow(
      'a leaf Variable that requires grad is being used in an in-place operation.',
    )
    torch.no_grad(() => leaf.set_at(0, 5))
    expect(leaf.tolist()).toEqual([5, 1, 1])
  })

  it('warns where a list stands for several indices, and takes it so', async () => {
    const warned = new Promise<Error>((resolve) => {
      // Warnings of the tests before may still be on their way.
      const look = (warning: Error) => {
        if (!warning.message.includes('non-tuple')) return
        process.off('warning', look)
        resolve(warning)
      }
      process.on('warning', look)
    })
    expect(x.at([0, null]).shape).toEqual([1, 3, 4])
    expect((await warned).message).toContain(
      'Using a non-tuple sequence for multidimensional indexing is deprecated',
    )
  })

  it('keeps nothing of the texts of slices', () => {
    const before = process.memoryUsage().heapUsed
    const long = torch.zeros(50_000)
    for (let i = 0; i < 50_000; i++) long.at(`${i}:${i + 1}`)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64e6)
  })
})
