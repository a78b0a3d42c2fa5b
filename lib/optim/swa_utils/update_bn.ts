import { without_grad } from '../../autograd/grad_mode.js'
import type { DeviceLike } from '../../device.js'
import { _BatchNorm } from '../../nn/modules/batchnorm.js'
import type { Module } from '../../nn/modules/module.js'
import { optional, required } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
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
export const update_bn = callable(
  signature(
    'update_bn',
    { loader: required<Iterable<Tensor | readonly unknown[]>>() },
    { model: required<Module>() },
    { device: optional<DeviceLike | null>(null) },
  ),
  (loader, model, device): void => {
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
        ;(model as (input: Tensor) => unknown)(device === null ? input : input.to(device))
      }
    })
    norms.forEach((norm, i) => {
      norm.momentum = momenta[i]!
    })
    model.train(was_training)
  },
)
