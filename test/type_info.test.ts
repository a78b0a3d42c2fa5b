import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows, type Row } from './helpers/rows.js'

// dtypes by their names
const dtypes = { ...torch }

const floats = [
  ...(['float16', 'bfloat16', 'float32', 'float64', 'complex64', 'complex128'] as const),
  ...(['float8_e4m3fn', 'float8_e5m2', 'float8_e4m3fnuz', 'float8_e5m2fnuz', 'float8_e8m0fnu'] as const),
]
const integers = ['uint8', 'int8', 'int16', 'int32', 'int64', 'uint16', 'uint32', 'uint64'] as const
const fields = 'f.bits, f.eps, f.max, f.min, f.tiny, f.smallest_normal, f.resolution, f.dtype, str(f)'

describe('limits of dtypes', () => {
  compare_rows([
    ...floats.map(
      (name): Row => ({
        python: `(lambda f: [${fields}])(torch.finfo(torch.${name}))`,
        ours: () => {
          const f = torch.finfo(dtypes[name])
          return [f.bits, f.eps, f.max, f.min, f.tiny, f.smallest_normal, f.resolution, f.dtype, String(f)]
        },
      }),
    ),
    ...integers.map(
      (name): Row => ({
        python: `(lambda f: [f.bits, str(f.max), str(f.min), f.dtype, str(f)])(torch.iinfo(torch.${name}))`,
        ours: () => {
          const f = torch.iinfo(dtypes[name])
          return [f.bits, String(f.max), String(f.min), f.dtype, String(f)]
        },
      }),
    ),
    { python: 'str(torch.finfo())', ours: () => String(torch.finfo()) },
    { python: 'torch.finfo(torch.int8)', ours: () => torch.finfo(torch.int8) },
    { python: 'torch.iinfo(torch.float32)', ours: () => torch.iinfo(torch.float32) },
    { python: 'torch.iinfo(torch.bool)', ours: () => torch.iinfo(torch.bool) },
  ])

  it('refuse what is no dtype', () => {
    expect(() => torch.finfo('float32' as never)).toThrow(
      "finfo(): argument 'type' (position 1) must be torch.dtype, not string",
    )
    expectTypeOf(torch.finfo(torch.float32).eps).toBeNumber()
    expectTypeOf(torch.iinfo(torch.int8).max).toEqualTypeOf<number | bigint>()
  })
})
