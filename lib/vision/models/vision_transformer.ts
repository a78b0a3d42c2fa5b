import { OrderedDict } from '../../collections.js'
import { assertion_error } from '../../errors.js'
import { normal_, trunc_normal_, xavier_uniform_, zeros_ } from '../../nn/init.js'
import { GELU, Tanh } from '../../nn/modules/activation.js'
import { Conv2d } from '../../nn/modules/conv.js'
import { Dropout } from '../../nn/modules/dropout.js'
import { Linear } from '../../nn/modules/linear.js'
import { Module } from '../../nn/modules/module.js'
import { MultiheadAttention } from '../../nn/modules/multihead_attention.js'
import { LayerNorm } from '../../nn/modules/normalization.js'
import { Sequential } from '../../nn/modules/sequential.js'
import { Parameter } from '../../nn/parameter.js'
import * as ops from '../../ops/generated/torch.js'
import { own } from '../../own.js'
import { check_options } from '../../python/options.js'
import type { Tensor } from '../../tensor.js'
import type { Layer } from './resnet.js'
import { make_model, one_set, type WeightsLike } from './weights.js'

const assert = (holds: boolean, message: string) => {
  if (!holds) throw assertion_error(message)
}
const layer_norm = (width: number) => new LayerNorm(width, { eps: 1e-6 })

/** Two linear layers with a GELU between them. */
export class MLPBlock extends Sequential<readonly Module[]> {
  constructor(in_dim: number, mlp_dim: number, dropout: number) {
    super(
      new Linear(in_dim, mlp_dim),
      new GELU(),
      new Dropout(dropout),
      new Linear(mlp_dim, in_dim),
      new Dropout(dropout),
    )
    for (const m of this.modules()) {
      if (!(m instanceof Linear)) continue
      xavier_uniform_(m.weight)
      normal_(m.bias!, { std: 1e-6 })
    }
  }

  override get _version(): number {
    return 2
  }
}

interface BlockOptions {
  num_heads: number
  hidden_dim: number
  mlp_dim: number
  dropout: number
  attention_dropout: number
}

/** Attention and two linear layers, each after a normalisation and beside a shortcut. */
export class EncoderBlock extends Module {
  declare num_heads: number
  declare ln_1: LayerNorm
  declare self_attention: MultiheadAttention
  declare dropout: Dropout
  declare ln_2: LayerNorm
  declare mlp: MLPBlock

  constructor({ num_heads, hidden_dim, mlp_dim, dropout, attention_dropout }: BlockOptions) {
    super()
    this.num_heads = num_heads
    this.ln_1 = layer_norm(hidden_dim)
    this.self_attention = new MultiheadAttention(hidden_dim, num_heads, {
      dropout: attention_dropout,
      batch_first: true,
    })
    this.dropout = new Dropout(dropout)
    this.ln_2 = layer_norm(hidden_dim)
    this.mlp = new MLPBlock(hidden_dim, mlp_dim, dropout)
  }

  override forward(input: Tensor): Tensor {
    assert(
      input.ndim === 3,
      `Expected (batch_size, seq_length, hidden_dim) got torch.Size([${input.shape.join(', ')}])`,
    )
    const normed = this.ln_1(input)
    const [attended] = this.self_attention(normed, normed, normed, { need_weights: false })
    const x = this.dropout(attended).add(input)
    return x.add(this.mlp(this.ln_2(x)) as Tensor)
  }
}

/** Blocks one after the other, over patches to which their places are added. */
export class Encoder extends Module {
  declare pos_embedding: Parameter
  declare dropout: Dropout
  declare layers: Sequential
  declare ln: LayerNorm

  constructor(seq_length: number, num_layers: number, options: BlockOptions) {
    super()
    this.pos_embedding = new Parameter(ops.empty(1, seq_length, options.hidden_dim).normal_(0, 0.02))
    this.dropout = new Dropout(options.dropout)
    const layers = new OrderedDict<Module>()
    for (let i = 0; i < num_layers; i++) layers.set(`encoder_layer_${i}`, new EncoderBlock(options))
    this.layers = new Sequential(layers)
    this.ln = layer_norm(options.hidden_dim)
  }

  override forward(input: Tensor): Tensor {
    return this.ln(this.layers(this.dropout(input.add(this.pos_embedding))) as Tensor)
  }
}

/** Options of {@link VisionTransformer}. */
export interface VisionTransformerOptions {
  /** The images' side. Default: 224. */
  image_size?: number
  /** The patches' side, a divisor of the images'. */
  patch_size: number
  num_layers: number
  num_heads: number
  hidden_dim: number
  mlp_dim: number
  /** Default: 0. */
  dropout?: number
  /** Default: 0. */
  attention_dropout?: number
  /** Default: 1000. */
  num_classes?: number
  /** The width of a linear layer before the last one. Default: there is none. */
  representation_size?: number | null
}

/** The last layers, by their names. */
export interface Heads {
  get head(): Linear
  set head(layer: Layer)
}

// The layers are made as these, and others may take their place.
export interface VisionTransformer {
  get heads(): Sequential & Heads
  set heads(layer: Layer)
}

/**
 * A transformer over an image's patches.
 *
 * Shape: (n, 3, image_size, image_size) → (n, num_classes).
 *
 * @throws AssertionError where patches do not fill the image, or an image has another size
 *
 * @see Dosovitskiy et al., An Image is Worth 16x16 Words, https://arxiv.org/abs/2010.11929
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface
export class VisionTransformer extends Module {
  declare image_size: number
  declare patch_size: number
  declare hidden_dim: number
  declare conv_proj: Conv2d
  declare class_token: Parameter
  declare encoder: Encoder
  declare seq_length: number

  constructor(options: VisionTransformerOptions) {
    super()
    check_options('VisionTransformer', options, [
      ...VARIANT,
      'patch_size',
      'num_layers',
      'num_heads',
      'hidden_dim',
      'mlp_dim',
    ])
    const given = own(options)
    const { image_size = 224, patch_size, hidden_dim, num_classes = 1000, representation_size = null } = given
    const { num_layers, num_heads, mlp_dim, dropout = 0, attention_dropout = 0 } = given
    assert(image_size % patch_size === 0, 'Input shape indivisible by patch size!')
    this.image_size = image_size
    this.patch_size = patch_size
    this.hidden_dim = hidden_dim
    this.conv_proj = new Conv2d(3, hidden_dim, patch_size, { stride: patch_size })
    this.class_token = new Parameter(ops.zeros(1, 1, hidden_dim))
    this.seq_length = (image_size / patch_size) ** 2 + 1
    const block = { num_heads, hidden_dim, mlp_dim, dropout, attention_dropout }
    this.encoder = new Encoder(this.seq_length, num_layers, block)
    const heads = new OrderedDict<Module>()
    const before = representation_size === null ? null : new Linear(hidden_dim, representation_size)
    if (before !== null) heads.set('pre_logits', before).set('act', new Tanh())
    const head = new Linear(representation_size ?? hidden_dim, num_classes)
    heads.set('head', head)
    this.heads = new Sequential(heads) as Sequential & Heads

    trunc_normal_(this.conv_proj.weight, { std: Math.sqrt(1 / (3 * patch_size * patch_size)) })
    zeros_(this.conv_proj.bias!)
    if (before !== null) {
      trunc_normal_(before.weight, { std: Math.sqrt(1 / before.in_features) })
      zeros_(before.bias!)
    }
    zeros_(head.weight)
    zeros_(head.bias!)
  }

  override forward(x: Tensor): Tensor {
    const [n, , h, w] = x.shape as [number, number, number, number]
    assert(h === this.image_size, `Wrong image height! Expected ${this.image_size} but got ${h}!`)
    assert(w === this.image_size, `Wrong image width! Expected ${this.image_size} but got ${w}!`)
    // (n, hidden_dim, rows, columns) → (n, rows · columns, hidden_dim)
    const patches = this.conv_proj(x).reshape(n, this.hidden_dim, -1).permute(0, 2, 1)
    const encoded = this.encoder(ops.cat([this.class_token.expand(n, -1, -1), patches], 1))
    return this.heads(encoded.select(1, 0))
  }
}

/** Options of the vision transformers. */
export interface ViTModelOptions
  extends Pick<
    VisionTransformerOptions,
    'image_size' | 'dropout' | 'attention_dropout' | 'num_classes' | 'representation_size'
  > {
  /** What it starts from: torchvision's weights, or a state. Default: random. */
  weights?: WeightsLike
}

export const ViT_B_16_Weights = one_set('ViT_B_16_Weights', 'vit_b_16-c867db91.pth')

const VARIANT = ['image_size', 'dropout', 'attention_dropout', 'num_classes', 'representation_size'] as const

/**
 * ViT-B/16: patches of 16 pixels, 12 layers of width 768.
 *
 * @param options - weights, image_size, num_classes, dropout, attention_dropout, representation_size
 *
 * @see https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vit_b_16.html
 */
export function vit_b_16(options: ViTModelOptions = {}): VisionTransformer {
  const size = { patch_size: 16, num_layers: 12, num_heads: 12, hidden_dim: 768, mlp_dim: 3072 }
  return make_model(
    'vit_b_16',
    ViT_B_16_Weights,
    VARIANT,
    options,
    (rest) => new VisionTransformer({ ...size, ...rest }),
  )
}
