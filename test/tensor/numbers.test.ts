import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { DType, Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'

// number_table.json.gz is what Python's torch 2.13.0 answered: `python3 test/tensor/number_table.py` asks it.
interface Table {
  values: { int?: string; float?: string; bool?: boolean; complex?: [string, string] }[]
  outcomes: string[]
  rows: number[][]
  ways: Record<string, Record<string, number>>
}
const table = JSON.parse(
  gunzipSync(readFileSync(new URL('number_table.json.gz', import.meta.url))).toString(),
) as Table

const { Complex, FloatScalar } = { Complex: torch.complex_scalar, FloatScalar: torch.float_scalar }
type Value = number | bigint | boolean | ReturnType<typeof Complex> | ReturnType<typeof FloatScalar>
const float = (text: string) => Number(text.replace('inf', 'Infinity').replace('nan', 'NaN'))

/** Python's value: exactly, or as a plain number where one tells it from the others. */
function value_of(given: Table['values'][number], plain: boolean): Value {
  if (given.bool !== undefined) return given.bool
  if (given.complex !== undefined) return Complex(float(given.complex[0]), float(given.complex[1]))
  if (given.int !== undefined) {
    const number = Number(given.int)
    return plain && Number.isSafeInteger(number) ? number : BigInt(given.int)
  }
  const number = float(given.float!)
  return plain && !Number.isInteger(number) ? number : FloatScalar(number)
}

const zeros = (dtype: DType) => torch.zeros([1], { dtype })
const ones = (dtype: DType) => torch.ones([1], { dtype })
const [mask, place] = [torch.tensor([true]), torch.tensor([0n])]
const legacy: Record<string, (data: Value[]) => Tensor> = {
  ...{ float32: torch.FloatTensor, float64: torch.DoubleTensor, float16: torch.HalfTensor },
  ...{ bfloat16: torch.BFloat16Tensor, uint8: torch.ByteTensor, int8: torch.CharTensor },
  ...{ int16: torch.ShortTensor, int32: torch.IntTensor, int64: torch.LongTensor, bool: torch.BoolTensor },
}
const size_of = (value: Value) =>
  value instanceof torch.Complex ? Math.hypot(value.re, value.im) : Math.abs(Number(value))
const plus = (value: Value, more: number): Value => {
  if (typeof value === 'bigint') return value + BigInt(more)
  if (value instanceof torch.Complex) return Complex(value.re + more, value.im)
  return typeof value === 'object' ? FloatScalar(Number(value) + more) : Number(value) + more
}

const ways: Record<string, (value: never, dtype: DType) => Tensor> = {
  tensor: (v, dtype) => torch.tensor([v], { dtype }),
  scalar: (v, dtype) => torch.tensor(v, { dtype }),
  as_tensor: (v, dtype) => torch.as_tensor([v], { dtype }),
  asarray: (v, dtype) => torch.asarray([v], { dtype }),
  legacy: (v, dtype) => legacy[dtype.name]!([v]),
  new_tensor: (v, dtype) => zeros(dtype).new_tensor([v]),
  full: (v, dtype) => torch.full([1], v, { dtype }),
  full_like: (v, dtype) => torch.full_like(zeros(dtype), v),
  new_full: (v, dtype) => zeros(dtype).new_full([1], v),
  scalar_tensor: (v, dtype) => torch.scalar_tensor(v, { dtype }),
  linspace: (v, dtype) => torch.linspace(v, v, 2, { dtype }),
  fill_: (v, dtype) => zeros(dtype).fill_(v),
  fill_diagonal_: (v, dtype) => zeros(dtype).reshape(1, 1).fill_diagonal_(v),
  constant_pad_nd: (v, dtype) => torch.constant_pad_nd(zeros(dtype).at(':0'), [1, 0], v),
  set_element: (v, dtype) => zeros(dtype).set_at(0, v),
  set_slice: (v, dtype) => zeros(dtype).set_at('0:1', v),
  set_places: (v, dtype) => zeros(dtype).set_at(place, v),
  set_mask: (v, dtype) => zeros(dtype).set_at(mask, v),
  masked_fill: (v, dtype) => zeros(dtype).masked_fill(mask, v),
  masked_fill_: (v, dtype) => zeros(dtype).masked_fill_(mask, v),
  index_fill: (v, dtype) => zeros(dtype).index_fill(0, place, v),
  scatter: (v, dtype) => zeros(dtype).scatter(0, place, v),
  where: (v, dtype) => torch.where(mask, v, zeros(dtype)),
  add: (v, dtype) => zeros(dtype).add(v),
  add_: (v, dtype) => zeros(dtype).add_(v),
  sub: (v, dtype) => zeros(dtype).sub(v),
  mul: (v, dtype) => ones(dtype).mul(v),
  eq: (v, dtype) => zeros(dtype).eq(v),
  gt: (v, dtype) => zeros(dtype).gt(v),
  clamp_min: (v, dtype) => zeros(dtype).clamp({ min: v }),
  clamp_max: (v, dtype) => zeros(dtype).clamp({ max: v }),
  bitwise_and: (v, dtype) => ones(dtype).bitwise_and(v),
  remainder: (v, dtype) => ones(dtype).remainder(v),
  floor_divide: (v, dtype) => ones(dtype).floor_divide(v),
  pow: (v, dtype) => ones(dtype).pow(v),
  arange: (v, dtype) => torch.arange(v, size_of(v) < 1e6 ? (plus(v, 2) as never) : v, { dtype }),
}

function outcome(make: () => Tensor): string {
  try {
    const made = make().contiguous().reshape(-1)
    const raw = made.dtype === torch.bool ? made.to(torch.uint8) : made.view(torch.uint8)
    return `${made.dtype.name} ${Buffer.from(raw.typed_array({ copy: true }) as Uint8Array).toString('hex')}`
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message.split('\n')[0]}`
  }
}

/** A bigint beyond int64 is refused by operators as an argument, before Python's scalars would refuse it. */
const same_refusal = (ours: string, python: string) =>
  ours === python ||
  (/^TypeError: \w+\(\): Overflow when unpacking long long$/.test(ours) && /^OverflowError: /.test(python))

describe.each([
  ['exactly', false],
  ['as plain numbers', true],
])('Numbers given %s', (_, plain) => {
  it.each(Object.keys(table.ways))('%s gives and refuses what Python does, for every dtype', (way) => {
    const wrong: string[] = []
    let compared = 0
    for (const [name, row] of Object.entries(table.ways[way]!)) {
      table.values.forEach((given, i) => {
        const python = table.outcomes[table.rows[row]![i]!]!
        const value = value_of(given, plain) as never
        const ours = outcome(() => ways[way]!(value, (torch as unknown as Record<string, DType>)[name]!))
        compared += 1
        if (!same_refusal(ours, python))
          wrong.push(`${name} ${JSON.stringify(given)}: ${ours}, in Python ${python}`)
      })
    }
    expect(wrong.slice(0, 12)).toEqual([])
    expect(compared).toBe(Object.keys(table.ways[way]!).length * table.values.length)
  })
})

describe('Numbers that JavaScript has and Python has not', () => {
  const error = (name: string, message: string) => expect.objectContaining({ name, message })

  it('2^63 as a float, which wraps in Python, is refused', () => {
    const refusal = error('RuntimeError', 'value cannot be converted to type int64 without overflow')
    for (const value of [2 ** 63, torch.float_scalar(2 ** 63)])
      expect(() => torch.tensor([value], { dtype: torch.int64 })).toThrow(refusal)
    expect(
      torch
        .tensor([-(2 ** 63)], { dtype: torch.int64 })
        .at(0)
        .item_bigint(),
    ).toBe(-(2n ** 63n))
  })

  it('a bigint beyond every float is refused as one', () => {
    for (const dtype of [torch.float32, torch.float64, torch.float16, torch.complex64])
      expect(() => torch.tensor([10n ** 400n], { dtype })).toThrow(
        error('OverflowError', 'int too large to convert to float'),
      )
    expect(torch.tensor([10n ** 400n], { dtype: torch.bool }).tolist()).toEqual([true])
    expect(() => torch.tensor([2n ** 63n])).toThrow(error('ValueError', 'Overflow when unpacking long long'))
  })

  it('tensors of one element among numbers keep their kind', () => {
    expect(torch.tensor([torch.tensor(1n), torch.tensor(2n)]).dtype).toBe(torch.int64)
    expect(
      torch
        .tensor([torch.tensor(2n ** 62n + 1n)])
        .at(0)
        .item_bigint(),
    ).toBe(2n ** 62n + 1n)
    expect(() => torch.tensor([torch.tensor(300n)], { dtype: torch.uint8 })).toThrow(/without overflow/)
    expect(() => torch.tensor([torch.tensor(1.5)], { dtype: torch.int64 })).toThrow(
      error('TypeError', 'only integer tensors of a single element can be converted to an index'),
    )
  })

  it('a typed array and a tensor are cast, and wrap as in Python', () => {
    expect(torch.tensor(Float32Array.of(300), { dtype: torch.uint8 }).tolist()).toEqual([44])
    expect(torch.tensor(torch.tensor([300]), { dtype: torch.uint8 }).tolist()).toEqual([44])
  })

  it('dtypes without elements of their own are refused', () => {
    for (const dtype of [torch.uint1, torch.qint8])
      expect(() => torch.tensor([1], { dtype })).toThrow(error('RuntimeError', 'store_scalar: invalid type'))
  })
})
