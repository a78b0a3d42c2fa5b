import { describe, expect, it } from 'vitest'
import { add_indent, py_float, py_int, py_ints, py_repr, py_string } from '../../lib/nn/repr.js'
import { live_torch, run_python } from '../helpers/python.js'
import { make_random } from '../helpers/random.js'

describe('numbers as Python prints them', () => {
  it.each([
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [1e-4 / 3, '3.3333333333333335e-05'],
    [1, '1.0'],
    [-0, '-0.0'],
    [123456, '123456.0'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.5e300, '1.5e+300'],
    [-2.5, '-2.5'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, 'nan'],
  ])('the float %d', (value, text) => {
    expect(py_float(value)).toBe(text)
  })

  it.skipIf(!live_torch())('4,000 floats', () => {
    const random = make_random(1)
    const values = Array.from(
      { length: 4_000 },
      () => (random() - 0.5) * 10 ** Math.floor(random() * 60 - 30),
    )
    const python = run_python(
      'import json, sys; print(json.dumps([repr(float(v)) for v in json.loads(sys.argv[1])]))',
      [JSON.stringify(values)],
    )
    expect(values.map(py_float)).toEqual(python)
  })

  it('ints, tuples, texts', () => {
    expect(py_int(3)).toBe('3')
    expect(py_int(-0)).toBe('0')
    expect(py_int(3n)).toBe('3')
    expect(py_int(0.5)).toBe('0.5')
    expect(py_ints([3])).toBe('(3,)')
    expect(py_ints([3, 4])).toBe('(3, 4)')
    expect(py_string("it's")).toBe('"it\'s"')
    expect(py_string('a\\b\n')).toBe("'a\\\\b\\n'")
    expect(py_repr([null, true, 1, 'a'])).toBe("(None, True, 1, 'a')")
    expect(py_repr(1, true)).toBe('1.0')
  })

  it('indents all lines but the first', () => {
    expect(add_indent('a\nb\n\nc', 2)).toBe('a\n  b\n\n  c')
  })
})
