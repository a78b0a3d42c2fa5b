import { type_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import type { Entry, Keywords, Others, Usual, Values } from '../../python/call_types.js'
import { keywords, optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import { is_map } from '../../realm.js'
import type { Tensor } from '../../tensor.js'
import { fields_of, INTERNALS } from '../modules/internals.js'
import type { Module } from '../modules/module.js'
import { parameters_to_vector } from './convert_parameters.js'
import { MODULE } from './expect_module.js'
import type { Amount } from './prune/amount.js'
import { PruningContainer } from './prune/container.js'
import { type BasePruningMethod, pruning_hooks } from './prune/method.js'
import * as methods from './prune/methods.js'

export type { Amount } from './prune/amount.js'
export { PruningContainer } from './prune/container.js'
export { BasePruningMethod, type PruningType } from './prune/method.js'
export {
  CustomFromMask,
  Identity,
  L1Unstructured,
  LnStructured,
  RandomStructured,
  RandomUnstructured,
} from './prune/methods.js'

/** A module with a pruned parameter: its original values, and the mask. */
export type Pruned<M extends Module, N extends string> = M & { [K in `${N}_orig` | `${N}_mask`]: Tensor }

/** The calls of a function that prunes one parameter; `T` are its parameters after module and name. */
export type Prune<T extends readonly Entry[]> = {
  <M extends Module, N extends string>(module: M, options: { name: N } & Keywords<T>): Pruned<M, N>
  <M extends Module, N extends string>(module: M, name: N, ...rest: Others<T>): Pruned<M, N>
  <M extends Module, N extends string>(module: M, name: N, ...rest: Usual<T>): Pruned<M, N>
}

const NAME = { name: required<string>() }

function pruning<T extends readonly Entry[]>(
  name: string,
  table: T,
  prune: (module: Module, name: string, ...values: Values<T>) => unknown,
): Prune<T> {
  const parameters = signature(name, MODULE, NAME, ...(table as readonly Entry[]))
  const run = (...args: unknown[]): Module => {
    const [module, parameter, ...values] = parameters.bind(args) as unknown as [Module, string, ...Values<T>]
    prune(module, parameter, ...values)
    return module
  }
  Object.defineProperty(run, 'name', { value: name, configurable: true })
  return run as Prune<T>
}

const AMOUNT = { amount: required<Amount>() }
const DIM = { dim: required<number>() }
const BY_SCORE = [AMOUNT, { importance_scores: optional_tensor }] as const
const OF_CHANNELS = [AMOUNT, DIM] as const
const BY_NORM = [
  AMOUNT,
  { n: required<number | 'fro' | 'nuc'>() },
  DIM,
  { importance_scores: optional_tensor },
] as const
const BY_MASK = [{ mask: tensor }] as const

/**
 * Puts a mask on a parameter that prunes nothing.
 *
 * @returns the module
 *
 * @see torch/nn/utils/prune.py
 */
export const identity: Prune<[]> = pruning('identity', [], (module, name) =>
  methods.Identity.apply(module, name),
)

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
export const random_unstructured: Prune<readonly [typeof AMOUNT]> = pruning(
  'random_unstructured',
  [AMOUNT] as const,
  (module, name, amount) => methods.RandomUnstructured.apply(module, name, amount),
)

/**
 * Prunes a parameter's elements of the least absolute value, or score; see {@link random_unstructured}.
 *
 * @param importance_scores - Default: the parameter's absolute values
 */
export const l1_unstructured: Prune<typeof BY_SCORE> = pruning(
  'l1_unstructured',
  BY_SCORE,
  (module, name, amount, importance_scores) =>
    methods.L1Unstructured.apply(module, name, amount, { importance_scores }),
)

/** Prunes a parameter's channels of a dimension at random; see {@link random_unstructured}. */
export const random_structured: Prune<typeof OF_CHANNELS> = pruning(
  'random_structured',
  OF_CHANNELS,
  (module, name, amount, dim) => methods.RandomStructured.apply(module, name, amount, dim),
)

/**
 * Prunes a parameter's channels of a dimension that have the least norm of exponent n; see {@link random_unstructured}.
 *
 * @param n - the norm's exponent, as `torch.norm` takes it
 * @param dim - the dimension whose channels they are
 * @param importance_scores - Default: the parameter itself
 */
export const ln_structured: Prune<typeof BY_NORM> = pruning(
  'ln_structured',
  BY_NORM,
  (module, name, amount, n, dim, importance_scores) =>
    methods.LnStructured.apply(module, name, amount, n, dim, { importance_scores }),
)

/** Prunes a parameter by a mask, 1 where elements stay; see {@link random_unstructured}. */
export const custom_from_mask: Prune<typeof BY_MASK> = pruning(
  'custom_from_mask',
  BY_MASK,
  (module, name, mask) => methods.CustomFromMask.apply(module, name, mask),
)

type Scores = ReadonlyMap<Module, Readonly<Record<string, Tensor>>>

function expect_scores(value: unknown): Scores | null {
  if (value === null || is_map(value)) return value as Scores | null
  throw type_error('global_unstructured(): importance_scores must be a Map of modules to scores by name')
}

/**
 * Prunes several parameters as if they were one.
 *
 * @param parameters - modules and their parameters' names
 * @param pruning_method - a class of methods that choose single elements
 * @param importance_scores - scores by module and name. Default: the parameters themselves
 * @param kwargs - the method's keywords, such as `amount`: how many of all elements, or which share
 * @throws TypeError for a method that chooses something else than elements
 *
 * @example
 * ```ts
 * const [a, b] = [new nn.Linear(4, 4), new nn.Linear(4, 1)]
 * nn.utils.prune.global_unstructured([[a, 'weight'], [b, 'weight']], nn.utils.prune.L1Unstructured, { amount: 0.5 })
 * ```
 */
export const global_unstructured = callable(
  signature(
    'global_unstructured',
    { parameters: required<Iterable<readonly [Module, string]>>() },
    { pruning_method: required<new (...args: never[]) => BasePruningMethod>() },
    { importance_scores: optional<Scores | null>(null, expect_scores) },
    { kwargs: keywords<unknown>() },
  ),
  (parameters, pruning_method, importance_scores, kwargs): void => {
    if (typeof (parameters as Partial<Iterable<unknown>>)?.[Symbol.iterator] !== 'function')
      throw type_error('global_unstructured(): parameters is not an Iterable')
    const all = [...parameters]
    const tensor_of = ([module, name]: readonly [Module, string]) => fields_of(module)[name] as Tensor
    const scores = parameters_to_vector(
      all.map((entry) => own_value(importance_scores?.get(entry[0]), entry[1]) ?? tensor_of(entry)),
    )
    const before = parameters_to_vector(
      all.map((entry) => {
        const mask = fields_of(entry[0])[`${entry[1]}_mask`] as Tensor | undefined
        return mask ?? ops.ones_like(tensor_of(entry))
      }),
    )
    const container = new PruningContainer()
    const type = pruning_method as unknown as new (...args: unknown[]) => BasePruningMethod
    const method = new type(...(Object.keys(kwargs).length === 0 ? [] : [kwargs]))
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
  },
)

const REMOVE = signature('remove', MODULE, NAME)

/**
 * Makes the pruning of a parameter final: what the mask zeroed stays zero, the mask goes.
 *
 * @returns the module
 * @throws ValueError where the parameter is not pruned
 */
export function remove<M extends Module>(module: M, name: string | { name: string }): M
export function remove(...args: unknown[]): Module {
  const [module, name] = REMOVE.bind(args)
  for (const [id, method] of pruning_hooks(module)) {
    if (method._tensor_name !== name) continue
    method.remove(module)
    module[INTERNALS].hooks?.forward_pre.delete(id)
    return module
  }
  throw value_error(`Parameter '${name}' of module ${module} has to be pruned before pruning can be removed`)
}

/** Whether a parameter of the module or of one below it is pruned. */
export const is_pruned = callable(signature('is_pruned', MODULE), (module): boolean => {
  for (const part of module.modules()) for (const _ of pruning_hooks(part)) return true
  return false
})
