import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows } from '../../helpers/rows.js'

const { scaled_grouped_mm, scaled_mm, ScalingType, SwizzleType } = nn.functional
const { RowWise, TensorWise, BlockWise1x32 } = ScalingType

const a = () => torch.randn(16, 32).to(torch.float8_e4m3fn)
const b = () => torch.randn(16, 32).to(torch.float8_e4m3fn).t()
const scale = () => torch.tensor(2)
const rows = (...size: number[]) => torch.rand(...size)

const PY = '*[torch.randn(16, 32).to(torch.float8_e4m3fn), torch.randn(16, 32).to(torch.float8_e4m3fn).t()]'
const S = 'F.ScalingType'

describe('nn.functional.scaled_mm', () => {
  compare_rows([
    {
      python: `F.scaled_mm(${PY}, torch.tensor(2.), ${S}.TensorWise, torch.tensor(2.), ${S}.TensorWise).float()`,
      ours: () => scaled_mm(a(), b(), scale(), TensorWise, scale(), TensorWise).float(),
    },
    {
      python: `F.scaled_mm(${PY}, [torch.tensor(2.)], [${S}.TensorWise], [torch.tensor(2.)], [${S}.TensorWise], swizzle_a=F.SwizzleType.NO_SWIZZLE, swizzle_b=[F.SwizzleType.NO_SWIZZLE], bias=torch.ones(16, dtype=torch.bfloat16), output_dtype=torch.float32, use_fast_accum=True)`,
      ours: () =>
        scaled_mm(a(), b(), [scale()], [TensorWise], [scale()], [TensorWise], {
          swizzle_a: SwizzleType.NO_SWIZZLE,
          swizzle_b: [SwizzleType.NO_SWIZZLE],
          bias: torch.ones(16, { dtype: torch.bfloat16 }),
          output_dtype: torch.float32,
          use_fast_accum: true,
        }),
    },
    {
      python: `F.scaled_mm(${PY}, torch.rand(16, 1), ${S}.RowWise, torch.rand(1, 16), ${S}.RowWise).float()`,
      ours: () => scaled_mm(a(), b(), rows(16, 1), RowWise, rows(1, 16), RowWise).float(),
    },
    {
      python: `F.scaled_mm(${PY}, torch.rand(3, 1), ${S}.RowWise, torch.rand(1, 16), ${S}.RowWise)`,
      ours: () => scaled_mm(a(), b(), rows(3, 1), RowWise, rows(1, 16), RowWise),
    },
    {
      python: `F.scaled_mm(${PY}, torch.rand(16, 1), ${S}.BlockWise1x32, torch.rand(1, 16), ${S}.BlockWise1x32)`,
      ours: () => scaled_mm(a(), b(), rows(16, 1), BlockWise1x32, rows(1, 16), BlockWise1x32),
    },
    {
      python:
        'F.scaled_mm(*[torch.ones(2, 2)] * 2, torch.ones(1), F.ScalingType.TensorWise, torch.ones(1), F.ScalingType.TensorWise)',
      ours: () =>
        scaled_mm(torch.ones(2, 2), torch.ones(2, 2), torch.ones(1), TensorWise, torch.ones(1), TensorWise),
    },
  ])

  it('refuses a recipe that is none by name', () => {
    expect(() => scaled_mm(a(), b(), scale(), 'row' as never, scale(), TensorWise)).toThrow(
      "scaled_mm(): argument 'scale_recipe_a' must be ScalingType or a list of them, not str",
    )
    const wrong = { swizzle_b: RowWise as never }
    expect(() => scaled_mm(a(), b(), scale(), TensorWise, scale(), TensorWise, wrong)).toThrow(
      "argument 'swizzle_b' must be SwizzleType or a list of them, not ScalingType",
    )
  })

  it('has the grouped product on a GPU only, as LibTorch', () => {
    expect(() => scaled_grouped_mm(a(), b(), scale(), TensorWise, scale(), TensorWise)).toThrow(
      "Could not run 'aten::_scaled_grouped_mm_v2' with arguments from the 'CPU' backend",
    )
  })

  it('prints recipes by name and number', () => {
    expect(String(RowWise)).toBe('ScalingType.RowWise')
    expect(Number(SwizzleType.SWIZZLE_32_4_4)).toBe(1)
  })
})
