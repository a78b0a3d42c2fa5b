import type { SDPBackend as Backend } from './backend.js'
import type * as biases from './bias.js'
import * as names from './names.js'
import { switches } from './switches.js'

// A module's own variables cannot be assigned from outside; an object's can.

/** `torch.nn.attention`: how attention is computed. */
export const attention = {
  ...names,
  /** Whether a causal bias warns when no fused kernel can take it. Default: false. */
  get WARN_FOR_UNFUSED_KERNELS(): boolean {
    return switches.WARN_FOR_UNFUSED_KERNELS
  },
  set WARN_FOR_UNFUSED_KERNELS(wanted: boolean) {
    switches.WARN_FOR_UNFUSED_KERNELS = wanted
  },
}

export declare namespace attention {
  export type SDPBackend = Backend
  export namespace bias {
    export type CausalBias = biases.CausalBias
    export type CausalVariant = biases.CausalVariant
  }
}
