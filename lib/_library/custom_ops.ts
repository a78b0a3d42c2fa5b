import type { FunctionCtx } from '../autograd/function_ctx.js'
import { not_implemented_error, runtime_error, type_error, value_error } from '../errors.js'
import { type Operator, operator } from '../ops/operator.js'
import { type Overload, overload_of } from '../ops/schema.js'
import { own_value } from '../own.js'
import { py_string } from '../repr.js'
import type { Tensor } from '../tensor.js'
import { type AutogradFormula, autograd_kernel } from './autograd.js'
import type { Kernel } from './kernel.js'
import { Library } from './registration.js'
import { memory_of, tensors_of } from './tensors.js'
import { type OperatorVmapRule, vmap_kernel } from './vmap.js'

/** How {@link custom_op} is told what TypeScript's types cannot say at run time. */
export interface CustomOpOptions {
  /** The names of the arguments that the function changes; `'unknown'` takes them from the schema. */
  mutates_args: readonly string[] | 'unknown'
  /** Without the name, as `(Tensor x, float factor) -> Tensor`; a changed argument is written `Tensor(a!) x`. */
  schema: string
  /** The types of device that the function serves. Default: all. */
  device_types?: string | readonly string[] | null
}

/** The formula of {@link CustomOpDef.register_autograd}. */
export interface RegisterAutogradOptions<F extends Kernel> {
  /** Keeps on `ctx` what backward needs; keyword-only arguments come last. */
  setup_context?: (
    ctx: FunctionCtx,
    inputs: Parameters<F>,
    output: ReturnType<F>,
    keyword_only_inputs: Readonly<Record<string, unknown>>,
  ) => void
}

/** Gradients for the arguments, null for what is no tensor; for a list of tensors a list. */
export type CustomOpBackward = (ctx: FunctionCtx, ...gradients: Tensor[]) => unknown

/** An operator of {@link custom_op}: it is called as the function that it was made of. */
export interface CustomOpDef<F extends Kernel = Kernel> {
  (...args: Parameters<F>): ReturnType<F>
  /** `namespace::name` */
  readonly qualname: string
  /** Another implementation for some types of device. */
  register_kernel(device_types: string | readonly string[], fn: F): F
  /** What the operator gives for tensors on the meta device, which have no data. */
  register_fake(fn: F): F
  /** The gradient. Backward is given one gradient a result. */
  register_autograd(backward: CustomOpBackward, options?: RegisterAutogradOptions<F>): void
  /** What it does under `torch.func.vmap`, in place of a call for each slice. */
  register_vmap<R extends OperatorVmapRule>(rule: R): R
}

const definitions = new Map<string, Library>()

const dispatch_keys: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  cuda: 'CUDA',
  meta: 'Meta',
  mps: 'MPS',
  xpu: 'XPU',
}

/** The key of a type of device. */
export function dispatch_key_for_device(type: string): string {
  const key = own_value(dispatch_keys, type)
  if (key === undefined) throw value_error(`no dispatch key is known for the device type '${type}'`)
  return key
}

/** Results that share memory with an argument would be two tensors in the graph and one in memory. */
function check_aliases(name: string, args: readonly unknown[], result: unknown): void {
  const seen = new Set(tensors_of(args).map(memory_of))
  for (const where of tensors_of(result).map(memory_of)) {
    if (where === 0) continue
    if (seen.has(where))
      throw runtime_error(
        `${name}: The output of this custom operator (1) must not also be an input to this custom operator and (2) may not alias any inputs to this custom operator or other returns. The most common way to trigger this error is if we have y = custom_op(x) and y and x are the same Tensor. Please instead return a clone of the offending output tensor(s) (e.g. return x.clone()) or refactor the custom operator to not return y.`,
      )
    seen.add(where)
  }
}

function check_mutated(name: string, overload: Overload, mutates_args: readonly string[] | 'unknown'): void {
  if (mutates_args === 'unknown') return
  const written = overload.parameters
    .filter((parameter) => parameter.written)
    .map((parameter) => parameter.name)
  if (written.length === mutates_args.length && written.every((each) => mutates_args.includes(each))) return
  const list = (names: readonly string[]) => `[${names.map(py_string).join(', ')}]`
  throw value_error(
    `custom_op(${name}): mutates_args is ${list(mutates_args)}, and the schema says ${list(written)}: ${overload.text}`,
  )
}

function check_options(name: string, options: CustomOpOptions): void {
  if (!/^[^:]+::[^:.]+$/.test(name))
    throw value_error(`Expected ${name} to be of the form "namespace::opname" and without an overload`)
  if (typeof options?.schema !== 'string')
    throw type_error(
      `custom_op(${name}): argument 'schema' is needed, as TypeScript's types are gone at run time: { schema: '(Tensor x) -> Tensor' }`,
    )
  if (options.mutates_args !== 'unknown' && !Array.isArray(options.mutates_args))
    throw type_error(`custom_op(${name}): argument 'mutates_args' must be a list of names or 'unknown'`)
}

/**
 * Makes an operator of a function: `torch.ops.<namespace>.<name>`, with a gradient and a rule for the meta device where they are
 * registered. It runs on the thread that made it. Made again, it takes the place of the one before.
 *
 * @param name `namespace::name`
 * @param fn computes it; its results may not share memory with its arguments
 * @throws ValueError where `mutates_args` and the schema differ, TypeError without a schema
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * import type { Tensor } from 'typetorch'
 *
 * const cube = torch.library.custom_op('doc_ops::cube', (x: Tensor) => x.pow(3), {
 *   mutates_args: [],
 *   schema: '(Tensor x) -> Tensor',
 * })
 * cube.register_autograd((ctx, gradient) => gradient.mul(ctx.saved_tensors[0]!.pow(2)).mul(3), {
 *   setup_context: (ctx, [x]) => ctx.save_for_backward(x),
 * })
 * const x = torch.tensor([2], { requires_grad: true })
 * cube(x).backward()
 * x.grad // tensor([12.])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.custom_op
 */
export function custom_op<F extends Kernel>(name: string, fn: F, options: CustomOpOptions): CustomOpDef<F> {
  check_options(name, options)
  const [namespace, own_name] = name.split('::') as [string, string]
  definitions.get(name)?._destroy()
  const library = new Library(namespace, 'FRAGMENT')
  try {
    library.define(own_name + options.schema)
    const definition = make_definition(name, fn, library)
    check_mutated(name, overload_of(name), options.mutates_args)
    definition.register_kernel((own_value(options, 'device_types') ?? '') as string, fn)
    definitions.set(name, library)
    return definition
  } catch (error) {
    library._destroy()
    throw error
  }
}

function make_definition<F extends Kernel>(name: string, fn: F, library: Library): CustomOpDef<F> {
  const overload = overload_of(name)
  const { parameters, text } = overload
  if (parameters.some((parameter) => parameter.keyword_only && parameter.kind.startsWith('Tensor')))
    throw not_implemented_error(
      `custom_op with kwarg-only Tensor args. Please make your tensors not kwarg-only. Got: ${text}`,
    )
  const changes = parameters.some((parameter) => parameter.written)
  const op = (): Operator => operator(name)
  const formula: AutogradFormula = {}
  const kernels = new Map<string, Kernel>()
  let fake: Kernel | undefined
  let vmap_rule: OperatorVmapRule | undefined

  const implement = (device_type: string, kernel: Kernel) => {
    if (!kernels.has(device_type)) {
      const key = device_type === '' ? 'CompositeExplicitAutograd' : dispatch_key_for_device(device_type)
      const run = (...args: never[]) => {
        const result = kernels.get(device_type)!(...args)
        check_aliases(name, args, result)
        return result
      }
      library.impl(name, run, key)
    }
    kernels.set(device_type, kernel)
  }
  library.impl(
    name,
    (...args: never[]) => {
      if (fake !== undefined) return fake(...args)
      throw runtime_error(
        `There was no fake impl registered for <CustomOpDef(${name})>. This is necessary for tensors on the meta device. Please use \`${fn.name || 'op'}.register_fake\` to add an fake impl.`,
      )
    },
    'Meta',
  )
  library.impl(name, autograd_kernel(overload, op, formula), 'Autograd')

  const definition = (...args: Parameters<F>) => op()(...args) as ReturnType<F>
  Object.defineProperty(definition, 'name', { value: name.split('::')[1] })
  return Object.assign(definition, {
    qualname: name,
    register_kernel(device_types: string | readonly string[], kernel: F): F {
      for (const type of [device_types].flat()) implement(type, kernel)
      return kernel
    },
    register_fake(kernel: F): F {
      fake = kernel
      return kernel
    },
    register_autograd(backward: CustomOpBackward, given: RegisterAutogradOptions<F> = {}): void {
      if (changes || overload.results.some((result) => result.parameter >= 0))
        throw runtime_error(
          `Cannot register autograd formula for non-functional operator <CustomOpDef(${name})> with schema ${text}. Please create a functional operator and register an autograd formula for that.`,
        )
      formula.backward = backward
      formula.setup_context = own_value(given, 'setup_context')
    },
    register_vmap<R extends OperatorVmapRule>(rule: R): R {
      if (vmap_rule === undefined)
        library.impl(
          name,
          vmap_kernel(overload, op, () => vmap_rule!),
          'FuncTorchBatched',
        )
      vmap_rule = rule
      return rule
    },
    toString: () => `<CustomOpDef(${name})>`,
  })
}
