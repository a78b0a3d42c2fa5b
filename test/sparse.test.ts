import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows } from './helpers/rows.js'

const m = () =>
  torch.tensor([
    [1, 0, 2],
    [0, 3, 0],
  ])
const M = 'torch.tensor([[1., 0, 2], [0, 3, 0]])'

describe('torch.sparse', () => {
  compare_rows([
    { python: `torch.sparse.sum(${M}.to_sparse())`, ours: () => torch.sparse.sum(m().to_sparse()) },
    { python: `torch.sparse.sum(${M}.to_sparse(), 1)`, ours: () => torch.sparse.sum(m().to_sparse(), 1) },
    {
      python: `torch.sparse.sum(${M}.to_sparse(), (0, 1), dtype=torch.float64)`,
      ours: () => torch.sparse.sum(m().to_sparse(), [0, 1], { dtype: torch.float64 }),
    },
    {
      python: `torch.sparse.sum(${M}.to_sparse(), dtype=torch.float64)`,
      ours: () => torch.sparse.sum(m().to_sparse(), { dtype: torch.float64 }),
    },
    {
      python: 'torch.sparse.spdiags(torch.arange(9).reshape(3, 3), torch.tensor([-1, 0, 1]), (3, 3))',
      ours: () => torch.sparse.spdiags(torch.arange(9).reshape(3, 3), torch.tensor([-1n, 0n, 1n]), [3, 3]),
    },
    {
      python: 'torch.sparse.spdiags(torch.ones(2, 3), torch.tensor([0, 1]), (3, 3), torch.sparse_csr)',
      ours: () => torch.sparse.spdiags(torch.ones(2, 3), torch.tensor([0n, 1n]), [3, 3], torch.sparse_csr),
    },
    {
      python: 'torch.sparse.FloatTensor(torch.tensor([[0, 1]]), torch.tensor([1., 2.]), torch.Size([3]))',
      ours: () => torch.sparse.FloatTensor(torch.tensor([[0n, 1n]]), torch.tensor([1, 2]), [3]),
    },
    { python: 'torch.sparse.DoubleTensor(2, 3)', ours: () => torch.sparse.DoubleTensor(2, 3) },
    { python: 'torch.sparse.LongTensor()', ours: () => torch.sparse.LongTensor() },
    {
      python: `torch.sparse.mm(${M}.to_sparse(), torch.ones(3, 2))`,
      ours: () => torch.sparse.mm(m().to_sparse(), torch.ones(3, 2)),
    },
  ])

  it('refuses what makes no sparse tensor', () => {
    expect(() => torch.sparse.FloatTensor('x')).toThrow(
      'FloatTensor(): expected sizes, or indices and values',
    )
    expect(() => torch.sparse.sum(3 as never)).toThrow("sum(): argument 'input' must be Tensor, not number")
    expectTypeOf(torch.sparse.sum(m().to_sparse(), 0)).toEqualTypeOf<torch.Tensor>()
  })
})

const parts = '(torch.tensor([1., 2]), torch.tensor([3., 4, 5]))'
const lists = () => [torch.tensor([1, 2]), torch.tensor([3, 4, 5])]
const rows = () => torch.arange(torch.float_scalar(12)).reshape(2, 3, 2)

describe('torch.nested', () => {
  compare_rows([
    {
      python: `torch.nested.nested_tensor(list(${parts})).unbind()`,
      ours: () => torch.nested.nested_tensor(lists()).unbind(),
    },
    {
      python: `torch.nested.nested_tensor(list(${parts}), dtype=torch.float64).to_padded_tensor(-1.)`,
      ours: () =>
        torch.nested.to_padded_tensor(torch.nested.nested_tensor(lists(), { dtype: torch.float64 }), -1),
    },
    {
      python: `(lambda a, b: (torch.nested.to_padded_tensor(torch.nested.as_nested_tensor([a, b]) * 3, 0.).sum().backward(), a.grad, b.grad)[1:])(torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True))`,
      ours: () => {
        const [a, b] = [torch.ones([2], { requires_grad: true }), torch.ones([3], { requires_grad: true })]
        torch.nested
          .to_padded_tensor(torch.nested.as_nested_tensor([a, b]).mul(3), 0)
          .sum()
          .backward()
        return [a.grad, b.grad]
      },
    },
    {
      python: 'torch.nested.as_nested_tensor(torch.arange(12.).reshape(2, 3, 2)).unbind()',
      ours: () => torch.nested.as_nested_tensor(rows()).unbind(),
    },
    {
      python: 'torch.nested.narrow(torch.arange(12.).reshape(2, 3, 2), 1, 0, 2).unbind()',
      ours: () => torch.nested.narrow(rows(), 1, 0, 2).unbind(),
    },
    {
      python: 'torch.nested.as_nested_tensor(torch.ones(2))',
      ours: () => torch.nested.as_nested_tensor(torch.ones(2)),
    },
    { python: 'torch.nested.as_nested_tensor(3)', ours: () => torch.nested.as_nested_tensor(3 as never) },
    { python: 'torch.nested.nested_tensor(3)', ours: () => torch.nested.nested_tensor(3 as never) },
    {
      python: 'torch.nested.narrow(torch.ones(2, 3), 0, 1.5, 1)',
      ours: () => torch.nested.narrow(torch.ones(2, 3), 0, 1.5, 1),
    },
    {
      python: 'torch.nested.nested_tensor([[1., 2.], [3.]]).is_nested',
      ours: () => torch.nested.nested_tensor([[1, 2], [3]]).is_nested,
    },
  ])
})

describe('check_sparse_tensor_invariants', () => {
  const { check_sparse_tensor_invariants } = torch.sparse
  const broken = () => torch.sparse_csr_tensor([0, 1, 3], [0, 1], [1, 2], [2, 2])

  it('has new tensors checked in a block and in a callback', async () => {
    expect(check_sparse_tensor_invariants.is_enabled()).toBe(false)
    {
      using _ = check_sparse_tensor_invariants()
      expect(check_sparse_tensor_invariants.is_enabled()).toBe(true)
      expect(check_sparse_tensor_invariants(false, () => check_sparse_tensor_invariants.is_enabled())).toBe(
        false,
      )
    }
    expect(check_sparse_tensor_invariants.is_enabled()).toBe(false)
    await check_sparse_tensor_invariants(async () =>
      expect(check_sparse_tensor_invariants.is_enabled()).toBe(true),
    )
    expect(check_sparse_tensor_invariants.is_enabled()).toBe(false)
  })

  it('refuses indices that fit no matrix', () => {
    check_sparse_tensor_invariants.enable()
    try {
      expect(broken).toThrow('`crow_indices[..., -1] == nnz` is not satisfied.')
    } finally {
      check_sparse_tensor_invariants.disable()
    }
    expect(broken().layout).toBe(torch.sparse_csr)
  })
})
