import { constant_, kaiming_normal_, normal_ } from '../../nn/init.js'
import { ReLU } from '../../nn/modules/activation.js'
import { AdaptiveAvgPool2d } from '../../nn/modules/adaptive_pool.js'
import { BatchNorm2d } from '../../nn/modules/batchnorm.js'
import { Conv2d } from '../../nn/modules/conv.js'
import { Dropout } from '../../nn/modules/dropout.js'
import { Linear } from '../../nn/modules/linear.js'
import { MaxPool2d } from '../../nn/modules/max_pool.js'
import { Module } from '../../nn/modules/module.js'
import { Sequential } from '../../nn/modules/sequential.js'
import * as ops from '../../ops/generated/torch.js'
import { own } from '../../own.js'
import { check_options } from '../../python/options.js'
import type { Tensor } from '../../tensor.js'
import type { Layer } from './resnet.js'
import { make_model, one_set, type WeightsEnum, type WeightsLike } from './weights.js'

/** Options of {@link VGG}. */
export interface VGGOptions {
  /** Default: 1000. */
  num_classes?: number
  /** Whether weights are drawn as the paper's successors do. Default: true. */
  init_weights?: boolean
  /** The probability of the classifier's dropouts. Default: 0.5. */
  dropout?: number
}

/** The last layers, by their places. */
export interface Classifier {
  at(index: 0 | 3 | 6 | -1): Linear
}

// The classifier is made of these layers, and another one may take its place.
export interface VGG {
  get classifier(): Classifier & Sequential
  set classifier(layer: Layer)
}

/**
 * Convolutions of 3×3 one after the other, then three linear layers.
 *
 * @param features - the convolutions, (n, 3, h, w) → (n, 512, h′, w′)
 *
 * Shape: (n, 3, h, w) → (n, num_classes).
 *
 * @see Simonyan and Zisserman, Very Deep Convolutional Networks, https://arxiv.org/abs/1409.1556
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface
export class VGG extends Module {
  features: Layer
  declare avgpool: AdaptiveAvgPool2d

  constructor(features: Layer, options: VGGOptions = {}) {
    super()
    check_options('VGG', options, OPTIONS)
    const { num_classes = 1000, init_weights = true, dropout = 0.5 } = own(options)
    this.features = features
    this.avgpool = new AdaptiveAvgPool2d([7, 7])
    this.classifier = new Sequential<readonly Module[]>(
      new Linear(512 * 7 * 7, 4096),
      new ReLU(true),
      new Dropout({ p: dropout }),
      new Linear(4096, 4096),
      new ReLU(true),
      new Dropout({ p: dropout }),
      new Linear(4096, num_classes),
    ) as Classifier & Sequential
    if (init_weights) for (const m of this.modules()) init(m)
  }

  override forward(x: Tensor): Tensor {
    return this.classifier(ops.flatten(this.avgpool(this.features(x)), 1))
  }
}

function init(m: Module): void {
  if (m instanceof Conv2d) {
    kaiming_normal_(m.weight, { mode: 'fan_out', nonlinearity: 'relu' })
    if (m.bias !== null) constant_(m.bias, 0)
  } else if (m instanceof BatchNorm2d) {
    constant_(m.weight!, 1)
    constant_(m.bias!, 0)
  } else if (m instanceof Linear) {
    normal_(m.weight, 0, 0.01)
    constant_(m.bias!, 0)
  }
}

// Channels of the convolutions between the poolings.
const STAGES = {
  vgg11: [[64], [128], [256, 256], [512, 512], [512, 512]],
  vgg13: [
    [64, 64],
    [128, 128],
    [256, 256],
    [512, 512],
    [512, 512],
  ],
  vgg16: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
  vgg19: [
    [64, 64],
    [128, 128],
    [256, 256, 256, 256],
    [512, 512, 512, 512],
    [512, 512, 512, 512],
  ],
}

function make_features(stages: readonly (readonly number[])[], batch_norm: boolean): Sequential {
  const layers: Module[] = []
  let from = 3
  for (const stage of stages) {
    for (const to of stage) {
      layers.push(new Conv2d(from, to, 3, { padding: 1 }))
      if (batch_norm) layers.push(new BatchNorm2d(to))
      layers.push(new ReLU({ inplace: true }))
      from = to
    }
    layers.push(new MaxPool2d(2, { stride: 2 }))
  }
  return new Sequential<readonly Module[]>(...layers) as Sequential
}

/** Options of the VGG networks. */
export interface VGGModelOptions extends VGGOptions {
  /** What it starts from: torchvision's weights, or a state. Default: random. */
  weights?: WeightsLike
}

const OPTIONS = ['num_classes', 'init_weights', 'dropout'] as const

function vgg(
  name: keyof typeof STAGES,
  weights: WeightsEnum,
  batch_norm: boolean,
  options: VGGModelOptions,
): VGG {
  const title = batch_norm ? `${name}_bn` : name
  return make_model(title, weights, OPTIONS, options, (rest, starts_trained) => {
    const drawn = starts_trained ? { init_weights: false } : {}
    return new VGG(make_features(STAGES[name], batch_norm), { ...drawn, ...rest })
  })
}

export const VGG11_Weights = one_set('VGG11_Weights', 'vgg11-8a719046.pth')
export const VGG11_BN_Weights = one_set('VGG11_BN_Weights', 'vgg11_bn-6002323d.pth')
export const VGG13_Weights = one_set('VGG13_Weights', 'vgg13-19584684.pth')
export const VGG13_BN_Weights = one_set('VGG13_BN_Weights', 'vgg13_bn-abd245e5.pth')
export const VGG16_Weights = one_set('VGG16_Weights', 'vgg16-397923af.pth')
export const VGG16_BN_Weights = one_set('VGG16_BN_Weights', 'vgg16_bn-6c64b313.pth')
export const VGG19_Weights = one_set('VGG19_Weights', 'vgg19-dcbb9e9d.pth')
export const VGG19_BN_Weights = one_set('VGG19_BN_Weights', 'vgg19_bn-c79401a0.pth')

/** VGG-11; options as for {@link vgg19}. */
export const vgg11 = (options: VGGModelOptions = {}): VGG => vgg('vgg11', VGG11_Weights, false, options)
/** VGG-13; options as for {@link vgg19}. */
export const vgg13 = (options: VGGModelOptions = {}): VGG => vgg('vgg13', VGG13_Weights, false, options)
/** VGG-16; options as for {@link vgg19}. */
export const vgg16 = (options: VGGModelOptions = {}): VGG => vgg('vgg16', VGG16_Weights, false, options)

/**
 * VGG-19.
 *
 * @param options - weights, and {@link VGG}'s
 *
 * @see https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg19.html
 */
export const vgg19 = (options: VGGModelOptions = {}): VGG => vgg('vgg19', VGG19_Weights, false, options)

/** VGG-11 with batch normalisation; options as for {@link vgg19}. */
export const vgg11_bn = (options: VGGModelOptions = {}): VGG => vgg('vgg11', VGG11_BN_Weights, true, options)
/** VGG-13 with batch normalisation; options as for {@link vgg19}. */
export const vgg13_bn = (options: VGGModelOptions = {}): VGG => vgg('vgg13', VGG13_BN_Weights, true, options)
/** VGG-16 with batch normalisation; options as for {@link vgg19}. */
export const vgg16_bn = (options: VGGModelOptions = {}): VGG => vgg('vgg16', VGG16_BN_Weights, true, options)
/** VGG-19 with batch normalisation; options as for {@link vgg19}. */
export const vgg19_bn = (options: VGGModelOptions = {}): VGG => vgg('vgg19', VGG19_BN_Weights, true, options)
