import { without_grad } from '../../autograd/grad_mode.js'
import { open_guard } from '../../autograd/guard.js'
import {
  assertion_error,
  NotImplementedError,
  type_name as plain_type_name,
  type_error,
  value_error,
} from '../../errors.js'
import { refuse_in_use } from '../../leases.js'
import { has_member, member } from '../../own.js'
import { keyword, optional, optional_positional, required } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import { delete_field, fields_of, INTERNALS, members_of } from '../modules/internals.js'
import type { Module } from '../modules/module.js'
import { ModuleDict } from '../modules/module_dict.js'
import { type_name } from '../modules/registration.js'
import { Parameter } from '../parameter.js'
import { py_size } from '../repr.js'
import { expect_module, MODULE } from './expect_module.js'
import {
  type Parametrization,
  ParametrizationList,
  put_tensor,
  register_tensor,
} from './parametrization_list.js'

export { type Parametrization, ParametrizationList } from './parametrization_list.js'

/** A module some of whose tensors are computed. */
export type Parametrized = Module & { parametrizations: ModuleDict<ParametrizationList> }

function expect_body(value: unknown): (() => unknown) | null {
  if (value === null || typeof value === 'function') return value as (() => unknown) | null
  throw type_error(`cached() takes no positional argument but a function, not ${plain_type_name(value)}`)
}

const CACHED = signature('cached', { body: optional_positional<(() => unknown) | null>(null, expect_body) })
const TENSOR_NAME = { tensor_name: required<string>() }
const MAYBE_TENSOR_NAME = { tensor_name: optional<string | null>(null) }

const REGISTER = signature(
  'register_parametrization',
  MODULE,
  TENSOR_NAME,
  { parametrization: required<Parametrization>(expect_module as (...args: unknown[]) => Parametrization) },
  { unsafe: keyword(false) },
)
const IS_PARAMETRIZED = signature('is_parametrized', MODULE, MAYBE_TENSOR_NAME)
const REMOVE = signature('remove_parametrizations', MODULE, TENSOR_NAME, {
  leave_parametrized: optional(true),
})

let cache_depth = 0
let cache = new WeakMap<Module, Map<string, Tensor>>()

function leave_cache(): void {
  cache_depth -= 1
  if (cache_depth === 0) cache = new WeakMap()
}

/**
 * While it lasts, each parametrized tensor is computed once. With a callback it lasts for it, and gives its value; without
 * one until the end of the `using` block.
 *
 * @example
 * ```ts
 * const output = nn.utils.parametrize.cached(() => model(x))
 * ```
 *
 * @see torch/nn/utils/parametrize.py
 */
export function cached<T>(body: () => T): T
export function cached(): Disposable
export function cached(...args: unknown[]): unknown {
  const [body] = CACHED.bind(args)
  cache_depth += 1
  if (body === null) return open_guard(leave_cache, 'cached')
  try {
    return body()
  } finally {
    leave_cache()
  }
}

function compute(module: Parametrized, name: string): Tensor {
  const parametrization = module.parametrizations.get(name)
  if (cache_depth === 0) return parametrization()
  let known = cache.get(module)
  if (known === undefined) cache.set(module, (known = new Map()))
  let tensor = known.get(name)
  if (tensor === undefined) known.set(name, (tensor = parametrization()))
  return tensor
}

/** The classes that {@link register_parametrization} made, and what they were made of. */
const made_classes = new WeakMap<object, object>()

// A class for this module alone, which has the computed tensors as accessors.
function inject_class(module: Module): void {
  const plain = Object.getPrototypeOf(module) as object
  const base = module.constructor as typeof Module
  const made = class extends base {}
  Object.defineProperty(made, 'name', { value: `Parametrized${base.name}` })
  made_classes.set(made.prototype, plain)
  Object.setPrototypeOf(module, made.prototype)
}

function inject_accessor(module: Module, name: string): void {
  Object.defineProperty(Object.getPrototypeOf(module), name, {
    configurable: true,
    get(this: Parametrized): Tensor {
      return compute(this, name)
    },
    set(this: Parametrized, value: Tensor) {
      this.parametrizations.get(name).right_inverse(value)
    },
  })
}

function check_added(module: Module, name: string, parametrization: Parametrization): void {
  const before = fields_of(module)[name] as Tensor
  const after: unknown = parametrization(before)
  if (!(after instanceof Tensor))
    throw value_error(`A parametrization must return a tensor. Got ${type_name(after)}.`)
  const may_not = (what: string) =>
    `Registering a parametrization may not change the ${what} of the tensor, unless the \`unsafe\` flag is enabled.\n`
  if (after.dtype !== before.dtype)
    throw value_error(
      `${may_not('dtype')}module.${name}.dtype: ${before.dtype}\nparametrization(module.${name}).dtype: ${after.dtype}`,
    )
  if (String(after.shape) !== String(before.shape))
    throw value_error(
      `${may_not('shape')}module.${name}.shape: ${py_size(before.shape)}\n` +
        `parametrization(module.${name}).shape: ${py_size(after.shape)}`,
    )
  if (member(parametrization, 'right_inverse') === undefined) return
  let back: unknown
  try {
    back = parametrization.right_inverse!(after)
  } catch (error) {
    if (error instanceof NotImplementedError) return
    throw error
  }
  if (!(back instanceof Tensor))
    throw value_error(`parametrization.right_inverse must return a tensor. Got: ${type_name(back)}`)
  const must = (what: string) =>
    `The tensor returned by parametrization.right_inverse must have the same ${what} as module.${name}, unless the ` +
    '`unsafe` flag is enabled.\n'
  if (back.dtype !== before.dtype)
    throw value_error(`${must('dtype')}module.${name}.dtype: ${before.dtype}\nreturned dtype: ${back.dtype}`)
  if (String(back.shape) !== String(before.shape))
    throw value_error(
      `${must('shape')}module.${name}.shape: ${py_size(before.shape)}\nreturned shape: ${py_size(back.shape)}`,
    )
}

/** A module's own parameters and buffers, and those that one of them is computed from. */
const own_tensors = (module: Module): Tensor[] => [...module.parameters(), ...module.buffers()]

function own_tensor(module: Module, name: string): Tensor | undefined {
  const { parameters, buffers } = members_of(module)
  return [...parameters, ...buffers].find(([known]) => known === name)?.[1] ?? undefined
}

/**
 * Lets a parameter or buffer be computed by a module from what is learnt instead: reading the field calls it, and
 * assigning to the field calls its `right_inverse`. What is learnt is `module.parametrizations.<name>.original`, or
 * `original0`, `original1`, … where `right_inverse` gives several. Several parametrizations of one tensor are composed.
 *
 * @param module - the module
 * @param tensor_name - the parameter or buffer
 * @param parametrization - a module that is called with the original tensor, or tensors
 * @param unsafe - whether dtype and shape may change, and nothing is checked. Default: false
 * @throws ValueError for a name that is no parameter or buffer, or results that do not fit
 *
 * @example
 * ```ts
 * class Symmetric extends nn.Module {
 *   forward(x: Tensor) {
 *     return x.triu().add(x.triu(1).mT)
 *   }
 * }
 * const m = nn.utils.parametrize.register_parametrization(new nn.Linear(5, 5), 'weight', new Symmetric())
 * console.log(m.weight.equal(m.weight.mT)) // true
 * ```
 *
 * @see torch/nn/utils/parametrize.py
 */
export function register_parametrization<M extends Module>(
  module: M,
  tensor_name: string,
  parametrization: Parametrization,
  options?: { unsafe?: boolean },
): M
export function register_parametrization(...args: unknown[]): Module {
  const [module, tensor_name, parametrization, unsafe] = REGISTER.bind(args)
  refuse_in_use(`register_parametrization(): the ${module.constructor.name}`, own_tensors(module))
  parametrization.train(module.training)
  if (is_parametrized(module, tensor_name)) {
    if (!unsafe) check_added(module, tensor_name, parametrization)
    const known = (module as Module as Parametrized).parametrizations.get(tensor_name)
    known.append(parametrization)
    known.unsafe ||= unsafe
    return module
  }
  const original = own_tensor(module, tensor_name)
  if (original === undefined)
    throw value_error(
      `Module '${module}' does not have a parameter, a buffer, or a parametrized element with name '${tensor_name}'`,
    )
  const list = new ParametrizationList([parametrization], original, unsafe)
  delete_field(module, tensor_name)
  if (!is_parametrized(module)) {
    inject_class(module)
    fields_of(module)['parametrizations'] = new ModuleDict()
  }
  inject_accessor(module, tensor_name)
  ;(module as Module as Parametrized).parametrizations.set(tensor_name, list)
  return module
}

/** Whether a tensor of a module, or any where no name is given, is computed. */
export function is_parametrized(
  module: Module,
  tensor_name?: string | null | { tensor_name?: string | null },
): module is Parametrized
export function is_parametrized(...args: unknown[]): boolean {
  const [module, tensor_name] = IS_PARAMETRIZED.bind(args)
  const found = fields_of(module)['parametrizations']
  if (!(found instanceof ModuleDict)) return false
  return tensor_name === null ? found.length > 0 : found.has(tensor_name)
}

/**
 * Undoes {@link register_parametrization}: the tensor is a parameter or buffer again.
 *
 * @param leave_parametrized - whether it has the computed value rather than the original one. Default: true
 * @throws ValueError where nothing is computed, or there is no one original to leave
 *
 * @see torch/nn/utils/parametrize.py
 */
export function remove_parametrizations<M extends Module>(
  module: M,
  tensor_name: string,
  leave_parametrized?: boolean | { leave_parametrized?: boolean },
): M
export function remove_parametrizations(...args: unknown[]): Module {
  const [module, tensor_name, leave] = REMOVE.bind(args)
  if (!is_parametrized(module, tensor_name))
    throw value_error(`Module ${module} does not have a parametrization on ${tensor_name}`)
  refuse_in_use(`remove_parametrizations(): the ${module.constructor.name}`, own_tensors(module))
  const list = module.parametrizations.get(tensor_name)
  const value = () => fields_of(module)[tensor_name] as Tensor
  let original: Tensor
  if (list.is_tensor) {
    original = fields_of(list)['original'] as Tensor
    if (leave) without_grad(() => put_tensor(original, value()))
  } else if (leave) {
    const computed = value()
    original = computed.requires_grad ? new Parameter(computed) : computed
  } else {
    throw value_error(
      'Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of ' +
        'tensors.',
    )
  }
  delete (Object.getPrototypeOf(module) as Record<string, unknown>)[tensor_name]
  module.parametrizations.delete(tensor_name)
  register_tensor(module, tensor_name, original)
  if (!is_parametrized(module)) {
    const plain = made_classes.get(Object.getPrototypeOf(module) as object)
    if (plain === undefined)
      throw assertion_error('the module was not parametrized by register_parametrization')
    delete_field(module, 'parametrizations')
    Object.setPrototypeOf(module, plain)
  }
  return module
}

/** A module's class before it was parametrized. */
export const type_before_parametrizations = callable(
  signature('type_before_parametrizations', MODULE),
  (module): typeof Module => {
    const plain = made_classes.get(Object.getPrototypeOf(module) as object)
    return ((plain as { constructor?: unknown } | undefined)?.constructor ??
      module.constructor) as typeof Module
  },
)

/**
 * Gives a module the parametrizations of another, and their originals.
 *
 * @param tensor_name - of one tensor only; null for all. Default: null
 *
 * @see torch/nn/utils/parametrize.py
 */
export const transfer_parametrizations_and_params = callable(
  signature(
    'transfer_parametrizations_and_params',
    { from_module: required<Module>(expect_module) },
    { to_module: required<Module>(expect_module) },
    MAYBE_TENSOR_NAME,
  ),
  (from_module, to_module, tensor_name): Module => {
    if (!is_parametrized(from_module)) return to_module
    const names = tensor_name === null ? from_module.parametrizations.keys() : [tensor_name]
    for (const name of names) {
      const from = from_module.parametrizations.get(name)
      if (!has_member(to_module, name))
        to_module.register_parameter(name, new Parameter(fields_of(from_module)[name] as Tensor))
      for (const parametrization of from)
        register_parametrization(to_module, name, parametrization as Parametrization)
      const to = (to_module as Parametrized).parametrizations.get(name)
      for (const [field, value] of [...members_of(from).parameters, ...members_of(from).buffers])
        if (field.startsWith('original')) fields_of(to)[field] = value
      for (const [field, persistent] of from[INTERNALS].buffers) to[INTERNALS].buffers.set(field, persistent)
    }
    return to_module
  },
)
