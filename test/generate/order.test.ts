import { describe, expect, it } from 'vitest'
import { parse_native_functions, parse_skips } from '../../scripts/generate/native-functions.mjs'
import { order_overloads } from '../../scripts/generate/order.mjs'
import { overloads_text } from '../../scripts/generate/write-face.mjs'

const order = (schemas: string[], method = false) =>
  overloads_text(
    order_overloads(parse_native_functions(schemas.map((schema) => `- func: ${schema}`).join('\n')), method),
  )

describe('order_overloads', () => {
  it('puts a Tensor before a Scalar', () => {
    expect(
      order([
        'f.Scalar(Tensor self, Scalar other) -> Tensor',
        'f.Tensor(Tensor self, Tensor other) -> Tensor',
      ]),
    ).toBe('f.Tensor f.Scalar')
  })

  it('puts an int before a list of them, and lists of other things before lists of tensors', () => {
    expect(order(['f.list(Tensor self, int[] n) -> Tensor', 'f.one(Tensor self, int n) -> Tensor'])).toBe(
      'f.one f.list',
    )
    expect(order(['f.tensors(Tensor[] n) -> Tensor', 'f.ints(SymInt[] n) -> Tensor'])).toBe(
      'f.ints f.tensors',
    )
  })

  it('goes by the text of the signature otherwise', () => {
    expect(
      order([
        'f.b(Tensor self, int dim) -> Tensor',
        'f.a(Tensor self) -> Tensor',
        'f.c(Tensor self, bool b) -> Tensor',
      ]),
    ).toBe('f.a f.c f.b')
  })

  it('pairs an out form with its functional form', () => {
    expect(
      order([
        'f.out(Tensor self, Tensor b, *, Tensor(a!) out) -> Tensor(a!)',
        'f(Tensor self) -> Tensor',
        'f.two(Tensor self, Tensor b) -> Tensor',
      ]),
    ).toBe('f f.two >f.out')
  })

  it('leaves self out of account for a method', () => {
    const schemas = ['f.first(Tensor self, int b) -> Tensor', 'f.second(int a, Tensor self) -> Tensor']
    expect(order(schemas)).toBe('f.first f.second')
    expect(order(schemas, true)).toBe('f.second f.first')
  })
})

describe('parse_native_functions', () => {
  it('makes the out form of a copying view, and of no other generated operator', () => {
    const yaml = `
- func: split_copy.Tensor(Tensor self, SymInt size, int dim=0) -> Tensor[]
  variants: function
  dispatch:
    CompositeExplicitAutograd: split_copy
  tags: [view_copy, core]
  autogen: split_copy.Tensor_out
- func: add.Scalar(Tensor self, Scalar other) -> Tensor
  autogen: add.Scalar_out
`
    const texts = parse_native_functions(yaml).map((f) => f.text)
    expect(texts).toEqual([
      'split_copy.Tensor(Tensor self, SymInt size, int dim=0) -> Tensor[]',
      'split_copy.Tensor_out(Tensor self, SymInt size, int dim=0, *, Tensor(a!)[] out) -> ()',
      'add.Scalar(Tensor self, Scalar other) -> Tensor',
    ])
  })
})

describe('parse_skips', () => {
  const skipped = parse_skips(`
_SKIP_PYTHON_BINDINGS = [
    ".*_backward",
    "item",  # a remark
]
SKIP_PYTHON_BINDINGS_SIGNATURES = [
    "add.Scalar(Tensor self, Scalar other) -> Tensor",
]
`)
  const [item, backward, scalar, tensor] = parse_native_functions(
    [
      '- func: item(Tensor self) -> Scalar',
      '- func: relu_backward(Tensor self) -> Tensor',
      '- func: add.Scalar(Tensor self, Scalar other) -> Tensor',
      '- func: add.Tensor(Tensor self, Tensor other) -> Tensor',
    ].join('\n'),
  )

  it('knows names, patterns and signatures', () => {
    expect([item, backward, scalar, tensor].map((f) => skipped(f!))).toEqual([true, true, true, false])
  })

  it('refuses a list that is not there', () => {
    expect(() => parse_skips('')).toThrow('_SKIP_PYTHON_BINDINGS is not in gen_python_functions.py any more')
  })
})
