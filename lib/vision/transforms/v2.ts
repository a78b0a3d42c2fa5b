// torchvision.transforms and its v2: the same classes under the same names.
export {
  ConvertImageDtype,
  Normalize,
  PILToTensor,
  ToDtype,
  ToImage,
  ToPILImage,
  ToTensor,
} from './conversion.js'
export { CenterCrop, Grayscale, Pad, type PadOptions, Resize } from './fixed.js'
export * as functional from './functional.js'
export { InterpolationMode } from './geometry.js'
export type { Picture, SizeLike } from './picture.js'
export {
  RandomCrop,
  type RandomCropOptions,
  RandomGrayscale,
  RandomHorizontalFlip,
  RandomResizedCrop,
  type RandomResizedCropOptions,
  RandomVerticalFlip,
} from './random.js'
export {
  ColorJitter,
  type ColorJitterOptions,
  GaussianBlur,
  RandomErasing,
  type RandomErasingOptions,
} from './random_color.js'
export { Compose, Lambda, PictureTransform, RandomApply, type Step } from './transform.js'
