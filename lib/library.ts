import type { AutogradFormula } from './_library/autograd.js'
import { autograd_kernel } from './_library/autograd.js'
import {
  type CustomOpBackward,
  type CustomOpDef,
  type CustomOpOptions,
  custom_op,
  dispatch_key_for_device,
  type RegisterAutogradOptions,
} from './_library/custom_ops.js'
import type { Kernel } from './_library/kernel.js'
import { type OpCheck, type OpCheckOptions, type OpCheckResults, opcheck } from './_library/opcheck/index.js'
import { fallthrough_kernel, Library, type LibraryKind } from './_library/registration.js'
import { type OperatorVmapRule, vmap_kernel } from './_library/vmap.js'
import { OpCheckError, runtime_error, value_error } from './errors.js'
import { operator } from './ops/operator.js'
import { overload_of } from './ops/schema.js'
import { own, own_value } from './own.js'

export {
  type CustomOpBackward,
  type CustomOpDef,
  type CustomOpOptions,
  custom_op,
  fallthrough_kernel,
  type Kernel,
  Library,
  type LibraryKind,
  type OpCheck,
  OpCheckError,
  type OpCheckOptions,
  type OpCheckResults,
  type OperatorVmapRule,
  opcheck,
  type RegisterAutogradOptions,
}

/** Where a registration is kept: it goes with the library. Default: it stays until the thread ends. */
export interface InLibrary {
  lib?: Library
}

const kept: Library[] = []

function namespace_of(qualname: string): [namespace: string, name: string] {
  const parts = qualname.split('::')
  if (parts.length !== 2)
    throw value_error(`Expected \`${qualname}\` to be of the form "namespace::name", as "mylib::linear"`)
  return parts as [string, string]
}

function library_for(namespace: string, given: Library | undefined): Library {
  if (given !== undefined) return given
  const library = new Library(namespace, 'FRAGMENT')
  kept.push(library)
  return library
}

/**
 * Defines an operator, without a kernel.
 *
 * @param qualname `namespace::name`
 * @param schema `(Tensor x) -> Tensor`
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.define
 */
export function define(qualname: string, schema: string, options: InLibrary = {}): void {
  const { lib } = own(options)
  const [namespace, name] = namespace_of(qualname)
  if (!/^\(.*\) *-> *.*$/s.test(schema))
    throw value_error(
      `define(qualname, schema, ...): expected schema to look like e.g. "(Tensor x) -> Tensor" but got "${schema}"`,
    )
  library_for(namespace, lib).define(name + schema)
}

/**
 * Registers a kernel for types of device (`cpu`, `cuda`), `default` for all of them, or a dispatch key.
 *
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.impl
 */
export function impl(
  qualname: string,
  types: string | readonly string[],
  func: Kernel,
  options: InLibrary = {},
): void {
  const { lib } = own(options)
  const [namespace] = namespace_of(qualname)
  const library = library_for(namespace, lib)
  for (const type of [types].flat()) {
    const is_key = /^[A-Z]/.test(type)
    const key =
      type === 'default' ? 'CompositeExplicitAutograd' : is_key ? type : dispatch_key_for_device(type)
    library.impl(qualname, func, key)
  }
}

type Definition = string | CustomOpDef

/** As {@link impl}, also for what {@link custom_op} made. */
export function register_kernel<F extends Kernel>(
  op: Definition,
  device_types: string | readonly string[] | null,
  func: F,
  options: InLibrary = {},
): void {
  if (typeof op !== 'string') op.register_kernel(device_types ?? '', func as never)
  else impl(op, device_types ?? 'default', func, options)
}

/**
 * Says what an operator gives for tensors on the meta device.
 *
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.register_fake
 */
export function register_fake<F extends Kernel>(op: Definition, func: F, options: InLibrary = {}): void {
  if (typeof op !== 'string') op.register_fake(func as never)
  else library_for(namespace_of(op)[0], own_value(options, 'lib')).impl(op, func, 'Meta')
}

/**
 * Registers the gradient of an operator that changes none of its arguments.
 *
 * @throws RuntimeError where its schema says that it changes one
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.register_autograd
 */
export function register_autograd(
  op: Definition,
  backward: CustomOpBackward,
  options: RegisterAutogradOptions<Kernel> & InLibrary = {},
): void {
  const { setup_context, lib } = own(options)
  if (typeof op !== 'string') {
    op.register_autograd(backward, setup_context === undefined ? {} : { setup_context })
    return
  }
  const overload = overload_of(op)
  if (overload.parameters.some((parameter) => parameter.written))
    throw runtime_error(
      `Cannot register autograd formula for non-functional operator ${op} with schema ${overload.text}. Please create a functional operator and register an autograd formula for that.`,
    )
  const formula: AutogradFormula = { backward, setup_context }
  const kernel = autograd_kernel(overload, () => operator(op), formula)
  library_for(namespace_of(op)[0], lib).impl(op, kernel, 'Autograd')
}

/**
 * Says what an operator does under `torch.func.vmap`; without it, the operator is called once a slice.
 *
 * @param rule `rule(info, in_dims, …args)`: each of `in_dims` is the dimension of an argument that is mapped over, or null; it
 * returns `[output, out_dims]`
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * import type { Tensor } from 'typetorch'
 *
 * const twice = torch.library.custom_op('doc_ops::twice', (x: Tensor) => x.mul(2), {
 *   mutates_args: [],
 *   schema: '(Tensor x) -> Tensor',
 * })
 * torch.library.register_vmap(twice, (_info: unknown, [dim]: (number | null)[], x: Tensor) => [twice(x), dim])
 * torch.func.vmap(twice)(torch.ones(2, 3)) // tensor([[2., 2., 2.], [2., 2., 2.]])
 * ```
 * @see https://docs.pytorch.org/docs/2.13/library.html#torch.library.register_vmap
 */
export function register_vmap<R extends OperatorVmapRule>(
  op: Definition,
  rule: R,
  options: InLibrary = {},
): R {
  const { lib } = own(options)
  if (typeof op !== 'string') return op.register_vmap(rule)
  const kernel = vmap_kernel(
    overload_of(op),
    () => operator(op),
    () => rule,
  )
  library_for(namespace_of(op)[0], lib).impl(op, kernel, 'FuncTorchBatched')
  return rule
}
