import { scaled_dot_product_attention as plain } from '../../ops/generated/nn.js'
import { is_options } from '../../ops/keywords.js'
import { own_value } from '../../own.js'
import { attend_causally, CausalBias } from '../attention/bias.js'

function is_causal_bias(args: readonly unknown[]): boolean {
  if (args[3] instanceof CausalBias) return true
  const last = args[args.length - 1]
  return is_options(last) && own_value(last, 'attn_mask') instanceof CausalBias
}

/**
 * Attention: softmax(q kᵀ · scale + mask) v, by one of LibTorch's kernels: see {@link torch.nn.attention.sdpa_kernel}.
 *
 * Shape: query (n, …, L, E), key (n, …, S, E), value (n, …, S, Ev) → (n, …, L, Ev).
 *
 * @param query - queries
 * @param key - keys
 * @param value - values
 * @param attn_mask - (…, L, S): true where a key takes part, or numbers that are added; or a causal bias
 * @param dropout_p - the share of weights that are dropped. Default: 0
 * @param is_causal - whether query i sees keys 0 … i only. Default: false
 * @param options - scale (default: 1 / √E), enable_gqa (default: false)
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.scaled_dot_product_attention.html
 */
export const scaled_dot_product_attention: typeof plain = (...args: unknown[]) =>
  is_causal_bias(args)
    ? attend_causally(args)
    : (plain as (...args: unknown[]) => ReturnType<typeof plain>)(...args)
