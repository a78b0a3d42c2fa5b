import { value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { float } from '../../python/checks.js'
import { optional, optional_tensor, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { get_enum } from '../_reduction.js'
import { warn_of_sizes } from './loss.js'
import { REDUCED, REDUCTION, reduction_of } from './reduction.js'

/**
 * ½ (x − y)² / beta below beta, |x − y| − ½ beta above.
 *
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @param beta - where the square ends and the absolute value begins. Default: 1
 * @see torch/nn/functional.py
 */
export const smooth_l1_loss = callable(
  signature('smooth_l1_loss', { input: tensor }, { target: tensor }, ...REDUCTION, {
    beta: optional(1, float),
  }),
  (input, target, size_average, reduce, given, beta): Tensor => {
    warn_of_sizes('smooth_l1_loss', input, target)
    const reduction = reduction_of(size_average, reduce, given)
    const [x, y] = ops.broadcast_tensors([input, target]) as [Tensor, Tensor]
    if (beta === 0) return nn.l1_loss(x, y, get_enum(reduction))
    return nn.smooth_l1_loss(x, y, get_enum(reduction), beta)
  },
)

/**
 * ½ (x − y)² below delta, delta · (|x − y| − ½ delta) above.
 *
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @param delta - where the square ends and the absolute value begins. Default: 1
 * @param weight - a factor for each element. Default: none
 * @throws ValueError for weights of another size
 */
export const huber_loss = callable(
  signature(
    'huber_loss',
    { input: tensor },
    { target: tensor },
    REDUCED,
    { delta: optional(1) },
    { weight: optional_tensor },
  ),
  (input, target, reduction, delta, weight): Tensor => {
    warn_of_sizes('huber_loss', input, target)
    const [x, y] = ops.broadcast_tensors([input, target]) as [Tensor, Tensor]
    if (weight === null) return nn.huber_loss(x, y, get_enum(reduction), delta)
    if (String(weight.shape) !== String(input.shape)) {
      throw value_error('Weights and input must have the same size.')
    }
    const weighted = nn.huber_loss(x, y, get_enum('none'), delta).mul(weight)
    if (reduction === 'none') return weighted
    if (reduction === 'sum') return weighted.sum()
    if (reduction === 'mean') return weighted.mean()
    throw value_error(`Invalid reduction mode: ${String(reduction)}. Expected one of 'none', 'mean', 'sum'.`)
  },
)
