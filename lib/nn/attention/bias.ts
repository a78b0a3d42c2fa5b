import { inspect } from 'node:util'
import type { DeviceLike } from '../../device.js'
import * as dtypes from '../../dtype.js'
import { assertion_error, python_type_name, value_error } from '../../errors.js'
import { scaled_dot_product_attention as plain } from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { keyword, optional, required, tensor } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { adopt, handle_of, raw_handle, Tensor } from '../../tensor.js'
import { check_sdpa_input } from './check_input.js'
import { EnumMember } from './member.js'
import { switches } from './switches.js'

/** Which corner of the matrix a causal mask is aligned to: see {@link CausalBias}. */
export class CausalVariant extends EnumMember {
  /** Query i sees keys 0 … i. */
  static readonly UPPER_LEFT = new CausalVariant('UPPER_LEFT', 1)
  /** The last query sees all keys, the one before it all but the last. */
  static readonly LOWER_RIGHT = new CausalVariant('LOWER_RIGHT', 2)

  override toString(): string {
    return String(this.value)
  }
}

/**
 * A causal mask that is known by its corner and sizes, for `attn_mask` of `scaled_dot_product_attention`, which then
 * need not read a matrix. {@link causal_upper_left} and {@link causal_lower_right} make it.
 *
 * @param variant - the corner
 * @param seq_len_q - how many queries
 * @param seq_len_kv - how many keys
 *
 * @example
 * ```ts
 * const [q, k] = [torch.randn(1, 2, 3, 8), torch.randn(1, 2, 5, 8)]
 * const bias = nn.attention.bias.causal_lower_right(3, 5)
 * const y = nn.functional.scaled_dot_product_attention(q, k, k, bias)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.attention.bias.CausalBias.html
 */
export class CausalBias extends Tensor {
  readonly variant: CausalVariant
  readonly seq_len_q: number
  readonly seq_len_kv: number

  constructor(variant: CausalVariant, seq_len_q: number, seq_len_kv: number) {
    if (!(variant instanceof CausalVariant))
      throw assertion_error(`variant must be a CausalVariant, got ${python_type_name(variant)}`)
    // Python's own has these sizes: its arguments reach Tensor's constructor.
    super(adopt, handle_of(ops.empty([variant.value, seq_len_q, seq_len_kv])))
    this.variant = variant
    this.seq_len_q = seq_len_q
    this.seq_len_kv = seq_len_kv
    if (seq_len_q > seq_len_kv && variant === CausalVariant.LOWER_RIGHT)
      process.emitWarning(
        'Lower right causal bias will produce NaNs in the output when seq_len_q > seq_len_kv!',
        'UserWarning',
      )
  }

  /** The mask as a matrix (seq_len_q, seq_len_kv): true where a query sees a key. */
  _materialize(device: DeviceLike = 'cpu'): Tensor {
    const all = ops.ones([this.seq_len_q, this.seq_len_kv], { device, dtype: dtypes.bool })
    const lower_right = this.variant === CausalVariant.LOWER_RIGHT
    return all.tril(lower_right ? this.seq_len_kv - this.seq_len_q : 0)
  }

  override toString(): string {
    return this._materialize().toString()
  }

  override [inspect.custom](): string {
    return raw_handle(this) < 0 ? super[inspect.custom]() : this.toString()
  }
}

const ATTENTION = signature(
  'scaled_dot_product_attention',
  { query: tensor },
  { key: tensor },
  { value: tensor },
  { attn_mask: required<CausalBias>() },
  { dropout_p: optional(0) },
  { is_causal: optional(false) },
  { scale: keyword<number | null>(null) },
  { enable_gqa: keyword(false) },
)

/** Attention under a causal bias, with the arguments of `scaled_dot_product_attention`. */
export function attend_causally(args: readonly unknown[]): Tensor {
  const [query, key, value, bias, dropout_p, is_causal, scale, enable_gqa] = ATTENTION.bind(args)
  if (is_causal) throw value_error('CausalBias should not be used with causal=True')
  if (bias.seq_len_q === bias.seq_len_kv || bias.variant === CausalVariant.UPPER_LEFT)
    return plain(query, key, value, null, dropout_p, true, { scale, enable_gqa })
  check_sdpa_input(query, key, value)
  if (switches.WARN_FOR_UNFUSED_KERNELS) {
    process.emitWarning("Efficient attention can't be used because:", 'UserWarning')
    process.emitWarning("Flash attention can't be used because:", 'UserWarning')
  }
  const mask = bias._materialize(query.device)
  return plain(query, key, value, mask, dropout_p, false, { scale, enable_gqa })
}

function causal(name: string, variant: CausalVariant, size: readonly number[]): CausalBias {
  if (size.length !== 2) throw assertion_error(`${name} only supports 2D tensors`)
  return new CausalBias(variant, size[0]!, size[1]!)
}

/**
 * A causal mask aligned to the upper left corner, as `is_causal` means it.
 *
 * @param size - how many queries, how many keys
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.attention.bias.causal_upper_left.html
 */
export function causal_upper_left(...size: number[]): CausalBias {
  return causal('causal_upper_left', CausalVariant.UPPER_LEFT, size)
}

/**
 * A causal mask aligned to the lower right corner: the last query sees all keys.
 *
 * @param size - how many queries, how many keys
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.attention.bias.causal_lower_right.html
 */
export function causal_lower_right(...size: number[]): CausalBias {
  return causal('causal_lower_right', CausalVariant.LOWER_RIGHT, size)
}
