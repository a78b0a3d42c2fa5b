import { without_grad } from '../../autograd/grad_mode.js'
import { value_error } from '../../errors.js'
import { expect_number, expect_whole } from '../../expect.js'
import type { Generator } from '../../generator.js'
import * as linalg from '../../ops/generated/linalg.js'
import * as ops from '../../ops/generated/torch.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

/** The generator of functions that draw numbers; null for the default one. */
export const GENERATOR = { generator: optional<Generator | null>(null) }

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
export const uniform_ = callable(
  signature('uniform_', { tensor }, { a: optional(0) }, { b: optional(1) }, GENERATOR),
  (tensor, a, b, generator): Tensor => without_grad(() => tensor.uniform_(a, b, drawing(generator))),
)

/**
 * Fills a tensor with numbers drawn from the normal distribution N(mean, std²).
 *
 * @param mean - Default: 0
 * @param std - the standard deviation. Default: 1
 *
 * @see torch/nn/init.py
 */
export const normal_ = callable(
  signature('normal_', { tensor }, { mean: optional(0) }, { std: optional(1) }, GENERATOR),
  (tensor, mean, std, generator): Tensor => without_grad(() => tensor.normal_(mean, std, drawing(generator))),
)

/** Fills a tensor with one value. */
export const constant_ = callable(
  signature('constant_', { tensor }, { val: required<number>() }),
  (tensor, val): Tensor => without_grad(() => tensor.fill_(val)),
)

/** Fills a tensor with ones. */
export const ones_ = callable(
  signature('ones_', { tensor }),
  (tensor): Tensor => without_grad(() => tensor.fill_(1)),
)

/** Fills a tensor with zeros. */
export const zeros_ = callable(
  signature('zeros_', { tensor }),
  (tensor): Tensor => without_grad(() => tensor.zero_()),
)

/**
 * Makes a tensor of 2 dimensions the identity matrix.
 *
 * @throws ValueError for another number of dimensions
 */
export const eye_ = callable(signature('eye_', { tensor }), (tensor): Tensor => {
  const [rows, columns, more] = tensor.shape
  if (rows === undefined || columns === undefined || more !== undefined)
    throw value_error('Only tensors with 2 dimensions are supported')
  without_grad(() => ops.eye(rows, columns, { out: tensor }))
  return tensor
})

/**
 * Fills the weight of a convolution so that as many channels as possible pass unchanged.
 *
 * @param groups - the convolution's groups, each of which keeps its channels. Default: 1
 * @throws ValueError for other than 3, 4 or 5 dimensions, or channels that `groups` does not divide
 */
export const dirac_ = callable(
  signature('dirac_', { tensor }, { groups: optional(1, expect_whole) }),
  (tensor, groups): Tensor => {
    const [outputs = 0, inputs = 0, ...field] = tensor.shape
    if (tensor.ndim < 3 || tensor.ndim > 5)
      throw value_error('Only tensors with 3, 4, or 5 dimensions are supported')
    if (outputs % groups !== 0) throw value_error('dim 0 must be divisible by groups')
    if (tensor.device.type === 'meta') return tensor
    const outputs_per_group = outputs / groups
    without_grad(() => {
      tensor.zero_()
      for (let group = 0; group < groups; group++) {
        for (let channel = 0; channel < Math.min(outputs_per_group, inputs); channel++) {
          let place = tensor.select(0, group * outputs_per_group + channel).select(0, channel)
          for (const size of field) place = place.select(0, Math.floor(size / 2))
          place.fill_(1)
        }
      }
    })
    return tensor
  },
)

/**
 * Fills a tensor with a (semi) orthogonal matrix; dimensions after the first count as columns.
 *
 * @param gain - what the matrix is multiplied by. Default: 1
 * @throws ValueError for fewer than 2 dimensions
 *
 * @see torch/nn/init.py
 */
export const orthogonal_ = callable(
  signature('orthogonal_', { tensor }, { gain: optional(1) }, GENERATOR),
  (tensor, gain, generator): Tensor => {
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
  },
)

/**
 * Fills a matrix with numbers of N(0, std²), and a part of each column with zeros.
 *
 * @param sparsity - the part of each column that is zero
 * @param std - the standard deviation of the others. Default: 0.01
 * @throws ValueError for other than 2 dimensions
 */
export const sparse_ = callable(
  signature(
    'sparse_',
    { tensor },
    { sparsity: required<number>(expect_number) },
    { std: optional(0.01) },
    GENERATOR,
  ),
  (tensor, sparsity, std, generator): Tensor => {
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
  },
)
