export { ClassificationPreset, type PresetOptions } from './preset.js'
export * as resnet from './resnet.js'
export {
  type NormLayer,
  ResNet,
  ResNet18_Weights,
  ResNet34_Weights,
  ResNet50_Weights,
  type ResNetModelOptions,
  type ResNetOptions,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  wide_resnet50_2,
} from './resnet.js'
export {
  VGG,
  VGG16_Weights,
  VGG19_Weights,
  type VGGModelOptions,
  type VGGOptions,
  vgg11,
  vgg11_bn,
  vgg13,
  vgg13_bn,
  vgg16,
  vgg16_bn,
  vgg19,
  vgg19_bn,
} from './vgg.js'
export {
  VisionTransformer,
  type VisionTransformerOptions,
  ViT_B_16_Weights,
  type ViTModelOptions,
  vit_b_16,
} from './vision_transformer.js'
export type { Weights, WeightsLike } from './weights.js'
