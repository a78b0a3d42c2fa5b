export { ClassificationPreset, type PresetOptions } from './preset.js'
export * as resnet from './resnet.js'
export {
  type NormLayer,
  ResNet,
  ResNet18_Weights,
  ResNet34_Weights,
  ResNet50_Weights,
  ResNet101_Weights,
  ResNet152_Weights,
  type ResNetModelOptions,
  type ResNetOptions,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  Wide_ResNet50_2_Weights,
  wide_resnet50_2,
} from './resnet.js'
export {
  VGG,
  VGG11_BN_Weights,
  VGG11_Weights,
  VGG13_BN_Weights,
  VGG13_Weights,
  VGG16_BN_Weights,
  VGG16_Weights,
  VGG19_BN_Weights,
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
export type { Weights, WeightsEnum, WeightsLike } from './weights.js'
