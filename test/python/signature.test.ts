import { describe, expect, it } from 'vitest'
import { methods } from '../../lib/python/methods.js'
import {
  keyword,
  keywords,
  of_objects,
  optional,
  positional,
  required,
  required_keyword,
  variadic,
} from '../../lib/python/parameters.js'
import { callable, callable_by_name, signature } from '../../lib/python/signature.js'

const f = callable(
  signature('f', { a: required<number>() }, { b: optional(2) }, { c: keyword<string>('c') }),
  (a, b, c) => [a, b, c] as const,
)

describe('callable', () => {
  it('binds by position, by keyword, and fills in defaults', () => {
    expect(f(1)).toEqual([1, 2, 'c'])
    expect(f(1, 3)).toEqual([1, 3, 'c'])
    expect(f(1, 3, { c: 'x' })).toEqual([1, 3, 'x'])
    expect(f({ a: 1, c: 'x' })).toEqual([1, 2, 'x'])
    expect(f(1, { b: undefined })).toEqual([1, 2, 'c'])
    expect(f(1, undefined, { c: 'x' })).toEqual([1, 2, 'x'])
    expect(f.name).toBe('f')
    expect(f.length).toBe(1)
  })

  it("throws TypeError in Python's words", () => {
    const complaints: [unknown[], string][] = [
      [[1, { d: 1 }], "f() got an unexpected keyword argument 'd'; did you mean 'a'?"],
      [[1, { d: undefined }], "f() got an unexpected keyword argument 'd'; did you mean 'a'?"],
      [[1, { a: 1 }], "f() got multiple values for argument 'a'"],
      [[], "f() missing 1 required positional argument: 'a'"],
      [[{ c: 'x' }], "f() missing 1 required positional argument: 'a'"],
      [[1, 2, 3], 'f() takes from 1 to 2 positional arguments but 3 were given'],
      [
        [1, 2, 3, { c: 'x' }],
        'f() takes from 1 to 2 positional arguments but 3 positional arguments (and 1 keyword-only argument) were given',
      ],
      [[{}, 3], "f(): argument 'a' must not be a plain object; keywords are given as the last argument"],
    ]
    for (const [args, message] of complaints)
      expect(() => Reflect.apply(f, undefined, args)).toThrow(new TypeError(message))
  })

  it("counts in Python's plural", () => {
    const g = callable(signature('g', { a: optional(1) }), (a) => a)
    const h = callable(signature('h', { a: required<number>() }), (a) => a)
    expect(() => Reflect.apply(g, undefined, [1, 2])).toThrow(
      'g() takes from 0 to 1 positional arguments but 2 were given',
    )
    expect(() => Reflect.apply(h, undefined, [1, 2])).toThrow(
      'h() takes 1 positional argument but 2 were given',
    )
  })

  it('keeps keywords of the prototype out', () => {
    const options = Object.create({ b: 7 }) as object
    Object.setPrototypeOf(options, null)
    expect(Reflect.apply(f, undefined, [1, options])).toEqual([1, 2, 'c'])
    expect(() => Reflect.apply(f, undefined, [1, { constructor: 1 }])).toThrow(
      "unexpected keyword argument 'constructor'",
    )
  })

  it('takes another name in errors for parameters that several classes share', () => {
    const shared = signature('Base', { a: required<number>() })
    expect(shared.take([1], 'Derived')).toEqual({ a: 1 })
    expect(() => shared.take([1, 2], 'Derived')).toThrow(
      'Derived() takes 1 positional argument but 2 were given',
    )
    expect(() => shared.take([], 'Derived')).toThrow("Derived() missing 1 required positional argument: 'a'")
    expect(() => shared.take([{ b: 1 }], 'Derived')).toThrow(
      "Derived() got an unexpected keyword argument 'b'",
    )
  })

  it('names every missing argument', () => {
    const g = callable(
      signature('g', { a: required() }, { b: required() }, { c: required() }, { d: required_keyword() }),
      () => null,
    )
    expect(() => Reflect.apply(g, undefined, [])).toThrow(
      "g() missing 3 required positional arguments: 'a', 'b', and 'c'",
    )
    expect(() => Reflect.apply(g, undefined, [1, 2, 3])).toThrow(
      "g() missing 1 required keyword-only argument: 'd'",
    )
  })

  it('collects variadic arguments and keywords', () => {
    const g = callable(
      signature('g', { items: variadic<number>() }, { last: keyword(0) }, { rest: keywords<string>() }),
      (items, last, rest) => [items, last, rest],
    )
    expect(Reflect.apply(g, undefined, [1, 2, { last: 3, x: 'y' }])).toEqual([[1, 2], 3, { x: 'y' }])
    expect(g()).toEqual([[], 0, {}])
  })

  it('gives an empty object where no further keywords are given', () => {
    const g = callable(signature('g', { a: required<number>() }, { rest: keywords() }), (_, rest) => rest)
    expect(g(1)).toEqual({})
  })

  it('keeps positional-only parameters out of the keywords', () => {
    const g = callable(signature('g', { a: positional<number>() }), (a) => a)
    expect(g(1)).toBe(1)
    expect(() => Reflect.apply(g, undefined, [{ a: 1 }])).toThrow(
      "g() got some positional-only arguments passed as keyword arguments: 'a'",
    )
  })

  it('takes a plain object as the value of a parameter of objects', () => {
    const load = callable(
      signature(
        'load',
        { state: of_objects(required<Record<string, unknown>>()) },
        { strict: optional(true) },
      ),
      (state, strict) => [state, strict],
    )
    expect(load({ strict: 1 })).toEqual([{ strict: 1 }, true])
    expect(load({ x: 1 }, { strict: false })).toEqual([{ x: 1 }, false])
    expect(load({ state: {}, strict: false })).toEqual([{}, false])
    expect(() => Reflect.apply(load, undefined, [{ x: 1 }, { strikt: false }])).toThrow(
      "unexpected keyword argument 'strikt'; did you mean 'strict'?",
    )
  })

  it('complains about keywords before values', () => {
    const check = (value: unknown): number => {
      if (typeof value === 'number') return value
      throw new TypeError('no number')
    }
    const g = callable(signature('g', { a: required(check) }, { b: optional(2) }), (a) => a)
    expect(() => Reflect.apply(g, undefined, ['x', { c: 1 }])).toThrow("unexpected keyword argument 'c'")
    expect(() => Reflect.apply(g, undefined, ['x', { b: 1 }])).toThrow('no number')
  })

  it('gives an implementation its values by name', () => {
    const g = callable_by_name(
      signature('g', { a: required<number>() }, { b: optional(2) }, { c: keyword(3) }),
      ({ a, b, c }) => [a, b, c],
    )
    expect(g(1, { c: 4 })).toEqual([1, 2, 4])
    expect([g.name, g.length]).toEqual(['g', 1])
    expect(() => Reflect.apply(g, undefined, [])).toThrow("g() missing 1 required positional argument: 'a'")
  })

  it('takes an object for keywords where it names parameters and no value could be meant', () => {
    const save = callable(
      signature(
        'save',
        { obj: of_objects(required()) },
        { f: required() },
        { map: of_objects(optional({})) },
      ),
      (...values) => values,
    )
    expect(save({ a: 1 }, 'f')).toEqual([{ a: 1 }, 'f', {}])
    expect(save({ obj: { a: 1 }, f: 'f' })).toEqual([{ a: 1 }, 'f', {}])
    expect(save(1, 'f', { cpu: 'cuda' })).toEqual([1, 'f', { cpu: 'cuda' }])
    expect(() => Reflect.apply(save, undefined, [{ obj: 1, ff: 2 }])).toThrow(
      "save() got an unexpected keyword argument 'ff'; did you mean 'f'?",
    )
    expect(() => Reflect.apply(save, undefined, [{ a: 1 }])).toThrow(
      "save() missing 1 required positional argument: 'f'",
    )
    expect(() => Reflect.apply(save, undefined, [1, 'f', { obj: 1 }])).toThrow(
      "save() got multiple values for argument 'obj'",
    )
  })

  it('copies default arrays at each call', () => {
    const g = callable(signature('g', { a: optional([1, 2]) }), (a) => a)
    expect(g()).not.toBe(g())
  })

  it('suggests the name that PyTorch uses for a familiar one', () => {
    const adam = callable(signature('Adam', { params: required() }, { lr: optional(1) }), () => null)
    expect(() => Reflect.apply(adam, undefined, [1, { learning_rate: 1 }])).toThrow("did you mean 'lr'?")
  })
})

describe('methods', () => {
  class Point {
    x = 1
    move(by: number, scale = 2, extra: unknown = null): unknown {
      return [this.x + by * scale, extra]
    }
    load(state: object, strict = true): unknown {
      return [state, strict]
    }
    static {
      methods(Point, { move: 'by, scale?, *, extra?', load: 'state{}, strict?' })
    }
  }
  const move = (...args: unknown[]): unknown => Reflect.apply(new Point().move, new Point(), args)

  it('bind keywords and leave defaults to the method', () => {
    expect(move(1)).toEqual([3, null])
    expect(move(1, { scale: 5 })).toEqual([6, null])
    expect(move({ by: 2, extra: 'e' })).toEqual([5, 'e'])
    expect(new Point().load({ by: 1 })).toEqual([{ by: 1 }, true])
  })

  it("throw in Python's words", () => {
    expect(() => move(1, { scael: 5 })).toThrow(
      "move() got an unexpected keyword argument 'scael'; did you mean 'scale'?",
    )
    expect(() => move(1, 2, 3)).toThrow('move() takes from 1 to 2 positional arguments but 3 were given')
    expect(() => move()).toThrow("move() missing 1 required positional argument: 'by'")
  })

  it('refuse to wrap what is not a method', () => {
    expect(() => methods(Point, { nothing: 'a' })).toThrow('nothing is not a method of this class')
    expect(() => methods(Point, { move: 'a b' })).toThrow("'a b' is not a parameter")
  })
})
