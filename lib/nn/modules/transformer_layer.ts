import { is_autocast_enabled } from '../../amp/state.js'
import { mha } from '../../backends/index.js'
import { runtime_error } from '../../errors.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { bool, float } from '../../python/checks.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { type AnyCall, type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { canonical_mask } from '../functional/attention.js'
import * as F from '../functional.js'
import { GELU, ReLU } from './activation.js'
import { Dropout } from './dropout.js'
import { INTERNALS } from './internals.js'
import { FACTORY, factory_options, Linear } from './linear.js'
import { Module } from './module.js'
import { MultiheadAttention, mask_type, needs_grad } from './multihead_attention.js'
import { LayerNorm } from './normalization.js'
import { type Int, whole_number } from './utils.js'

/** An activation function, or a module. */
export type Activation = (input: Tensor) => Tensor

/** The parameters that the layers and the whole Transformer share, in runs. */
export const FEED_FORWARD = [
  { dim_feedforward: optional<Int>(2048) },
  { dropout: optional(0.1, float) },
  { activation: optional<'relu' | 'gelu' | Activation>(F.relu) },
] as const
export const NORMS = [
  { layer_norm_eps: optional(1e-5, float) },
  { batch_first: optional(false, bool) },
  { norm_first: optional(false, bool) },
  { bias: optional(true, bool) },
  ...FACTORY,
] as const

/** The signature of a layer. */
export const layer = (name: string) =>
  signature(name, { d_model: required<Int>() }, { nhead: required<Int>() }, ...FEED_FORWARD, ...NORMS)

/** The function of an activation's name. */
export function activation_of(activation: string | Activation): Activation {
  if (typeof activation !== 'string') return activation
  if (activation === 'relu') return F.relu
  if (activation === 'gelu') return F.gelu
  throw runtime_error(`activation should be relu/gelu, not ${activation}`)
}

const ENCODER_LAYER = layer('TransformerEncoderLayer')

const FORWARD = signature(
  'forward',
  { src: tensor },
  { src_mask: optional_tensor },
  { src_key_padding_mask: optional_tensor },
  { is_causal: optional(false, bool) },
)

/**
 * A layer of a Transformer's encoder: self-attention and a feed-forward network, each with a residual and a normalisation.
 *
 * In evaluation, without gradients, with `batch_first` and an even number of heads, a fused operator computes it.
 *
 * @param d_model - the size of inputs and outputs
 * @param nhead - how many heads attend
 * @param dim_feedforward - the size between the two linear layers. Default: 2048
 * @param dropout - the probability of dropout. Default: 0.1
 * @param activation - between the two linear layers: `'relu'`, `'gelu'` or a function. Default: relu
 * @param layer_norm_eps - what the normalisations add to the variance. Default: 1e-5
 * @param batch_first - whether the batch is the first dimension. Default: false
 * @param norm_first - whether normalisation comes before attention and feed-forward instead of after. Default: false
 * @param bias - whether linear layers and normalisations have biases. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (S, N, E), (N, S, E) with `batch_first`, or (S, E), to the same.
 *
 * @example
 * ```ts
 * const encoder_layer = new nn.TransformerEncoderLayer(16, 4, { dim_feedforward: 32 })
 * const out = encoder_layer(torch.rand(10, 2, 16))
 * ```
 *
 * @see torch/nn/modules/transformer.py
 */
export class TransformerEncoderLayer extends Module {
  declare self_attn: MultiheadAttention
  declare linear1: Linear
  declare dropout: Dropout
  declare linear2: Linear
  declare norm_first: boolean
  declare norm1: LayerNorm
  declare norm2: LayerNorm
  declare dropout1: Dropout
  declare dropout2: Dropout
  /** 1 for relu, 2 for gelu, 0 for anything else: what the fused operator knows. */
  declare activation_relu_or_gelu: number
  declare activation: Activation

  constructor(...args: Call<typeof ENCODER_LAYER>)
  constructor(...args: UsualCall<typeof ENCODER_LAYER>)
  constructor(...args: unknown[]) {
    super()
    const given = ENCODER_LAYER.take(args)
    const { dropout, batch_first, bias } = given
    const factory = factory_options(given.device, given.dtype)
    const size = whole_number(given.d_model, 'd_model')
    const hidden = whole_number(given.dim_feedforward, 'dim_feedforward')
    const norm = { eps: given.layer_norm_eps, bias, ...factory }
    this.self_attn = new MultiheadAttention(size, given.nhead, { dropout, bias, batch_first, ...factory })
    this.linear1 = new Linear(size, hidden, { bias, ...factory })
    this.dropout = new Dropout(dropout)
    this.linear2 = new Linear(hidden, size, { bias, ...factory })
    this.norm_first = given.norm_first
    this.norm1 = new LayerNorm(size, norm)
    this.norm2 = new LayerNorm(size, norm)
    this.dropout1 = new Dropout(dropout)
    this.dropout2 = new Dropout(dropout)
    const activation = activation_of(given.activation)
    const is_relu = activation === F.relu || activation instanceof ReLU
    const is_gelu = activation === F.gelu || activation instanceof GELU
    this.activation_relu_or_gelu = is_relu ? 1 : is_gelu ? 2 : 0
    this.activation = activation
  }

  /**
   * @param src_mask - pairs that are not attended to
   * @param src_key_padding_mask - keys that are not attended to
   * @param is_causal - whether `src_mask` is the causal one. Default: false
   */
  override forward(...args: AnyCall<typeof FORWARD>): Tensor {
    const { src, ...given } = FORWARD.take(args)
    const target_type = src.dtype
    const padding = canonical_mask(
      given.src_key_padding_mask,
      'src_key_padding_mask',
      target_type,
      mask_type(given.src_mask, 'src_mask'),
    )
    const mask = canonical_mask(given.src_mask, 'src_mask', target_type)
    if (this._may_fuse(src, mask, padding)) return this._fused(src, mask, padding)
    const { norm1, norm2 } = this
    let x = src
    if (this.norm_first) {
      x = x.add(this._sa_block(norm1(x), mask, padding, given.is_causal))
      return x.add(this._ff_block(norm2(x)))
    }
    x = norm1(x.add(this._sa_block(x, mask, padding, given.is_causal)))
    return norm2(x.add(this._ff_block(x)))
  }

  /** All tensors that the fused operator reads beside the input. */
  _tensors(): (Tensor | null)[] {
    const { self_attn, linear1, linear2, norm1, norm2 } = this
    return [
      self_attn.in_proj_weight,
      self_attn.in_proj_bias,
      self_attn.out_proj.weight,
      self_attn.out_proj.bias,
      norm1.weight,
      norm1.bias,
      norm2.weight,
      norm2.bias,
      linear1.weight,
      linear1.bias,
      linear2.weight,
      linear2.bias,
    ]
  }

  private _may_fuse(src: Tensor, mask: Tensor | null, padding: Tensor | null): boolean {
    const { self_attn } = this
    return (
      mha.get_fastpath_enabled() &&
      src.ndim === 3 &&
      !this.training &&
      self_attn.batch_first &&
      self_attn.in_proj_bias !== null &&
      self_attn._qkv_same_embed_dim &&
      this.activation_relu_or_gelu !== 0 &&
      this.norm1.eps === this.norm2.eps &&
      !(src.is_nested && (mask !== null || padding !== null)) &&
      self_attn.num_heads % 2 === 0 &&
      !is_autocast_enabled() &&
      ![...this.modules()].some((module) => module[INTERNALS].hooks?.any_forward) &&
      !needs_grad([src, ...this._tensors()])
    )
  }

  private _fused(src: Tensor, mask: Tensor | null, padding: Tensor | null): Tensor {
    const { self_attn, linear1, linear2, norm1, norm2 } = this
    const [merged, kind] = self_attn.merge_masks(mask, padding, src)
    return dispatcher['aten']!['_transformer_encoder_layer_fwd']!(
      src,
      self_attn.embed_dim,
      self_attn.num_heads,
      self_attn.in_proj_weight,
      self_attn.in_proj_bias,
      self_attn.out_proj.weight,
      self_attn.out_proj.bias,
      this.activation_relu_or_gelu === 2,
      this.norm_first,
      norm1.eps,
      norm1.weight,
      norm1.bias,
      norm2.weight,
      norm2.bias,
      linear1.weight,
      linear1.bias,
      linear2.weight,
      linear2.bias,
      merged,
      kind,
    )
  }

  /** The self-attention. */
  _sa_block(x: Tensor, attn_mask: Tensor | null, key_padding_mask: Tensor | null, is_causal = false): Tensor {
    const options = { attn_mask, key_padding_mask, need_weights: false, is_causal }
    return this.dropout1(this.self_attn(x, x, x, options)[0])
  }

  /** The feed-forward network. */
  _ff_block(x: Tensor): Tensor {
    const { activation } = this
    return this.dropout2(this.linear2(this.dropout(activation(this.linear1(x)))))
  }
}
