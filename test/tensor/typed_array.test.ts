import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows, type Row } from '../helpers/rows.js'

const PRELUDE = `
pairs = torch.tensor([1 + 2j, 3 - 4j])
tracked = torch.ones(2, requires_grad=True)
def untracked(call):
    with torch.no_grad(): return call()
`
const pairs = torch.complex(torch.tensor([1, 3]), torch.tensor([2, -4]))
const tracked = torch.ones(2, { requires_grad: true })

const tensors: [python: string, ours: () => Tensor][] = [
  ['torch.arange(3.)', () => torch.arange(3).float()],
  ['torch.arange(6.).reshape(2, 3).t()', () => torch.arange(6).float().reshape(2, 3).t()],
  ['torch.ones([]).expand(3)', () => torch.ones([]).expand(3)],
  ['torch.ones(0, 3)', () => torch.ones(0, 3)],
  ['torch.ones(2).to_sparse()', () => torch.ones(2).to_sparse()],
  ['torch.eye(2).to_sparse_csr()', () => torch.eye(2).to_sparse_csr()],
  ['torch.eye(2).to_sparse_csc()', () => torch.eye(2).to_sparse_csc()],
  ['torch.eye(2).to_sparse_bsr((1, 1))', () => torch.eye(2).to_sparse_bsr([1, 1])],
  ['torch.ones(2).to_mkldnn()', () => torch.ones(2).to_mkldnn()],
  ["torch.ones(2, device='meta')", () => torch.ones(2, { device: 'meta' })],
  [
    "torch.ones(2, device='meta', requires_grad=True)",
    () => torch.ones(2, { device: 'meta', requires_grad: true }),
  ],
  ['tracked', () => tracked],
  ['tracked.to_sparse()', () => tracked.to_sparse()],
  ['tracked.mul(2)', () => tracked.mul(2)],
  ['pairs.conj().imag', () => pairs.conj().imag],
]

const calls: [python: (x: string) => string, ours: (x: Tensor) => unknown][] = [
  [(x) => `${x}.numpy().flatten().tolist()`, (x) => [...x.numpy()]],
  [(x) => `${x}.detach().numpy().flatten().tolist()`, (x) => [...x.detach().numpy()]],
  [(x) => `untracked(lambda: ${x}.numpy().flatten().tolist())`, (x) => torch.no_grad(() => [...x.numpy()])],
  [(x) => `${x}.numpy(force=True).flatten().tolist()`, (x) => [...x.numpy({ force: true })]],
  [(x) => `type(${x}.data_ptr()).__name__`, (x) => typeof x.data_ptr() === 'number' && 'int'],
]

// What has no elements, or no memory, to look at.
const pointers: Row[] = tensors.slice(4).map(([python, ours]) => ({
  python: `${python}.tolist() if not ${python}.requires_grad else 0`,
  ours: () => (ours().requires_grad ? 0 : ours().tolist()),
}))

describe('numpy() and data_ptr()', () => {
  compare_rows(
    [
      ...tensors.flatMap(([tensor, ours]) =>
        calls.map(([python, call]) => ({ python: python(tensor), ours: () => call(ours()) })),
      ),
      ...pointers,
      { python: 'pairs.conj().numpy()', ours: () => pairs.conj().numpy() },
      {
        python: 'torch._neg_view(torch.ones(2)).numpy()',
        ours: () => torch.ops.aten._neg_view!(torch.ones(2)).numpy(),
      },
    ],
    PRELUDE,
  )
})

describe('typed_array()', () => {
  it.each([
    ['conjugate', () => pairs.conj(), 'Tensor that has conjugate bit set. Use tensor.resolve_conj().typed_array() instead.'],
    ['another layout', () => torch.ones(2).to_sparse(), "can't convert Sparse layout tensor to a typed array. Use Tensor.to_dense() first."],
    ['another device', () => torch.ones(2, { device: 'meta' }), "can't convert meta device type tensor to a typed array."],
    ['gradients', () => tracked, 'Tensor that requires grad. Use tensor.detach().typed_array() instead.'],
    ['another order', () => torch.ones(2, 3).t(), 'the tensor is not contiguous; call contiguous() first'],
  ])('refuses %s', (_, make, text) => expect(() => make().typed_array()).toThrow(text)) // biome-ignore format: a case a line

  it('copies what it may not look at', () => {
    expect([...pairs.conj().typed_array({ copy: true })]).toEqual([1, -2, 3, 4])
    expect([...tracked.typed_array({ copy: true })]).toEqual([1, 1])
    expect(() => torch.ones(2).to_sparse().typed_array({ copy: true })).toThrow('Sparse layout tensor')
  })

  it('numpy({ force: true }) shares memory where it can', () => {
    const x = torch.ones(2, { requires_grad: true })
    ;(x.numpy({ force: true }) as Float32Array).set([5, 6])
    expect(x.tolist()).toEqual([5, 6])
  })
})
