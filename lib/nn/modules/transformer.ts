import { runtime_error } from '../../errors.js'
import { bool, nullable_bool } from '../../python/checks.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { type AnyCall, type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as init from '../init.js'
import { FACTORY } from './linear.js'
import { Module } from './module.js'
import { LayerNorm } from './normalization.js'
import { TransformerDecoderLayer } from './transformer_decoder_layer.js'
import { FEED_FORWARD, NORMS, TransformerEncoderLayer } from './transformer_layer.js'
import {
  type DecoderLayer,
  type EncoderCall,
  type EncoderLayer,
  square_subsequent_mask,
  TransformerDecoder,
  TransformerEncoder,
} from './transformer_stack.js'
import { type Int, whole_number } from './utils.js'

export { TransformerDecoderLayer } from './transformer_decoder_layer.js'
export { TransformerEncoderLayer } from './transformer_layer.js'
export { TransformerDecoder, TransformerEncoder } from './transformer_stack.js'

/** An encoder of one's own. */
export type CustomEncoder = Module & ((src: Tensor, options: EncoderCall) => Tensor)
/** A decoder of one's own. */
export type CustomDecoder = DecoderLayer

const TRANSFORMER = signature(
  'Transformer',
  { d_model: optional<Int>(512) },
  { nhead: optional<Int>(8) },
  { num_encoder_layers: optional<Int>(6) },
  { num_decoder_layers: optional<Int>(6) },
  ...FEED_FORWARD,
  { custom_encoder: optional<CustomEncoder | null>(null) },
  { custom_decoder: optional<CustomDecoder | null>(null) },
  ...NORMS,
)

const FORWARD = signature(
  'forward',
  { src: tensor },
  { tgt: tensor },
  { src_mask: optional_tensor },
  { tgt_mask: optional_tensor },
  { memory_mask: optional_tensor },
  { src_key_padding_mask: optional_tensor },
  { tgt_key_padding_mask: optional_tensor },
  { memory_key_padding_mask: optional_tensor },
  { src_is_causal: optional<boolean | null>(null, nullable_bool) },
  { tgt_is_causal: optional<boolean | null>(null, nullable_bool) },
  { memory_is_causal: optional(false, bool) },
)

const SQUARE_MASK = signature('generate_square_subsequent_mask', { sz: required<Int>() }, ...FACTORY)

/**
 * A Transformer: an encoder, and a decoder that attends to its output.
 *
 * @param d_model - the size of inputs and outputs. Default: 512
 * @param nhead - how many heads attend. Default: 8
 * @param num_encoder_layers - Default: 6
 * @param num_decoder_layers - Default: 6
 * @param dim_feedforward - the size between the two linear layers. Default: 2048
 * @param dropout - the probability of dropout. Default: 0.1
 * @param custom_encoder - an encoder of one's own
 * @param custom_decoder - A decoder of one's own
 * @param activation - between the two linear layers: `'relu'`, `'gelu'` or a function. Default: relu
 * @param layer_norm_eps - what the normalisations add to the variance. Default: 1e-5
 * @param batch_first - whether the batch is the first dimension. Default: false
 * @param norm_first - whether normalisation comes before attention and feed-forward instead of after. Default: false
 * @param bias - whether linear layers and normalisations have biases. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
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

  constructor(...args: Call<typeof TRANSFORMER>)
  constructor(...args: UsualCall<typeof TRANSFORMER>)
  constructor(...args: unknown[]) {
    super()
    const given = TRANSFORMER.take(args)
    const { num_encoder_layers, num_decoder_layers, custom_encoder, custom_decoder, ...layer } = given
    const norm = () =>
      new LayerNorm(given.d_model, {
        eps: given.layer_norm_eps,
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
  override forward(...args: AnyCall<typeof FORWARD>): Tensor {
    const { src, tgt, ...given } = FORWARD.take(args)
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
  static generate_square_subsequent_mask(...args: Call<typeof SQUARE_MASK>): Tensor
  static generate_square_subsequent_mask(...args: UsualCall<typeof SQUARE_MASK>): Tensor
  static generate_square_subsequent_mask(...args: unknown[]): Tensor {
    const { sz, device, dtype } = SQUARE_MASK.take(args)
    return square_subsequent_mask(whole_number(sz, 'sz'), device, dtype)
  }

  /** Draws all matrices by Xavier. */
  _reset_parameters(): void {
    for (const parameter of this.parameters()) if (parameter.ndim > 1) init.xavier_uniform_(parameter)
  }
}
