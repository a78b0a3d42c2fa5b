import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'

const F = nn.functional

/** An operator under autocast: its normal inputs' shapes, the call in Python over x, y, z and the half dtype h, and ours. */
export type OperatorCase = [
  shapes: number[][],
  python: string,
  ours: (x: Tensor, y: Tensor, z: Tensor, h: torch.dtype) => unknown,
]

const square = [4, 4]
const two = [square, square]
const three = [square, square, square]
const batch = [2, 3, 3]
const volume = [1, 2, 4, 4, 4]

/** What CPU's autocast runs in half precision. */
export const lower: OperatorCase[] = [
  [two, 'torch.mm(x, y)', (x, y) => torch.mm(x, y)],
  [two, 'x @ y.to(h)', (x, y, _, h) => x.matmul(y.to(h))],
  [two, 'torch.mm(x.double(), y.double())', (x, y) => torch.mm(x.double(), y.double())],
  [[batch, batch], 'torch.bmm(x, y)', (x, y) => torch.bmm(x, y)],
  [[batch, batch, batch], 'torch.baddbmm(x, y, z)', (x, y, z) => torch.baddbmm(x, y, z)],
  [[[3, 3], batch, batch], 'torch.addbmm(x, y, z)', (x, y, z) => torch.addbmm(x, y, z)],
  [three, 'torch.addmm(x, y, z)', (x, y, z) => torch.addmm(x, y, z)],
  [[[4], square, [4]], 'torch.addmv(x, y, z)', (x, y, z) => torch.addmv(x, y, z)],
  [[[4], [4]], 'torch.dot(x, y)', (x, y) => torch.dot(x, y)],
  [[square, [4]], 'torch.mv(x, y)', (x, y) => torch.mv(x, y)],
  [[square, [4]], 'torch.matmul(x, y)', (x, y) => torch.matmul(x, y)],
  [two, 'torch.linalg.vecdot(x, y)', (x, y) => torch.linalg.vecdot(x, y)],
  [two, "torch.einsum('ij,jk->ik', x, y)", (x, y) => torch.einsum('ij,jk->ik', x, y)],
  [[[5, 4], square, [4]], 'F.linear(x, y, z)', (x, y, z) => F.linear(x, y, z)],
  [
    [
      [1, 2, 8],
      [3, 2, 3],
    ],
    'F.conv1d(x, y)',
    (x, y) => F.conv1d(x, y),
  ],
  [[[1, 2, 6, 6], [3, 2, 3, 3], [3]], 'F.conv2d(x, y, z, padding=1)', (x, y, z) => F.conv2d(x, y, z, 1, 1)],
  [[volume, [3, 2, 3, 3, 3]], 'F.conv3d(x, y)', (x, y) => F.conv3d(x, y)],
  [
    [
      [1, 2, 8],
      [2, 3, 3],
    ],
    'F.conv_transpose1d(x, y)',
    (x, y) => F.conv_transpose1d(x, y),
  ],
  [
    [
      [1, 2, 5, 5],
      [2, 3, 3, 3],
    ],
    'F.conv_transpose2d(x, y)',
    (x, y) => F.conv_transpose2d(x, y),
  ],
  [[volume, [2, 3, 2, 2, 2]], 'F.conv_transpose3d(x, y)', (x, y) => F.conv_transpose3d(x, y)],
  [[square, [1]], 'F.prelu(x, y)', (x, y) => F.prelu(x, y)],
  [
    [
      [1, 2, 4, 8],
      [1, 2, 4, 8],
      [1, 2, 4, 8],
    ],
    'F.scaled_dot_product_attention(x, y, z)',
    (x, y, z) => F.scaled_dot_product_attention(x, y, z),
  ],
]

/** What it runs in float32, given half precision. */
export const full: OperatorCase[] = [
  [two, 'F.mse_loss(x.to(h), y.to(h))', (x, y, _, h) => F.mse_loss(x.to(h), y.to(h))],
  [two, 'F.l1_loss(x.to(h), y.to(h))', (x, y, _, h) => F.l1_loss(x.to(h), y.to(h))],
  [two, 'F.smooth_l1_loss(x.to(h), y.to(h))', (x, y, _, h) => F.smooth_l1_loss(x.to(h), y.to(h))],
  [two, 'F.huber_loss(x.to(h), y.to(h))', (x, y, _, h) => F.huber_loss(x.to(h), y.to(h))],
  [two, 'F.kl_div(x.to(h), y.to(h))', (x, y, _, h) => F.kl_div(x.to(h), y.to(h))],
  [two, 'F.soft_margin_loss(x.to(h), y.to(h))', (x, y, _, h) => F.soft_margin_loss(x.to(h), y.to(h))],
  [two, 'F.poisson_nll_loss(x.to(h), y.to(h))', (x, y, _, h) => F.poisson_nll_loss(x.to(h), y.to(h))],
  [
    two,
    'F.binary_cross_entropy(x.to(h).sigmoid(), y.to(h).sigmoid())',
    (x, y, _, h) => F.binary_cross_entropy(x.to(h).sigmoid(), y.to(h).sigmoid()),
  ],
  [
    two,
    'F.binary_cross_entropy_with_logits(x.to(h), y.to(h))',
    (x, y, _, h) => F.binary_cross_entropy_with_logits(x.to(h), y.to(h)),
  ],
  [
    [square],
    'F.cross_entropy(x.to(h), torch.arange(4))',
    (x, _y, _z, h) => F.cross_entropy(x.to(h), torch.arange(4)),
  ],
  [[square], 'F.nll_loss(x.to(h), torch.arange(4))', (x, _y, _z, h) => F.nll_loss(x.to(h), torch.arange(4))],
  [
    [square],
    'F.multi_margin_loss(x.to(h), torch.arange(4))',
    (x, _y, _z, h) => F.multi_margin_loss(x.to(h), torch.arange(4)),
  ],
  [
    three,
    'F.triplet_margin_loss(x.to(h), y.to(h), z.to(h))',
    (x, y, z, h) => F.triplet_margin_loss(x.to(h), y.to(h), z.to(h)),
  ],
  [
    three,
    'F.margin_ranking_loss(x.to(h), y.to(h), z.sign())',
    (x, y, z, h) => F.margin_ranking_loss(x.to(h), y.to(h), z.sign()),
  ],
  [
    [square, square, [4]],
    'F.cosine_embedding_loss(x.to(h), y.to(h), z.sign())',
    (x, y, z, h) => F.cosine_embedding_loss(x.to(h), y.to(h), z.sign()),
  ],
  [
    two,
    'F.hinge_embedding_loss(x.to(h), y.sign())',
    (x, y, _, h) => F.hinge_embedding_loss(x.to(h), y.sign()),
  ],
  [[square], 'torch.prod(x.to(h))', (x, _y, _z, h) => torch.prod(x.to(h))],
  [[square], 'torch.trace(x.to(h))', (x, _y, _z, h) => torch.trace(x.to(h))],
  [[square], 'torch.quantile(x.to(h), 0.5)', (x, _y, _z, h) => torch.quantile(x.to(h), 0.5)],
  [[square], 'torch.inverse(x.to(h))', (x, _y, _z, h) => torch.inverse(x.to(h))],
  [[square], 'torch.pinverse(x.to(h))', (x, _y, _z, h) => torch.pinverse(x.to(h))],
  [[square], 'torch.linalg.svdvals(x.to(h))', (x, _y, _z, h) => torch.linalg.svdvals(x.to(h))],
  [[square], 'torch.linalg.matrix_rank(x.to(h))', (x, _y, _z, h) => torch.linalg.matrix_rank(x.to(h))],
  [two, 'torch.linalg.solve(x.to(h), y.to(h))', (x, y, _, h) => torch.linalg.solve(x.to(h), y.to(h))],
  [two, 'torch.cdist(x.to(h), y.to(h))', (x, y, _, h) => torch.cdist(x.to(h), y.to(h))],
  [two, 'torch.polar(x.to(h), y.to(h))', (x, y, _, h) => torch.polar(x.to(h), y.to(h))],
  [[[8]], 'torch.fft.fft(x.to(h))', (x, _y, _z, h) => torch.fft.fft(x.to(h))],
  [[[8]], 'torch.fft.rfft(x.to(h))', (x, _y, _z, h) => torch.fft.rfft(x.to(h))],
  [[volume], 'F.avg_pool3d(x.to(h), 2)', (x, _y, _z, h) => F.avg_pool3d(x.to(h), 2)],
  [[volume], 'F.max_pool3d(x.to(h), 2)', (x, _y, _z, h) => F.max_pool3d(x.to(h), 2)],
  [[volume], 'F.adaptive_avg_pool3d(x.to(h), 2)', (x, _y, _z, h) => F.adaptive_avg_pool3d(x.to(h), 2)],
  [
    [[1, 2, 4, 4]],
    "F.pad(x.to(h), (1, 1, 1, 1), mode='reflect')",
    (x, _y, _z, h) => F.pad(x.to(h), [1, 1, 1, 1], 'reflect'),
  ],
  [
    [
      [1, 2, 4, 4],
      [1, 3, 3, 2],
    ],
    'F.grid_sample(x.to(h), y.to(h), align_corners=False)',
    (x, y, _, h) => F.grid_sample(x.to(h), y.to(h), { align_corners: false }),
  ],
]

/** What takes the widest type of its inputs, and what autocast leaves alone. */
export const others: OperatorCase[] = [
  [two, 'torch.cat([x, y.to(h)])', (x, y, _, h) => torch.cat([x, y.to(h)])],
  [two, 'torch.stack([x.to(h), y])', (x, y, _, h) => torch.stack([x.to(h), y])],
  [two, 'torch.cat([x.to(h), y.to(h)])', (x, y, _, h) => torch.cat([x.to(h), y.to(h)])],
  [two, 'x + y.to(h)', (x, y, _, h) => x.add(y.to(h))],
  [two, 'x.to(h) * y.to(h)', (x, y, _, h) => x.to(h).mul(y.to(h))],
  [[square], 'torch.softmax(x.to(h), 1)', (x, _y, _z, h) => torch.softmax(x.to(h), 1)],
  [[square], 'F.gelu(x.to(h))', (x, _y, _z, h) => F.gelu(x.to(h))],
  [[square], 'F.layer_norm(x.to(h), (4,))', (x, _y, _z, h) => F.layer_norm(x.to(h), [4])],
  [[square], 'x.to(h).exp()', (x, _y, _z, h) => x.to(h).exp()],
  [[square], 'x.to(h).sum()', (x, _y, _z, h) => x.to(h).sum()],
  [[square], 'torch.norm(x.to(h))', (x, _y, _z, h) => torch.norm(x.to(h))],
  [three, 'torch.addcmul(x, y.to(h), z)', (x, y, z, h) => torch.addcmul(x, y.to(h), z)],
  [two, 'torch.mm(x, y, out=torch.empty(4, 4))', (x, y) => torch.mm(x, y, { out: torch.empty(4, 4) })],
]
