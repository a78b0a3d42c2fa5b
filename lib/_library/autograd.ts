import { grad_mode, records } from '../autograd/context.js'
import { AutogradFunction } from '../autograd/function.js'
import type { FunctionCtx } from '../autograd/function_ctx.js'
import { runtime_error, type_name } from '../errors.js'
import { native } from '../native.js'
import type { Operator } from '../ops/operator.js'
import type { Overload } from '../ops/schema.js'
import { own_value } from '../own.js'
import { handle_of, Tensor } from '../tensor.js'
import type { Kernel } from './kernel.js'

type Gradient = Tensor | null | undefined

/** What {@link CustomOpDef.register_autograd} is given. */
export interface AutogradFormula {
  backward?: (ctx: FunctionCtx, ...gradients: never[]) => unknown
  setup_context?:
    | ((ctx: FunctionCtx, inputs: never, output: never, keyword_only_inputs: never) => void)
    | undefined
}

type Nested = unknown[]

const is_tensor_list = (value: unknown): value is Tensor[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => item instanceof Tensor)

/** Lists of tensors taken apart, so that a Function sees each tensor; `sizes` is -1 for what is no such list. */
function flatten(values: readonly unknown[]): { flat: unknown[]; sizes: number[] } {
  const sizes = values.map((value) => (is_tensor_list(value) ? value.length : -1))
  return { flat: values.flatMap((value, i) => (sizes[i]! >= 0 ? (value as unknown[]) : [value])), sizes }
}

function unflatten(flat: readonly unknown[], sizes: readonly number[]): Nested {
  let next = 0
  return sizes.map((size) => (size < 0 ? flat[next++] : flat.slice(next, (next += size))))
}

function flatten_gradients(answer: unknown, sizes: readonly number[]): unknown[] {
  const gradients: unknown[] = Array.isArray(answer) ? answer : [answer]
  if (gradients.length !== sizes.length) return gradients
  return gradients.flatMap((gradient, i) => {
    const size = sizes[i]!
    if (size < 0) return [gradient]
    if (Array.isArray(gradient) && gradient.length === size) return gradient as Gradient[]
    throw runtime_error(
      `Expected the return from backward to be of the same structure as the inputs. Got: ${type_name(gradient)} (return from backward), an array of ${size} (inputs) for argument ${i}`,
    )
  })
}

/** The kernel of the key `Autograd`: records the call, and hands it on below autograd. */
export function autograd_kernel(overload: Overload, op: () => Operator, formula: AutogradFormula): Kernel {
  const { full, positional, parameters } = overload
  const has_keywords = positional < parameters.length
  const name = `GeneratedBackwardFor_${full.replace('::', '_').replace('.', '_')}${overload.overload === '' ? '_default' : ''}`
  const mutated = parameters.flatMap((parameter, i) => (parameter.written ? [i] : []))
  const below = (args: readonly unknown[]) => native.below_autograd(() => op()(...args))

  interface Shape {
    inputs: number[]
    outputs?: number[]
    single?: boolean
  }
  const shapes = new WeakMap<FunctionCtx, Shape>()

  class Generated extends AutogradFunction {
    static override forward(ctx: FunctionCtx, shape: Shape, keywords: unknown, ...flat: unknown[]): unknown {
      shapes.set(ctx, shape)
      const inputs = unflatten(flat, shape.inputs)
      const result: unknown = below(has_keywords ? [...inputs, keywords] : inputs)
      own_value(formula, 'setup_context')?.(ctx, inputs as never, result as never, keywords as never)
      shape.single = overload.results.length === 1
      const { flat: outputs, sizes } = flatten(own_value(shape, 'single') ? [result] : (result as unknown[]))
      shape.outputs = sizes
      return outputs
    }

    static override backward(ctx: FunctionCtx, ...gradients: unknown[]): unknown {
      const formula_of_backward = own_value(formula, 'backward')
      if (formula_of_backward === undefined)
        throw runtime_error(
          `Trying to backward through ${full} but no autograd formula was registered. Please use register_autograd to add one.`,
        )
      const shape = shapes.get(ctx)!
      const open = ctx as { needs_input_grad: unknown }
      const before = ctx.needs_input_grad
      // The shape and the keywords come first.
      open.needs_input_grad = unflatten(before.slice(2), shape.inputs)
      try {
        const nested = unflatten(gradients, own_value(shape, 'outputs')!)
        const answer = formula_of_backward(ctx, ...(nested as never[]))
        return [null, null, ...flatten_gradients(answer, shape.inputs)]
      } finally {
        open.needs_input_grad = before
      }
    }
  }
  Object.defineProperty(Generated, 'name', { value: name })

  return (...args: readonly unknown[]) => {
    const inputs = args.slice(0, positional)
    for (const place of mutated)
      for (const value of [inputs[place]].flat())
        if (value instanceof Tensor) native.bump_version(handle_of(value))
    const recorded =
      mutated.length === 0 &&
      overload.results.length > 0 &&
      records(grad_mode.current()) &&
      inputs.flat().some((value) => value instanceof Tensor && value.requires_grad)
    if (!recorded) return below(args)
    const { flat, sizes } = flatten(inputs)
    const shape: Shape = { inputs: sizes }
    const outputs = (Generated.apply as (...all: unknown[]) => unknown[])(shape, args[positional], ...flat)
    const nested = unflatten(outputs, own_value(shape, 'outputs')!)
    return own_value(shape, 'single') ? nested[0] : nested
  }
}
