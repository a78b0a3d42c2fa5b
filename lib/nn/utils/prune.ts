import { type_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { fields_of, INTERNALS } from '../modules/internals.js'
import type { Module } from '../modules/module.js'
import { parameters_to_vector } from './convert_parameters.js'
import type { Amount } from './prune/amount.js'
import { PruningContainer } from './prune/container.js'
import { type BasePruningMethod, type ImportanceOptions, pruning_hooks } from './prune/method.js'
import * as methods from './prune/methods.js'

export type { Amount } from './prune/amount.js'
export { PruningContainer } from './prune/container.js'
export { BasePruningMethod, type ImportanceOptions, type PruningType } from './prune/method.js'
export {
  CustomFromMask,
  Identity,
  L1Unstructured,
  LnStructured,
  RandomStructured,
  RandomUnstructured,
} from './prune/methods.js'

/**
 * Puts a mask on a parameter that prunes nothing.
 *
 * @returns the module
 *
 * @see torch/nn/utils/prune.py
 */
export function identity<M extends Module>(module: M, name: string): M {
  methods.Identity.apply(module, name)
  return module
}

/**
 * Prunes a parameter's elements at random.
 *
 * @param amount - how many, or which share; Python's `1.0` is `torch.float_scalar(1)`
 * @returns the module
 *
 * @example
 * ```ts
 * const m = nn.utils.prune.random_unstructured(new nn.Linear(4, 3), 'weight', 2)
 * m.weight_mask.sum().item() // 10
 * ```
 */
export function random_unstructured<M extends Module, N extends string>(
  module: M,
  name: N,
  amount: Amount,
): Pruned<M, N> {
  methods.RandomUnstructured.apply(module, name, amount)
  return module as Pruned<M, N>
}

/** A module with a pruned parameter: its original values, and the mask. */
export type Pruned<M extends Module, N extends string> = M & { [K in `${N}_orig` | `${N}_mask`]: Tensor }

/** Prunes a parameter's elements of the least absolute value, or score; see {@link random_unstructured}. */
export function l1_unstructured<M extends Module, N extends string>(
  module: M,
  name: N,
  amount: Amount,
  options: ImportanceOptions = {},
): Pruned<M, N> {
  methods.L1Unstructured.apply(module, name, amount, options)
  return module as Pruned<M, N>
}

/** Prunes a parameter's channels of a dimension at random; see {@link random_unstructured}. */
export function random_structured<M extends Module, N extends string>(
  module: M,
  name: N,
  amount: Amount,
  dim: number,
): Pruned<M, N> {
  methods.RandomStructured.apply(module, name, amount, dim)
  return module as Pruned<M, N>
}

/** Prunes a parameter's channels of a dimension that have the least norm of exponent n; see {@link random_unstructured}. */
export function ln_structured<M extends Module, N extends string>(
  module: M,
  name: N,
  amount: Amount,
  n: number | 'fro' | 'nuc',
  dim: number,
  options: ImportanceOptions = {},
): Pruned<M, N> {
  methods.LnStructured.apply(module, name, amount, n, dim, options)
  return module as Pruned<M, N>
}

/** Prunes a parameter by a mask, 1 where elements stay; see {@link random_unstructured}. */
export function custom_from_mask<M extends Module, N extends string>(
  module: M,
  name: N,
  mask: Tensor,
): Pruned<M, N> {
  methods.CustomFromMask.apply(module, name, mask)
  return module as Pruned<M, N>
}

/**
 * Prunes several parameters as if they were one.
 *
 * @param parameters - modules and their parameters' names
 * @param pruning_method - a class of methods that choose single elements
 * @param amount - how many of all elements, or which share
 * @param options.importance_scores - scores by module and name. Default: the parameters themselves
 * @throws TypeError for a method that chooses something else than elements
 *
 * @example
 * ```ts
 * const [a, b] = [new nn.Linear(4, 4), new nn.Linear(4, 1)]
 * nn.utils.prune.global_unstructured([[a, 'weight'], [b, 'weight']], nn.utils.prune.L1Unstructured, 0.5)
 * ```
 */
export function global_unstructured(
  parameters: Iterable<readonly [Module, string]>,
  pruning_method: new (amount: Amount) => BasePruningMethod,
  amount: Amount,
  { importance_scores }: { importance_scores?: ReadonlyMap<Module, Readonly<Record<string, Tensor>>> } = {},
): void {
  if (typeof (parameters as Partial<Iterable<unknown>>)?.[Symbol.iterator] !== 'function')
    throw type_error('global_unstructured(): parameters is not an Iterable')
  const all = [...parameters]
  const tensor_of = ([module, name]: readonly [Module, string]) => fields_of(module)[name] as Tensor
  const scores = parameters_to_vector(
    all.map((entry) => importance_scores?.get(entry[0])?.[entry[1]] ?? tensor_of(entry)),
  )
  const before = parameters_to_vector(
    all.map((entry) => {
      const mask = fields_of(entry[0])[`${entry[1]}_mask`] as Tensor | undefined
      return mask ?? ops.ones_like(tensor_of(entry))
    }),
  )
  const container = new PruningContainer()
  const method = new pruning_method(amount)
  if (method.PRUNING_TYPE !== 'unstructured')
    throw type_error(
      'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. ' +
        `Found method ${pruning_method.name} of type ${method.PRUNING_TYPE}`,
    )
  container._tensor_name = 'temp'
  method._tensor_name = 'temp'
  container.add_pruning_method(method)
  const mask = container.compute_mask(scores, before)
  let at = 0
  for (const entry of all) {
    const { shape } = tensor_of(entry)
    const size = shape.reduce((product, length) => product * length, 1)
    custom_from_mask(entry[0], entry[1], mask.narrow(0, at, size).view(...shape))
    at += size
  }
}

/**
 * Makes the pruning of a parameter final: what the mask zeroed stays zero, the mask goes.
 *
 * @returns the module
 * @throws ValueError where the parameter is not pruned
 */
export function remove<M extends Module>(module: M, name: string): M {
  for (const [id, method] of pruning_hooks(module)) {
    if (method._tensor_name !== name) continue
    method.remove(module)
    module[INTERNALS].hooks?.forward_pre.delete(id)
    return module
  }
  throw value_error(`Parameter '${name}' of module ${module} has to be pruned before pruning can be removed`)
}

/** Whether a parameter of the module or of one below it is pruned. */
export function is_pruned(module: Module): boolean {
  for (const part of module.modules()) for (const _ of pruning_hooks(part)) return true
  return false
}
