import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { afterAll, describe, expect, it } from 'vitest'
import { child_value } from '../hazards/child.js'
import { live_torch, run_python } from '../helpers/python.js'

const p = torch.tensor([0.1, 0.2, 0.3, 0.4])
// Each pair draws from the default generator; results are compared byte by byte, in this order.
const samplers: [python: string, ours: () => Tensor][] = [
  ['torch.rand(5)', () => torch.rand(5)],
  ['torch.rand(1000)', () => torch.rand(1000)],
  ['torch.randn(5)', () => torch.randn(5)],
  ['torch.randn(15)', () => torch.randn(15)],
  ['torch.randn(16)', () => torch.randn(16)],
  ['torch.randn(3, 257)', () => torch.randn(3, 257)],
  ['torch.randn(7, dtype=torch.float64)', () => torch.randn(7, { dtype: torch.float64 })],
  ['torch.rand(33, dtype=torch.float64)', () => torch.rand(33, { dtype: torch.float64 })],
  ['torch.randn(9, dtype=torch.bfloat16).float()', () => torch.randn(9, { dtype: torch.bfloat16 }).float()],
  ['torch.rand(9, dtype=torch.float16).float()', () => torch.rand(9, { dtype: torch.float16 }).float()],
  [
    'torch.view_as_real(torch.randn(4, dtype=torch.complex64))',
    () => torch.view_as_real(torch.randn(4, { dtype: torch.complex64 })),
  ],
  ['torch.randint(10, (5,))', () => torch.randint(10, [5])],
  ['torch.randint(-3, 10, (5, 2))', () => torch.randint(-3, 10, [5, 2])],
  ['torch.randint(0, 2**40, (5,))', () => torch.randint(0, 2 ** 40, [5])],
  ['torch.randint(0, 24, (1, 1))', () => torch.randint(0, 24, [1, 1])],
  ['torch.randperm(10)', () => torch.randperm(10)],
  ['torch.randperm(1000)', () => torch.randperm(1000)],
  ['torch.normal(2.0, 3.0, (4,))', () => torch.normal(2, 3, [4])],
  ['torch.normal(torch.zeros(3), torch.ones(3))', () => torch.normal(torch.zeros(3), torch.ones(3))],
  ['torch.bernoulli(torch.full((9,), 0.3))', () => torch.bernoulli(torch.full([9], 0.3))],
  ['torch.empty(9).bernoulli_(0.7)', () => torch.empty(9).bernoulli_(0.7)],
  ['torch.multinomial(torch.tensor([0.1, 0.2, 0.3, 0.4]), 3)', () => torch.multinomial(p, 3)],
  ['torch.multinomial(torch.tensor([0.1, 0.2, 0.3, 0.4]), 20, True)', () => torch.multinomial(p, 20, true)],
  ['torch.poisson(torch.full((6,), 4.0))', () => torch.poisson(torch.full([6], 4))],
  ['torch.empty(6).exponential_(2.0)', () => torch.empty(6).exponential_(2)],
  ['torch.empty(6).uniform_(-2, 5)', () => torch.empty(6).uniform_(-2, 5)],
  ['torch.empty(6).normal_(1, 0.5)', () => torch.empty(6).normal_(1, 0.5)],
  ['torch.empty(6).cauchy_()', () => torch.empty(6).cauchy_()],
  ['torch.empty(6).log_normal_()', () => torch.empty(6).log_normal_()],
  ['torch.empty(6).geometric_(0.3)', () => torch.empty(6).geometric_(0.3)],
  ['torch.empty(6).random_()', () => torch.empty(6).random_()],
  ['torch.empty(6).random_(3, 9)', () => torch.empty(6).random_(3, 9)],
  [
    'torch.empty(6, dtype=torch.int64).random_(100)',
    () => torch.empty([6], { dtype: torch.int64 }).random_(100),
  ],
  ['torch.rand_like(torch.ones(3))', () => torch.rand_like(torch.ones(3))],
  ['torch.randn_like(torch.ones(2, 2))', () => torch.randn_like(torch.ones(2, 2))],
  ['torch.randint_like(torch.ones(4), 7)', () => torch.randint_like(torch.ones(4), 7)],
  ['torch.dropout(torch.ones(20), 0.4, True)', () => torch.dropout(torch.ones(20), 0.4, true)],
  [
    'torch.binomial(torch.full((4,), 10.0), torch.full((4,), 0.4))',
    () => torch.binomial(torch.full([4], 10), torch.full([4], 0.4)),
  ],
  [
    'torch._standard_gamma(torch.full((4,), 2.0))',
    () => torch.ops['aten']!['_standard_gamma']!(torch.full([4], 2)),
  ],
  ['torch._sample_dirichlet(torch.ones(4))', () => torch.ops['aten']!['_sample_dirichlet']!(torch.ones(4))],
  [
    'torch.rrelu(torch.full((5,), -1.0), 0.1, 0.3, True)',
    () => torch.rrelu(torch.full([5], -1), 0.1, 0.3, true),
  ],
  ['torch.get_rng_state()', () => torch.get_rng_state()],
]

const bytes = (tensor: Tensor) =>
  Buffer.from(tensor.contiguous().typed_array({ copy: true }).buffer as ArrayBuffer).toString('hex')
const prelude = 'import json, torch\ndef hexed(t):\n    return t.contiguous().numpy().tobytes().hex()\n'

const threads = torch.get_num_threads()
afterAll(() => torch.set_num_threads(threads))

describe.skipIf(live_torch() === null)('random numbers, bit for bit as a live Python', () => {
  it.each([0, 1234, 2 ** 53 - 1, -7])('under the seed %d', (seed) => {
    const theirs = run_python(
      `${prelude}torch.manual_seed(${seed})\nprint(json.dumps([${samplers.map(([python]) => `hexed(${python})`).join(', ')}]))`,
    ) as string[]
    torch.manual_seed(seed)
    const ours = samplers.map(([python, draw]) => [python, bytes(draw())])
    expect(ours).toEqual(samplers.map(([python], i) => [python, theirs[i]]))
  })

  it.each([1, 2])('of large tensors with %d threads', (count) => {
    const theirs = run_python(
      `${prelude}torch.set_num_threads(${count})\ntorch.manual_seed(3)\nprint(json.dumps([hexed(torch.randn(100_003).sum()), hexed(torch.rand(100_003).sum()), hexed(torch.dropout(torch.ones(50_001), 0.5, True).sum())]))`,
    )
    torch.set_num_threads(count)
    torch.manual_seed(3)
    expect(
      [
        torch.randn(100_003).sum(),
        torch.rand(100_003).sum(),
        torch.dropout(torch.ones(50_001), 0.5, true).sum(),
      ].map(bytes),
    ).toEqual(theirs)
  })

  it('of Generators: seeds, states, copies', () => {
    const theirs = run_python(`${prelude}
g = torch.Generator().manual_seed(42)
a = torch.randn(3, generator=g)
state = g.get_state()
b = torch.rand(5, generator=g)
g.set_state(state)
c = torch.rand(5, generator=g)
h = g.clone_state()
d = torch.randperm(7, generator=h)
e = torch.randperm(7, generator=g)
big = torch.Generator().manual_seed(2**64 - 1)
print(json.dumps([hexed(t) for t in (a, b, c, d, e, g.get_state(), torch.rand(2, generator=big))] + [g.initial_seed(), torch.Generator().initial_seed()]))`) as unknown[]
    const g = new torch.Generator().manual_seed(42)
    const a = torch.randn(3, { generator: g })
    const state = g.get_state()
    const b = torch.rand(5, { generator: g })
    g.set_state(state)
    const c = torch.rand(5, { generator: g })
    const h = g.clone_state()
    const d = torch.randperm(7, { generator: h })
    const e = torch.randperm(7, { generator: g })
    const big = new torch.Generator().manual_seed(2n ** 64n - 1n)
    expect([
      ...[a, b, c, d, e, g.get_state(), torch.rand(2, { generator: big })].map(bytes),
      Number(g.initial_seed()),
      Number(new torch.Generator().initial_seed()),
    ]).toEqual(theirs)
  })

  it('of a worker’s own default generator', async () => {
    const theirs = run_python(
      `${prelude}torch.manual_seed(5)\nprint(json.dumps([torch.rand(4).tolist(), torch.randperm(6).tolist(), torch.dropout(torch.ones(6), 0.5, True).tolist(), torch.randn(20).tolist()]))`,
    )
    const ours = await child_value(`
      const worker = start_worker("torch.manual_seed(5); parentPort.postMessage([torch.rand(4).tolist(), torch.randperm(6).tolist(), torch.dropout(torch.ones(6), 0.5, true).tolist(), torch.randn(20).tolist()])")
      console.log(JSON.stringify(await message(worker)))`)
    expect(ours).toEqual(theirs)
  })

  it('after a state that Python gave', () => {
    const [state, drawn] = run_python(
      `${prelude}torch.manual_seed(9)\ntorch.randn(3)\ns = torch.get_rng_state()\nprint(json.dumps([s.tolist(), hexed(torch.randn(11))]))`,
    ) as [number[], string]
    torch.set_rng_state(torch.tensor(state, { dtype: torch.uint8 }))
    expect(bytes(torch.randn(11))).toBe(drawn)
  })
})
