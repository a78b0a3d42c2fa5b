import { runtime_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { own_value } from '../../own.js'
import { optional } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { delete_field, fields_of, INTERNALS, set_field } from '../modules/internals.js'
import type { Module } from '../modules/module.js'
import { Parameter } from '../parameter.js'
import { is_lazy } from '../uninitialized.js'
import { MODULE } from './expect_module.js'

/** A hook of one parameter's, found again by its tag. */
export type TaggedHook<T> = ((module: Module) => void) & { tag?: T }

/** The pre-hook with a tag of a class and a parameter's name, and its number. */
export function tagged_hook<T extends { name: string }>(
  module: Module,
  kind: new (...args: never[]) => T,
  name: string,
): [id: number, tag: T] | null {
  for (const [id, hook] of module[INTERNALS].hooks?.forward_pre ?? []) {
    const tag = own_value(hook as TaggedHook<T>, 'tag')
    if (tag instanceof kind && tag.name === name) return [id, tag]
  }
  return null
}

/** The norm over all dimensions but one; over all for dim −1. */
export function weight_from(v: Tensor, g: Tensor, dim: number): Tensor {
  return dispatcher['aten']!['_weight_norm']!(v, g, dim)
}

/** What {@link weight_norm} puts on a module. */
export class WeightNorm {
  constructor(
    readonly name: string,
    readonly dim: number,
  ) {}

  compute_weight(module: Module): Tensor {
    const fields = fields_of(module)
    return weight_from(fields[`${this.name}_v`] as Tensor, fields[`${this.name}_g`] as Tensor, this.dim)
  }
}

const NAME = { name: optional('weight') }
const WEIGHT_NORM = signature('weight_norm', MODULE, NAME, { dim: optional<number | null>(0) })
const REMOVE_WEIGHT_NORM = signature('remove_weight_norm', MODULE, NAME)

/**
 * Writes a parameter as g · v / ‖v‖, with g and v learnt instead. Deprecated: see `parametrizations.weight_norm`.
 *
 * @param module - the module
 * @param name - the parameter. Default: `'weight'`
 * @param dim - the dimension that each norm is for; null for one norm. Default: 0
 * @throws RuntimeError where it is so already
 *
 * @see torch/nn/utils/weight_norm.py
 */
export function weight_norm<M extends Module>(module: M, name?: string, dim?: number | null): M
export function weight_norm<M extends Module>(module: M, options: { name?: string; dim?: number | null }): M
export function weight_norm(...args: unknown[]): Module {
  const [module, name, dim] = WEIGHT_NORM.bind(args)
  process.emitWarning(
    '`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.',
  )
  if (tagged_hook(module, WeightNorm, name) !== null)
    throw runtime_error(`Cannot register two weight_norm hooks on the same parameter ${name}`)
  const norm = new WeightNorm(name, dim ?? -1)
  const weight = fields_of(module)[name] as Tensor
  if (is_lazy(weight))
    throw value_error(
      "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy forward before " +
        'applying weight normalization',
    )
  delete_field(module, name)
  const length = ops.norm_except_dim(weight, 2, norm.dim)
  module.register_parameter(`${name}_g`, new Parameter(length.data))
  module.register_parameter(`${name}_v`, new Parameter(weight.data))
  const hook: TaggedHook<WeightNorm> = (called) => set_field(called, name, norm.compute_weight(called))
  hook.tag = norm
  hook(module)
  module.register_forward_pre_hook(hook as never)
  return module
}

/** Undoes {@link weight_norm}. Throws ValueError where there is none. */
export function remove_weight_norm<M extends Module>(module: M, name?: string | { name?: string }): M
export function remove_weight_norm(...args: unknown[]): Module {
  const [module, name] = REMOVE_WEIGHT_NORM.bind(args)
  const found = tagged_hook(module, WeightNorm, name)
  if (found === null) throw value_error(`weight_norm of '${name}' not found in ${module}`)
  const [id, norm] = found
  const weight = norm.compute_weight(module)
  for (const field of [name, `${name}_g`, `${name}_v`]) delete_field(module, field)
  module.register_parameter(name, new Parameter(weight.data))
  module[INTERNALS].hooks?.forward_pre.delete(id)
  return module
}
