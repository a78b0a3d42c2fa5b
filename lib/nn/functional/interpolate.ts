import { not_implemented_error, type_error, value_error } from '../../errors.js'
import * as nn from '../../ops/generated/nn.js'
import * as ops from '../../ops/generated/torch.js'
import { has_own, own_value, table } from '../../own.js'
import { optional, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_ints, py_repr } from '../repr.js'

type Numbers = number | readonly number[]

type Size = readonly number[] | null

const SIZES = [
  { input: tensor },
  { size: optional<Numbers | null>(null) },
  { scale_factor: optional<Numbers | null>(null) },
] as const
const MODE = [{ mode: optional('nearest') }, { align_corners: optional<boolean | null>(null) }] as const

type Plain = (input: Tensor, size: Size, scales: Size) => Tensor
type Aligned = (input: Tensor, size: Size, corners: boolean, scales: Size) => Tensor

const nearest: Record<string, Plain> = {
  'nearest 3': nn.upsample_nearest1d,
  'nearest 4': nn.upsample_nearest2d,
  'nearest 5': nn.upsample_nearest3d,
  'nearest-exact 3': nn._upsample_nearest_exact1d,
  'nearest-exact 4': nn._upsample_nearest_exact2d,
  'nearest-exact 5': nn._upsample_nearest_exact3d,
  'area 3': (input, size) => ops.adaptive_avg_pool1d(input, size!),
  'area 4': (input, size) => nn.adaptive_avg_pool2d(input, size!),
  'area 5': (input, size) => nn.adaptive_avg_pool3d(input, size!),
}

const aligned: Record<string, Aligned> = {
  'linear 3': nn.upsample_linear1d,
  'bilinear 4': nn.upsample_bilinear2d,
  'trilinear 5': nn.upsample_trilinear3d,
  'bicubic 4': nn.upsample_bicubic2d,
}

const antialiased = table<Aligned>({
  'bilinear 4': nn._upsample_bilinear2d_aa,
  'bicubic 4': nn._upsample_bicubic2d_aa,
  'lanczos 4': nn._upsample_lanczos2d_aa,
})

const FITTING = table({ linear: 3, bilinear: 4, trilinear: 5 })

/** For each spatial dimension its own number. */
function for_each_dimension(value: Numbers, name: string, shown: string, input: Tensor): number[] {
  const spatial = input.shape.slice(2)
  if (typeof value !== 'object' || has_own(value, 're')) return spatial.map(() => value as number)
  if (value.length === spatial.length) return [...value]
  const letters = name === 'size' ? 'o' : 's'
  const own = `[${spatial.join(', ')}]`
  throw value_error(
    name === 'size'
      ? `Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of ${own} and output size of ${shown}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in (${letters}1, ${letters}2, ...,${letters}K) format.`
      : `Input and scale_factor must have the same number of spatial dimensions, but got input with spatial dimensions of ${own} and scale_factor of shape ${shown}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (${letters}1, ${letters}2, ...,${letters}K) format.`,
  )
}

/**
 * The input at another size.
 *
 * @param input - (N, C, L), (N, C, H, W) or (N, C, D, H, W)
 * @param size - the output's size, for each dimension or for all
 * @param scale_factor - its ratio to the input's
 * @param mode - `'nearest'`, `'nearest-exact'`, `'linear'`, `'bilinear'`, `'bicubic'`, `'trilinear'`, `'area'` or
 *   `'lanczos'`. Default: `'nearest'`
 * @param align_corners - whether the corner pixels' middles stay where they are. Default: false
 * @param recompute_scale_factor - whether the ratio is computed anew from the whole sizes
 * @param antialias - whether shrinking averages what it skips. Default: false
 * @throws ValueError where both or none of size and scale_factor are given, or a keyword does not go with the mode
 * @throws NotImplementedError for a mode that does not go with the number of dimensions
 * @see torch/nn/functional.py
 */
export const interpolate = callable(
  signature(
    'interpolate',
    ...SIZES,
    ...MODE,
    { recompute_scale_factor: optional<boolean | null>(null) },
    { antialias: optional(false) },
  ),
  (input, given_size, scale_factor, mode, align_corners, recompute_scale_factor, antialias): Tensor => {
    const without_corners = mode === 'nearest' || mode === 'area' || mode === 'nearest-exact'
    if (without_corners && align_corners !== null) {
      throw value_error(
        'align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear',
      )
    }
    const [size, scales] = sizes_of(input, { size: given_size, scale_factor, mode, recompute_scale_factor })
    if (antialias && !(['bilinear', 'bicubic', 'lanczos'].includes(mode) && input.ndim === 4)) {
      throw value_error(
        'Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input',
      )
    }
    const key = `${mode} ${input.ndim}`
    const plain = own_value(nearest, key)
    if (plain !== undefined) return plain(input, size, scales)
    const corners = align_corners ?? false
    if (key === 'lanczos 4') {
      if (corners) throw value_error('Lanczos mode does not support align_corners=True')
      if (!antialias) throw value_error('Lanczos mode requires antialias=True')
    }
    const smooth = own_value(antialias ? antialiased : aligned, key)
    if (smooth !== undefined) return smooth(input, size, corners, scales)
    const needed = FITTING[mode]
    if (needed !== undefined && input.ndim >= 3 && input.ndim <= 5) {
      throw not_implemented_error(`Got ${input.ndim}D input, but ${mode} mode needs ${needed}D input`)
    }
    throw not_implemented_error(
      `Input Error: Only 3D, 4D and 5D input Tensors supported (got ${input.ndim}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got ${mode})`,
    )
  },
)

interface Wanted {
  size: Numbers | null
  scale_factor: Numbers | null
  mode: string
  recompute_scale_factor: boolean | null
}

function sizes_of(
  input: Tensor,
  { size, scale_factor, mode, recompute_scale_factor }: Wanted,
): [size: Size, scales: Size] {
  if (size !== null && scale_factor !== null)
    throw value_error('only one of size or scale_factor should be defined')
  if (size !== null) {
    const shown = Array.isArray(size) ? py_ints(size) : String(size)
    const whole = for_each_dimension(size, 'size', shown, input)
    if (!whole.every((n) => Number.isInteger(n))) {
      throw type_error(
        'expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size with fractions',
      )
    }
    if (recompute_scale_factor === true) {
      throw value_error('recompute_scale_factor is not meaningful with an explicit size.')
    }
    return [whole, null]
  }
  if (scale_factor === null) throw value_error('either size or scale_factor should be defined')
  const shown = Array.isArray(scale_factor) ? py_repr(scale_factor, true) : String(scale_factor)
  const scales = for_each_dimension(scale_factor, 'scale_factor', shown, input)
  if (recompute_scale_factor !== true && mode !== 'area') return [null, scales]
  return [scales.map((scale, d) => Math.trunc(input.shape[d + 2]! * Number(scale))), null]
}

const deprecated = (name: string): void =>
  process.emitWarning(`\`nn.functional.${name}\` is deprecated. Use \`nn.functional.interpolate\` instead.`)

/** Deprecated: {@link interpolate}. */
export const upsample = callable(
  signature('upsample', ...SIZES, ...MODE),
  (input, size, scale_factor, mode, align_corners): Tensor => {
    deprecated('upsample')
    return interpolate(input, size, scale_factor, mode, align_corners)
  },
)

/** Deprecated: {@link interpolate} with `'nearest'`. */
export const upsample_nearest = callable(
  signature('upsample_nearest', ...SIZES),
  (input, size, scale_factor): Tensor => {
    deprecated('upsample_nearest')
    return interpolate(input, size, scale_factor, 'nearest')
  },
)

/** Deprecated: {@link interpolate} with `'bilinear'` and `align_corners`. */
export const upsample_bilinear = callable(
  signature('upsample_bilinear', ...SIZES),
  (input, size, scale_factor): Tensor => {
    deprecated('upsample_bilinear')
    return interpolate(input, size, scale_factor, 'bilinear', true)
  },
)
