import { is_autocast_enabled } from '../../amp/state.js'
import { is_grad_enabled } from '../../autograd/grad_mode.js'
import { mha } from '../../backends/index.js'
import type { DType } from '../../dtype.js'
import { assertion_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { type AnyCall, type Call, type GivenBy, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { canonical_mask } from '../functional/attention.js'
import * as F from '../functional.js'
import * as init from '../init.js'
import { Parameter } from '../parameter.js'
import { py_repr } from '../repr.js'
import { FACTORY, factory_options, Linear } from './linear.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

/** The output projection of attention: a {@link Linear} that quantization leaves alone. */
export class NonDynamicallyQuantizableLinear extends Linear {}

/** A call beside its query, key and value. */
type AttentionCall = Omit<GivenBy<typeof FORWARD>, 'query' | 'key' | 'value'>

/** The dtype of another mask, which this one's should be. */
export function mask_type(mask: Tensor | null, name: string): { type: DType; name: string } | null {
  return mask && { type: mask.dtype, name }
}

/** A fused path is taken only where nothing it reads may need a gradient. */
export function needs_grad(tensors: readonly (Tensor | null)[]): boolean {
  return is_grad_enabled() && tensors.some((tensor) => tensor?.requires_grad)
}

const ATTENTION = signature(
  'MultiheadAttention',
  { embed_dim: required<Int>() },
  { num_heads: required<Int>() },
  { dropout: optional(0, float) },
  { bias: optional(true, bool) },
  { add_bias_kv: optional(false, bool) },
  { add_zero_attn: optional(false, bool) },
  { kdim: optional<Int | null>(null) },
  { vdim: optional<Int | null>(null) },
  { batch_first: optional(false, bool) },
  ...FACTORY,
)

const FORWARD = signature(
  'forward',
  { query: tensor },
  { key: tensor },
  { value: tensor },
  { key_padding_mask: optional_tensor },
  { need_weights: optional(true, bool) },
  { attn_mask: optional_tensor },
  { average_attn_weights: optional(true, bool) },
  { is_causal: optional(false, bool) },
)

/**
 * Attention of several heads: softmax(Q Kᵀ / √d + mask) V of each head's projections, joined and projected.
 *
 * In evaluation, without gradients and with one tensor as query, key and value, `batch_first` and an even number of heads,
 * a fused operator computes it.
 *
 * @param embed_dim - E, the size of queries and outputs
 * @param num_heads - how many heads share it
 * @param dropout - the probability that a weight is dropped in training. Default: 0
 * @param bias - whether the projections have biases. Default: true
 * @param add_bias_kv - whether a learnt key and value are added. Default: false
 * @param add_zero_attn - whether a key and a value of zeros are added. Default: false
 * @param kdim - the keys' size. Default: embed_dim
 * @param vdim - the values' size. Default: embed_dim
 * @param batch_first - whether the batch is the first dimension. Default: false
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 * @throws ValueError for sizes that are not positive; AssertionError where the heads do not divide the size
 *
 * Shape: query (L, N, E), key (S, N, kdim) and value (S, N, vdim), or with the batch first, or without one, to the
 * output (L, N, E) and the weights (N, L, S), averaged over the heads, or null.
 *
 * @example
 * ```ts
 * const multihead_attn = new nn.MultiheadAttention(16, 4)
 * const x = torch.randn(5, 2, 16)
 * const [attn_output, attn_output_weights] = multihead_attn(x, x, x)
 * ```
 *
 * @see torch/nn/modules/activation.py
 */
export class MultiheadAttention extends Module {
  declare embed_dim: number
  declare kdim: number
  declare vdim: number
  declare _qkv_same_embed_dim: boolean
  declare num_heads: number
  declare dropout: number
  declare batch_first: boolean
  declare head_dim: number
  declare q_proj_weight: Parameter | null
  declare k_proj_weight: Parameter | null
  declare v_proj_weight: Parameter | null
  declare in_proj_weight: Parameter | null
  declare in_proj_bias: Parameter | null
  declare out_proj: NonDynamicallyQuantizableLinear
  declare bias_k: Parameter | null
  declare bias_v: Parameter | null
  declare add_zero_attn: boolean

  constructor(...args: Call<typeof ATTENTION>)
  constructor(...args: UsualCall<typeof ATTENTION>)
  constructor(...args: unknown[]) {
    super()
    const given = ATTENTION.take(args)
    const size = whole_number(given.embed_dim, 'embed_dim')
    const heads = whole_number(given.num_heads, 'num_heads')
    if (size <= 0 || heads <= 0)
      throw value_error(
        `embed_dim and num_heads must be greater than 0, got embed_dim=${py_repr(size)} and ` +
          `num_heads=${py_repr(heads)} instead`,
      )
    this.embed_dim = size
    this.kdim = given.kdim === null ? size : whole_number(given.kdim, 'kdim')
    this.vdim = given.vdim === null ? size : whole_number(given.vdim, 'vdim')
    this._qkv_same_embed_dim = this.kdim === size && this.vdim === size
    this.num_heads = heads
    this.dropout = given.dropout
    this.batch_first = given.batch_first
    this.head_dim = Math.floor(size / heads)
    if (this.head_dim * heads !== size) throw assertion_error('embed_dim must be divisible by num_heads')
    const factory = factory_options(given.device, given.dtype)
    const learnt = (shape: number[] | null) => shape && new Parameter(ops.empty(shape, factory))
    const apart = !this._qkv_same_embed_dim
    const { bias, add_bias_kv } = given
    const shapes: [string, number[] | null][] = [
      ['q_proj_weight', apart ? [size, size] : null],
      ['k_proj_weight', apart ? [size, this.kdim] : null],
      ['v_proj_weight', apart ? [size, this.vdim] : null],
      ['in_proj_weight', apart ? null : [3 * size, size]],
      ['in_proj_bias', bias ? [3 * size] : null],
    ]
    for (const [name, shape] of shapes) this.register_parameter(name, learnt(shape))
    this.out_proj = new NonDynamicallyQuantizableLinear(size, size, { bias, ...factory })
    this.bias_k = learnt(add_bias_kv ? [1, 1, size] : null)
    this.bias_v = learnt(add_bias_kv ? [1, 1, size] : null)
    this.add_zero_attn = given.add_zero_attn
    this._reset_parameters()
  }

  /** Draws the weights by Xavier and sets the biases to 0. */
  _reset_parameters(): void {
    const { in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight } = this
    for (const weight of [in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight])
      if (weight !== null) init.xavier_uniform_(weight)
    if (this.in_proj_bias !== null) {
      init.constant_(this.in_proj_bias, 0)
      if (this.out_proj.bias !== null) init.constant_(this.out_proj.bias, 0)
    }
    if (this.bias_k !== null) init.xavier_normal_(this.bias_k)
    if (this.bias_v !== null) init.xavier_normal_(this.bias_v)
  }

  /**
   * @param query - (L, N, E), (N, L, E) with `batch_first`, or (L, E)
   * @param key - (S, N, kdim), (N, S, kdim) or (S, kdim)
   * @param value - (S, N, vdim), (N, S, vdim) or (S, vdim)
   * @param key_padding_mask - keys that are not attended to, (N, S) or (S): true, or what is added to their scores
   * @param need_weights - whether the weights are returned too. Default: true
   * @param attn_mask - pairs that are not attended to, (L, S) or (N · heads, L, S): true, or what is added to their scores
   * @param average_attn_weights - whether the weights are averaged over the heads. Default: true
   * @param is_causal - whether `attn_mask` is the causal one. Default: false
   * @returns the output and the weights, or null where they are not needed
   */
  override forward(...args: AnyCall<typeof FORWARD>): [Tensor, Tensor | null] {
    const { query, key, value, ...given } = FORWARD.take(args)
    const target_type = query.dtype
    const float_mask = [given.attn_mask, given.key_padding_mask].some((mask) => mask?.is_floating_point())
    const key_padding_mask = canonical_mask(
      given.key_padding_mask,
      'key_padding_mask',
      target_type,
      mask_type(given.attn_mask, 'attn_mask'),
    )
    const attn_mask = canonical_mask(given.attn_mask, 'attn_mask', target_type)
    const call = { ...given, key_padding_mask, attn_mask }
    const why_not = float_mask
      ? 'floating-point masks are not supported for fast path.'
      : this._why_not_fast_path(query, key, value, call)
    if (why_not === '') return this._fast_path(query, call)
    if (query.is_nested || key.is_nested || value.is_nested)
      throw assertion_error(
        'MultiheadAttention does not support NestedTensor outside of its fast path. ' +
          `The fast path was not hit because ${why_not}`,
      )
    return this._slow_path(query, key, value, call)
  }

  private _slow_path(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    call: AttentionCall,
  ): [Tensor, Tensor | null] {
    const turned = this.batch_first && query.ndim === 3
    let [q, k, v] = [query, key, value]
    if (turned) {
      // What is one tensor stays one, which decides how it is projected.
      q = query.transpose(1, 0)
      k = key === value && query === key ? q : key.transpose(1, 0)
      v = key === value ? k : value.transpose(1, 0)
    }
    const [output, weights] = F.multi_head_attention_forward(
      q,
      k,
      v,
      this.embed_dim,
      this.num_heads,
      this.in_proj_weight,
      this.in_proj_bias,
      this.bias_k,
      this.bias_v,
      this.add_zero_attn,
      this.dropout,
      this.out_proj.weight,
      this.out_proj.bias,
      {
        training: this.training,
        ...call,
        ...(this._qkv_same_embed_dim
          ? {}
          : {
              use_separate_proj_weight: true,
              q_proj_weight: this.q_proj_weight,
              k_proj_weight: this.k_proj_weight,
              v_proj_weight: this.v_proj_weight,
            }),
      },
    )
    return [turned ? output.transpose(1, 0) : output, weights]
  }

  private _why_not_fast_path(query: Tensor, key: Tensor, value: Tensor, call: AttentionCall): string {
    const { in_proj_bias, in_proj_weight, out_proj } = this
    if (!mha.get_fastpath_enabled()) return 'torch.backends.mha.get_fastpath_enabled() was not True'
    if (query.ndim !== 3) return `input not batched; expected query.dim() of 3 but got ${query.ndim}`
    if (query !== key || key !== value)
      return 'non-self attention was used (query, key, and value are not the same Tensor)'
    if (in_proj_weight === null) return 'in_proj_weight was None'
    if (in_proj_bias !== null && query.dtype !== in_proj_bias.dtype)
      return `dtypes of query (${query.dtype}) and self.in_proj_bias (${in_proj_bias.dtype}) don't match`
    if (query.dtype !== in_proj_weight.dtype)
      return `dtypes of query (${query.dtype}) and self.in_proj_weight (${in_proj_weight.dtype}) don't match`
    if (this.training) return 'training is enabled'
    if (this.num_heads % 2 !== 0) return 'self.num_heads is not even'
    if (!this.batch_first) return 'batch_first was not True'
    if (this.bias_k !== null) return 'self.bias_k was not None'
    if (this.bias_v !== null) return 'self.bias_v was not None'
    if (this.add_zero_attn) return 'add_zero_attn was enabled'
    if (query.is_nested && (call.key_padding_mask !== null || call.attn_mask !== null))
      return 'supplying both src_key_padding_mask and src_mask at the same time is not supported with NestedTensor input'
    if (is_autocast_enabled()) return 'autocast is enabled'
    if (needs_grad([query, key, value, in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias]))
      return 'grad is enabled and at least one of query or the input/output projection weights or biases requires_grad'
    if (in_proj_bias === null) return 'self.in_proj_bias was None'
    return ''
  }

  private _fast_path(query: Tensor, call: AttentionCall): [Tensor, Tensor | null] {
    const [mask, kind] = this.merge_masks(call.attn_mask, call.key_padding_mask, query)
    const [output, weights] = dispatcher['aten']!['_native_multi_head_attention']!(
      query,
      query,
      query,
      this.embed_dim,
      this.num_heads,
      this.in_proj_weight,
      this.in_proj_bias,
      this.out_proj.weight,
      this.out_proj.bias,
      mask,
      call.need_weights,
      call.average_attn_weights,
      kind,
    ) as unknown as [Tensor, Tensor | null]
    return [output, call.need_weights ? weights : null]
  }

  /** One mask of both for the fused operators, and its kind: 1 for keys, 2 for pairs. */
  merge_masks(
    attn_mask: Tensor | null,
    key_padding_mask: Tensor | null,
    query: Tensor,
  ): [Tensor | null, number | null] {
    if (attn_mask === null) return key_padding_mask === null ? [null, null] : [key_padding_mask, 1]
    const [batch, length] = query.shape as [number, number]
    const expanded =
      attn_mask.ndim === 3
        ? attn_mask.view(batch, -1, length, length)
        : attn_mask.view(1, 1, length, length).expand(batch, this.num_heads, -1, -1)
    if (key_padding_mask === null) return [expanded, 2]
    const of_keys = key_padding_mask.view(batch, 1, 1, length).expand(-1, this.num_heads, -1, -1)
    return [expanded.add(of_keys), 2]
  }

  static {
    methods(MultiheadAttention, { merge_masks: 'attn_mask, key_padding_mask, query' })
  }
}
