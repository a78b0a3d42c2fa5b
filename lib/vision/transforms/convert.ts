import {
  type DType,
  float32,
  float64,
  get_default_dtype,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
} from '../../dtype.js'
import { runtime_error, type_error, type_name, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import { as_tensor } from '../../tensor/create.js'
import { Tensor } from '../../tensor.js'
import { Image, type Mode } from '../image.js'
import { CHANNEL_MODES } from '../mode.js'
import { image_of, tensor_of } from '../pixels.js'

const GREATEST = new Map<DType, number>([
  [uint8, 255],
  [int8, 127],
  [int16, 32767],
  [uint16, 65535],
  [int32, 2147483647],
  [int64, 2 ** 63],
])

/** The value that stands for full brightness in a dtype; 1 for floats. */
export function max_value(dtype: DType): number {
  return GREATEST.get(dtype) ?? 1
}

/**
 * An image between 0 and 255 as floats between 0 and 1, of the default dtype. Images of 16 and 32 bits keep their values,
 * as in Python: mode `'I;16'` gives int16, `'I'` int32, `'F'` float32.
 *
 * @throws TypeError for something else than an {@link Image}, tensors too, as in Python
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.to_tensor.html
 */
export function to_tensor(pic: Image): Tensor {
  if (!(pic instanceof Image)) throw type_error(`pic should be PIL Image or ndarray. Got ${type_name(pic)}`)
  const pixels = tensor_of(pic)
  if (pic.mode === 'I;16') return pixels.view(int16)
  if (pic.mode === 'I' || pic.mode === 'F') return pixels
  const bytes = pic.mode === '1' ? pixels.to(uint8).mul(255) : pixels
  return bytes.to(get_default_dtype()).div(255)
}

/** An image's values as they are: (channels, height, width), uint8, of mode `'1'` bool, of more bits uint16, int32 or float32. */
export function pil_to_tensor(pic: Image): Tensor {
  if (!(pic instanceof Image)) throw type_error(`pic should be PIL Image. Got ${type_name(pic)}`)
  return tensor_of(pic)
}

/** An image or tensor as a tensor, its values as they are. */
export function to_image(pic: Image | Tensor): Tensor {
  if (pic instanceof Image) return tensor_of(pic)
  if (pic instanceof Tensor) return pic.ndim === 2 ? pic.unsqueeze(0) : pic
  throw type_error(
    `Input can either be a pure Tensor, a numpy array, or a PIL image, but got ${type_name(pic)} instead.`,
  )
}

const unsafe = (from: DType, to: DType) =>
  (from === float32 && (to === int32 || to === int64)) || (from === float64 && to === int64)

// Nearly one more than the greatest value, so that all values are hit by as many floats.
const to_whole = (image: Tensor, dtype: DType) => image.mul(max_value(dtype) + 1 - 1e-3).to(dtype)

/**
 * A tensor in another dtype, its values scaled to that one's range.
 *
 * @throws RuntimeError for a cast that would overflow
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.convert_image_dtype.html
 */
export function convert_image_dtype(image: Tensor, dtype: DType = float32): Tensor {
  if (!(image instanceof Tensor)) throw type_error('Input img should be Tensor Image')
  if (image.dtype === dtype) return image
  if (image.is_floating_point()) {
    if (dtype.is_floating_point) return image.to(dtype)
    if (unsafe(image.dtype, dtype))
      throw runtime_error(`The cast from ${image.dtype} to ${dtype} cannot be performed safely.`)
    return to_whole(image, dtype)
  }
  const from = max_value(image.dtype)
  if (dtype.is_floating_point) return image.to(dtype).div(from)
  const to = max_value(dtype)
  if (from > to)
    return ops.div(image, Math.floor((from + 1) / (to + 1)), { rounding_mode: 'floor' }).to(dtype)
  return image.to(dtype).mul(Math.floor((to + 1) / (from + 1)))
}

const VALUE_BITS = new Map<DType, number>([
  [uint8, 8],
  [int8, 7],
  [int16, 15],
  [uint16, 16],
  [int32, 31],
  [int64, 63],
])

function value_bits(dtype: DType): number {
  const bits = VALUE_BITS.get(dtype)
  if (bits === undefined)
    throw type_error(`Number of value bits is only defined for integer dtypes, but got ${dtype}.`)
  return bits
}

/**
 * A tensor in another dtype; with `scale`, its values scaled to that one's range.
 *
 * @param scale - whether values are scaled. Default: false
 * @throws RuntimeError for a scaled conversion that would overflow
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToDtype.html
 */
export function to_dtype(
  inpt: Tensor,
  dtype: DType = float32,
  scale: boolean | { scale?: boolean } = false,
): Tensor {
  if (inpt.dtype === dtype) return inpt
  if (!(typeof scale === 'object' ? own_value(scale, 'scale') : scale)) return inpt.to(dtype)
  if (inpt.is_floating_point()) {
    if (dtype.is_floating_point) return inpt.to(dtype)
    if (unsafe(inpt.dtype, dtype))
      throw runtime_error(`The conversion from ${inpt.dtype} to ${dtype} cannot be performed safely.`)
    return to_whole(inpt, dtype)
  }
  if (dtype.is_floating_point) return inpt.to(dtype).mul_(1 / max_value(inpt.dtype))
  const shift = value_bits(inpt.dtype) - value_bits(dtype)
  if (shift > 0)
    return inpt.dtype === uint16 ? inpt.div(2 ** shift).to(dtype) : inpt.bitwise_right_shift(shift).to(dtype)
  return dtype === uint16 ? inpt.to(dtype).mul(2 ** -shift) : inpt.to(dtype).bitwise_left_shift_(-shift)
}

const PERMITTED: Record<number, string> = {
  2: "Only modes ['LA'] are supported for 2D inputs",
  3: "Only modes ['RGB', 'YCbCr', 'HSV'] are supported for 3D inputs",
  4: "Only modes ['RGBA', 'CMYK', 'RGBX'] are supported for 4D inputs",
}

/**
 * A tensor as an {@link Image}: floats are multiplied by 255 and cut off, uint8 is taken as it is.
 *
 * @param pic - (height, width) or (1 to 4, height, width)
 * @param mode - checked against the number of channels; that of the channels where none is given
 * @throws ValueError for more than 4 channels or a mode that does not fit, TypeError for another dtype
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.to_pil_image.html
 */
export function to_pil_image(pic: Tensor, mode: Mode | null = null): Image {
  if (!(pic instanceof Tensor)) throw type_error(`pic should be Tensor or ndarray. Got ${type_name(pic)}.`)
  if (pic.ndim !== 2 && pic.ndim !== 3)
    throw value_error(`pic should be 2/3 dimensional. Got ${pic.ndim} dimensions.`)
  const planes = pic.ndim === 2 ? pic.unsqueeze(0) : pic
  const channels = planes.shape[0]!
  if (channels > 4) throw value_error(`pic should not have > 4 channels. Got ${channels} channels.`)
  const wanted = CHANNEL_MODES[channels - 1]!
  if (mode !== null && mode !== wanted)
    throw value_error(
      PERMITTED[channels] ??
        `Incorrect mode (${mode}) supplied for input type ${pic.dtype}. Should be ${wanted}`,
    )
  // Through int32, since a float beyond 255 wraps as numpy's does.
  const pixels = planes.is_floating_point() ? planes.detach().mul(255).to(int32).to(uint8) : planes
  if (pixels.dtype !== uint8) throw type_error(`Input type ${pic.dtype} is not supported`)
  return image_of(pixels, wanted)
}

/**
 * (x − mean) / std, channel by channel.
 *
 * @param tensor - of a floating point dtype, (…, channels, height, width)
 * @param inplace - whether the tensor itself is changed. Default: false
 * @throws TypeError for integers, ValueError where a std is zero
 * @see https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.functional.normalize.html
 */
export function normalize(
  tensor: Tensor,
  mean: readonly number[],
  std: readonly number[],
  inplace: boolean | { inplace?: boolean } = false,
): Tensor {
  if (!(tensor instanceof Tensor)) throw type_error(`img should be Tensor Image. Got ${type_name(tensor)}`)
  if (!tensor.is_floating_point())
    throw type_error(`Input tensor should be a float tensor. Got ${tensor.dtype}.`)
  if (tensor.ndim < 3)
    throw value_error(
      `Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = torch.Size([${tensor.shape.join(', ')}])`,
    )
  const { dtype, device } = tensor
  const [shift, scale] = [mean, std].map((values) => as_tensor([...values], { dtype, device })) as [
    Tensor,
    Tensor,
  ]
  if (scale.eq(0).any().item())
    throw value_error(`std evaluated to zero after conversion to ${dtype}, leading to division by zero.`)
  const target = (typeof inplace === 'object' ? own_value(inplace, 'inplace') : inplace)
    ? tensor
    : tensor.clone()
  return target.sub_(shift.view(-1, 1, 1)).div_(scale.view(-1, 1, 1))
}
