import { is_autocast_enabled } from '../../amp/state.js'
import { mha } from '../../backends/index.js'
import { deepcopy } from '../../copy.js'
import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import * as ops from '../../ops/generated/torch.js'
import { ops as dispatcher } from '../../ops/operator.js'
import { bool, nullable_bool } from '../../python/checks.js'
import { optional, optional_tensor, required, tensor } from '../../python/parameters.js'
import { type AnyCall, type Call, type GivenBy, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { canonical_mask } from '../functional/attention.js'
import { factory_options } from './linear.js'
import { Module } from './module.js'
import { ModuleList } from './module_list.js'
import { mask_type, needs_grad } from './multihead_attention.js'
import {
  type DecoderLayerCall,
  decoder_call,
  type TransformerDecoderLayer,
} from './transformer_decoder_layer.js'
import { TransformerEncoderLayer } from './transformer_layer.js'
import { type Int, whole_number } from './utils.js'

/** −∞ above the diagonal, 0 elsewhere. */
export function square_subsequent_mask(size: number, device: DeviceLike | null, dtype: DType | null): Tensor {
  return ops.triu(ops.full([size, size], Number.NEGATIVE_INFINITY, factory_options(device, dtype)), 1)
}

function sequence_length(src: Tensor, batch_first: boolean): number | null {
  if (src.is_nested) return null
  return src.ndim === 2 ? src.shape[0]! : src.shape[batch_first ? 1 : 0]!
}

// null asks whether the mask is the causal one.
function is_causal_mask(mask: Tensor | null, is_causal: boolean | null, size: number | null): boolean {
  if (is_causal !== null || mask === null) return is_causal === true
  const causal = square_subsequent_mask(size ?? mask.shape.at(-2)!, mask.device, mask.dtype)
  return String(mask.shape) === String(causal.shape) && Boolean(mask.eq(causal).all().item())
}

type NormModule = Module & ((input: Tensor) => Tensor)

/** A layer of an encoder, as {@link TransformerEncoderLayer} is called. */
export type EncoderLayer = Module &
  ((
    src: Tensor,
    options: {
      src_mask: Tensor | null
      is_causal: boolean
      src_key_padding_mask: Tensor | null
    },
  ) => Tensor)

/** A layer of a decoder, as {@link TransformerDecoderLayer} is called. */
export type DecoderLayer = Module & ((tgt: Tensor, memory: Tensor, options: DecoderLayerCall) => Tensor)

function clones<M extends Module>(module: M, count: number): ModuleList<M> {
  return new ModuleList(Array.from({ length: count }, () => deepcopy(module)))
}

/** An encoder's call beside the source. */
export type EncoderCall = Omit<GivenBy<typeof ENCODER_FORWARD>, 'src'>

function why_not_nested(layer: Module): string {
  if (!(layer instanceof TransformerEncoderLayer)) return 'encoder_layer was not TransformerEncoderLayer'
  const { self_attn } = layer
  if (layer.norm_first) return 'encoder_layer.norm_first was True'
  if (!self_attn.batch_first)
    return 'encoder_layer.self_attn.batch_first was not True(use batch_first for better inference performance)'
  if (!self_attn._qkv_same_embed_dim) return 'encoder_layer.self_attn._qkv_same_embed_dim was not True'
  if (self_attn.in_proj_bias === null) return 'encoder_layer.self_attn was passed bias=False'
  if (layer.activation_relu_or_gelu === 0) return 'encoder_layer.activation_relu_or_gelu was not True'
  if (layer.norm1.eps !== layer.norm2.eps)
    return 'encoder_layer.norm1.eps was not equal to encoder_layer.norm2.eps'
  if (self_attn.num_heads % 2 === 1) return 'encoder_layer.self_attn.num_heads is odd'
  return ''
}

const ENCODER = signature(
  'TransformerEncoder',
  { encoder_layer: required<EncoderLayer>() },
  { num_layers: required<Int>() },
  { norm: optional<NormModule | null>(null) },
  { enable_nested_tensor: optional(true, bool) },
  { mask_check: optional(true, bool) },
)

const ENCODER_FORWARD = signature(
  'forward',
  { src: tensor },
  { mask: optional_tensor },
  { src_key_padding_mask: optional_tensor },
  { is_causal: optional<boolean | null>(null, nullable_bool) },
)

/**
 * A stack of copies of an encoder layer.
 *
 * @param encoder_layer - the layer, which is copied
 * @param num_layers - how many copies
 * @param norm - what the last one's output goes through. Default: nothing
 * @param enable_nested_tensor - whether padding is left out of the computation where the fused operators allow it. Default: true
 * @param mask_check - whether it is checked that padding stands at the end. Default: true
 *
 * Shape: that of the layer.
 *
 * @example
 * ```ts
 * const encoder_layer = new nn.TransformerEncoderLayer(16, 4, { dim_feedforward: 32, batch_first: true })
 * const transformer_encoder = new nn.TransformerEncoder(encoder_layer, 2)
 * const out = transformer_encoder(torch.rand(2, 10, 16))
 * ```
 *
 * @see torch/nn/modules/transformer.py
 */
export class TransformerEncoder extends Module {
  declare layers: ModuleList<EncoderLayer>
  declare num_layers: number
  declare norm: NormModule | null
  declare enable_nested_tensor: boolean
  declare use_nested_tensor: boolean
  declare mask_check: boolean

  constructor(...args: Call<typeof ENCODER>)
  constructor(...args: UsualCall<typeof ENCODER>)
  constructor(...args: unknown[]) {
    super()
    const given = ENCODER.take(args)
    this.num_layers = whole_number(given.num_layers, 'num_layers')
    this.layers = clones(given.encoder_layer, this.num_layers)
    this.norm = given.norm
    this.enable_nested_tensor = given.enable_nested_tensor
    const why_not = why_not_nested(given.encoder_layer)
    this.use_nested_tensor = given.enable_nested_tensor && why_not === ''
    this.mask_check = given.mask_check
    if (given.enable_nested_tensor && why_not !== '')
      process.emitWarning(
        `enable_nested_tensor is True, but self.use_nested_tensor is False because ${why_not}`,
      )
  }

  /**
   * @param mask - pairs that are not attended to
   * @param src_key_padding_mask - keys that are not attended to
   * @param is_causal - whether `mask` is the causal one; null looks. Default: null
   */
  override forward(...args: AnyCall<typeof ENCODER_FORWARD>): Tensor {
    const { src, ...given } = ENCODER_FORWARD.take(args)
    const target_type = src.dtype
    const padding = canonical_mask(
      given.src_key_padding_mask,
      'src_key_padding_mask',
      target_type,
      mask_type(given.mask, 'mask'),
    )
    const mask = canonical_mask(given.mask, 'mask', target_type)
    const first = this.layers.at(0) as unknown as TransformerEncoderLayer
    const nested = padding !== null && mask === null && this._may_nest(src, padding, first)
    const options = {
      src_mask: mask,
      is_causal: is_causal_mask(mask, given.is_causal, sequence_length(src, first.self_attn.batch_first)),
      src_key_padding_mask: nested ? null : padding,
    }
    let output = nested
      ? dispatcher['aten']!['_nested_tensor_from_mask']!(src, padding.logical_not(), false)
      : src
    for (const layer of this.layers) output = layer(output, options)
    if (nested) output = dispatcher['aten']!['to_padded_tensor']!(output, 0, src.shape)
    return this.norm === null ? output : this.norm(output)
  }

  private _may_nest(src: Tensor, padding: Tensor, first: TransformerEncoderLayer): boolean {
    return (
      mha.get_fastpath_enabled() &&
      this.use_nested_tensor &&
      !first.training &&
      src.ndim === 3 &&
      (!this.mask_check || left_aligned(src, padding)) &&
      !src.is_nested &&
      !is_autocast_enabled() &&
      !needs_grad([src, ...first._tensors()])
    )
  }
}

function left_aligned(src: Tensor, padding: Tensor): boolean {
  const found: unknown = dispatcher['aten']!['_nested_tensor_from_mask_left_aligned']!(
    src,
    padding.logical_not(),
  )
  return found === true
}

const DECODER = signature(
  'TransformerDecoder',
  { decoder_layer: required<DecoderLayer>() },
  { num_layers: required<Int>() },
  { norm: optional<NormModule | null>(null) },
)

const DECODER_FORWARD = decoder_call(null)

/**
 * A stack of copies of a decoder layer.
 *
 * @param decoder_layer - the layer, which is copied
 * @param num_layers - how many copies
 * @param norm - what the last one's output goes through. Default: nothing
 *
 * Shape: that of the layer.
 *
 * @example
 * ```ts
 * const decoder_layer = new nn.TransformerDecoderLayer(16, 4, { dim_feedforward: 32 })
 * const transformer_decoder = new nn.TransformerDecoder(decoder_layer, 2)
 * const out = transformer_decoder(torch.rand(7, 2, 16), torch.rand(10, 2, 16))
 * ```
 *
 * @see torch/nn/modules/transformer.py
 */
export class TransformerDecoder extends Module {
  declare layers: ModuleList<DecoderLayer>
  declare num_layers: number
  declare norm: NormModule | null

  constructor(...args: Call<typeof DECODER>)
  constructor(...args: UsualCall<typeof DECODER>)
  constructor(...args: unknown[]) {
    super()
    const given = DECODER.take(args)
    this.num_layers = whole_number(given.num_layers, 'num_layers')
    this.layers = clones(given.decoder_layer, this.num_layers)
    this.norm = given.norm
  }

  /** As {@link TransformerDecoderLayer}'s; `tgt_is_causal` null looks whether `tgt_mask` is causal. Default: null. */
  override forward(...args: AnyCall<typeof DECODER_FORWARD>): Tensor {
    const { tgt, memory, ...call } = DECODER_FORWARD.take(args)
    const first = this.layers.at(0) as unknown as TransformerDecoderLayer
    const length = sequence_length(tgt, first.self_attn.batch_first)
    const options = { ...call, tgt_is_causal: is_causal_mask(call.tgt_mask, call.tgt_is_causal, length) }
    let output = tgt
    for (const layer of this.layers) output = layer(output, memory, options)
    return this.norm === null ? output : this.norm(output)
  }
}
