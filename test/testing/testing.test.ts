import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const { assert_close, make_tensor } = torch.testing
type Options = torch.testing.AssertCloseOptions

// Errors whole: not only their first lines.
const PRELUDE = `
nan, inf = float('nan'), float('inf')
T = torch.tensor
def said(actual, expected, **options):
    try: torch.testing.assert_close(actual, expected, **options)
    except Exception as e: return type(e).__name__ + ': ' + str(e)
def made(*shape, **options):
    t = torch.testing.make_tensor(*shape, device='cpu', **options)
    return [t, list(t.stride()), t.storage_offset(), t.requires_grad]
`

function said(actual: unknown, expected: unknown, options?: Options): string | null {
  try {
    assert_close(actual, expected, options)
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  return null
}

const T = torch.tensor
// dtypes by the names that the cases give
const by_name = { ...torch }
const f64 = { dtype: torch.float64 }
const i64 = { dtype: torch.int64 }
const close: [python: string, actual: () => unknown, expected: () => unknown, options?: Options][] = [
  ['T([1., 2.]), T([1., 2.])', () => T([1, 2]), () => T([1, 2])],
  ['T([1., 2.]), T([1., 2.00001])', () => T([1, 2]), () => T([1, 2.00001])],
  ['T([1., 2., 3.]), T([1., 4., 5.])', () => T([1, 2, 3]), () => T([1, 4, 5])],
  [
    'T([[1., 2.], [3., 4.]]), T([[1., 2.], [3.5, 0.]])',
    () =>
      T([
        [1, 2],
        [3, 4],
      ]),
    () =>
      T([
        [1, 2],
        [3.5, 0],
      ]),
  ],
  ['T([1., nan]), T([1., nan])', () => T([1, Number.NaN]), () => T([1, Number.NaN])],
  [
    'T([1., nan]), T([1., nan]), equal_nan=True',
    () => T([1, Number.NaN]),
    () => T([1, Number.NaN]),
    { equal_nan: true },
  ],
  ['T([inf]), T([1.])', () => T([Number.POSITIVE_INFINITY]), () => T([1])],
  ['T(2.5), T(3.5)', () => T(2.5), () => T(3.5)],
  ['T(nan), T(1.)', () => T(Number.NaN), () => T(1)],
  ['T([1, 2, 3]), T([1, 5, 3])', () => T([1, 2, 3], i64), () => T([1, 5, 3], i64)],
  ['T(3), T(4)', () => T(3, i64), () => T(4, i64)],
  ['T([True, False]), T([True, True])', () => T([true, false]), () => T([true, true])],
  ['T(True), T(False)', () => T(true), () => T(false)],
  [
    'T([1.], dtype=torch.float64), T([1. + 1e-6], dtype=torch.float64)',
    () => T([1], f64),
    () => T([1 + 1e-6], f64),
  ],
  ['T([1.]).half(), T([1.01]).half()', () => T([1]).half(), () => T([1.01]).half()],
  ['T([1.]).bfloat16(), T([1.01]).bfloat16()', () => T([1]).bfloat16(), () => T([1.01]).bfloat16()],
  ['T([1.]), T([1.], dtype=torch.float64)', () => T([1]), () => T([1], f64)],
  [
    'T([1.]), T([1.], dtype=torch.float64), check_dtype=False',
    () => T([1]),
    () => T([1], f64),
    { check_dtype: false },
  ],
  ['T([1.]), T([1, 2])', () => T([1]), () => T([1, 2], i64)],
  [
    'torch.ones(2, 3).t(), torch.ones(3, 2), check_stride=True',
    () => torch.ones(2, 3).t(),
    () => torch.ones(3, 2),
    { check_stride: true },
  ],
  ['torch.ones(2, 3).t(), torch.ones(3, 2)', () => torch.ones(2, 3).t(), () => torch.ones(3, 2)],
  [
    "torch.ones(2, device='meta'), torch.ones(2)",
    () => torch.ones(2, { device: 'meta' }),
    () => torch.ones(2),
  ],
  [
    "torch.ones(2, device='meta'), torch.ones(2), check_device=False",
    () => torch.ones(2, { device: 'meta' }),
    () => torch.ones(2),
    { check_device: false },
  ],
  ['torch.eye(2).to_sparse(), torch.eye(2)', () => torch.eye(2).to_sparse(), () => torch.eye(2)],
  [
    'torch.eye(2).to_sparse(), 2 * torch.eye(2), check_layout=False',
    () => torch.eye(2).to_sparse(),
    () => torch.eye(2).mul(2),
    { check_layout: false },
  ],
  [
    'torch.eye(2).to_sparse(), torch.eye(2).mul(2).to_sparse()',
    () => torch.eye(2).to_sparse(),
    () => torch.eye(2).mul(2).to_sparse(),
  ],
  [
    'torch.eye(2).to_sparse(), torch.ones(2, 2).to_sparse()',
    () => torch.eye(2).to_sparse(),
    () => torch.ones(2, 2).to_sparse(),
  ],
  [
    'torch.eye(2).to_sparse_csr(), torch.eye(2).flip(0).to_sparse_csr()',
    () => torch.eye(2).to_sparse_csr(),
    () => torch.eye(2).flip(0).to_sparse_csr(),
  ],
  ['1.5, 2.5', () => 1.5, () => 2.5],
  ['1, 2', () => 1, () => 2],
  ['1.5, 0.0', () => 1.5, () => 0],
  ['1e-9, 1e-10, rtol=0, atol=0', () => 1e-9, () => 1e-10, { rtol: 0, atol: 0 }],
  ['1.5, 2.5, rtol=0.1', () => 1.5, () => 2.5, { rtol: 0.1 }],
  ['T([1.]), T([2.]), atol=0.1', () => T([1]), () => T([2]), { atol: 0.1 }],
  ['T([1.]), T([2.]), atol=1, rtol=0', () => T([1]), () => T([2]), { atol: 1, rtol: 0 }],
  ['T([1.]), T([2.5]), atol=1, rtol=0', () => T([1]), () => T([2.5]), { atol: 1, rtol: 0 }],
  ['True, False', () => true, () => false],
  ['None, None', () => null, () => null],
  ['None, 1', () => null, () => 1],
  ["'a', 'a'", () => 'a', () => 'a'],
  ['1, T(1)', () => 1, () => T(1, i64)],
  ['[1, 2], [1]', () => [1, 2], () => [1]],
  ['[T([1.]), [2, 3]], [T([1.]), [2, 4]]', () => [T([1]), [2, 3]], () => [T([1]), [2, 4]]],
  [
    "{'a': 1, 'b': [T([1.])]}, {'b': [T([2.])], 'a': 1}",
    () => ({ a: 1, b: [T([1])] }),
    () => ({ b: [T([2])], a: 1 }),
  ],
  ["{'a': 1, 'c': 2}, {'b': 1, 'd': 2, 'a': 1}", () => ({ a: 1, c: 2 }), () => ({ b: 1, d: 2, a: 1 })],
  ["[1, 'a'], [1, 2]", () => [1, 'a'], () => [1, 2]],
  ["T([1.]), T([2.]), msg='mine'", () => T([1]), () => T([2]), { msg: 'mine' }],
  [
    "[T([1.])], [T([2.])], msg=lambda m: 'A ' + m + ' B'",
    () => [T([1])],
    () => [T([2])],
    { msg: (m) => `A ${m} B` },
  ],
  [
    'torch.nn.Parameter(torch.ones(1)), torch.ones(1)',
    () => new torch.nn.Parameter(torch.ones(1)),
    () => torch.ones(1),
  ],
  [
    'torch.zeros(16), torch.ones(16) * (torch.arange(16) == 0)',
    () => torch.zeros(16),
    () => torch.ones(16).mul(torch.arange(16).eq(0)),
  ],
  [
    'torch.complex(T([1.]), T([1.])), torch.complex(T([1.]), T([2.]))',
    () => torch.complex(T([1]), T([1])),
    () => torch.complex(T([1]), T([2])),
  ],
  [
    'torch.complex(T(1.), T(1.)), torch.complex(T(1.), T(-2.5))',
    () => torch.complex(T(1), T(1)),
    () => torch.complex(T(1), T(-2.5)),
  ],
]

describe('assert_close', () => {
  compare_rows(
    close.map(
      ([python, actual, expected, options]): Row => ({
        python: `said(${python})`,
        ours: () => said(actual(), expected(), options),
      }),
    ),
    PRELUDE,
  )

  it('compares typed arrays, and Maps', () => {
    assert_close(new Float32Array([1, 2]), new Float32Array([1, 2]))
    expect(said(new Float32Array([1, 2]), new Float32Array([1, 3]))).toContain('1 / 2 (50.0%)')
    expect(said(new Map([['a', 1]]), new Map([['a', 2]]))).toContain("item ['a']")
  })
})

type Made = torch.testing.MakeTensorOptions
const made = (shape: number | number[], options: Made) => {
  const t = make_tensor(shape, options)
  return [t, t.stride(), t.storage_offset(), t.requires_grad]
}
const NAMES = [
  'bool',
  'uint8',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
] as const
const MORE = ['complex64', 'complex128', 'float8_e4m3fn', 'float8_e5m2'] as const

const creation: Row[] = [
  ...[...NAMES, ...MORE].map(
    (name): Row => ({
      python: `made(3, 5, dtype=torch.${name})`,
      ours: () => made([3, 5], { dtype: by_name[name] }),
    }),
  ),
  ...NAMES.flatMap((name): Row[] => [
    {
      python: `made((3, 4), dtype=torch.${name}, low=0, high=2, exclude_zero=True)`,
      ours: () => made([3, 4], { dtype: by_name[name], low: 0, high: 2, exclude_zero: true }),
    },
    {
      python: `made((3, 4), dtype=torch.${name}, noncontiguous=True)`,
      ours: () => made([3, 4], { dtype: by_name[name], noncontiguous: true }),
    },
    {
      python: `made((3, 4), dtype=torch.${name}, requires_grad=True)`,
      ours: () => made([3, 4], { dtype: by_name[name], requires_grad: true }),
    },
  ]),
  {
    python: 'made(4, dtype=torch.float32, low=-inf, high=inf)',
    ours: () => made(4, { dtype: torch.float32, low: -Infinity, high: Infinity }),
  },
  {
    python: 'made(4, dtype=torch.float32, low=2, high=1)',
    ours: () => made(4, { dtype: torch.float32, low: 2, high: 1 }),
  },
  {
    python: 'made(4, dtype=torch.uint8, low=300, high=400)',
    ours: () => made(4, { dtype: torch.uint8, low: 300, high: 400 }),
  },
  {
    python: 'made(4, dtype=torch.float32, low=nan)',
    ours: () => made(4, { dtype: torch.float32, low: Number.NaN }),
  },
  { python: 'made(4, dtype=torch.quint8)', ours: () => made(4, { dtype: torch.quint8 }) },
]

describe('make_tensor', () => {
  compare_rows(creation, PRELUDE)
})
