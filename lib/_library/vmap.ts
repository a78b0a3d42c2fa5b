import { by_vmap_rule } from '../func/autograd_function.js'
import { native } from '../native.js'
import type { Operator } from '../ops/operator.js'
import type { Overload } from '../ops/schema.js'
import type { Kernel } from './kernel.js'

/**
 * What an operator does under `torch.func.vmap`: `rule(info, in_dims, …args)`, keyword-only arguments in a trailing object; it
 * returns `[output, out_dims]`.
 */
export type OperatorVmapRule = (...args: never[]) => unknown

/** The kernel of the key `FuncTorchBatched`. */
export function vmap_kernel(overload: Overload, op: () => Operator, rule: () => OperatorVmapRule): Kernel {
  const { positional } = overload
  return (...args: readonly unknown[]) => {
    const keywords = args.slice(positional)
    return by_vmap_rule(native.current_level(), args.slice(0, positional), {
      rule: (...given) => rule()(...([...given, ...keywords] as never[])),
      without: () => op()(...args),
      below: (callback) => native.below_batched(callback),
    })
  }
}
