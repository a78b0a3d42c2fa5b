import { describe, expect, it } from 'vitest'
import { parse_kind, parse_schema } from '../../scripts/generate/schema.mjs'

describe('parse_schema', () => {
  it('reads names, parameters, defaults and keyword-only parameters', () => {
    const schema = parse_schema(
      'sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor',
    )
    expect(schema).toMatchObject({
      name: 'sum',
      overload: 'dim_IntList',
      full_name: 'sum.dim_IntList',
      out: [],
    })
    expect(schema.positional.map(({ name, default: value }) => [name, value])).toEqual([
      ['self', undefined],
      ['dim', undefined],
      ['keepdim', 'False'],
    ])
    expect(schema.keyword.map(({ name }) => name)).toEqual(['dtype'])
  })

  it('separates what out= fills from the other keywords', () => {
    const schema = parse_schema(
      'max.dim_max(Tensor self, int dim, bool keepdim=False, *, Tensor(a!) max, Tensor(b!) max_values) -> (Tensor(a!) values, Tensor(b!) indices)',
    )
    expect(schema.keyword).toEqual([])
    expect(schema.out.map(({ name }) => name)).toEqual(['max', 'max_values'])
    expect(schema.results.map(({ name }) => name)).toEqual(['values', 'indices'])
  })

  it('leaves commas alone that are inside of brackets and quotations', () => {
    const schema = parse_schema(
      "f(Tensor(a -> *) self, int[2] dim=[0,1], str s='a,b', *, Tensor? t=None) -> Tensor(a)[]",
    )
    expect(schema.positional.map(({ default: value }) => value)).toEqual([undefined, '[0,1]', "'a,b'"])
    expect(schema.results).toEqual([{ name: undefined, kind: parse_kind('Tensor[]') }])
  })

  it('knows operators without parameters, without a result and without an overload name', () => {
    expect(parse_schema('f() -> ()')).toMatchObject({ full_name: 'f', positional: [], results: [] })
  })

  it('refuses what is no schema', () => {
    expect(() => parse_schema('add.Tensor')).toThrow('not a schema: add.Tensor')
    expect(() => parse_schema('f(Tensor) -> Tensor')).toThrow('not an argument: Tensor')
    expect(() => parse_kind('int[')).toThrow('not a type: int[')
  })
})

describe('parse_kind', () => {
  it.each([
    ['Tensor(a!)', { text: 'Tensor', base: 'Tensor', list: false, optional: false }],
    ['int[1]?', { text: 'int[1]?', base: 'int', list: true, size: 1, optional: true }],
    ['SymInt[]', { text: 'SymInt[]', base: 'SymInt', list: true, size: undefined, optional: false }],
    ['Tensor?[]', { text: 'Tensor?[]', list: true, optional: false, optional_element: true }],
    ['Tensor(a!)[]', { text: 'Tensor[]', list: true, optional_element: false }],
    ['ScalarType?', { text: 'ScalarType?', list: false, optional: true, optional_element: false }],
  ])('reads %s', (text, expected) => {
    expect(parse_kind(text)).toMatchObject(expected)
  })
})
