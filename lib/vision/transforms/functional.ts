export {
  adjust_brightness,
  adjust_contrast,
  adjust_hue,
  adjust_saturation,
  erase,
  gaussian_blur,
  rgb_to_grayscale,
  to_grayscale,
} from './color.js'
export {
  convert_image_dtype,
  normalize,
  pil_to_tensor,
  to_dtype,
  to_image,
  to_pil_image,
  to_tensor,
} from './convert.js'
export {
  center_crop,
  crop,
  type Fill,
  hflip,
  hflip as horizontal_flip,
  InterpolationMode,
  type Padding,
  type PaddingMode,
  pad,
  type ResizeOptions,
  resize,
  resized_crop,
  vflip,
  vflip as vertical_flip,
} from './geometry.js'
export { get_dimensions, get_image_num_channels, get_image_size } from './picture.js'
