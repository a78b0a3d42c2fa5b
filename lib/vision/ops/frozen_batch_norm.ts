import { Module } from '../../nn/modules/module.js'
import type { LocalMetadata } from '../../nn/modules/module_hooks.js'
import type { StateDict } from '../../nn/modules/state_dict.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import { py_float } from '../../repr.js'
import type { Tensor } from '../../tensor.js'

/**
 * Batch normalisation whose statistics and weights are fixed: all four are buffers.
 *
 * @param num_features - the number of channels
 * @param eps - added to the variance. Default: 1e-5
 *
 * Shape: (n, num_features, h, w) to the same.
 *
 * @see torchvision/ops/misc.py
 */
export class FrozenBatchNorm2d extends Module {
  declare eps: number
  declare weight: Tensor
  declare bias: Tensor
  declare running_mean: Tensor
  declare running_var: Tensor

  constructor(num_features: number, eps: number | { eps?: number } = 1e-5) {
    super()
    this.eps = typeof eps === 'number' ? eps : (own_value(eps, 'eps') ?? 1e-5)
    this.register_buffer('weight', ops.ones(num_features))
    this.register_buffer('bias', ops.zeros(num_features))
    this.register_buffer('running_mean', ops.zeros(num_features))
    this.register_buffer('running_var', ops.ones(num_features))
  }

  // A state of BatchNorm2d fits as well.
  override _load_from_state_dict(
    state_dict: StateDict,
    prefix: string,
    local_metadata: LocalMetadata,
    strict: boolean,
    missing_keys: string[],
    unexpected_keys: string[],
    error_msgs: string[],
  ): void {
    state_dict.delete(`${prefix}num_batches_tracked`)
    super._load_from_state_dict(
      state_dict,
      prefix,
      local_metadata,
      strict,
      missing_keys,
      unexpected_keys,
      error_msgs,
    )
  }

  override forward(x: Tensor): Tensor {
    const [w, b, rv, rm] = [this.weight, this.bias, this.running_var, this.running_mean].map((part) =>
      part.reshape(1, -1, 1, 1),
    ) as [Tensor, Tensor, Tensor, Tensor]
    const scale = w.mul(rv.add(this.eps).rsqrt())
    return x.mul(scale).add(b.sub(rm.mul(scale)))
  }

  override __repr__(): string {
    return `FrozenBatchNorm2d(${this.weight.shape[0]}, eps=${py_float(this.eps)})`
  }
}
