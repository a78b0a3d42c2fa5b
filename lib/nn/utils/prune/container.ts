import { attribute_error, index_error, type_error, type_name, value_error } from '../../../errors.js'
import { IDENTITY, next_identity } from '../../../identity.js'
import { own_value } from '../../../own.js'
import { methods as bind_methods } from '../../../python/methods.js'
import { variadic } from '../../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../../python/signature.js'
import type { IndexItem } from '../../../tensor/indexing.js'
import type { Tensor } from '../../../tensor.js'
import { BasePruningMethod, set_join } from './method.js'

const CONTAINER = signature('PruningContainer', { args: variadic<BasePruningMethod>() })

/**
 * Several methods one after the other on one parameter: each prunes what those before it left.
 *
 * @param args - methods of one parameter
 *
 * @see torch/nn/utils/prune.py
 */
export class PruningContainer extends BasePruningMethod implements Iterable<BasePruningMethod> {
  /** @internal */
  readonly [IDENTITY]: string = next_identity()
  #methods: BasePruningMethod[] = []

  constructor(...args: Call<typeof CONTAINER>)
  constructor(...args: UsualCall<typeof CONTAINER>)
  constructor(...args: unknown[]) {
    super()
    const [methods] = CONTAINER.bind(args)
    if (methods.length === 1) this._tensor_name = methods[0]!._tensor_name
    for (const method of methods) this.add_pruning_method(method)
  }

  /**
   * Adds a method, which runs after the others.
   *
   * @throws TypeError for something else, ValueError for a method of another parameter
   */
  add_pruning_method(method: BasePruningMethod): void {
    if (!(method instanceof BasePruningMethod))
      throw type_error(`${type_name(method)} is not a BasePruningMethod subclass`)
    if (this._tensor_name !== method._tensor_name)
      throw value_error(
        `Can only add pruning methods acting on the parameter named '${this._tensor_name}' to PruningContainer ` +
          `${this}. Found '${method._tensor_name}'`,
      )
    this.#methods.push(method)
  }

  /** How many methods there are. */
  get length(): number {
    return this.#methods.length
  }

  /** The method at a place. */
  at(index: number): BasePruningMethod | undefined {
    return this.#methods.at(index)
  }

  [Symbol.iterator](): Iterator<BasePruningMethod> {
    return this.#methods[Symbol.iterator]()
  }

  // Only the last method runs: what the others did is in the mask.
  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    const method = this.#methods.at(-1)!
    const place = unpruned(method, t, default_mask)
    const mask = default_mask.to(t.dtype)
    const part = method.compute_mask(t.at(...place), default_mask.at(...place))
    mask.set_at(place, part.to(mask.dtype))
    return mask
  }

  /** The object itself: comparing by value does not go by the printed form. */
  override valueOf(): this {
    return this
  }

  override toString(): string {
    return `PruningContainer(${this.#methods.map((method) => method.constructor.name).join(', ')})`
  }

  static {
    bind_methods(PruningContainer, { add_pruning_method: 'method', compute_mask: 't, default_mask' })
  }
}

/** Where a method may still prune: elements, or channels that are not wholly gone. */
function unpruned(method: BasePruningMethod, t: Tensor, mask: Tensor): IndexItem[] {
  const all: IndexItem[] = t.shape.map(() => ':')
  switch (method.PRUNING_TYPE) {
    case 'unstructured':
      return [mask.eq(1)]
    case 'structured': {
      const given = own_value(method as { dim?: number }, 'dim')
      if (given === undefined)
        throw attribute_error(
          'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.',
        )
      const dim = given < 0 ? t.ndim + given : given
      if (dim < 0) throw index_error(`Index is out of bounds for tensor with dimensions ${t.ndim}`)
      const others = t.shape.map((_, d) => d).filter((d) => d !== dim)
      all[dim] = mask.sum(others).ne(0)
      return all
    }
    case 'global':
      return all
    default:
      throw value_error(`Unrecognized PRUNING_TYPE ${String(method.PRUNING_TYPE)}`)
  }
}

set_join((before, added) => {
  const container = before instanceof PruningContainer ? before : new PruningContainer(before)
  container.add_pruning_method(added)
  return container
})
