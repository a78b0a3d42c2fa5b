import { runtime_error, type_name } from '../errors.js'
import { with_forward_mode } from '../func/levels.js'
import { type Handle, native, type RawHook } from '../native.js'
import * as ops from '../ops/generated/torch.js'
import { handle_of, Tensor, wrap, wrap_or_null } from '../tensor.js'
import { grad_mode, records } from './context.js'
import type { FunctionClass } from './function.js'
import { context_state, FunctionCtx } from './function_ctx.js'
import { no_grad } from './grad_mode.js'
import { carry_together } from './hooks.js'

type UserFunction = (...args: unknown[]) => unknown

/**
 * Calls a Function and records it in the graph of the innermost level, where one is open.
 *
 * @param base the class that it extends, whose methods are those that it has not
 */
export function apply_at_level(type: FunctionClass, base: FunctionClass, args: readonly unknown[]): unknown {
  const is_tensor = args.map((value) => value instanceof Tensor)
  const inputs = args.filter((value): value is Tensor => value instanceof Tensor)
  const ctx = new FunctionCtx(args.map((value) => value instanceof Tensor && value.requires_grad))
  const state = context_state(ctx)
  const executable = records(grad_mode.current()) && inputs.some((input) => input.requires_grad)
  const separate_context = type.setup_context !== base.setup_context
  const forward = type.forward as UserFunction
  const result = no_grad(() =>
    with_forward_mode(false, () => {
      if (!separate_context) return forward.call(type, ctx, ...args)
      const output = forward.apply(type, [...args])
      ;(type.setup_context as UserFunction).call(type, ctx, args, output)
      return output
    }),
  )
  const outputs: unknown[] = Array.isArray(result) ? [...result] : [result]
  const hook = backward_hook(type, base, ctx, is_tensor)
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
    jvp: type.jvp === base.jvp ? null : jvp_hook(type, ctx, args, outputs.length),
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

function backward_hook(
  type: FunctionClass,
  base: FunctionClass,
  ctx: FunctionCtx,
  is_tensor: readonly boolean[],
): RawHook {
  const has_backward = type.backward !== base.backward
  const has_vjp = type.vjp !== base.vjp
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
    const { materialize } = context_state(ctx)
    const by_argument = args.map((value) => {
      if (!(value instanceof Tensor)) return null
      return tangents[next++] ?? (materialize ? ops.zeros_like(value) : null)
    })
    const answer = (type.jvp as UserFunction).call(type, ctx, ...by_argument)
    const list: unknown[] = Array.isArray(answer) ? answer : [answer]
    if (list.length !== results)
      throw runtime_error(
        `function ${type.name} returned an incorrect number of gradients (expected ${results}, got ${list.length})`,
      )
    return list.map((tangent) => (tangent instanceof Tensor ? handle_of(tangent) : 0))
  }
}
