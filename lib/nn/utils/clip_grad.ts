import { without_grad } from '../../autograd/grad_mode.js'
import { runtime_error } from '../../errors.js'
import * as linalg from '../../ops/generated/linalg.js'
import * as ops from '../../ops/generated/torch.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { type FloatLike, float_of } from '../../python/conversions.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import { py_float } from '../repr.js'

/** One tensor, or several. */
export type TensorOrTensors = Tensor | Iterable<Tensor>

const PARAMETERS = { parameters: required<TensorOrTensors>() }
const MAX_NORM = { max_norm: required<FloatLike>() }
const FOREACH = { foreach: optional<boolean | null>(null) }
const NORM = [
  { norm_type: optional<FloatLike>(2) },
  { error_if_nonfinite: optional(false) },
  FOREACH,
] as const

const list = (tensors: TensorOrTensors): Tensor[] => (tensors instanceof Tensor ? [tensors] : [...tensors])

const gradients_of = (parameters: readonly Tensor[]): Tensor[] =>
  parameters.map(({ grad }) => grad).filter((grad) => grad !== null)

/** Tensors of one device and dtype together: what an operator over lists takes. */
function groups(tensors: readonly Tensor[]): Tensor[][] {
  const found = new Map<string, Tensor[]>()
  for (const tensor of tensors) {
    const key = `${tensor.device} ${tensor.dtype}`
    const group = found.get(key)
    if (group === undefined) found.set(key, [tensor])
    else group.push(tensor)
  }
  return [...found.values()]
}

function total_norm(tensors: readonly Tensor[], norm_type: number, error_if_nonfinite: boolean): Tensor {
  if (tensors.length === 0) return ops.full([], 0)
  const { device } = tensors[0]!
  const norm = dispatcher['aten']!['_foreach_norm']! as unknown as (
    group: readonly Tensor[],
    norm_type: number,
  ) => Tensor[]
  const norms = groups(tensors).flatMap((group) => norm(group, norm_type))
  const total = linalg.vector_norm(ops.stack(norms.map((one) => one.to(device))), norm_type)
  if (error_if_nonfinite && !Number.isFinite(total.item() as number))
    throw runtime_error(
      `The total norm of order ${py_float(norm_type)} for gradients from \`parameters\` is non-finite, so it cannot be ` +
        'clipped. To disable this error and scale the gradients by the non-finite norm anyway, set ' +
        '`error_if_nonfinite=False`',
    )
  return total
}

function scale(gradients: readonly Tensor[], max_norm: number, total: Tensor): void {
  if (gradients.length === 0) return
  // Python's max_norm / (total + 1e-6) is this product.
  const factor = ops.reciprocal(total.add(1e-6)).mul(max_norm).clamp({ max: 1 })
  for (const group of groups(gradients))
    dispatcher['aten']!['_foreach_mul_']!['Tensor']!(group, factor.to(group[0]!.device))
}

/**
 * The norm of all tensors together, as if they were one vector.
 *
 * @param tensors - one, or several
 * @param norm_type - the norm's degree; Infinity or `'inf'` for the greatest. Default: 2
 * @param error_if_nonfinite - whether a norm that is not finite throws. Default: false
 * @param foreach - whether tensors are computed together, which gives the same numbers. Default: null, decided here
 * @returns a tensor of no dimensions
 * @throws RuntimeError for a norm that is not finite, where that is asked for
 *
 * @example
 * ```ts
 * nn.utils.get_total_norm([torch.tensor([3]), torch.tensor([4])]).item() // 5
 * ```
 *
 * @see torch/nn/utils/clip_grad.py
 */
export const get_total_norm = callable(
  signature('get_total_norm', { tensors: required<TensorOrTensors>() }, ...NORM),
  (tensors, norm_type, error_if_nonfinite): Tensor =>
    without_grad(() => total_norm(list(tensors), float_of(norm_type), error_if_nonfinite)),
)

/**
 * Scales gradients in place by `max_norm` / `total_norm`, where that is less than 1.
 *
 * @param parameters - one, or several; those without a gradient count for nothing
 * @param max_norm - how long the gradients may be together
 * @param total_norm - how long they are, from {@link get_total_norm}
 *
 * @see torch/nn/utils/clip_grad.py
 */
export const clip_grads_with_norm_ = callable(
  signature('clip_grads_with_norm_', PARAMETERS, MAX_NORM, { total_norm: tensor }, FOREACH),
  (parameters, max_norm, total_norm): void => {
    without_grad(() => scale(gradients_of(list(parameters)), float_of(max_norm), total_norm))
  },
)

/**
 * Scales gradients in place so that all together are at most `max_norm` long.
 *
 * @param parameters - one, or several; those without a gradient count for nothing
 * @param max_norm - how long the gradients may be together
 * @param norm_type - the norm's degree; Infinity or `'inf'` for the greatest. Default: 2
 * @param error_if_nonfinite - whether a norm that is not finite throws. Default: false
 * @param foreach - whether tensors are computed together, which gives the same numbers. Default: null, decided here
 * @returns how long they were
 * @throws RuntimeError for a norm that is not finite, where that is asked for
 *
 * @example
 * ```ts
 * loss.backward()
 * nn.utils.clip_grad_norm_(model.parameters(), 1)
 * optimizer.step()
 * ```
 *
 * @see torch/nn/utils/clip_grad.py
 */
export const clip_grad_norm_ = callable(
  signature('clip_grad_norm_', PARAMETERS, MAX_NORM, ...NORM),
  (given, given_max, norm_type, error_if_nonfinite): Tensor => {
    const parameters = list(given)
    if (parameters.length === 0 && !Array.isArray(given))
      process.emitWarning('`parameters` is an empty generator, no gradient clipping will occur.')
    const max_norm = float_of(given_max)
    return without_grad(() => {
      const gradients = gradients_of(parameters)
      const total = total_norm(gradients, float_of(norm_type), error_if_nonfinite)
      scale(gradients, max_norm, total)
      return total
    })
  },
)

/** Deprecated: {@link clip_grad_norm_}. */
export const clip_grad_norm = callable(
  signature('clip_grad_norm', PARAMETERS, MAX_NORM, ...NORM),
  (...values): Tensor => {
    process.emitWarning(
      '`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.',
    )
    return clip_grad_norm_(...values)
  },
)

/**
 * Clamps each element of the gradients in place to [−clip_value, clip_value].
 *
 * @param parameters - one, or several; those without a gradient count for nothing
 * @param clip_value - the greatest absolute value
 *
 * @see torch/nn/utils/clip_grad.py
 */
export const clip_grad_value_ = callable(
  signature('clip_grad_value_', PARAMETERS, { clip_value: required<FloatLike>() }, FOREACH),
  (parameters, clip_value): void => {
    const value = float_of(clip_value)
    without_grad(() => {
      for (const group of groups(gradients_of(list(parameters)))) {
        dispatcher['aten']!['_foreach_clamp_min_']!['Scalar']!(group, -value)
        dispatcher['aten']!['_foreach_clamp_max_']!['Scalar']!(group, value)
      }
    })
  },
)
