import { runtime_error } from '../errors.js'
import { Tensor } from '../tensor.js'
import { AutogradFunction } from './function.js'
import { apply_at_level } from './function_apply.js'
import type { FunctionCtx } from './function_ctx.js'
import { is_grad_enabled, no_grad } from './grad_mode.js'

/** Gives its arguments back; to differentiate them is an Error. */
class DelayedError extends AutogradFunction {
  static override forward(_ctx: FunctionCtx, ...tensors: Tensor[]) {
    return tensors.map((tensor) => tensor.detach())
  }
  static override backward(): never {
    throw runtime_error('trying to differentiate twice a function that was marked with @once_differentiable')
  }
}

/**
 * Says of a {@link AutogradFunction}'s `backward` that it cannot itself be differentiated: it runs without being recorded, and to
 * differentiate what it gave is an Error instead of a wrong number.
 *
 * @param backward the method
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const { once_differentiable } = torch.autograd.function
 * const backward = once_differentiable((_ctx: torch.autograd.FunctionCtx, g: torch.Tensor) => g.mul(2))
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.function.once_differentiable
 */
export function once_differentiable<A extends unknown[], R>(
  backward: (ctx: FunctionCtx, ...args: A) => R,
): (ctx: FunctionCtx, ...args: A) => R {
  return function (this: unknown, ctx, ...args) {
    const answer = no_grad(() => backward.call(this, ctx, ...args))
    if (!is_grad_enabled()) return answer
    // Where no gradient comes in that is recorded, nobody can ask for another one.
    if (!args.some((value) => value instanceof Tensor && value.requires_grad)) return answer
    const list: unknown[] = Array.isArray(answer) ? [...answer] : [answer]
    const places = list.flatMap((value, i) => (value instanceof Tensor ? [i] : []))
    const tensors = places.map((i) => (list[i] as Tensor).detach().requires_grad_())
    const guarded = apply_at_level(DelayedError, AutogradFunction, tensors) as Tensor[]
    places.forEach((place, i) => {
      list[place] = guarded[i]
    })
    return (Array.isArray(answer) ? list : list[0]) as R
  }
}
