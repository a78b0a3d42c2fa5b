import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'
import { tensors_in } from './compare.js'

const F = nn.functional

// What PyTorch writes in Python, on inputs that both sides draw under the same seed: x (2, 3, 8, 8), y (2, 3, 8), m (4, 6).
interface Row {
  python: string
  ours: (x: torch.Tensor, y: torch.Tensor, m: torch.Tensor) => unknown
}

const rows: Row[] = [
  { python: 'F.interpolate(x, size=5)', ours: (x) => F.interpolate(x, 5) },
  { python: 'F.interpolate(x, scale_factor=1.7)', ours: (x) => F.interpolate(x, { scale_factor: 1.7 }) },
  {
    python: "F.interpolate(x, (5, 7), mode='bilinear', align_corners=True)",
    ours: (x) => F.interpolate(x, [5, 7], { mode: 'bilinear', align_corners: true }),
  },
  {
    python: "F.interpolate(x, 3, mode='bicubic', antialias=True)",
    ours: (x) => F.interpolate(x, 3, { mode: 'bicubic', antialias: true }),
  },
  {
    python: "F.interpolate(y, scale_factor=2.5, mode='linear', recompute_scale_factor=True)",
    ours: (_, y) => F.interpolate(y, { scale_factor: 2.5, mode: 'linear', recompute_scale_factor: true }),
  },
  {
    python: "F.interpolate(x, scale_factor=0.5, mode='area')",
    ours: (x) => F.interpolate(x, { scale_factor: 0.5, mode: 'area' }),
  },
  {
    python: 'F.max_pool2d(x, 3, 2, 1, return_indices=True)',
    ours: (x) => F.max_pool2d(x, 3, 2, 1, { return_indices: true } as never),
  },
  { python: 'F.max_pool1d(y, 2)', ours: (_, y) => F.max_pool1d(y, 2) },
  { python: 'F.adaptive_max_pool2d(x, (3, None))', ours: (x) => F.adaptive_max_pool2d(x, [3, null]) },
  { python: 'F.adaptive_avg_pool2d(x, (None, 2))', ours: (x) => F.adaptive_avg_pool2d(x, [null, 2]) },
  {
    python: 'F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)',
    ours: (x) => F.max_unpool2d(...F.max_pool2d(x, 2, { return_indices: true }), 2),
  },
  { python: 'F.lp_pool2d(x.abs(), 3, 2)', ours: (x) => F.lp_pool2d(x.abs(), 3, 2) },
  { python: 'F.unfold(x, 3, padding=1)', ours: (x) => F.unfold(x, 3, { padding: 1 }) },
  {
    python: 'F.fold(F.unfold(x, 2, stride=2), 8, 2, stride=2)',
    ours: (x) => F.fold(F.unfold(x, 2, { stride: 2 }), 8, 2, { stride: 2 }),
  },
  {
    python:
      'F.grid_sample(x, F.affine_grid(torch.eye(2, 3).repeat(2, 1, 1), (2, 3, 5, 5), align_corners=False), align_corners=False)',
    ours: (x) =>
      F.grid_sample(x, F.affine_grid(torch.eye(2, 3).repeat(2, 1, 1), [2, 3, 5, 5], false), {
        align_corners: false,
      }),
  },
  { python: 'F.layer_norm(x, (8, 8))', ours: (x) => F.layer_norm(x, [8, 8]) },
  {
    python: 'F.group_norm(x, 3, torch.arange(3.0))',
    ours: (x) => F.group_norm(x, 3, torch.arange(torch.float_scalar(3))),
  },
  { python: 'F.instance_norm(x, eps=0.1)', ours: (x) => F.instance_norm(x, { eps: 0.1 }) },
  { python: 'F.normalize(m, p=3.0, dim=0)', ours: (_x, _y, m) => F.normalize(m, 3, 0) },
  {
    python: 'F.cross_entropy(m, torch.tensor([0, 5, 2, 2]), label_smoothing=0.1)',
    ours: (_x, _y, m) => F.cross_entropy(m, torch.tensor([0n, 5n, 2n, 2n]), { label_smoothing: 0.1 }),
  },
  {
    python: "F.nll_loss(m.log_softmax(1), torch.tensor([0, 5, 2, 2]), ignore_index=2, reduction='sum')",
    ours: (_x, _y, m) =>
      F.nll_loss(m.log_softmax(1), torch.tensor([0n, 5n, 2n, 2n]), { ignore_index: 2, reduction: 'sum' }),
  },
  {
    python: "F.kl_div(m.log_softmax(1), m.neg().softmax(1), reduction='batchmean')",
    ours: (_x, _y, m) => F.kl_div(m.log_softmax(1), m.neg().softmax(1), { reduction: 'batchmean' }),
  },
  {
    python: 'F.huber_loss(m, m.flip(0), delta=0.7)',
    ours: (_x, _y, m) => F.huber_loss(m, m.flip(0), { delta: 0.7 }),
  },
  {
    python: 'F.gaussian_nll_loss(m, m.flip(0), m.exp(), full=True)',
    ours: (_x, _y, m) => F.gaussian_nll_loss(m, m.flip(0), m.exp(), { full: true }),
  },
  {
    python: 'F.multilabel_soft_margin_loss(m, (m > 0).float())',
    ours: (_x, _y, m) => F.multilabel_soft_margin_loss(m, m.gt(0).float()),
  },
  {
    python: 'F.triplet_margin_with_distance_loss(m, m.flip(0), m.flip(1), swap=True)',
    ours: (_x, _y, m) => F.triplet_margin_with_distance_loss(m, m.flip(0), m.flip(1), { swap: true }),
  },
  {
    python: "F.embedding_bag(torch.tensor([[0, 1], [3, 3]]), m, mode='max')",
    ours: (_x, _y, m) =>
      F.embedding_bag(
        torch.tensor([
          [0n, 1n],
          [3n, 3n],
        ]),
        m,
        { mode: 'max' },
      ),
  },
  {
    python: 'F.embedding(torch.tensor([3, 0]), m.clone(), max_norm=1.0)',
    ours: (_x, _y, m) => F.embedding(torch.tensor([3n, 0n]), m.clone(), { max_norm: 1 }),
  },
  { python: 'F.dropout2d(x, 0.3)', ours: (x) => F.dropout2d(x, 0.3) },
  { python: 'F.dropout1d(y[0], 0.5)', ours: (_, y) => F.dropout1d(y.at(0), 0.5) },
  { python: 'F.gumbel_softmax(m, hard=True)', ours: (_x, _y, m) => F.gumbel_softmax(m, { hard: true }) },
  {
    python: "torch.einsum('ij,kj,k->i', m, m.flip(0), m[:, 0])",
    ours: (_x, _y, m) => torch.einsum('ij,kj,k->i', m, m.flip(0), m.at(':', 0)),
  },
  {
    python: 'torch.einsum(m, [0, 1], m, [2, 1], [0, 2])',
    ours: (_x, _y, m) => torch.einsum(m, [0, 1], m, [2, 1], [0, 2]),
  },
  {
    python: 'torch.tensordot(x, x, ([1, 3], [1, 2]))',
    ours: (x) =>
      torch.tensordot(x, x, [
        [1, 3],
        [1, 2],
      ]),
  },
  {
    python: 'torch.unique((m * 2).round(), return_inverse=True, return_counts=True)',
    ours: (_x, _y, m) => torch.unique(m.mul(2).round(), { return_inverse: true, return_counts: true }),
  },
  {
    python: '(m * 2).round().unique_consecutive(dim=0)',
    ours: (_x, _y, m) => m.mul(2).round().unique_consecutive({ dim: 0 }),
  },
  {
    python: "torch.cdist(m, m.flip(0), compute_mode='donot_use_mm_for_euclid_dist')",
    ours: (_x, _y, m) => torch.cdist(m, m.flip(0), { compute_mode: 'donot_use_mm_for_euclid_dist' }),
  },
  { python: "m.norm('nuc')", ours: (_x, _y, m) => m.norm('nuc') },
  { python: 'torch.norm(x, 3.0, dim=(1, 2))', ours: (x) => torch.norm(x, 3, { dim: [1, 2] }) },
  { python: 'torch.pca_lowrank(m, 3)', ours: (_x, _y, m) => torch.pca_lowrank(m, 3) },
  { python: 'torch.chain_matmul(m, m.mT, m)', ours: (_x, _y, m) => torch.chain_matmul(m, m.mT, m) },
  {
    python: 'torch.masked.std(m, 1, mask=m > -0.5)',
    ours: (_x, _y, m) => torch.masked.std(m, 1, { mask: m.gt(-0.5) }),
  },
  {
    python: 'torch.masked.mean(m, mask=m > 0)',
    ours: (_x, _y, m) => torch.masked.mean(m, { mask: m.gt(0) }),
  },
  {
    python: 'torch.masked.prod(m, (0, 1), mask=m > 0)',
    ours: (_x, _y, m) => torch.masked.prod(m, [0, 1], { mask: m.gt(0) }),
  },
  {
    python: 'torch.nonzero(m > 0, as_tuple=True)',
    ours: (_x, _y, m) => torch.nonzero(m.gt(0), { as_tuple: true }),
  },
  { python: '(m > 0).nonzero()', ours: (_x, _y, m) => m.gt(0).nonzero() },
  { python: 'torch.lu(m @ m.mT)', ours: (_x, _y, m) => torch.lu(m.matmul(m.mT)) },
  {
    python: 'torch.sparse_coo_tensor([[0, 1], [1, 0]], [3.0, 4.0], (2, 3)).to_dense()',
    ours: () =>
      torch
        .sparse_coo_tensor(
          [
            [0, 1],
            [1, 0],
          ],
          [3, 4],
          [2, 3],
        )
        .to_dense(),
  },
  {
    python: 'torch.sparse_csr_tensor([0, 1, 2], [1, 0], [3.0, 4.0]).to_dense()',
    ours: () => torch.sparse_csr_tensor([0, 1, 2], [1, 0], [3, 4]).to_dense(),
  },
  {
    python: 'torch.signal.windows.nuttall(9, sym=False)',
    ours: () => torch.signal.windows.nuttall(9, { sym: false }),
  },
  {
    python: 'torch.signal.windows.exponential(7, tau=2.0)',
    ours: () => torch.signal.windows.exponential(7, { tau: 2 }),
  },
  {
    python: 'torch.signal.windows.bartlett(8, dtype=torch.float64)',
    ours: () => torch.signal.windows.bartlett(8, { dtype: torch.float64 }),
  },
]

const PYTHON = `
import json, sys, warnings, torch
import torch.nn.functional as F
import torch.masked
warnings.simplefilter('ignore')
torch.set_num_threads(1)
def leaves(value):
    if isinstance(value, torch.Tensor): return [value]
    return [leaf for item in value for leaf in leaves(item)]
answers = []
for expression in json.loads(sys.argv[1]):
    torch.manual_seed(3)
    x, y, m = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8), torch.randn(4, 6)
    answers.append([[str(t.dtype), list(t.shape), bytes(t.contiguous().flatten().view(torch.uint8).tolist()).hex()] for t in leaves(eval(expression))])
print(json.dumps(answers))
`

const described = (value: unknown): unknown[] =>
  tensors_in(value).map((tensor) => {
    const { buffer, byteOffset, byteLength } = tensor.typed_array({ copy: true })
    return [String(tensor.dtype), tensor.shape, Buffer.from(buffer, byteOffset, byteLength).toString('hex')]
  })

describe('functions that PyTorch writes in Python', () => {
  const python = live_torch()
  const answers =
    python === null ? [] : (run_python(PYTHON, [JSON.stringify(rows.map((row) => row.python))]) as unknown[])

  it.skipIf(python === null).each(rows.map((row, i) => [row.python, row.ours, i] as const))(
    '%s',
    (_, ours, i) => {
      const threads = torch.get_num_threads()
      torch.set_num_threads(1)
      torch.manual_seed(3)
      const inputs = [torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8), torch.randn(4, 6)] as const
      const found = described(ours(...inputs))
      torch.set_num_threads(threads)
      expect(found).toEqual(answers[i])
    },
  )

  it('refuses what is no tensor by the argument that it is', () => {
    expect(() => F.layer_norm(3 as never, [3])).toThrow(
      "layer_norm(): argument 'input' must be Tensor, not number",
    )
    expect(() => F.cross_entropy(torch.ones(1, 2), 'x' as never)).toThrow(
      "cross_entropy(): argument 'target' must be Tensor, not string",
    )
    expect(() => torch.block_diag(1 as never)).toThrow(
      "block_diag(): argument 'tensors' must be Tensor, not number",
    )
  })

  it('names the closest keyword', () => {
    expect(() => F.dropout(torch.ones(2), { trainning: true } as never)).toThrow("did you mean 'training'?")
  })

  it('takes shapes beyond 2^53 exactly', () => {
    const [row, column] = torch.unravel_index(torch.tensor(9223372036854775806n), [1n, 9223372036854775807n])
    expect([row!.item_bigint(), column!.item_bigint()]).toEqual([0n, 9223372036854775806n])
  })

  it('broadcasts shapes as tensors would be', () => {
    expect(torch.broadcast_shapes([2], [3, 1], [1, 1, 1])).toEqual([1, 3, 2])
    expect(() => torch.broadcast_shapes([2], [3])).toThrow(
      'Shape mismatch: objects cannot be broadcast to a single shape',
    )
  })
})
