import { without_grad } from '../../autograd/grad_mode.js'
import { value_error } from '../../errors.js'
import type { Generator } from '../../generator.js'
import * as linalg from '../../ops/generated/linalg.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'

/** A generator to draw from; the default one where none is given. */
export interface Drawing {
  generator?: Generator | null
}

/** What all functions that draw numbers are given. */
export type Drawn = { tensor: Tensor; generator: Generator | null }

/** What an operator that draws numbers is told about the generator. */
export function drawing(generator: Generator | null): { generator?: Generator } {
  return generator === null ? {} : { generator }
}

/**
 * Fills a tensor with numbers drawn uniformly from [a, b).
 *
 * @param a - the lower bound. Default: 0
 * @param b - the upper bound. Default: 1
 *
 * @example
 * ```ts
 * nn.init.uniform_(torch.empty(3, 5))
 * ```
 *
 * @see torch/nn/init.py
 */
export function uniform_(
  tensor: Tensor,
  a?: number | ({ a?: number; b?: number } & Drawing),
  b?: number | ({ b?: number } & Drawing),
  generator?: Generator | null | Drawing,
): Tensor
export function uniform_(...args: unknown[]): Tensor {
  const given = take_options<Drawn & { a: number; b: number }>(
    'uniform_',
    args,
    ['tensor', 'a', 'b', 'generator'],
    {
      a: 0,
      b: 1,
      generator: null,
    },
  )
  return without_grad(() => given.tensor.uniform_(given.a, given.b, drawing(given.generator)))
}

/**
 * Fills a tensor with numbers drawn from the normal distribution N(mean, std²).
 *
 * @param mean - Default: 0
 * @param std - the standard deviation. Default: 1
 *
 * @see torch/nn/init.py
 */
export function normal_(
  tensor: Tensor,
  mean?: number | ({ mean?: number; std?: number } & Drawing),
  std?: number | ({ std?: number } & Drawing),
  generator?: Generator | null | Drawing,
): Tensor
export function normal_(...args: unknown[]): Tensor {
  const given = take_options<Drawn & { mean: number; std: number }>(
    'normal_',
    args,
    ['tensor', 'mean', 'std', 'generator'],
    { mean: 0, std: 1, generator: null },
  )
  return without_grad(() => given.tensor.normal_(given.mean, given.std, drawing(given.generator)))
}

/** Fills a tensor with one value. */
export function constant_(tensor: Tensor, val: number): Tensor {
  return without_grad(() => tensor.fill_(val))
}

/** Fills a tensor with ones. */
export function ones_(tensor: Tensor): Tensor {
  return without_grad(() => tensor.fill_(1))
}

/** Fills a tensor with zeros. */
export function zeros_(tensor: Tensor): Tensor {
  return without_grad(() => tensor.zero_())
}

/**
 * Makes a tensor of 2 dimensions the identity matrix.
 *
 * @throws ValueError for another number of dimensions
 */
export function eye_(tensor: Tensor): Tensor {
  const [rows, columns, more] = tensor.shape
  if (rows === undefined || columns === undefined || more !== undefined)
    throw value_error('Only tensors with 2 dimensions are supported')
  without_grad(() => ops.eye(rows, columns, { out: tensor }))
  return tensor
}

/**
 * Fills the weight of a convolution so that as many channels as possible pass unchanged.
 *
 * @param groups - the convolution's groups, each of which keeps its channels. Default: 1
 * @throws ValueError for other than 3, 4 or 5 dimensions, or channels that `groups` does not divide
 */
export function dirac_(tensor: Tensor, groups: number | { groups?: number } = 1): Tensor {
  const parts = typeof groups === 'number' ? groups : (groups.groups ?? 1)
  const [outputs = 0, inputs = 0, ...field] = tensor.shape
  if (tensor.ndim < 3 || tensor.ndim > 5)
    throw value_error('Only tensors with 3, 4, or 5 dimensions are supported')
  if (outputs % parts !== 0) throw value_error('dim 0 must be divisible by groups')
  if (tensor.device.type === 'meta') return tensor
  const outputs_per_group = outputs / parts
  without_grad(() => {
    tensor.zero_()
    for (let group = 0; group < parts; group++) {
      for (let channel = 0; channel < Math.min(outputs_per_group, inputs); channel++) {
        let place = tensor.select(0, group * outputs_per_group + channel).select(0, channel)
        for (const size of field) place = place.select(0, Math.floor(size / 2))
        place.fill_(1)
      }
    }
  })
  return tensor
}

/**
 * Fills a tensor with a (semi) orthogonal matrix; dimensions after the first count as columns.
 *
 * @param gain - what the matrix is multiplied by. Default: 1
 * @throws ValueError for fewer than 2 dimensions
 *
 * @see torch/nn/init.py
 */
export function orthogonal_(
  tensor: Tensor,
  gain?: number | ({ gain?: number } & Drawing),
  generator?: Generator | null | Drawing,
): Tensor
export function orthogonal_(...args: unknown[]): Tensor {
  const { tensor, gain, generator } = take_options<Drawn & { gain: number }>(
    'orthogonal_',
    args,
    ['tensor', 'gain', 'generator'],
    { gain: 1, generator: null },
  )
  if (tensor.ndim < 2) throw value_error('Only tensors with 2 or more dimensions are supported')
  if (tensor.numel() === 0 || tensor.device.type === 'meta') return tensor
  const rows = tensor.shape[0]!
  const columns = tensor.numel() / rows
  without_grad(() => {
    const flat = tensor.new_empty([rows, columns]).normal_(0, 1, drawing(generator))
    if (rows < columns) flat.t_()
    const [q, r] = linalg.qr(flat)
    // Makes Q uniform, after arXiv math-ph/0609050.
    q.mul_(ops.diag(r, 0).sign())
    if (rows < columns) q.t_()
    tensor.view_as(q).copy_(q)
    tensor.mul_(gain)
  })
  return tensor
}

/**
 * Fills a matrix with numbers of N(0, std²), and a part of each column with zeros.
 *
 * @param sparsity - the part of each column that is zero
 * @param std - the standard deviation of the others. Default: 0.01
 * @throws ValueError for other than 2 dimensions
 */
export function sparse_(
  tensor: Tensor,
  sparsity: number | ({ sparsity: number; std?: number } & Drawing),
  std?: number | ({ std?: number } & Drawing),
  generator?: Generator | null | Drawing,
): Tensor
export function sparse_(...args: unknown[]): Tensor {
  const given = take_options<Drawn & { sparsity: number; std: number }>(
    'sparse_',
    args,
    ['tensor', 'sparsity', 'std', 'generator'],
    { std: 0.01, generator: null },
  )
  const { tensor, sparsity, std, generator } = given
  if (tensor.ndim !== 2) throw value_error('Only tensors with 2 dimensions are supported')
  if (tensor.device.type === 'meta') return tensor
  const rows = tensor.shape[0]!
  const zeros = Math.ceil(sparsity * rows)
  without_grad(() => {
    tensor.normal_(0, std, drawing(generator))
    for (let column = 0; column < tensor.shape[1]!; column++)
      tensor.select(1, column).index_fill_(0, ops.randperm(rows).narrow(0, 0, zeros), 0)
  })
  return tensor
}
