import { without_grad } from '../../autograd/grad_mode.js'
import { Device, type DeviceLike } from '../../device.js'
import { _BatchNorm } from '../../nn/modules/batchnorm.js'
import type { Module } from '../../nn/modules/module.js'
import { Tensor } from '../../tensor.js'

/**
 * Computes the running statistics of a model's batch norms anew, by one pass over data.
 *
 * @param loader - batches: inputs, or arrays that begin with them
 * @param model - the model, as of {@link AveragedModel}
 * @param device - where inputs are moved to. Default: nowhere
 *
 * @example
 * ```ts
 * torch.optim.swa_utils.update_bn(loader, swa_model)
 * ```
 *
 * @see torch/optim/swa_utils.py
 */
export function update_bn(
  loader: Iterable<Tensor | readonly unknown[]>,
  model: Module,
  device: DeviceLike | null | { device?: DeviceLike | null } = null,
): void {
  const where: DeviceLike | null =
    typeof device === 'object' && device !== null && !(device instanceof Device)
      ? (device.device ?? null)
      : device
  const norms = [...model.modules()].filter((module) => module instanceof _BatchNorm)
  const momenta = norms.map((norm) => norm.momentum)
  for (const norm of norms) norm.reset_running_stats()
  if (norms.length === 0) return
  const was_training = model.training
  model.train()
  // null is the mean over all batches.
  for (const norm of norms) norm.momentum = null
  without_grad(() => {
    for (const batch of loader) {
      const input = (batch instanceof Tensor ? batch : batch[0]) as Tensor
      ;(model as (input: Tensor) => unknown)(where === null ? input : input.to(where))
    }
  })
  norms.forEach((norm, i) => {
    norm.momentum = momenta[i]!
  })
  model.train(was_training)
}
