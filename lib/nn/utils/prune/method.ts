import { assertion_error } from '../../../errors.js'
import { contiguous_format } from '../../../layout.js'
import * as ops from '../../../ops/generated/torch.js'
import { own } from '../../../own.js'
import { methods } from '../../../python/methods.js'
import { keyword_tensor, keywords, required, variadic } from '../../../python/parameters.js'
import { signature } from '../../../python/signature.js'
import type { Tensor } from '../../../tensor.js'
import { delete_field, fields_of, INTERNALS, set_field } from '../../modules/internals.js'
import type { Module } from '../../modules/module.js'
import type { Parameter } from '../../parameter.js'
import { py_size } from '../../repr.js'
import { MODULE } from '../expect_module.js'

/** What a method decides on: single elements, whole channels, or with a mask for all of them. */
export type PruningType = 'unstructured' | 'structured' | 'global'

const APPLY = signature(
  'apply',
  MODULE,
  { name: required<string>() },
  { args: variadic<unknown>() },
  { importance_scores: keyword_tensor },
  { kwargs: keywords<unknown>() },
)

type PruningHook = ((module: Module) => void) & { method?: BasePruningMethod }

/** The pruning of a module's parameters: the number of each hook, and its method. */
export function* pruning_hooks(module: Module): Generator<[id: number, method: BasePruningMethod]> {
  for (const [id, hook] of module[INTERNALS].hooks?.forward_pre ?? []) {
    const { method } = own(hook as PruningHook)
    if (method !== undefined) yield [id, method]
  }
}

// How a method joins one that the parameter has already; prune.ts says, which imports this file.
let join: (before: BasePruningMethod, added: BasePruningMethod) => BasePruningMethod

/** Says how two methods of one parameter become one. */
export function set_join(joined: typeof join): void {
  join = joined
}

/**
 * A way to choose elements of a parameter that become zero. The parameter is kept as `<name>_orig`, and a buffer
 * `<name>_mask` is multiplied into it before each call of the module. A subclass has {@link compute_mask}.
 *
 * @example
 * ```ts
 * class EverySecond extends nn.utils.prune.BasePruningMethod {
 *   override compute_mask(t: Tensor, default_mask: Tensor) {
 *     const mask = default_mask.clone()
 *     mask.view(-1).set_at(['::2'], 0)
 *     return mask
 *   }
 * }
 * const m = new nn.Linear(4, 2)
 * EverySecond.apply(m, 'bias')
 * ```
 *
 * @see torch/nn/utils/prune.py
 */
export abstract class BasePruningMethod {
  /** The parameter that is pruned. */
  declare _tensor_name: string

  /** What is chosen: elements, channels, or all. */
  get PRUNING_TYPE(): PruningType {
    return 'unstructured'
  }

  /**
   * Where elements stay (1) and where they go (0).
   *
   * @param t - the scores, those of the elements that are not pruned yet
   * @param default_mask - what was pruned before, of t's shape
   */
  abstract compute_mask(t: Tensor, default_mask: Tensor): Tensor

  /** The parameter with the mask multiplied into it. */
  apply_mask(module: Module): Tensor {
    if (this._tensor_name === undefined) throw assertion_error(`Module ${module} has to be pruned`)
    const fields = fields_of(module)
    const orig = fields[`${this._tensor_name}_orig`] as Tensor
    return (fields[`${this._tensor_name}_mask`] as Tensor).to(orig.dtype).mul(orig)
  }

  /**
   * Prunes a parameter by a method of this class.
   *
   * @param args - the constructor's; a trailing object holds its keywords, and `importance_scores`: how much each
   * element matters, of the parameter's shape. Default: the parameter itself
   */
  static apply<A extends unknown[]>(
    this: new (
      ...args: A
    ) => BasePruningMethod,
    module: Module,
    name: string,
    ...args: A | [...A, options: { importance_scores?: Tensor | null }]
  ): BasePruningMethod
  static apply(
    this: new (
      ...args: never[]
    ) => BasePruningMethod,
    module: Module,
    name: string,
    ...args: readonly [unknown, ...unknown[]]
  ): BasePruningMethod
  static apply(this: new (...args: never[]) => BasePruningMethod, ...given: unknown[]): BasePruningMethod {
    const [module, name, args, importance_scores, kwargs] = APPLY.bind(given)
    // biome-ignore lint/complexity/noThisInStatic: the subclass it is called on
    const type = this as unknown as new (...args: unknown[]) => BasePruningMethod
    const all = Object.keys(kwargs).length === 0 ? args : [...args, kwargs]
    return apply_method(module, name, () => new type(...all), importance_scores)
  }

  /**
   * A tensor pruned, apart from any module.
   *
   * @param t - the tensor
   * @param default_mask - what was pruned before. Default: nothing
   * @param importance_scores - Default: the tensor itself
   */
  prune(t: Tensor, default_mask: Tensor | null = null, importance_scores: Tensor | null = null): Tensor {
    if (importance_scores !== null && String(importance_scores.shape) !== String(t.shape))
      throw assertion_error(
        `importance_scores should have the same shape as tensor t, got ${py_size(importance_scores.shape)} vs ${py_size(t.shape)}`,
      )
    return t.mul(this.compute_mask(importance_scores ?? t, default_mask ?? ops.ones_like(t)))
  }

  /** Makes the pruning of a module's parameter final: the mask goes, what it zeroed stays zero. */
  remove(module: Module): void {
    const name = this._tensor_name
    if (name === undefined)
      throw assertion_error(`Module ${module} has to be pruned before pruning can be removed`)
    const weight = this.apply_mask(module)
    const orig = fields_of(module)[`${name}_orig`] as Parameter
    for (const field of [name, `${name}_orig`, `${name}_mask`]) delete_field(module, field)
    orig.data = weight.data
    module.register_parameter(name, orig)
  }

  static {
    methods(BasePruningMethod, {
      apply_mask: 'module',
      prune: 't, default_mask?, importance_scores?',
      remove: 'module',
    })
  }
}

function apply_method(
  module: Module,
  name: string,
  make: () => BasePruningMethod,
  importance_scores: Tensor | null,
): BasePruningMethod {
  const before = [...pruning_hooks(module)].filter(([, { _tensor_name }]) => _tensor_name === name)
  if (before.length > 1)
    throw assertion_error(
      `Avoid adding multiple pruning hooks to the same tensor ${name} of module ${module}. Use a PruningContainer.`,
    )
  const made = make()
  made._tensor_name = name
  const [old] = before
  if (old !== undefined) module[INTERNALS].hooks?.forward_pre.delete(old[0])
  const method = old === undefined ? made : join(old[1], made)

  const orig = fields_of(module)[name] as Parameter
  if (importance_scores !== null && String(importance_scores.shape) !== String(orig.shape))
    throw assertion_error(
      `importance_scores should have the same shape as parameter ${name} of ${module}, got ${py_size(importance_scores.shape)} vs ${py_size(orig.shape)}`,
    )
  let default_mask: Tensor
  if (old === undefined) {
    delete_field(module, name)
    module.register_parameter(`${name}_orig`, orig)
    default_mask = ops.ones_like(orig)
  } else {
    const mask = fields_of(module)[`${name}_mask`] as Tensor
    default_mask = mask.detach().clone({ memory_format: contiguous_format })
  }
  try {
    const mask = method.compute_mask(importance_scores ?? orig, default_mask)
    module.register_buffer(`${name}_mask`, mask)
    set_field(module, name, method.apply_mask(module))
  } catch (error) {
    if (old === undefined) {
      delete_field(module, `${name}_orig`)
      module.register_parameter(name, orig)
    }
    throw error
  }
  const hook: PruningHook = (called) => set_field(called, name, method.apply_mask(called))
  hook.method = method
  module.register_forward_pre_hook(hook as never)
  return method
}
