import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import { Dropout } from './dropout.js'
import { factory_options, Linear } from './linear.js'
import { Module } from './module.js'
import { MultiheadAttention } from './multihead_attention.js'
import { LayerNorm } from './normalization.js'
import {
  type Activation,
  activation_of,
  LAYER_DEFAULTS,
  LAYER_NAMES,
  type LayerRest,
  type TransformerLayerArguments,
  type TransformerLayerOptions,
} from './transformer_layer.js'
import { float_number, type Int, type Rest, whole_number } from './utils.js'

/** Keywords of a call of {@link TransformerDecoderLayer} and {@link TransformerDecoder}. */
export interface DecoderLayerCall {
  /** Pairs of targets that are not attended to. */
  tgt_mask?: Tensor | null
  /** Pairs of a target and a place in memory that are not attended to. */
  memory_mask?: Tensor | null
  /** Targets that are not attended to. */
  tgt_key_padding_mask?: Tensor | null
  /** Places in memory that are not attended to. */
  memory_key_padding_mask?: Tensor | null
  /** Whether `tgt_mask` is the causal one. Default: false. */
  tgt_is_causal?: boolean | null
  /** Whether `memory_mask` is the causal one. Default: false. */
  memory_is_causal?: boolean
}

/** The arguments of a decoder's call after the target and the memory, by position. */
export type DecoderRest = Rest<
  [
    tgt_mask: Tensor | null,
    memory_mask: Tensor | null,
    tgt_key_padding_mask: Tensor | null,
    memory_key_padding_mask: Tensor | null,
    tgt_is_causal: boolean | null,
    memory_is_causal: boolean,
  ],
  DecoderLayerCall
>

/** The keywords of a decoder's call. */
export function decoder_call(
  rest: readonly unknown[],
  tgt_is_causal: boolean | null,
): Required<DecoderLayerCall> {
  return take_options<Required<DecoderLayerCall>>(
    'forward',
    rest,
    [
      'tgt_mask',
      'memory_mask',
      'tgt_key_padding_mask',
      'memory_key_padding_mask',
      'tgt_is_causal',
      'memory_is_causal',
    ],
    {
      tgt_mask: null,
      memory_mask: null,
      tgt_key_padding_mask: null,
      memory_key_padding_mask: null,
      tgt_is_causal,
      memory_is_causal: false,
    },
  )
}

/**
 * A layer of a Transformer's decoder: self-attention, attention to the encoder's output and a feed-forward network, each
 * with a residual and a normalisation.
 *
 * @param d_model - the size of inputs and outputs
 * @param nhead - how many heads attend
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

  constructor(d_model: Int, nhead: Int, ...rest: LayerRest)
  constructor(options: { d_model: Int; nhead: Int } & TransformerLayerOptions)
  constructor(...args: unknown[]) {
    super()
    const given = take_options<TransformerLayerArguments>(
      'TransformerDecoderLayer',
      args,
      LAYER_NAMES,
      LAYER_DEFAULTS,
    )
    const { nhead, dropout, batch_first, bias } = given
    const factory = factory_options(given.device, given.dtype)
    const size = whole_number(given.d_model, 'd_model')
    const hidden = whole_number(given.dim_feedforward, 'dim_feedforward')
    const norm = { eps: float_number(given.layer_norm_eps), bias, ...factory }
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

  override forward(tgt: Tensor, memory: Tensor, ...rest: DecoderRest): Tensor {
    const call = decoder_call(rest, false)
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
