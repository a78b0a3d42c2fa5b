import { without_grad } from '../../autograd/grad_mode.js'
import { value_error } from '../../errors.js'
import { div } from '../../ops/generated/torch.js'
import { operator } from '../../ops/operator.js'
import { optional } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { py_repr } from '../../repr.js'
import { Tensor } from '../../tensor.js'

/** The new average of one tensor, from the old one, the current value and how many were averaged. */
export type AverageFn = (averaged: Tensor, current: Tensor, num_averaged: Tensor | number) => Tensor
/** Writes the new averages of many tensors into the old ones. */
export type MultiAverageFn = (
  averaged: readonly Tensor[],
  current: readonly Tensor[],
  num_averaged: Tensor | number,
) => void

const lerp_ = operator('aten::_foreach_lerp_.Scalar')
const subtract = operator('aten::_foreach_sub.List')
const add_ = operator('aten::_foreach_add_.List')
const add_quotients_ = operator('aten::_foreach_addcdiv_.Scalar')

function check_decay(decay: number): void {
  if (decay < 0 || decay > 1)
    throw value_error(
      `Invalid decay value ${py_repr(decay)} provided. Please provide a value in [0,1] range.`,
    )
}

const is_inexact = (tensors: readonly Tensor[]) => tensors[0]!.is_floating_point() || tensors[0]!.is_complex()

/**
 * The exponential moving average over lists of tensors, a ← decay · a + (1 − decay) · x.
 *
 * @param decay - Default: 0.999
 * @throws ValueError for a decay outside [0, 1]
 *
 * @example
 * ```ts
 * const { AveragedModel, get_ema_multi_avg_fn } = torch.optim.swa_utils
 * const ema = new AveragedModel(model, { multi_avg_fn: get_ema_multi_avg_fn(0.99) })
 * ```
 *
 * @see torch/optim/swa_utils.py
 */
export const get_ema_multi_avg_fn = callable(
  signature('get_ema_multi_avg_fn', { decay: optional(0.999) }),
  ema_multi_avg_fn,
)

function ema_multi_avg_fn(decay: number): MultiAverageFn {
  check_decay(decay)
  return (averaged, current) =>
    without_grad(() => {
      if (is_inexact(averaged)) lerp_(averaged, current, 1 - decay)
      else
        averaged.forEach((average, i) => {
          average.copy_(average.mul(decay).add(current[i]!.mul(1 - decay)))
        })
    })
}

/** The running mean over lists of tensors, a ← a + (x − a) / (n + 1). */
export const get_swa_multi_avg_fn = callable(signature('get_swa_multi_avg_fn'), swa_multi_avg_fn)

function swa_multi_avg_fn(): MultiAverageFn {
  return (averaged, current, num_averaged) =>
    without_grad(() => {
      if (is_inexact(averaged)) {
        const weight =
          num_averaged instanceof Tensor
            ? num_averaged.add(1).reciprocal().mul(1).item()
            : 1 / (num_averaged + 1)
        lerp_(averaged, current, weight)
        return
      }
      const differences = subtract(current, averaged)
      if (num_averaged instanceof Tensor) {
        const count = num_averaged.add(1)
        add_quotients_(
          averaged,
          differences,
          averaged.map(() => count),
        )
      } else {
        add_(averaged, differences, { alpha: 1 / (num_averaged + 1) })
      }
    })
}

/** The exponential moving average of one tensor; see {@link get_ema_multi_avg_fn}. */
export const get_ema_avg_fn = callable(signature('get_ema_avg_fn', { decay: optional(0.999) }), ema_avg_fn)

function ema_avg_fn(decay: number): AverageFn {
  check_decay(decay)
  return (averaged, current) => without_grad(() => averaged.mul(decay).add(current.mul(1 - decay)))
}

/** The running mean of one tensor; see {@link get_swa_multi_avg_fn}. */
export const get_swa_avg_fn = callable(signature('get_swa_avg_fn'), swa_avg_fn)

function swa_avg_fn(): AverageFn {
  return (averaged, current, num_averaged) =>
    without_grad(() => {
      const count = num_averaged instanceof Tensor ? num_averaged.add(1) : num_averaged + 1
      const difference = current.sub(averaged)
      return averaged.add(div(difference, count))
    })
}
