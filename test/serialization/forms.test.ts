import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { temporary_folder } from '../helpers/folder.js'
import { live_torch, run_python } from '../helpers/python.js'
import { forge_archive, pickle, text } from './forge.js'

const path = temporary_folder()

function there_and_back<T>(value: T, name = 'there.pt'): T {
  torch.save(value, path(name))
  return torch.load<T>(path(name))
}

const ordered = (pairs: [string, unknown][]) => new torch.OrderedDict<unknown>(pairs)

// Dictionaries of every kind of key, and what Python reads for each.
const VALUES: [name: string, value: unknown, python: string][] = [
  ['no keys', {}, '{}'],
  ['strings', { a: 1, 'b c': [] }, "{'a': 1, 'b c': []}"],
  ['whole numbers', { 0: 3, 7: 4, 4294967294: 5 }, '{0: 3, 7: 4, 4294967294: 5}'],
  ['whole numbers written as text', { '2': 'a', '10': 'b' }, "{2: 'a', 10: 'b'}"],
  ['negative numbers', { '-1': 1, '-20': 2 }, '{-1: 1, -20: 2}'],
  ['negative and other whole numbers', { 5: 0, '-1': 1 }, '{5: 0, -1: 1}'],
  ['whole numbers and text', { 0: 1, a: 2 }, "{'0': 1, 'a': 2}"],
  [
    'text that is no number as JavaScript writes it',
    { '01': 1, '-0': 2, '1e3': 3 },
    "{'01': 1, '-0': 2, '1e3': 3}",
  ],
  ['fractions', { 0.5: 1, 1: 2 }, "{'1': 2, '0.5': 1}"],
  ['numbers that no double holds', { '9007199254740993': 1 }, "{'9007199254740993': 1}"],
  ['the greatest whole number', { [Number.MAX_SAFE_INTEGER]: 1 }, '{9007199254740991: 1}'],
  [
    'names of methods',
    JSON.parse('{"__proto__": 1, "constructor": 2, "get": 3}'),
    "{'__proto__': 1, 'constructor': 2, 'get': 3}",
  ],
  [
    'one in the other',
    { counts: { 0: { 1: { a: { 2: [{ 3: {} }] } } } } },
    "{'counts': {0: {1: {'a': {2: [{3: {}}]}}}}}",
  ],
  ['a Map without keys', new Map(), '{}'],
  ['a Map of strings', new Map([['a', 1]]), "{'a': 1}"],
  [
    'a Map of whole numbers',
    new Map([
      [3, 'a'],
      [1, 'b'],
    ]),
    "{3: 'a', 1: 'b'}",
  ],
  [
    'a Map of text that is whole numbers',
    new Map([
      ['3', 'a'],
      ['1', 'b'],
    ]),
    "{'3': 'a', '1': 'b'}",
  ],
  [
    'a Map of all kinds',
    new Map<unknown, unknown>([
      [1, 'a'],
      ['1', 'b'],
      [true, 'c'],
      [null, 'd'],
      [0.5, 'e'],
    ]),
    "{1: 'd', '1': 'b', None: 'd', 0.5: 'e'}",
  ],
  ['Maps in objects in Maps', new Map([[0, { 0: new Map([[0, {}]]) }]]), '{0: {0: {0: {}}}}'],
  ['an OrderedDict without keys', ordered([]), 'OrderedDict()'],
  [
    'an OrderedDict of whole numbers',
    ordered([
      ['10', 1],
      ['2', 2],
    ]),
    "OrderedDict([('10', 1), ('2', 2)])",
  ],
  ['bigints', [1n, -5n, 2n ** 53n, 0n, { a: 300n }], "[1, -5, 9007199254740992, 0, {'a': 300}]"],
]
const SAVED = VALUES.filter(([name]) => name !== 'a Map of all kinds')

describe('what was saved comes back as it was', () => {
  it.each(VALUES)('%s', (_name, value) => {
    const back = there_and_back(value)
    expect(back).toStrictEqual(value)
    expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(value))
    // From what was loaded too.
    expect(there_and_back(back)).toStrictEqual(value)
  })

  it("keeps a callback's counts", () => {
    const { counts } = there_and_back<{ counts: Record<number, number> }>({ counts: { 0: 3 } })
    counts[0] = (counts[0] ?? 0) + 1
    expect(there_and_back({ counts }).counts).toStrictEqual({ 0: 4 })
  })

  it('keeps one object one', () => {
    const inner = { 0: 1 }
    const map = new Map([[0, inner]])
    const back = there_and_back({ a: inner, b: [inner, map], c: map })
    expect(back.b[0]).toBe(back.a)
    expect(back.b[1]).toBe(back.c)
    expect(back.c.get(0)).toBe(back.a)
  })

  it('keeps objects that hold themselves', () => {
    const loop: Record<string, unknown> = { 0: 1 }
    loop['self'] = loop
    const back = there_and_back(loop)
    expect(back['self']).toBe(back)
    const map = new Map<unknown, unknown>()
    map.set(0, map)
    const again = there_and_back(map)
    expect(again.get(0)).toBe(again)
  })

  it('throws for a key that is a symbol, and for a hole of an array', () => {
    expect(() => torch.save({ a: { [Symbol('s')]: 1 } }, path('no.pt'))).toThrow(
      "save(): cannot save the object['a']: its key Symbol(s) is a symbol, and no file holds symbols",
    )
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    expect(() => torch.save([1, , 3], path('no.pt'))).toThrow('save(): cannot save the object[1]: undefined')
  })

  it('throws for a record of kinds that is damaged', () => {
    const records = { 'data.pkl': pickle('}'), version: '3', byteorder: 'little' }
    for (const damaged of ['', '{', 'null', '{"maps":1,"bigints":[]}', '{"maps":["a"],"bigints":[]}'])
      expect(() =>
        torch.load(forge_archive(path('damaged.pt'), { ...records, 'javascript.json': damaged })),
      ).toThrow('the record javascript.json is damaged')
    const other = { ...records, 'javascript.json': '{"maps":[2],"bigints":[99]}' }
    expect(torch.load(forge_archive(path('other.pt'), other))).toStrictEqual(new Map())
    expect(text('a').length).toBe(6)
  })
})

describe.skipIf(live_torch() === null)('with a live Python', () => {
  it('Python reads dicts, and its copy comes back with the same keys', () => {
    torch.save(
      SAVED.map(([, value]) => value),
      path('ours.pt'),
    )
    const reprs = run_python(
      `import sys, json, torch
x = torch.load(sys.argv[1], weights_only=True)
torch.save(x, sys.argv[2])
print(json.dumps([repr(v) for v in x]))`,
      [path('ours.pt'), path('theirs.pt')],
    )
    expect(reprs).toEqual(SAVED.map(([, , python]) => python))
    const theirs = torch.load<unknown[]>(path('theirs.pt'))
    for (const [i, [name, value]] of SAVED.entries()) {
      if (value instanceof Map || name === 'bigints') continue
      expect(theirs[i], name).toStrictEqual(value)
    }
  })

  it("Python's dicts go through here unchanged, and their keys are properties", () => {
    const values = `import sys, json, torch, collections
x = [{0: 'a', 1: 'b'}, {3: 'a', 1: 'b'}, {-1: 'a', 0: 'b'}, {'0': 'a'}, {'10': 'a', '2': 'b'}, {'a': 1, '0': 2}, {-3: 1},
  {0: 1, '0': 2}, {(1, 2): 3}, {None: 1, True: 2}, {1.5: 2}, {2**60: 1}, {}, {0: {'1': {-1: []}}},
  collections.OrderedDict([(3, 'a'), (1, 'b')]), collections.OrderedDict([('a', 1)]), collections.OrderedDict([(None, 1), ((), 2)]),
  collections.OrderedDict(), collections.Counter([3, 3, 1]), collections.Counter('hello'), collections.Counter('3311'),
  collections.Counter(), collections.Counter({(1,): 2})]
x[-8].tag = {'own': {0: 1}}
`
    run_python(`${values}\ntorch.save(x, sys.argv[1])\nprint('null')`, [path('python.pt')])
    const loaded = torch.load<Record<string, unknown>[]>(path('python.pt'))
    expect(loaded.slice(0, 7).map((one) => one['0'] ?? one['-3'])).toEqual([
      'a',
      undefined,
      'b',
      'a',
      undefined,
      2,
      1,
    ])
    expect(loaded[1]!['3']).toBe('a')
    expect(Object.keys(loaded[4]!)).toEqual(['2', '10'])
    expect((loaded[4] as unknown as torch.OrderedDict<unknown>).keys()).toEqual(['10', '2'])
    const kinds = loaded.map((one) => one.constructor.name)
    expect(kinds).toEqual([
      ...['Object', 'OrderedDict', 'OrderedDict', 'OrderedDict', 'OrderedDict', 'OrderedDict', 'Object'],
      ...['Map', 'Map', 'Map', 'Map', 'Map', 'Object', 'Object'],
      ...['OrderedDict', 'OrderedDict', 'Map', 'OrderedDict'],
      ...['OrderedDict', 'Object', 'OrderedDict', 'Object', 'Map'],
    ])
    expect(loaded[14]!['3']).toBe('a')
    torch.save(torch.deepcopy(loaded), path('copied.pt'))
    torch.save(loaded, path('again.pt'))
    const same = run_python(
      `${values}
wrong = []
for name in sys.argv[1:]:
    y = torch.load(name, weights_only=True)
    def same(a, b):
        if type(a) is not type(b): return False
        if isinstance(a, dict):
            return [(type(k), k) for k in a] == [(type(k), k) for k in b] and all(same(a[k], b[k]) for k in a)
        if isinstance(a, (list, tuple)): return len(a) == len(b) and all(map(same, a, b))
        return a == b
    wrong += [repr([a, b]) for a, b in zip(x, y) if not same(a, b) or getattr(a, 'tag', None) != getattr(b, 'tag', None)]
print(json.dumps(wrong))`,
      [path('again.pt'), path('copied.pt')],
    )
    expect(same).toEqual([])
  })
})
