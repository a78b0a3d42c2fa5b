import { runtime_error } from '../errors.js'
import type { Module } from '../nn/modules/module.js'
import * as ops from '../ops/generated/torch.js'
import { keyworded } from '../python/methods.js'
import type { Tensor } from '../tensor.js'

function own_stack_module_state(
  models: readonly Module[],
): [params: Record<string, Tensor>, buffers: Record<string, Tensor>] {
  const [first] = models
  if (first === undefined) throw runtime_error('stack_module_state: Expected at least one model, got 0.')
  if (!models.every((model) => model.training) && models.some((model) => model.training))
    throw runtime_error('stack_module_state: Expected all models to have the same training/eval mode.')
  if (models.some((model) => model.constructor !== first.constructor))
    throw runtime_error('stack_module_state: Expected all models to be of the same class.')
  const stack = (named: (model: Module) => Iterable<[string, Tensor]>, leaves: boolean) => {
    const all = models.map((model) => new Map(named(model)))
    return Object.fromEntries(
      Array.from(all[0]!.keys(), (name): [string, Tensor] => {
        const tensors = all.map((map) => map.get(name)!)
        const requires_grad = tensors.every((tensor) => tensor.requires_grad)
        if (leaves && !requires_grad && tensors.some((tensor) => tensor.requires_grad))
          throw runtime_error(`Expected ${name} from each model to have the same .requires_grad`)
        const stacked = ops.stack(tensors)
        return [name, leaves ? stacked.detach().requires_grad_(requires_grad) : stacked]
      }),
    )
  }
  return [stack((model) => model.named_parameters(), true), stack((model) => model.named_buffers(), false)]
}

/**
 * The parameters and buffers of models of one kind, stacked: what {@link vmap} over an ensemble takes, with `functional_call`.
 *
 * @param models at least one, all of one class and in one mode
 * @returns `[params, buffers]`, by name; parameters are leaves that require gradients where the models' did
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.func.stack_module_state.html
 */
export const stack_module_state = keyworded('stack_module_state(models)', own_stack_module_state)
