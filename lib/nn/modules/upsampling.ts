import { expect_string } from '../../expect.js'
import { float, nullable_bool, nullable_float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_repr, py_string } from '../repr.js'
import { Module } from './module.js'
import { type AnySize, any_size, type Size2 } from './utils.js'

type Factor = number | readonly number[]

function factor_of(name: string, factor: unknown): number | readonly number[] | null {
  if (Array.isArray(factor)) return Object.freeze(factor.map((item) => float(item, name, 'scale_factor')))
  const number = nullable_float(factor, name, 'scale_factor')
  return number === 0 ? null : number
}

const UPSAMPLE = signature(
  'Upsample',
  { size: optional<AnySize | null>(null) },
  { scale_factor: optional<Factor | null>(null) },
  { mode: optional<string>('nearest', expect_string) },
  { align_corners: optional<boolean | null>(null, nullable_bool) },
  { recompute_scale_factor: optional<boolean | null>(null, nullable_bool) },
)

/**
 * The input at another size.
 *
 * @param size - the output's size, or
 * @param scale_factor - the multiple of the input's
 * @param mode - how values between are found: `'nearest'`, `'linear'`, `'bilinear'`, `'bicubic'` or `'trilinear'`.
 * Default: `'nearest'`
 * @param align_corners - whether the corner elements keep their places and values, with the linear modes. Default: false
 * @param recompute_scale_factor - whether the factor is computed anew from the sizes. Default: false
 *
 * Shape: (N, C, L), (N, C, H, W) or (N, C, D, H, W), to (N, C, …size).
 *
 * @example
 * ```ts
 * const m = new nn.Upsample({ scale_factor: 2, mode: 'bilinear' })
 * const output = m(torch.randn(1, 1, 2, 2))
 * console.log(output.shape) // [1, 1, 4, 4]
 * ```
 *
 * @see torch/nn/modules/upsampling.py
 */
export class Upsample extends Module {
  /** The name of the class. */
  declare name: string
  declare size: number | readonly number[] | null
  declare scale_factor: number | readonly number[] | null
  declare mode: string
  declare align_corners: boolean | null
  declare recompute_scale_factor: boolean | null

  constructor(...args: Call<typeof UPSAMPLE>)
  constructor(...args: UsualCall<typeof UPSAMPLE>)
  constructor(...args: unknown[]) {
    super()
    const given = UPSAMPLE.take(args, new.target.name)
    this.name = new.target.name
    this.size = given.size === null ? null : any_size(given.size, 'size')
    this.scale_factor = factor_of(this.name, given.scale_factor)
    this.mode = given.mode
    this.align_corners = given.align_corners
    this.recompute_scale_factor = given.recompute_scale_factor
  }

  override forward(input: Tensor): Tensor {
    const { size, scale_factor, mode, align_corners, recompute_scale_factor } = this
    return F.interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor)
  }

  override extra_repr(): string {
    const size =
      this.scale_factor === null
        ? `size=${py_repr(this.size)}`
        : `scale_factor=${py_repr(this.scale_factor, true)}`
    return `${size}, mode=${py_string(this.mode)}`
  }

  static {
    methods(Upsample, { forward: 'input', extra_repr: '' })
  }
}

const SIZE_OR_FACTOR = [
  { size: optional<Size2 | null>(null) },
  { scale_factor: optional<number | readonly [number, number] | null>(null) },
] as const

const NEAREST = signature('UpsamplingNearest2d', ...SIZE_OR_FACTOR)

/**
 * {@link Upsample} of images with `'nearest'`.
 *
 * @param size - the output's size; this or `scale_factor` must be given
 * @param scale_factor - the output's size as a multiple of the input's
 *
 * Shape: (N, C, H, W), to (N, C, …size).
 *
 * @example
 * ```ts
 * const m = new nn.UpsamplingNearest2d({ scale_factor: 2 })
 * const output = m(torch.randn(1, 1, 2, 2))
 * ```
 *
 * @see torch/nn/modules/upsampling.py
 */
export class UpsamplingNearest2d extends Upsample {
  constructor(...args: Call<typeof NEAREST>)
  constructor(...args: UsualCall<typeof NEAREST>)
  constructor(...args: unknown[]) {
    super({ ...NEAREST.take(args), mode: 'nearest' })
  }
}

const BILINEAR = signature('UpsamplingBilinear2d', ...SIZE_OR_FACTOR)

/**
 * {@link Upsample} of images with `'bilinear'` and aligned corners.
 *
 * @param size - the output's size; this or `scale_factor` must be given
 * @param scale_factor - the output's size as a multiple of the input's
 *
 * Shape: (N, C, H, W), to (N, C, …size).
 *
 * @example
 * ```ts
 * const m = new nn.UpsamplingBilinear2d({ scale_factor: 2 })
 * const output = m(torch.randn(1, 1, 2, 2))
 * ```
 *
 * @see torch/nn/modules/upsampling.py
 */
export class UpsamplingBilinear2d extends Upsample {
  constructor(...args: Call<typeof BILINEAR>)
  constructor(...args: UsualCall<typeof BILINEAR>)
  constructor(...args: unknown[]) {
    super({ ...BILINEAR.take(args), mode: 'bilinear', align_corners: true })
  }
}
