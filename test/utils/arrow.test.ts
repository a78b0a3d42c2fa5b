import * as arrow from 'apache-arrow'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

const { arrow_mask, from_arrow, to_arrow } = torch.utils.arrow

describe('from_arrow', () => {
  it('is over the column’s memory', () => {
    const values = Float32Array.of(1, 2, 3)
    const vector = arrow.makeVector(values)
    const x = from_arrow(vector)
    expectTypeOf(x).toEqualTypeOf<torch.Tensor>()
    expect([x.dtype, x.tolist()]).toEqual([torch.float32, [1, 2, 3]])
    x.at(1).fill_(7)
    expect([values[1], vector.get(1)]).toEqual([7, 7])
    const part = from_arrow(vector.slice(1))
    expect([part.tolist(), part.data_ptr()]).toEqual([[7, 3], x.data_ptr() + 4])
  })

  it.each([
    [new arrow.Int8(), Int8Array, torch.int8],
    [new arrow.Int16(), Int16Array, torch.int16],
    [new arrow.Int32(), Int32Array, torch.int32],
    [new arrow.Uint8(), Uint8Array, torch.uint8],
    [new arrow.Uint16(), Uint16Array, torch.uint16],
    [new arrow.Uint32(), Uint32Array, torch.uint32],
    [new arrow.Float32(), Float32Array, torch.float32],
    [new arrow.Float64(), Float64Array, torch.float64],
  ] as const)('reads %s', (type, Values, dtype) => {
    const vector = arrow.makeVector({ type, data: Values.of(1, 2, 3), length: 3 } as never)
    const x = from_arrow(vector)
    expect([x.dtype, x.tolist()]).toEqual([dtype, [1, 2, 3]])
  })

  it('reads numbers of 64 bits, halves, dates, times and bytes', () => {
    const long = BigInt64Array.of(1n, -2n)
    for (const type of [
      new arrow.Int64(),
      new arrow.TimestampMillisecond(),
      new arrow.TimeNanosecond(),
      new arrow.DurationSecond(),
    ]) {
      const x = from_arrow(
        new arrow.Vector([arrow.makeData({ type, data: long, length: 2 } as never)]) as never,
      ) as torch.Tensor
      expect([String(type), x.dtype, x.tolist()]).toEqual([String(type), torch.int64, [1, -2]])
    }
    expect(from_arrow(arrow.makeVector(BigUint64Array.of(3n))).dtype).toBe(torch.uint64)
    const halves = arrow.vectorFromArray([0.5, 2], new arrow.Float16())
    expect([from_arrow(halves).dtype, from_arrow(halves).tolist()]).toEqual([torch.float16, [0.5, 2]])
    const days = arrow.vectorFromArray([new Date(86_400_000)], new arrow.DateDay())
    expect([from_arrow(days).dtype, from_arrow(days).tolist()]).toEqual([torch.int32, [1]])
    const bytes = arrow.vectorFromArray(
      [Uint8Array.of(1, 2), Uint8Array.of(3, 4)],
      new arrow.FixedSizeBinary(2),
    )
    expect(from_arrow(bytes).tolist()).toEqual([[1, 2], [3, 4]]) // biome-ignore format: rows
  })

  it('unpacks booleans, from any place on', () => {
    const flags = Array.from({ length: 21 }, (_, i) => i % 3 === 0)
    const vector = arrow.vectorFromArray(flags, new arrow.Bool())
    expect(from_arrow(vector).dtype).toBe(torch.bool)
    expect(from_arrow(vector).tolist()).toEqual(flags)
    expect(from_arrow(vector.slice(5, 18)).tolist()).toEqual(flags.slice(5, 18))
  })

  it('joins chunks, and takes columns without any', () => {
    const vector = arrow.makeVector(Int32Array.of(1, 2)).concat(arrow.makeVector(Int32Array.of(3)))
    expect(vector.data.length).toBe(2)
    expect(from_arrow(vector).tolist()).toEqual([1, 2, 3])
    const none = new arrow.Vector([arrow.makeData({ type: new arrow.Float64(), length: 0 })])
    expect([from_arrow(none).shape, from_arrow(none).dtype]).toEqual([[0], torch.float64])
  })

  it('makes lists of a fixed size further dimensions', () => {
    const type = new arrow.FixedSizeList(2, new arrow.Field('item', new arrow.Float32()))
    const rows = [[1, 2], [3, 4], [5, 6]] // biome-ignore format: rows
    const vector = arrow.vectorFromArray(rows, type)
    const x = from_arrow(vector)
    expect([x.shape, x.tolist()]).toEqual([[3, 2], rows])
    expect(from_arrow(vector.slice(1)).tolist()).toEqual(rows.slice(1))
  })

  it('refuses what is not there, or makes it NaN, or says where it is', () => {
    const vector = arrow.vectorFromArray([1, null, 3], new arrow.Float32())
    expect(() => from_arrow(vector)).toThrow(
      "from_arrow(): 1 elements are null: give nulls: 'nan', or nulls: 'ignore' and take arrow_mask()",
    )
    expect(from_arrow(vector, { nulls: 'nan' }).tolist()).toEqual([1, Number.NaN, 3])
    expect(arrow_mask(vector).tolist()).toEqual([true, false, true])
    expect(arrow_mask(vector.slice(1)).tolist()).toEqual([false, true])
    expect(from_arrow(vector, { nulls: 'ignore' }).at('::2').tolist()).toEqual([1, 3])
    const whole = arrow.vectorFromArray([1, null], new arrow.Int32())
    expect(() => from_arrow(whole, { nulls: 'nan' })).toThrow('1 elements are null, and Int32 has no NaN')
    const type = new arrow.FixedSizeList(2, new arrow.Field('item', new arrow.Float32()))
    const lists = arrow.vectorFromArray([[1, 2], null], type)
    expect(from_arrow(lists, { nulls: 'nan' }).tolist()).toEqual([
      [1, 2],
      [Number.NaN, Number.NaN],
    ])
  })

  it('gives a table’s columns by name, and fixed-shape tensors their shape', () => {
    const table = new arrow.Table({
      a: arrow.makeVector(Int32Array.of(1, 2)),
      b: arrow.makeVector(Float64Array.of(3, 4)),
    })
    const { a, b } = from_arrow(table)
    expect([a!.tolist(), b!.tolist()]).toEqual([[1, 2], [3, 4]]) // biome-ignore format: rows
    const type = new arrow.FixedSizeList(6, new arrow.Field('item', new arrow.Float32()))
    const vector = arrow.vectorFromArray([[0, 1, 2, 3, 4, 5]], type)
    const field = new arrow.Field(
      't',
      type,
      false,
      new Map([
        ['ARROW:extension:name', 'arrow.fixed_shape_tensor'],
        ['ARROW:extension:metadata', '{"shape":[2,3],"permutation":[1,0]}'],
      ]),
    )
    const x = from_arrow(vector, { field })
    expect([x.shape, x.at(0).tolist()]).toEqual([[1, 3, 2], [[0, 3], [1, 4], [2, 5]]]) // biome-ignore format: rows
  })

  it('refuses texts, structures and what is no column', () => {
    expect(() => from_arrow(arrow.vectorFromArray(['a'], new arrow.Utf8()))).toThrow(
      'from_arrow(): a column of Utf8 is no tensor',
    )
    expect(() => from_arrow([1, 2] as never)).toThrow(
      "from_arrow(): argument 'source' must be a Vector or a Table of apache-arrow, not array",
    )
    expect(() => from_arrow(arrow.makeVector(Int8Array.of(1)), { nulls: 'zero' as 'nan' })).toThrow(
      "argument 'nulls' must be 'refuse', 'nan' or 'ignore', not 'zero'",
    )
    expect(() => arrow_mask(3 as never)).toThrow(
      "arrow_mask(): argument 'vector' must be a Vector of apache-arrow, not number",
    )
  })
})

describe('to_arrow', () => {
  it('is over the tensor’s memory', () => {
    const x = torch.tensor([1, 2, 3])
    const vector = to_arrow(x, arrow)
    expect(vector).toBeInstanceOf(arrow.Vector)
    x.at(0).fill_(9)
    expect([...vector]).toEqual([9, 2, 3])
    expect(from_arrow(vector).data_ptr()).toBe(x.data_ptr())
  })

  it.each([
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint8,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.float16,
    torch.float32,
    torch.float64,
    torch.bool,
  ])('goes there and back as %s', (dtype) => {
    for (const shape of [[5], [3, 2], [2, 3, 4], [0], [0, 3]]) {
      const x = torch
        .arange(shape.reduce((all, size) => all * size, 1))
        .reshape(shape)
        .remainder(2)
        .to(dtype)
      const y = from_arrow(to_arrow(x, arrow))
      expect([y.dtype, y.shape, y.tolist()]).toEqual([x.dtype, x.shape, x.tolist()])
    }
  })

  it('goes through Arrow’s own format', () => {
    const x = torch.randn(4, 3)
    const table = new arrow.Table({ x: to_arrow(x, arrow), flag: to_arrow(torch.ones(4).gt(0), arrow) })
    const read = arrow.tableFromIPC(arrow.tableToIPC(table, 'stream'))
    const found = from_arrow(read)
    expect(torch.equal(found['x']!, x)).toBe(true)
    expect(found['flag']!.tolist()).toEqual([true, true, true, true])
  })

  it('copies what is not contiguous, and drops the past', () => {
    const x = torch.ones([2, 3], { requires_grad: true })
    const vector = to_arrow(x.t(), arrow)
    expect([vector.length, String(vector.type)]).toEqual([3, 'FixedSizeList[2]<Float32>'])
  })

  it('refuses what Arrow has not', () => {
    expect(() => to_arrow(torch.ones(1).to(torch.bfloat16), arrow)).toThrow(
      'to_arrow(): Arrow has no torch.bfloat16',
    )
    expect(() => to_arrow(torch.tensor(1), arrow)).toThrow('a column needs a dimension')
    expect(() => to_arrow(torch.eye(2).to_sparse(), arrow)).toThrow('needs a strided tensor')
    expect(() => to_arrow(3 as never, arrow)).toThrow("argument 'tensor' must be Tensor, not number")
    expect(() => to_arrow(torch.ones(1), {} as never)).toThrow(
      "argument 'arrow' must be the module apache-arrow, not Object",
    )
  })
})

describe('a damaged column', () => {
  const column = (of: object) =>
    ({ type: new arrow.Int32(), length: 4, data: [{ type: new arrow.Int32(), length: 4, offset: 0, nullCount: 0, nullBitmap: null, values: undefined, children: [], ...of }] }) as never // biome-ignore format: one object

  it('is refused where it has fewer elements than it says: what is behind it is not its own', () => {
    const memory = Int32Array.of(1, 2, 3, 4)
    expect(() => from_arrow(column({ values: memory.subarray(0, 2) }))).toThrow(
      'a column of Int32 and 4 elements takes 16 bytes, and has 8: it is damaged',
    )
    expect(() => from_arrow(column({}))).toThrow('takes 16 bytes, and has 0')
    const bools = { type: new arrow.Bool(), length: 20, values: Uint8Array.of(255, 255) }
    expect(() => from_arrow(column(bools))).toThrow('takes 3 bytes, and has 2')
    const few = { values: new Int32Array(20), length: 20, nullCount: 1, nullBitmap: Uint8Array.of(1) }
    expect(() => arrow_mask(column(few))).toThrow('a column of validity bits and 20 elements takes 3 bytes')
  })

  it('may lack the elements where all are null', () => {
    const all = { nullCount: 4, nullBitmap: Uint8Array.of(0) }
    expect(from_arrow(column(all), { nulls: 'ignore' }).tolist()).toEqual([0, 0, 0, 0])
  })

  it.each([
    ['{', 'are no JSON'],
    ['null', 'is a fixed-shape tensor without a shape'],
    ['{"shape":["a"]}', 'is a fixed-shape tensor without a shape'],
    ['{"shape":[2],"permutation":{}}', 'has a permutation that is no list of places'],
  ])('is refused with the metadata %s', (text, message) => {
    const metadata = new Map([
      ['ARROW:extension:name', 'arrow.fixed_shape_tensor'],
      ['ARROW:extension:metadata', text],
    ])
    const field = { name: 'x', metadata }
    expect(() => from_arrow(arrow.makeVector(Float32Array.of(1, 2)), { field })).toThrow(message)
  })
})
