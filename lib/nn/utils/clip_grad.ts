import { without_grad } from '../../autograd/grad_mode.js'
import { runtime_error } from '../../errors.js'
import * as linalg from '../../ops/generated/linalg.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { Tensor } from '../../tensor.js'
import { py_float } from '../repr.js'

/** One tensor, or several. */
export type TensorOrTensors = Tensor | Iterable<Tensor>

/** Keywords of the norms of gradients. */
export interface NormOfGradientsOptions {
  /** The norm's degree; Infinity for the greatest. Default: 2. */
  norm_type?: number
  /** Whether a norm that is not finite throws. Default: false. */
  error_if_nonfinite?: boolean
  /** Whether several tensors are computed together; null decides itself. Default: null. */
  foreach?: boolean | null
}

const DEFAULTS: Required<NormOfGradientsOptions> = {
  norm_type: 2,
  error_if_nonfinite: false,
  foreach: null,
}

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
 * @param norm_type - the norm's degree; Infinity for the greatest. Default: 2
 * @param error_if_nonfinite - whether a norm that is not finite throws. Default: false
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
export function get_total_norm(
  tensors: TensorOrTensors,
  norm_type?: number | NormOfGradientsOptions,
  error_if_nonfinite?: boolean | NormOfGradientsOptions,
  foreach?: boolean | null | NormOfGradientsOptions,
): Tensor
export function get_total_norm(...args: unknown[]): Tensor {
  const given = take_options<Required<NormOfGradientsOptions> & { tensors: TensorOrTensors }>(
    'get_total_norm',
    args,
    ['tensors', 'norm_type', 'error_if_nonfinite', 'foreach'],
    DEFAULTS,
  )
  return without_grad(() =>
    total_norm(list(given.tensors), Number(given.norm_type), given.error_if_nonfinite),
  )
}

/**
 * Scales gradients in place by `max_norm` / `total_norm`, where that is less than 1.
 *
 * @param parameters - one, or several; those without a gradient count for nothing
 * @param max_norm - how long the gradients may be together
 * @param total_norm - how long they are, from {@link get_total_norm}
 *
 * @see torch/nn/utils/clip_grad.py
 */
export function clip_grads_with_norm_(
  parameters: TensorOrTensors,
  max_norm: number,
  total_norm: Tensor,
  _foreach: boolean | null | { foreach?: boolean | null } = null,
): void {
  without_grad(() => scale(gradients_of(list(parameters)), Number(max_norm), total_norm))
}

/**
 * Scales gradients in place so that all together are at most `max_norm` long.
 *
 * @param parameters - one, or several; those without a gradient count for nothing
 * @param max_norm - how long the gradients may be together
 * @param norm_type - the norm's degree; Infinity for the greatest. Default: 2
 * @param error_if_nonfinite - whether a norm that is not finite throws. Default: false
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
export function clip_grad_norm_(
  parameters: TensorOrTensors,
  max_norm: number | (NormOfGradientsOptions & { max_norm: number }),
  norm_type?: number | NormOfGradientsOptions,
  error_if_nonfinite?: boolean | NormOfGradientsOptions,
  foreach?: boolean | null | NormOfGradientsOptions,
): Tensor
export function clip_grad_norm_(...args: unknown[]): Tensor {
  const given = take_options<
    Required<NormOfGradientsOptions> & { parameters: TensorOrTensors; max_norm: number }
  >(
    'clip_grad_norm_',
    args,
    ['parameters', 'max_norm', 'norm_type', 'error_if_nonfinite', 'foreach'],
    DEFAULTS,
  )
  const parameters = list(given.parameters)
  if (parameters.length === 0 && !Array.isArray(given.parameters))
    process.emitWarning('`parameters` is an empty generator, no gradient clipping will occur.')
  return without_grad(() => {
    const gradients = gradients_of(parameters)
    const total = total_norm(gradients, Number(given.norm_type), given.error_if_nonfinite)
    scale(gradients, Number(given.max_norm), total)
    return total
  })
}

/** Deprecated: {@link clip_grad_norm_}. */
export function clip_grad_norm(...args: Parameters<typeof clip_grad_norm_>): Tensor {
  process.emitWarning(
    '`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.',
  )
  return clip_grad_norm_(...args)
}

/**
 * Clamps each element of the gradients in place to [−clip_value, clip_value].
 *
 * @param parameters - one, or several; those without a gradient count for nothing
 * @param clip_value - the greatest absolute value
 *
 * @see torch/nn/utils/clip_grad.py
 */
export function clip_grad_value_(
  parameters: TensorOrTensors,
  clip_value: number,
  _foreach: boolean | null | { foreach?: boolean | null } = null,
): void {
  const value = Number(clip_value)
  without_grad(() => {
    for (const group of groups(gradients_of(list(parameters)))) {
      dispatcher['aten']!['_foreach_clamp_min_']!['Scalar']!(group, -value)
      dispatcher['aten']!['_foreach_clamp_max_']!['Scalar']!(group, value)
    }
  })
}
