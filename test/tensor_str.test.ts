import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { afterEach, describe, expect, it } from 'vitest'
import { live_torch, run_python } from './helpers/python.js'

// dtypes by the names that the cases give
const by_name = { ...torch }

const golden = new URL('golden/conformance/', import.meta.url)

interface Recorded {
  name: string
  value: { t: { dtype: string; shape: number[]; at: number; bytes: number; grad?: boolean } }
  repr: string
}

const recorded = gunzipSync(readFileSync(new URL('printing.jsonl.gz', golden)))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)
const bytes = readFileSync(new URL('printing.bin', golden))

function tensor_of({ value: { t } }: Recorded): torch.Tensor {
  const part = new Uint8Array(bytes.subarray(t.at, t.at + t.bytes))
  const dtype = by_name[t.dtype as 'float32']
  const flat = part.length === 0 ? torch.empty([0], { dtype }) : torch.tensor(part).view(dtype)
  const x = flat.reshape(t.shape)
  return t.grad ? x.requires_grad_() : x
}

// Each line is Python; what it prints is expected of the function beside it.
const LIVE: [python: string, ours: () => torch.Tensor][] = [
  ['torch.tensor([0.03125, 0.15625, 2.5])', () => torch.tensor([0.03125, 0.15625, 2.5])],
  ['torch.tensor([100005., 0.5])', () => torch.tensor([100005, 0.5])],
  ['torch.tensor([1e23, 1.0], dtype=torch.float64)', () => torch.tensor([1e23, 1], { dtype: torch.float64 })],
  [
    'torch.tensor([0.5, float("nan"), -float("inf")])',
    () => torch.tensor([0.5, Number.NaN, Number.NEGATIVE_INFINITY]),
  ],
  ['torch.tensor([1e10, float("nan")])', () => torch.tensor([1e10, Number.NaN])],
  ['torch.tensor([2**62, -5])', () => torch.tensor([2n ** 62n, -5n])],
  [
    'torch.tensor([1+0j, complex(-0., float("nan"))])',
    () => torch.complex(torch.tensor([1, -0]), torch.tensor([0, Number.NaN])),
  ],
  [
    'torch.arange(6).reshape(2, 3).to(torch.complex128).conj()',
    () => torch.arange(6).reshape(2, 3).to(torch.complex128).conj(),
  ],
  [
    'torch.tensor([0.1, 1000.]).to(torch.float8_e4m3fn)',
    () => torch.tensor([0.1, 1000]).to(torch.float8_e4m3fn),
  ],
  ['torch.tensor([1.5]).to(torch.float8_e8m0fnu)', () => torch.tensor([1.5]).to(torch.float8_e8m0fnu)],
  ['torch.tensor([7, 65535], dtype=torch.uint16)', () => torch.tensor([7, 65535], { dtype: torch.uint16 })],
  ['torch.zeros(2, 0, 3, dtype=torch.bool)', () => torch.zeros(2, 0, 3, { dtype: torch.bool })],
  ['torch.zeros(3, 0)[0]', () => torch.zeros(3, 0).at(0)],
  ['torch.empty(2, 3, device="meta")', () => torch.empty(2, 3, { device: 'meta' })],
  [
    'torch.empty(2, 3, device="meta", dtype=torch.int64, requires_grad=False)',
    () => torch.empty(2, 3, { device: 'meta', dtype: torch.int64 }),
  ],
  ['torch.ones(2, requires_grad=True) * 2', () => torch.ones(2, { requires_grad: true }).mul(2)],
  ['torch.ones(2, 2, requires_grad=True)[0]', () => torch.ones(2, 2, { requires_grad: true }).at(0)],
  [
    'torch.ones(2, requires_grad=True).clone().fill_(3)',
    () => torch.ones(2, { requires_grad: true }).clone().fill_(3),
  ],
  ['torch.zeros(40, requires_grad=True).sum()', () => torch.zeros(40, { requires_grad: true }).sum()],
  ['torch.eye(3).to_sparse()', () => torch.eye(3).to_sparse()],
  [
    'torch.zeros(2, 3, dtype=torch.float64).to_sparse()',
    () => torch.zeros(2, 3, { dtype: torch.float64 }).to_sparse(),
  ],
  ['torch.eye(3).to_sparse_csr()', () => torch.eye(3).to_sparse_csr()],
  ['torch.eye(3).to_sparse_csc()', () => torch.eye(3).to_sparse_csc()],
  ['torch.eye(4).to_sparse_bsr((2, 2))', () => torch.eye(4).to_sparse_bsr([2, 2])],
  [
    'torch.arange(1200.).reshape(3, 20, 20)',
    () => torch.arange(1200, { dtype: torch.float32 }).reshape(3, 20, 20),
  ],
  ['torch.arange(2000).reshape(2000, 1)', () => torch.arange(2000).reshape(2000, 1)],
  [
    'torch.arange(2002).reshape(7, 286).to(torch.complex64)',
    () => torch.arange(2002).reshape(7, 286).to(torch.complex64),
  ],
  [
    'torch.quantize_per_tensor(torch.tensor([0.5, 1.0]), 0.1, 10, torch.quint8)',
    () => torch.quantize_per_tensor(torch.tensor([0.5, 1]), 0.1, 10, torch.quint8),
  ],
  [
    'torch.quantize_per_channel(torch.ones(2, 2), torch.tensor([0.1, 0.2]), torch.tensor([0, 1]), 0, torch.qint8)',
    () =>
      torch.quantize_per_channel(
        torch.ones(2, 2),
        torch.tensor([0.1, 0.2]),
        torch.tensor([0n, 1n]),
        0,
        torch.qint8,
      ),
  ],
  [
    'torch._nested_tensor_from_tensor_list([torch.ones(2), torch.zeros(3)])',
    () => torch.ops.aten!._nested_tensor_from_tensor_list!([torch.ones(2), torch.zeros(3)]) as torch.Tensor,
  ],
  ['torch._efficientzerotensor((2, 2))', () => torch.ops.aten!._efficientzerotensor!([2, 2]) as torch.Tensor],
  ['nn.Parameter(torch.ones(2))', () => new nn.Parameter(torch.ones(2))],
  [
    'nn.Parameter(torch.ones(2, dtype=torch.float64), requires_grad=False)',
    () => new nn.Parameter(torch.ones(2, { dtype: torch.float64 }), false),
  ],
]

const OPTIONS: torch.SetPrintOptions[] = [
  { precision: 0 },
  { precision: 10 },
  { profile: 'short' },
  { profile: 'full' },
  { sci_mode: true },
  { sci_mode: false },
  { edgeitems: 0, threshold: 1 },
  { edgeitems: 1, threshold: 5 },
  { linewidth: 30 },
  { linewidth: 1 },
]

const PYTHON = `
import json, sys, torch
from torch import nn
expressions, options = json.loads(sys.argv[1])
values = [eval(e) for e in expressions]
answers = [[repr(v) for v in values]]
for option in options:
    torch.set_printoptions(**option)
    answers.append([repr(v) for v in values])
    torch.set_printoptions(profile='default')
print(json.dumps(answers))
`

afterEach(() => torch.set_printoptions({ profile: 'default' }))

describe('String(tensor)', () => {
  it.each(recorded.map((one) => [one.name, one] as const))('is what PyTorch prints: %s', (_name, one) => {
    expect(String(tensor_of(one))).toBe(one.repr)
  })

  it.skipIf(live_torch() === null)('is what a live Python prints, with every option', () => {
    const answers = run_python(PYTHON, [
      JSON.stringify([LIVE.map(([python]) => python), OPTIONS]),
    ]) as string[][]
    const ours = [undefined, ...OPTIONS].map((option) => {
      if (option !== undefined) torch.set_printoptions(option)
      const texts = LIVE.map(([, make]) => String(make()))
      torch.set_printoptions({ profile: 'default' })
      return texts
    })
    expect(ours).toEqual(answers)
  })

  it('is what console.log shows', async () => {
    const { inspect } = await import('node:util')
    expect(inspect(torch.tensor([1, 2]))).toBe('tensor([1., 2.])')
    expect(inspect(new nn.Parameter(torch.ones(1)))).toBe(
      'Parameter containing:\ntensor([1.], requires_grad=True)',
    )
  })

  it('names the class of a tensor of a class of its own', () => {
    expect(String(new nn.Buffer(torch.ones(1)))).toBe('tensor([1.])')
  })

  it('leaves the graph alone', () => {
    const x = torch.ones(3, { requires_grad: true })
    const y = x.mul(2)
    String(y)
    y.sum().backward()
    expect(x.grad?.tolist()).toEqual([2, 2, 2])
  })
})

describe('set_printoptions', () => {
  it('keeps what is not given, but for sci_mode', () => {
    torch.set_printoptions({ precision: 2, sci_mode: true })
    torch.set_printoptions({ edgeitems: 5 })
    expect(torch.get_printoptions()).toEqual({
      precision: 2,
      threshold: 1000,
      edgeitems: 5,
      linewidth: 80,
      sci_mode: null,
    })
    torch.set_printoptions(3)
    expect(torch.get_printoptions().precision).toBe(3)
  })

  it('names the closest of misspelt options', () => {
    expect(() => torch.set_printoptions({ precison: 2 } as never)).toThrow(
      "set_printoptions() got an unexpected keyword argument 'precison'; did you mean 'precision'?",
    )
  })
})
