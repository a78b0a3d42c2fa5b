import { bool, nullable_bool } from '../../python/checks.js'
import { optional, optional_tensor, tensor } from '../../python/parameters.js'
import { type AnyCall, type Call, type GivenBy, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { Dropout } from './dropout.js'
import { factory_options, Linear } from './linear.js'
import { Module } from './module.js'
import { MultiheadAttention } from './multihead_attention.js'
import { LayerNorm } from './normalization.js'
import { type Activation, activation_of, layer } from './transformer_layer.js'
import { whole_number } from './utils.js'

/** The parameters of a decoder's call, which those of its layers share but for a default. */
export const decoder_call = (tgt_is_causal: boolean | null) =>
  signature(
    'forward',
    { tgt: tensor },
    { memory: tensor },
    { tgt_mask: optional_tensor },
    { memory_mask: optional_tensor },
    { tgt_key_padding_mask: optional_tensor },
    { memory_key_padding_mask: optional_tensor },
    { tgt_is_causal: optional<boolean | null>(tgt_is_causal, nullable_bool) },
    { memory_is_causal: optional(false, bool) },
  )

const FORWARD = decoder_call(false)

/** A decoder layer's call beside the target and the memory. */
export type DecoderLayerCall = Omit<GivenBy<typeof FORWARD>, 'tgt' | 'memory'>

const DECODER_LAYER = layer('TransformerDecoderLayer')

/**
 * A layer of a Transformer's decoder: self-attention, attention to the encoder's output and a feed-forward network, each
 * with a residual and a normalisation.
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
 * Shape: (T, N, E) and the memory (S, N, E), with the batch first with `batch_first`, or without one, to the first.
 *
 * @example
 * ```ts
 * const decoder_layer = new nn.TransformerDecoderLayer(16, 4, { dim_feedforward: 32 })
 * const out = decoder_layer(torch.rand(7, 2, 16), torch.rand(10, 2, 16))
 * ```
 *
 * @see torch/nn/modules/transformer.py
 */
export class TransformerDecoderLayer extends Module {
  declare self_attn: MultiheadAttention
  declare multihead_attn: MultiheadAttention
  declare linear1: Linear
  declare dropout: Dropout
  declare linear2: Linear
  declare norm_first: boolean
  declare norm1: LayerNorm
  declare norm2: LayerNorm
  declare norm3: LayerNorm
  declare dropout1: Dropout
  declare dropout2: Dropout
  declare dropout3: Dropout
  declare activation: Activation

  constructor(...args: Call<typeof DECODER_LAYER>)
  constructor(...args: UsualCall<typeof DECODER_LAYER>)
  constructor(...args: unknown[]) {
    super()
    const given = DECODER_LAYER.take(args)
    const { nhead, dropout, batch_first, bias } = given
    const factory = factory_options(given.device, given.dtype)
    const size = whole_number(given.d_model, 'd_model')
    const hidden = whole_number(given.dim_feedforward, 'dim_feedforward')
    const norm = { eps: given.layer_norm_eps, bias, ...factory }
    this.self_attn = new MultiheadAttention(size, nhead, { dropout, batch_first, bias, ...factory })
    this.multihead_attn = new MultiheadAttention(size, nhead, { dropout, batch_first, bias, ...factory })
    this.linear1 = new Linear(size, hidden, { bias, ...factory })
    this.dropout = new Dropout(dropout)
    this.linear2 = new Linear(hidden, size, { bias, ...factory })
    this.norm_first = given.norm_first
    this.norm1 = new LayerNorm(size, norm)
    this.norm2 = new LayerNorm(size, norm)
    this.norm3 = new LayerNorm(size, norm)
    this.dropout1 = new Dropout(dropout)
    this.dropout2 = new Dropout(dropout)
    this.dropout3 = new Dropout(dropout)
    this.activation = activation_of(given.activation)
  }

  /**
   * @param tgt_mask - pairs of targets that are not attended to
   * @param memory_mask - pairs of a target and a place in memory that are not attended to
   * @param tgt_key_padding_mask - targets that are not attended to
   * @param memory_key_padding_mask - places in memory that are not attended to
   * @param tgt_is_causal - whether `tgt_mask` is the causal one. Default: false
   * @param memory_is_causal - whether `memory_mask` is the causal one. Default: false
   */
  override forward(...args: AnyCall<typeof FORWARD>): Tensor {
    const { tgt, memory, ...call } = FORWARD.take(args)
    const { norm1, norm2, norm3 } = this
    const attend = (x: Tensor) =>
      this._sa_block(x, call.tgt_mask, call.tgt_key_padding_mask, call.tgt_is_causal ?? false)
    const remember = (x: Tensor) =>
      this._mha_block(x, memory, call.memory_mask, call.memory_key_padding_mask, call.memory_is_causal)
    let x = tgt
    if (this.norm_first) {
      x = x.add(attend(norm1(x)))
      x = x.add(remember(norm2(x)))
      return x.add(this._ff_block(norm3(x)))
    }
    x = norm1(x.add(attend(x)))
    x = norm2(x.add(remember(x)))
    return norm3(x.add(this._ff_block(x)))
  }

  /** The self-attention. */
  _sa_block(x: Tensor, attn_mask: Tensor | null, key_padding_mask: Tensor | null, is_causal = false): Tensor {
    const options = { attn_mask, key_padding_mask, is_causal, need_weights: false }
    return this.dropout1(this.self_attn(x, x, x, options)[0])
  }

  /** The attention to the encoder's output. */
  _mha_block(
    x: Tensor,
    mem: Tensor,
    attn_mask: Tensor | null,
    key_padding_mask: Tensor | null,
    is_causal = false,
  ): Tensor {
    const options = { attn_mask, key_padding_mask, is_causal, need_weights: false }
    return this.dropout2(this.multihead_attn(x, mem, mem, options)[0])
  }

  /** The feed-forward network. */
  _ff_block(x: Tensor): Tensor {
    const { activation } = this
    return this.dropout3(this.linear2(this.dropout(activation(this.linear1(x)))))
  }
}
