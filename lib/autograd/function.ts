import { not_implemented_error, runtime_error } from '../errors.js'
import { custom_function_call } from '../func/autograd_function.js'
import { opened, unwrap_if_dead } from '../func/levels.js'
import { native } from '../native.js'
import { enter } from '../tensor/autograd.js'
import { apply_at_level } from './function_apply.js'
import type { FunctionCtx } from './function_ctx.js'

/** A class that extends {@link AutogradFunction}. */
export interface FunctionClass {
  readonly name: string
  forward(...args: never[]): unknown
  setup_context(ctx: never, inputs: never, output: never): void
  backward(...args: never[]): unknown
  vjp(...args: never[]): unknown
  jvp(...args: never[]): unknown
  vmap(...args: never[]): unknown
  readonly generate_vmap_rule: boolean
}

/** What a Function's `vmap` is told of the map that it is under. */
export interface VmapInfo {
  /** The size of the dimension that is mapped over. */
  readonly batch_size: number
  /** What random operators do, as vmap was told. */
  readonly randomness: 'error' | 'different' | 'same'
}

/** What `apply` takes: what `forward` takes, without its context. */
export type FunctionArguments<F extends FunctionClass> =
  Parameters<F['forward']> extends [infer First, ...infer Rest]
    ? FunctionCtx extends First
      ? Rest
      : First extends FunctionCtx
        ? Rest
        : Parameters<F['forward']>
    : Parameters<F['forward']>

/**
 * An operation whose gradient is written by hand. `forward(ctx, …args)` computes it, and `backward(ctx, …gradients)` gives
 * the gradient of each argument, null for what is no tensor; or `forward(…args)` with `setup_context(ctx, inputs, output)`.
 * It is called by `apply`. With `jvp(ctx, …tangents)` it has a forward mode too. One with `setup_context` may be called inside the
 * transforms of torch.func; `vmap` needs {@link AutogradFunction.vmap} or {@link AutogradFunction.generate_vmap_rule}.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * import type { Tensor } from 'typetorch'
 *
 * class Exp extends torch.autograd.Function {
 *   static override forward(ctx: torch.autograd.FunctionCtx, x: Tensor) {
 *     const result = x.exp()
 *     ctx.save_for_backward(result)
 *     return result
 *   }
 *   static override backward(ctx: torch.autograd.FunctionCtx, gradient: Tensor) {
 *     const [result] = ctx.saved_tensors
 *     return gradient.mul(result!)
 *   }
 * }
 * const x = torch.ones(2, { requires_grad: true })
 * Exp.apply(x).sum().backward()
 * x.grad // tensor([2.7183, 2.7183])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.Function
 */
export abstract class AutogradFunction {
  constructor() {
    throw runtime_error(
      'Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function ' +
        'with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)',
    )
  }

  static forward(..._args: never[]): unknown {
    throw not_implemented_error('You must implement the forward function for custom autograd.Function.')
  }

  static setup_context(_ctx: never, _inputs: never, _output: never): void {
    throw not_implemented_error('setup_context is not implemented.')
  }

  static backward(..._args: never[]): unknown {
    throw not_implemented_error(
      'You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.',
    )
  }

  /** Another name of {@link AutogradFunction.backward}: one of the two. */
  static vjp(..._args: never[]): unknown {
    return AutogradFunction.backward()
  }

  static jvp(..._args: never[]): unknown {
    throw not_implemented_error(
      'You must implement the jvp function for custom autograd.Function to use it with forward mode AD.',
    )
  }

  /**
   * Whether `torch.func.vmap` makes its rule of `forward`, `backward` and `jvp`, which are then written with operators only
   * (default false).
   */
  static readonly generate_vmap_rule: boolean = false

  /**
   * What the Function does under `torch.func.vmap`: `vmap(info, in_dims, …args)`, where each of `in_dims` is the dimension of an
   * argument that is mapped over, or null.
   *
   * @returns `[output, out_dims]`, nested alike
   * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.vmap.html
   */
  static vmap(..._args: never[]): unknown {
    throw not_implemented_error(
      'To use autograd.Function with vmap, you must either override the vmap staticmethod or set generate_vmap_rule=True.',
    )
  }

  /**
   * Runs `forward`, and records it.
   *
   * @throws RuntimeError inside a transform of torch.func, where it has no `setup_context`
   */
  static apply<F extends FunctionClass>(this: F, ...args: FunctionArguments<F>): ReturnType<F['forward']> {
    // biome-ignore lint/complexity/noThisInStatic: the subclass it is called on
    return apply(this, args) as ReturnType<F['forward']>
  }
}

function apply(type: FunctionClass, args: readonly unknown[]): unknown {
  enter()
  if (native.level_depth() === 0)
    return apply_at_level(type, AutogradFunction, opened.any ? args.map(unwrap_if_dead) : args)
  if (type.setup_context === AutogradFunction.setup_context)
    throw runtime_error(
      'In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override the ' +
        'setup_context staticmethod. For more details, please see https://pytorch.org/docs/main/notes/extending.func.html',
    )
  return custom_function_call(type, AutogradFunction, args)
}
