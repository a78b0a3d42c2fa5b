import type { Tensor } from '../tensor.js'
import { Adam, type AdamCall, type AdamOptions, adam_arguments } from './adam.js'
import type { ParamGroup, ParamState } from './optimizer.js'

/** Options of {@link AdamW}. */
export type AdamWOptions = Omit<AdamOptions, 'decoupled_weight_decay'>

const DEFAULTS: Required<AdamOptions> = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 1e-2,
  amsgrad: false,
  maximize: false,
  foreach: null,
  capturable: false,
  differentiable: false,
  fused: null,
  decoupled_weight_decay: true,
}

/**
 * AdamW: {@link Adam} with a weight decay that goes to the parameters alone, θ ← θ − lr · λθ, and not into the averages.
 *
 * @param params - parameters, named parameters, or groups of them
 * @param options - as of Adam; `weight_decay` is 1e-2 by default
 *
 * @example
 * ```ts
 * const optimizer = new torch.optim.AdamW(model.parameters(), { lr: 1e-3, weight_decay: 0.1 })
 * ```
 *
 * @see torch/optim/adamw.py
 */
export class AdamW extends Adam {
  constructor(...args: AdamCall<AdamWOptions>)
  constructor(...args: unknown[]) {
    const { params, ...options } = adam_arguments('AdamW', args, DEFAULTS)
    super(params, { ...options, decoupled_weight_decay: true })
  }

  override __setstate__(loaded: { state: Map<Tensor, ParamState>; param_groups: ParamGroup[] }): void {
    super.__setstate__(loaded)
    for (const group of this.param_groups) group.decoupled_weight_decay = true
  }
}
