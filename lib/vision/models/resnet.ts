import { not_implemented_error, value_error } from '../../errors.js'
import { constant_, kaiming_normal_ } from '../../nn/init.js'
import { ReLU } from '../../nn/modules/activation.js'
import { AdaptiveAvgPool2d } from '../../nn/modules/adaptive_pool.js'
import { BatchNorm2d } from '../../nn/modules/batchnorm.js'
import { Conv2d } from '../../nn/modules/conv.js'
import { Linear } from '../../nn/modules/linear.js'
import { MaxPool2d } from '../../nn/modules/max_pool.js'
import { Module } from '../../nn/modules/module.js'
import { GroupNorm } from '../../nn/modules/normalization.js'
import { Sequential } from '../../nn/modules/sequential.js'
import * as ops from '../../ops/generated/torch.js'
import { own, own_value } from '../../own.js'
import { check_options } from '../../python/options.js'
import type { Tensor } from '../../tensor.js'
import { make_model, one_set, two_sets, type WeightsEnum, type WeightsLike } from './weights.js'

/** A layer of one Tensor that ends in one. */
export type Layer = Module & ((x: Tensor) => Tensor)

/** Makes the normalisation of so many channels. */
export type NormLayer = (channels: number) => Layer

const batch_norm: NormLayer = (channels) => new BatchNorm2d(channels)

const conv3x3 = (from: number, to: number, stride = 1, groups = 1, dilation = 1) =>
  new Conv2d(from, to, 3, { stride, padding: dilation, groups, bias: false, dilation })
const conv1x1 = (from: number, to: number, stride = 1) => new Conv2d(from, to, 1, { stride, bias: false })

interface BlockOptions {
  inplanes: number
  planes: number
  stride: number
  downsample: Layer | null
  groups: number
  base_width: number
  dilation: number
  norm_layer: NormLayer
}

/** Two 3×3 convolutions beside a shortcut. */
export class BasicBlock extends Module {
  static readonly expansion = 1
  declare conv1: Conv2d
  declare bn1: Layer
  declare relu: ReLU
  declare conv2: Conv2d
  declare bn2: Layer
  declare downsample: Layer | null
  declare stride: number

  constructor({
    inplanes,
    planes,
    stride,
    downsample,
    groups,
    base_width,
    dilation,
    norm_layer,
  }: BlockOptions) {
    super()
    if (groups !== 1 || base_width !== 64)
      throw value_error('BasicBlock only supports groups=1 and base_width=64')
    if (dilation > 1) throw not_implemented_error('Dilation > 1 not supported in BasicBlock')
    this.conv1 = conv3x3(inplanes, planes, stride)
    this.bn1 = norm_layer(planes)
    this.relu = new ReLU({ inplace: true })
    this.conv2 = conv3x3(planes, planes)
    this.bn2 = norm_layer(planes)
    this.downsample = downsample
    this.stride = stride
  }

  override forward(x: Tensor): Tensor {
    let out = this.relu(this.bn1(this.conv1(x)))
    out = this.bn2(this.conv2(out))
    return this.relu(out.add_(this.downsample === null ? x : this.downsample(x)))
  }
}

/** A 1×1, a 3×3 and a 1×1 convolution beside a shortcut; the 3×3 one has the stride. */
export class Bottleneck extends Module {
  static readonly expansion = 4
  declare conv1: Conv2d
  declare bn1: Layer
  declare conv2: Conv2d
  declare bn2: Layer
  declare conv3: Conv2d
  declare bn3: Layer
  declare relu: ReLU
  declare downsample: Layer | null
  declare stride: number

  constructor({
    inplanes,
    planes,
    stride,
    downsample,
    groups,
    base_width,
    dilation,
    norm_layer,
  }: BlockOptions) {
    super()
    const width = Math.trunc(planes * (base_width / 64)) * groups
    this.conv1 = conv1x1(inplanes, width)
    this.bn1 = norm_layer(width)
    this.conv2 = conv3x3(width, width, stride, groups, dilation)
    this.bn2 = norm_layer(width)
    this.conv3 = conv1x1(width, planes * Bottleneck.expansion)
    this.bn3 = norm_layer(planes * Bottleneck.expansion)
    this.relu = new ReLU({ inplace: true })
    this.downsample = downsample
    this.stride = stride
  }

  override forward(x: Tensor): Tensor {
    let out = this.relu(this.bn1(this.conv1(x)))
    out = this.relu(this.bn2(this.conv2(out)))
    out = this.bn3(this.conv3(out))
    return this.relu(out.add_(this.downsample === null ? x : this.downsample(x)))
  }
}

type Block = typeof BasicBlock | typeof Bottleneck

/** Options of {@link ResNet}. */
export interface ResNetOptions {
  /** Default: 1000. */
  num_classes?: number
  /** Whether each block starts as its shortcut alone. Default: false. */
  zero_init_residual?: boolean
  /** Groups of the 3×3 convolutions. Default: 1. */
  groups?: number
  /** Channels of a group, for 64 planes. Default: 64. */
  width_per_group?: number
  /** For each of the last three layers, whether it dilates where it would stride. Default: none does. */
  replace_stride_with_dilation?: readonly [boolean, boolean, boolean] | null
  /** Default: {@link BatchNorm2d}. */
  norm_layer?: NormLayer
}

// The layer is made as a Linear, and another one may take its place.
export interface ResNet {
  get fc(): Linear
  set fc(layer: Layer)
}

/**
 * A residual network.
 *
 * @param block - {@link BasicBlock} or {@link Bottleneck}
 * @param layers - how many blocks each of the four layers has
 * @param options - the number of classes and the variant
 *
 * Shape: (n, 3, h, w) → (n, num_classes).
 *
 * @see He et al., Deep Residual Learning for Image Recognition, https://arxiv.org/abs/1512.03385
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor sets it
export class ResNet extends Module {
  declare conv1: Conv2d
  declare bn1: Layer
  declare relu: ReLU
  declare maxpool: MaxPool2d
  declare layer1: Layer
  declare layer2: Layer
  declare layer3: Layer
  declare layer4: Layer
  declare avgpool: AdaptiveAvgPool2d

  constructor(block: Block, layers: readonly [number, number, number, number], options: ResNetOptions = {}) {
    super()
    check_options('ResNet', options, OPTIONS)
    const { num_classes = 1000, zero_init_residual = false, norm_layer = batch_norm } = own(options)
    const dilate = own_value(options, 'replace_stride_with_dilation') ?? [false, false, false]
    if (dilate.length !== 3)
      throw value_error(
        `replace_stride_with_dilation should be None or a 3-element tuple, got ${String(dilate)}`,
      )
    this.conv1 = new Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false })
    this.bn1 = norm_layer(64)
    this.relu = new ReLU({ inplace: true })
    this.maxpool = new MaxPool2d(3, { stride: 2, padding: 1 })
    const make = layer_maker(block, norm_layer, options)
    this.layer1 = make(64, layers[0], 1, false)
    this.layer2 = make(128, layers[1], 2, dilate[0])
    this.layer3 = make(256, layers[2], 2, dilate[1])
    this.layer4 = make(512, layers[3], 2, dilate[2])
    this.avgpool = new AdaptiveAvgPool2d([1, 1])
    this.fc = new Linear(512 * block.expansion, num_classes)
    this.#init(zero_init_residual)
  }

  #init(zero_init_residual: boolean): void {
    for (const m of this.modules()) {
      if (m instanceof Conv2d) kaiming_normal_(m.weight, { mode: 'fan_out', nonlinearity: 'relu' })
      else if (m instanceof BatchNorm2d || m instanceof GroupNorm) {
        constant_(m.weight!, 1)
        constant_(m.bias!, 0)
      }
    }
    if (!zero_init_residual) return
    for (const m of this.modules()) {
      const last = m instanceof Bottleneck ? m.bn3 : m instanceof BasicBlock ? m.bn2 : null
      if (last instanceof BatchNorm2d && last.weight !== null) constant_(last.weight, 0)
    }
  }

  override forward(x: Tensor): Tensor {
    x = this.maxpool(this.relu(this.bn1(this.conv1(x))))
    x = this.layer4(this.layer3(this.layer2(this.layer1(x))))
    return this.fc(ops.flatten(this.avgpool(x), 1))
  }
}

/** Makes layers one after the other, each taking the channels that the one before it gives. */
function layer_maker(block: Block, norm_layer: NormLayer, options: ResNetOptions) {
  options = own(options)
  let inplanes = 64
  let dilation = 1
  const shared = { groups: options.groups ?? 1, base_width: options.width_per_group ?? 64, norm_layer }
  return (planes: number, blocks: number, asked_stride: number, dilate: boolean): Layer => {
    const before = dilation
    if (dilate) dilation *= asked_stride
    const stride = dilate ? 1 : asked_stride
    const outplanes = planes * block.expansion
    const downsample =
      stride !== 1 || inplanes !== outplanes
        ? new Sequential(conv1x1(inplanes, outplanes, stride), norm_layer(outplanes))
        : null
    const layer: Layer[] = [new block({ inplanes, planes, stride, downsample, dilation: before, ...shared })]
    inplanes = outplanes
    while (layer.length < blocks)
      layer.push(new block({ inplanes, planes, stride: 1, downsample: null, dilation, ...shared }))
    return new Sequential(...layer)
  }
}

/** Options of the residual networks. */
export interface ResNetModelOptions extends ResNetOptions {
  /** What it starts from: torchvision's weights, or a state. Default: random. */
  weights?: WeightsLike
}

const OPTIONS = [
  'num_classes',
  'zero_init_residual',
  'groups',
  'width_per_group',
  'replace_stride_with_dilation',
  'norm_layer',
] as const

function resnet(
  name: string,
  weights: WeightsEnum,
  block: Block,
  layers: readonly [number, number, number, number],
  options: ResNetModelOptions,
): ResNet {
  return make_model(name, weights, OPTIONS, options, (rest) => new ResNet(block, layers, rest))
}

export const ResNet18_Weights = one_set('ResNet18_Weights', 'resnet18-f37072fd.pth')
export const ResNet34_Weights = one_set('ResNet34_Weights', 'resnet34-b627a593.pth')
export const ResNet50_Weights = two_sets('ResNet50_Weights', 'resnet50-0676ba61.pth', 'resnet50-11ad3fa6.pth')
export const ResNet101_Weights = two_sets(
  'ResNet101_Weights',
  'resnet101-63fe2227.pth',
  'resnet101-cd907fc2.pth',
)
export const ResNet152_Weights = two_sets(
  'ResNet152_Weights',
  'resnet152-394f9c45.pth',
  'resnet152-f82ba261.pth',
)
export const Wide_ResNet50_2_Weights = two_sets(
  'Wide_ResNet50_2_Weights',
  'wide_resnet50_2-95faca4d.pth',
  'wide_resnet50_2-9ba9bcbe.pth',
)

/**
 * ResNet-18.
 *
 * @param options - weights, and {@link ResNet}'s
 *
 * @example
 * ```ts
 * const model = vision.models.resnet18({ num_classes: 10 }).eval()
 * const scores = torch.no_grad(() => model(torch.randn(1, 3, 32, 32))) // (1, 10)
 * ```
 *
 * @see https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet18.html
 */
export function resnet18(options: ResNetModelOptions = {}): ResNet {
  return resnet('resnet18', ResNet18_Weights, BasicBlock, [2, 2, 2, 2], options)
}

/** ResNet-34; options as for {@link resnet18}. */
export function resnet34(options: ResNetModelOptions = {}): ResNet {
  return resnet('resnet34', ResNet34_Weights, BasicBlock, [3, 4, 6, 3], options)
}

/** ResNet-50; options as for {@link resnet18}. */
export function resnet50(options: ResNetModelOptions = {}): ResNet {
  return resnet('resnet50', ResNet50_Weights, Bottleneck, [3, 4, 6, 3], options)
}

/** ResNet-101; options as for {@link resnet18}. */
export function resnet101(options: ResNetModelOptions = {}): ResNet {
  return resnet('resnet101', ResNet101_Weights, Bottleneck, [3, 4, 23, 3], options)
}

/** ResNet-152; options as for {@link resnet18}. */
export function resnet152(options: ResNetModelOptions = {}): ResNet {
  return resnet('resnet152', ResNet152_Weights, Bottleneck, [3, 8, 36, 3], options)
}

/** ResNet-50 of twice the width; options as for {@link resnet18}. */
export function wide_resnet50_2(options: ResNetModelOptions = {}): ResNet {
  return resnet('wide_resnet50_2', Wide_ResNet50_2_Weights, Bottleneck, [3, 4, 6, 3], {
    width_per_group: 128,
    ...options,
  })
}
