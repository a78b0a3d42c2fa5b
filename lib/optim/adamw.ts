import type { Keywords } from '../python/call_types.js'
import { optional, required } from '../python/parameters.js'
import { type Call, entries, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'
import { Adam, type AdamParamGroup, AVERAGES, REST } from './adam.js'
import type { ParamGroup, ParamState, Params } from './optimizer.js'

const OPTIONS = entries(
  ...AVERAGES,
  {
    /** Weight decay. Default: 1e-2. */
    weight_decay: optional(1e-2),
  },
  ...REST,
)

/** Options of {@link AdamW}, and of each of its groups. */
export type AdamWOptions = Keywords<typeof OPTIONS>

const PARAMETERS = signature('AdamW', { params: required<Params<AdamParamGroup>>() }, ...OPTIONS)

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
  constructor(...args: Call<typeof PARAMETERS>)
  constructor(...args: UsualCall<typeof PARAMETERS>)
  constructor(...args: unknown[]) {
    const { params, ...options } = PARAMETERS.take(args)
    super(params, { ...options, decoupled_weight_decay: true })
  }

  override __setstate__(loaded: { state: Map<Tensor, ParamState>; param_groups: ParamGroup[] }): void {
    super.__setstate__(loaded)
    for (const group of this.param_groups) group.decoupled_weight_decay = true
  }
}
