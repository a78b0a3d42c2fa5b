import { nn, type optim, Tensor } from 'typetorch'

export const F = nn.functional

/** Models and optimizers in training; `step()` trains once on data that it draws and returns the loss. */
export abstract class Workload {
  models: nn.Module[] = []
  optimizers: optim.Optimizer[] = []

  abstract step(): number

  /** All parameters and buffers, then each optimizer's state, in order. */
  *tensors(): Generator<Tensor> {
    for (const model of this.models) for (const [, value] of model.state_dict().items()) yield value
    for (const optimizer of this.optimizers) {
      for (const { params } of optimizer.param_groups) {
        for (const p of params as Tensor[]) {
          for (const value of Object.values(optimizer.state.get(p) ?? {}))
            if (value instanceof Tensor) yield value
        }
      }
    }
  }
}
