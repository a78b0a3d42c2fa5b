import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { runtime_error } from '../../errors.js'
import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as init from '../init.js'
import { Module } from './module.js'
import { LayerNorm } from './normalization.js'
import { type DecoderLayerCall, TransformerDecoderLayer } from './transformer_decoder_layer.js'
import {
  type Activation,
  LAYER_DEFAULTS,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer_layer.js'
import {
  type DecoderLayer,
  type EncoderCall,
  type EncoderLayer,
  square_subsequent_mask,
  TransformerDecoder,
  TransformerEncoder,
} from './transformer_stack.js'
import { float_number, type Int, type Rest, whole_number } from './utils.js'

export { TransformerDecoderLayer } from './transformer_decoder_layer.js'
export { TransformerEncoderLayer } from './transformer_layer.js'
export { TransformerDecoder, TransformerEncoder } from './transformer_stack.js'

/** An encoder of one's own. */
export type CustomEncoder = Module & ((src: Tensor, options: Required<EncoderCall>) => Tensor)
/** A decoder of one's own. */
export type CustomDecoder = DecoderLayer

/** Keywords of {@link Transformer}. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** The size of inputs and outputs. Default: 512. */
  d_model?: Int
  /** How many heads attend. Default: 8. */
  nhead?: Int
  /** How many layers the encoder has. Default: 6. */
  num_encoder_layers?: Int
  /** How many layers the decoder has. Default: 6. */
  num_decoder_layers?: Int
  /** An encoder of one's own. */
  custom_encoder?: CustomEncoder | null
  /** A decoder of one's own. */
  custom_decoder?: CustomDecoder | null
}

const NAMES = [
  'd_model',
  'nhead',
  'num_encoder_layers',
  'num_decoder_layers',
  'dim_feedforward',
  'dropout',
  'activation',
  'custom_encoder',
  'custom_decoder',
  'layer_norm_eps',
  'batch_first',
  'norm_first',
  'bias',
  'device',
  'dtype',
] as const

/** Keywords of a call of {@link Transformer}. */
export interface TransformerCall extends Omit<DecoderLayerCall, 'memory_is_causal'> {
  src_mask?: Tensor | null
  src_key_padding_mask?: Tensor | null
  /** Whether `src_mask` is the causal one; null looks. Default: null. */
  src_is_causal?: boolean | null
  /** Whether `memory_mask` is the causal one. Default: false. */
  memory_is_causal?: boolean
}

/**
 * A Transformer: an encoder, and a decoder that attends to its output.
 *
 * @param d_model - the size of inputs and outputs. Default: 512
 * @param nhead - how many heads attend. Default: 8
 * @param num_encoder_layers - Default: 6
 * @param num_decoder_layers - Default: 6
 * @param dim_feedforward - the size between the two linear layers. Default: 2048
 * @param dropout - the probability of dropout. Default: 0.1
 *
 * Shape: the source (S, N, E) and the target (T, N, E), with the batch first with `batch_first`, or without one, to the
 * target's.
 *
 * @example
 * ```ts
 * const transformer_model = new nn.Transformer({ d_model: 16, nhead: 4, num_encoder_layers: 2, dim_feedforward: 32 })
 * const out = transformer_model(torch.rand(10, 2, 16), torch.rand(7, 2, 16))
 * ```
 *
 * @see torch/nn/modules/transformer.py
 */
export class Transformer extends Module {
  declare encoder: CustomEncoder
  declare decoder: CustomDecoder
  declare d_model: number
  declare nhead: number
  declare batch_first: boolean

  constructor(
    ...args: Rest<
      [
        d_model: Int,
        nhead: Int,
        num_encoder_layers: Int,
        num_decoder_layers: Int,
        dim_feedforward: Int,
        dropout: number,
        activation: 'relu' | 'gelu' | Activation,
        custom_encoder: CustomEncoder | null,
        custom_decoder: CustomDecoder | null,
        layer_norm_eps: number,
        batch_first: boolean,
        norm_first: boolean,
        bias: boolean,
        device: DeviceLike | null,
        dtype: DType | null,
      ],
      TransformerOptions
    >
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options<Required<TransformerOptions>>('Transformer', args, NAMES, {
      ...LAYER_DEFAULTS,
      d_model: 512,
      nhead: 8,
      num_encoder_layers: 6,
      num_decoder_layers: 6,
      custom_encoder: null,
      custom_decoder: null,
    })
    const { num_encoder_layers, num_decoder_layers, custom_encoder, custom_decoder, ...layer } = given
    const norm = () =>
      new LayerNorm(given.d_model, {
        eps: float_number(given.layer_norm_eps),
        bias: given.bias,
        device: given.device,
        dtype: given.dtype,
      })
    const encoder_layer = custom_encoder === null ? new TransformerEncoderLayer(layer) : null
    this.encoder =
      custom_encoder ??
      (new TransformerEncoder(encoder_layer as EncoderLayer, num_encoder_layers, norm()) as CustomEncoder)
    const decoder_layer = custom_decoder === null ? new TransformerDecoderLayer(layer) : null
    this.decoder =
      custom_decoder ??
      (new TransformerDecoder(decoder_layer as DecoderLayer, num_decoder_layers, norm()) as CustomDecoder)
    this._reset_parameters()
    this.d_model = whole_number(given.d_model, 'd_model')
    this.nhead = whole_number(given.nhead, 'nhead')
    this.batch_first = given.batch_first
  }

  /**
   * @param src - what the encoder reads
   * @param tgt - what the decoder reads
   * @throws RuntimeError where batches or sizes do not fit
   */
  override forward(
    src: Tensor,
    tgt: Tensor,
    ...rest: Rest<
      [
        src_mask: Tensor | null,
        tgt_mask: Tensor | null,
        memory_mask: Tensor | null,
        src_key_padding_mask: Tensor | null,
        tgt_key_padding_mask: Tensor | null,
        memory_key_padding_mask: Tensor | null,
        src_is_causal: boolean | null,
        tgt_is_causal: boolean | null,
        memory_is_causal: boolean,
      ],
      TransformerCall
    >
  ): Tensor {
    const given = take_options<Required<TransformerCall>>('forward', rest, CALL_NAMES, CALL_DEFAULTS)
    const batch = this.batch_first ? 0 : 1
    if (src.ndim === 3 && src.shape[batch] !== tgt.shape[batch])
      throw runtime_error('the batch number of src and tgt must be equal')
    if (src.shape.at(-1) !== this.d_model || tgt.shape.at(-1) !== this.d_model)
      throw runtime_error('the feature number of src and tgt must be equal to d_model')
    const { src_mask, src_key_padding_mask, src_is_causal, ...of_decoder } = given
    const memory = this.encoder(src, { mask: src_mask, src_key_padding_mask, is_causal: src_is_causal })
    return this.decoder(tgt, memory, of_decoder)
  }

  /** −∞ above the diagonal, 0 elsewhere: each place attends to those before it. */
  static generate_square_subsequent_mask(
    sz: number,
    device: DeviceLike | null | { device?: DeviceLike | null; dtype?: DType | null } = null,
    dtype: DType | null | { dtype?: DType | null } = null,
  ): Tensor {
    const given = take_options<{ device: DeviceLike | null; dtype: DType | null }>(
      'generate_square_subsequent_mask',
      [device, dtype].filter((value, i) => i === 0 || value !== null),
      ['device', 'dtype'],
      { device: null, dtype: null },
    )
    return square_subsequent_mask(sz, given.device, given.dtype)
  }

  /** Draws all matrices by Xavier. */
  _reset_parameters(): void {
    for (const parameter of this.parameters()) if (parameter.ndim > 1) init.xavier_uniform_(parameter)
  }
}

const CALL_NAMES = [
  'src_mask',
  'tgt_mask',
  'memory_mask',
  'src_key_padding_mask',
  'tgt_key_padding_mask',
  'memory_key_padding_mask',
  'src_is_causal',
  'tgt_is_causal',
  'memory_is_causal',
] as const

const CALL_DEFAULTS: Required<TransformerCall> = {
  src_mask: null,
  tgt_mask: null,
  memory_mask: null,
  src_key_padding_mask: null,
  tgt_key_padding_mask: null,
  memory_key_padding_mask: null,
  src_is_causal: null,
  tgt_is_causal: null,
  memory_is_causal: false,
}
