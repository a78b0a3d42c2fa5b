import { not_implemented_error, runtime_error, type_name } from '../errors.js'
import { type Handle, native, type RawHook } from '../native.js'
import { enter } from '../tensor/autograd.js'
import { handle_of, Tensor, wrap, wrap_or_null } from '../tensor.js'
import { grad_mode } from './context.js'
import { context_state, FunctionCtx } from './function_ctx.js'
import { no_grad } from './grad_mode.js'
import { carry_together } from './hooks.js'

/** A class that extends {@link AutogradFunction}. */
export interface FunctionClass {
  readonly name: string
  forward(...args: never[]): unknown
  setup_context(ctx: never, inputs: never, output: never): void
  backward(...args: never[]): unknown
  vjp(...args: never[]): unknown
  jvp(...args: never[]): unknown
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

type UserFunction = (...args: unknown[]) => unknown

/**
 * An operation whose gradient is written by hand. `forward(ctx, …args)` computes it, and `backward(ctx, …gradients)` gives
 * the gradient of each argument, null for what is no tensor; or `forward(…args)` with `setup_context(ctx, inputs, output)`.
 * It is called by `apply`. With `jvp(ctx, …tangents)` it has a forward mode too.
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

  /** Runs `forward`, and records it. */
  static apply<F extends FunctionClass>(this: F, ...args: FunctionArguments<F>): ReturnType<F['forward']> {
    // biome-ignore lint/complexity/noThisInStatic: the subclass it is called on
    return apply(this, args) as ReturnType<F['forward']>
  }
}

function apply(type: FunctionClass, args: readonly unknown[]): unknown {
  enter()
  if (native.level_depth() > 0)
    throw not_implemented_error(
      `${type.name}: an autograd.Function inside torch.func's transforms (vmap, grad, jvp, jacrev, ...) is not supported; write it with operators there`,
    )
  const is_tensor = args.map((value) => value instanceof Tensor)
  const inputs = args.filter((value): value is Tensor => value instanceof Tensor)
  const ctx = new FunctionCtx(args.map((value) => value instanceof Tensor && value.requires_grad))
  const state = context_state(ctx)
  const executable = grad_mode.current() % 3 === 0 && inputs.some((input) => input.requires_grad)
  const separate_context = type.setup_context !== AutogradFunction.setup_context
  const forward = type.forward as UserFunction
  const result = no_grad(() => {
    if (!separate_context) return forward.call(type, ctx, ...args)
    const output = forward.apply(type, [...args])
    ;(type.setup_context as UserFunction).call(type, ctx, args, output)
    return output
  })
  const outputs: unknown[] = Array.isArray(result) ? [...result] : [result]
  const hook = backward_hook(type, ctx, is_tensor)
  const [node, ...changed] = native.finish_function({
    name: `${type.name}Backward`,
    hook,
    inputs: inputs.map(handle_of),
    outputs: outputs.map((value) => (value instanceof Tensor ? handle_of(value) : 0)),
    dirty: state.dirty.map(handle_of),
    non_differentiable: state.non_differentiable.map(handle_of),
    to_save: state.to_save.map(handle_of),
    materialize: state.materialize,
    executable,
    separate_context,
    jvp: type.jvp === AutogradFunction.jvp ? null : jvp_hook(type, ctx, args, outputs.length),
  })
  changed.forEach((handle, i) => {
    if (handle !== 0) outputs[i] = wrap(handle)
  })
  state.node = node
  state.to_save = state.dirty = state.non_differentiable = []
  state.saved_for_forward = null
  if (executable) {
    const carried = carry_together(hook, outputs, inputs)
    state.note = (tensor) => carried.note(tensor)
  }
  if (Array.isArray(result)) return Object.assign(result, outputs)
  return outputs[0]
}

function backward_hook(type: FunctionClass, ctx: FunctionCtx, is_tensor: readonly boolean[]): RawHook {
  const has_backward = type.backward !== AutogradFunction.backward
  const has_vjp = type.vjp !== AutogradFunction.vjp
  return (handles) => {
    if (has_backward && has_vjp)
      throw runtime_error(
        "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of them.",
      )
    const gradients = (handles as Handle[]).map(wrap_or_null)
    const { note } = context_state(ctx)
    for (const gradient of gradients) if (gradient !== null) note(gradient)
    const method = (has_vjp ? type.vjp : type.backward) as UserFunction
    const answer = method.call(type, ctx, ...gradients)
    return checked(`${type.name}Backward`, answer, is_tensor)
  }
}

/** The gradients' handles, after the checks that Python makes. */
function checked(name: string, answer: unknown, is_tensor: readonly boolean[]): Handle[] {
  let gradients: unknown[] = Array.isArray(answer) ? answer : [answer ?? null]
  const expected = is_tensor.length
  if (gradients.length > expected && gradients.slice(expected).every((gradient) => gradient == null))
    gradients = gradients.slice(0, expected)
  if (gradients.length !== expected)
    throw runtime_error(
      `function ${name} returned an incorrect number of gradients (expected ${expected}, got ${gradients.length})`,
    )
  const handles: Handle[] = []
  gradients.forEach((gradient, i) => {
    const missing = gradient === null || gradient === undefined
    if (!is_tensor[i]) {
      if (!missing)
        throw runtime_error(
          `function ${name} returned a gradient different from None at position ${i + 1}, but the corresponding forward input was not a Variable`,
        )
    } else if (missing) handles.push(0)
    else if (gradient instanceof Tensor) handles.push(handle_of(gradient))
    else throw runtime_error(`expected Variable or None (got ${type_name(gradient)})`)
  })
  return handles
}

function jvp_hook(type: FunctionClass, ctx: FunctionCtx, args: readonly unknown[], results: number): RawHook {
  return (handles) => {
    const tangents = (handles as Handle[]).map(wrap_or_null)
    let next = 0
    const by_argument = args.map((value) => (value instanceof Tensor ? tangents[next++] : null))
    const answer = (type.jvp as UserFunction).call(type, ctx, ...by_argument)
    const list: unknown[] = Array.isArray(answer) ? answer : [answer]
    if (list.length !== results)
      throw runtime_error(
        `function ${type.name} returned an incorrect number of gradients (expected ${results}, got ${list.length})`,
      )
    return list.map((tangent) => (tangent instanceof Tensor ? handle_of(tangent) : 0))
  }
}
