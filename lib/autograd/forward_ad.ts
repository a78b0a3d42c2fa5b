import { run_then } from '../callback.js'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { operator } from '../ops/operator.js'
import { named_places } from '../ops/results.js'
import type { Tensor } from '../tensor.js'

const aten_make_dual = operator('aten::_make_dual')
const aten_unpack_dual = operator('aten::_unpack_dual')

/** The level that is open; LibTorch has one. */
let current = -1

/**
 * Inside the callback, tensors may carry tangents, and operators carry them on: forward-mode differentiation.
 *
 * @param callback what runs in the level; synchronous
 * @throws RuntimeError where a level is open already
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const { dual_level, make_dual, unpack_dual } = torch.autograd.forward_ad
 * const tangent = dual_level(() => unpack_dual(make_dual(torch.tensor(2), torch.tensor(1)).pow(3)).tangent)
 * tangent // tensor(12.)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.forward_ad.dual_level
 */
export function dual_level<T>(callback: () => T): T {
  enter_dual_level()
  return run_then(callback, () => exit_dual_level())
}

/**
 * Opens the level of {@link dual_level} without a callback.
 *
 * @returns its number
 */
export function enter_dual_level(): number {
  if (current >= 0)
    throw runtime_error(
      'Nested forward mode AD is not supported at the moment. Please open an issue if you need this feature.',
    )
  current = native.enter_dual_level()
  return current
}

/** Closes the level: the tangents in it are gone. */
export function exit_dual_level(): void {
  if (current < 0) throw runtime_error('Trying to exit a forward AD level that was not entered')
  native.exit_dual_level(current)
  current = -1
}

/**
 * A tensor that carries a tangent: a view of `tensor`.
 *
 * @param tensor a floating-point or complex tensor
 * @param tangent of its shape and type
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.forward_ad.make_dual.html
 */
export function make_dual(tensor: Tensor, tangent: Tensor): Tensor {
  if (current < 0)
    throw runtime_error(
      'Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first.',
    )
  for (const [value, name] of [
    [tensor, 'primal'],
    [tangent, 'tangent'],
  ] as const)
    if (!value.is_floating_point() && !value.is_complex())
      throw runtime_error(`Expected ${name} to be floating point or complex, but got: ${value.dtype}`)
  return aten_make_dual(tensor, tangent, 0)
}

/** What {@link unpack_dual} gives. */
export type UnpackedDualTensor = [primal: Tensor, tangent: Tensor | null] & {
  readonly primal: Tensor
  readonly tangent: Tensor | null
}

/**
 * The tensor without its tangent, and the tangent, or null where it has none.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.forward_ad.unpack_dual.html
 */
export function unpack_dual(tensor: Tensor): UnpackedDualTensor {
  // The operator's results have these names by themselves.
  if (current >= 0) return aten_unpack_dual(tensor, 0) as unknown as UnpackedDualTensor
  return Object.setPrototypeOf([tensor, null], named_places(['primal', 'tangent'])) as UnpackedDualTensor
}

/** @internal Whether a level is open. */
export const is_dual_level_open = (): boolean => current >= 0
