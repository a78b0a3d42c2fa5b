import { type nn, type optim, Tensor } from 'typetorch'

/** Models in training: `step()` trains once on data that it draws and returns the loss. */
export interface Workload {
  models: nn.Module[]
  optimizers: optim.Optimizer[]
  step: () => number
}

/** Sizes by name; what is left out stands as the program has it. */
export type Sizes = Record<string, number>

/** All parameters and buffers, then each optimizer's state, in order. */
export function* tensors_of({ models, optimizers }: Workload): Generator<Tensor> {
  for (const model of models) for (const [, value] of model.state_dict().items()) yield value as Tensor
  for (const { param_groups, state } of optimizers) {
    for (const parameter of param_groups.flatMap(({ params }) => params as Tensor[]))
      for (const value of Object.values(state.get(parameter) ?? {})) if (value instanceof Tensor) yield value
  }
}
