import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows, type Row } from '../../helpers/rows.js'

const F = nn.functional

// L = 3, S = 4, N = 2, E = 6, two heads.
const setup =
  'q, k, w, b, o = torch.randn(3, 2, 6), torch.randn(4, 2, 6), torch.randn(18, 6), torch.randn(18), torch.randn(6, 6)'
const draw = () => ({
  q: torch.randn(3, 2, 6),
  k: torch.randn(4, 2, 6),
  w: torch.randn(18, 6),
  b: torch.randn(18),
  o: torch.randn(6, 6),
})
type Drawn = ReturnType<typeof draw>

const row = (expression: string, ours: (drawn: Drawn) => unknown): Row => ({
  python: `(lambda q, k, w, b, o: F.multi_head_attention_forward(${expression}))(torch.randn(3, 2, 6), torch.randn(4, 2, 6), torch.randn(18, 6), torch.randn(18), torch.randn(6, 6))`,
  ours: () => ours(draw()),
})
const mha = F.multi_head_attention_forward

describe(`multi_head_attention_forward, ${setup}`, () => {
  compare_rows([
    row('q, q, q, 6, 2, w, b, None, None, False, 0.0, o, None', ({ q, w, b, o }) =>
      mha(q, q, q, 6, 2, w, b, null, null, false, 0, o, null),
    ),
    row('q, k, k, 6, 2, w, b, None, None, False, 0.0, o, None', ({ q, k, w, b, o }) =>
      mha(q, k, k, 6, 2, w, b, null, null, false, 0, o, null),
    ),
    row('q, k, k * 2, 6, 3, w, None, None, None, True, 0.0, o, b[:6]', ({ q, k, w, b, o }) =>
      mha(q, k, k.mul(2), 6, 3, w, null, null, null, true, 0, o, b.at(':6')),
    ),
    row('q, k, k, 6, 2, w, b, None, None, False, 0.3, o, None', ({ q, k, w, b, o }) =>
      mha(q, k, k, 6, 2, w, b, null, null, false, 0.3, o, null),
    ),
    row('q, k, k, 6, 2, w, b, None, None, False, 0.3, o, None, training=False, need_weights=False', (d) =>
      mha(d.q, d.k, d.k, 6, 2, d.w, d.b, null, null, false, 0.3, d.o, null, {
        training: false,
        need_weights: false,
      }),
    ),
    row('q[:, 0], q[:, 0], q[:, 0], 6, 2, w, b, None, None, False, 0.0, o, None', ({ q, w, b, o }) => {
      const x = q.at(':', 0)
      return mha(x, x, x, 6, 2, w, b, null, null, false, 0, o, null)
    }),
    row(
      'q, k, k, 6, 2, w, b, b[:6].view(1, 1, 6), b[6:12].view(1, 1, 6), True, 0.0, o, None, key_padding_mask=torch.tensor([[False, True, False, False], [False, False, False, True]]), attn_mask=torch.ones(3, 4).triu(1) > 0, average_attn_weights=False',
      ({ q, k, w, b, o }) =>
        mha(q, k, k, 6, 2, w, b, b.at(':6').view(1, 1, 6), b.at('6:12').view(1, 1, 6), true, 0, o, null, {
          key_padding_mask: torch.tensor([
            [false, true, false, false],
            [false, false, false, true],
          ]),
          attn_mask: torch.ones(3, 4).triu(1).gt(0),
          average_attn_weights: false,
        }),
    ),
    row(
      'q, q, q, 6, 2, w, b, None, None, False, 0.0, o, None, attn_mask=torch.ones(3, 3).triu(1) > 0, is_causal=True, need_weights=False',
      ({ q, w, b, o }) =>
        mha(q, q, q, 6, 2, w, b, null, null, false, 0, o, null, {
          attn_mask: torch.ones(3, 3).triu(1).gt(0),
          is_causal: true,
          need_weights: false,
        }),
    ),
    row(
      'q, k[..., :5], k[..., :4], 6, 2, None, b, None, None, False, 0.0, o, None, use_separate_proj_weight=True, q_proj_weight=w[:6], k_proj_weight=w[6:12, :5], v_proj_weight=w[12:, :4]',
      ({ q, k, w, b, o }) =>
        mha(q, k.at('...', ':5'), k.at('...', ':4'), 6, 2, null, b, null, null, false, 0, o, null, {
          use_separate_proj_weight: true,
          q_proj_weight: w.at(':6'),
          k_proj_weight: w.at('6:12', ':5'),
          v_proj_weight: w.at('12:', ':4'),
        }),
    ),
    row('q, q, q, 8, 2, w, b, None, None, False, 0.0, o, None', ({ q, w, b, o }) =>
      mha(q, q, q, 8, 2, w, b, null, null, false, 0, o, null),
    ),
    row('q, q, q, 6, 4, w, b, None, None, False, 0.0, o, None', ({ q, w, b, o }) =>
      mha(q, q, q, 6, 4, w, b, null, null, false, 0, o, null),
    ),
    row('q, q, k, 6, 2, w, b, None, None, False, 0.0, o, None', ({ q, k, w, b, o }) =>
      mha(q, q, k, 6, 2, w, b, null, null, false, 0, o, null),
    ),
    row('q, q, q, 6, 2, w, b, None, None, False, 0.0, o, None, is_causal=True', ({ q, w, b, o }) =>
      mha(q, q, q, 6, 2, w, b, null, null, false, 0, o, null, { is_causal: true }),
    ),
    row(
      'q, q, q, 6, 2, w, b, None, None, False, 0.0, o, None, attn_mask=torch.ones(2, 3)',
      ({ q, w, b, o }) =>
        mha(q, q, q, 6, 2, w, b, null, null, false, 0, o, null, { attn_mask: torch.ones(2, 3) }),
    ),
    row('q, q, q[0], 6, 2, w, b, None, None, False, 0.0, o, None', ({ q, w, b, o }) =>
      mha(q, q, q.at(0), 6, 2, w, b, null, null, false, 0, o, null),
    ),
    row('q, q, q, 6, 2, w, b, b, None, False, 0.0, o, None', ({ q, w, b, o }) =>
      mha(q, q, q, 6, 2, w, b, b, null, false, 0, o, null),
    ),
  ])

  it('has its types', () => {
    const x = torch.ones(3, 1, 4)
    const found = mha(x, x, x, 4, 2, torch.ones(12, 4), null, null, null, false, 0, torch.eye(4), null)
    expectTypeOf(found).toEqualTypeOf<[output: Tensor, weights: Tensor | null]>()
    expect(found[0].shape).toEqual([3, 1, 4])
  })
})

describe('poolings over drawn windows', () => {
  compare_rows([
    {
      python: 'F.fractional_max_pool2d(torch.randn(2, 3, 9, 9), 3, output_size=4)',
      ours: () => F.fractional_max_pool2d(torch.randn(2, 3, 9, 9), 3, { output_size: 4 }),
    },
    {
      python:
        'F.fractional_max_pool2d(torch.randn(3, 9, 8), (3, 2), output_ratio=(0.5, 0.4), return_indices=True)',
      ours: () =>
        F.fractional_max_pool2d(torch.randn(3, 9, 8), [3, 2], {
          output_ratio: [0.5, 0.4],
          return_indices: true,
        }),
    },
    {
      python: 'F.fractional_max_pool3d_with_indices(torch.randn(2, 3, 9, 9, 7), 2, output_ratio=0.5)',
      ours: () => F.fractional_max_pool3d_with_indices(torch.randn(2, 3, 9, 9, 7), 2, { output_ratio: 0.5 }),
    },
    {
      python: 'F.fractional_max_pool2d(torch.randn(3, 9, 8), 3)',
      ours: () => F.fractional_max_pool2d(torch.randn(3, 9, 8), 3),
    },
    {
      python: 'F.fractional_max_pool2d(torch.randn(3, 9, 8), 3, output_size=90)',
      ours: () => F.fractional_max_pool2d(torch.randn(3, 9, 8), 3, 90),
    },
  ])
})

describe('linear_cross_entropy', () => {
  compare_rows([
    {
      python: 'F.linear_cross_entropy(torch.randn(4, 3), torch.randn(5, 3), torch.tensor([0, 4, 2, 1]))',
      ours: () =>
        F.linear_cross_entropy(torch.randn(4, 3), torch.randn(5, 3), torch.tensor([0n, 4n, 2n, 1n])),
    },
    {
      python:
        'F.linear_cross_entropy(torch.randn(4, 3), torch.randn(5, 2, 3), torch.tensor([[0, 4], [2, 1], [1, 1], [0, 0]]), linear_bias=torch.randn(5, 2), label_smoothing=0.1, reduction="sum")',
      ours: () =>
        F.linear_cross_entropy(
          torch.randn(4, 3),
          torch.randn(5, 2, 3),
          torch.LongTensor([
            [0, 4],
            [2, 1],
            [1, 1],
            [0, 0],
          ]),
          { linear_bias: torch.randn(5, 2), label_smoothing: 0.1, reduction: 'sum' },
        ),
    },
    {
      python: 'F.linear_cross_entropy(torch.randn(4, 3), torch.randn(5, 2), torch.tensor([0, 4, 2, 1]))',
      ours: () =>
        F.linear_cross_entropy(torch.randn(4, 3), torch.randn(5, 2), torch.tensor([0n, 4n, 2n, 1n])),
    },
    {
      python: 'F.linear_cross_entropy(torch.randn(3), torch.randn(5, 2, 3), torch.tensor([0, 1]))',
      ours: () => F.linear_cross_entropy(torch.randn(3), torch.randn(5, 2, 3), torch.tensor([0n, 1n])),
    },
  ])
})
