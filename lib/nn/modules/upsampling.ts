import { take_options } from '../../ops/keywords.js'
import type { FloatScalar } from '../../scalar.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_repr, py_string } from '../repr.js'
import { Module } from './module.js'
import { type AnySize, any_size, type Rest, type Size2 } from './utils.js'

type Factor = number | readonly number[]

/** Keywords of {@link Upsample}. */
export interface UpsampleOptions {
  /** The output's size; this or `scale_factor` must be given. */
  size?: AnySize | null
  /** The output's size as a multiple of the input's. */
  scale_factor?: Factor | null
  /** `'nearest'`, `'linear'`, `'bilinear'`, `'bicubic'`, `'trilinear'`, … Default: `'nearest'`. */
  mode?: string
  /** Whether the corner elements keep their places and values. Default: false. */
  align_corners?: boolean | null
  /** Whether the factor is computed anew from the sizes. Default: false. */
  recompute_scale_factor?: boolean | null
}

const NAMES = ['size', 'scale_factor', 'mode', 'align_corners', 'recompute_scale_factor'] as const
const DEFAULTS: Required<UpsampleOptions> = {
  size: null,
  scale_factor: null,
  mode: 'nearest',
  align_corners: null,
  recompute_scale_factor: null,
}

function factor_of(factor: Factor | FloatScalar | null): number | readonly number[] | null {
  if (Array.isArray(factor)) return Object.freeze(factor.map(Number))
  return factor === null || Number(factor) === 0 ? null : Number(factor)
}

/**
 * The input at another size.
 *
 * @param size - the output's size, or
 * @param scale_factor - the multiple of the input's
 * @param mode - how values between are found: `'nearest'`, `'linear'`, `'bilinear'`, `'bicubic'` or `'trilinear'`.
 * Default: `'nearest'`
 * @param align_corners - whether the corner elements keep their places and values, with the linear modes. Default: false
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

  constructor(
    ...args: Rest<
      [
        size: AnySize | null,
        scale_factor: Factor | null,
        mode: string,
        align_corners: boolean | null,
        recompute_scale_factor: boolean | null,
      ],
      UpsampleOptions
    >
  )
  constructor(...args: unknown[]) {
    super()
    const given = take_options<Required<UpsampleOptions>>(new.target.name, args, NAMES, DEFAULTS)
    this.name = new.target.name
    this.size = given.size === null ? null : any_size(given.size, 'size')
    this.scale_factor = factor_of(given.scale_factor)
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
}

/** Keywords of the two-dimensional upsamplings. */
export interface Upsampling2dOptions {
  /** The output's size; this or `scale_factor` must be given. */
  size?: Size2 | null
  /** The output's size as a multiple of the input's. */
  scale_factor?: number | readonly [number, number] | null
}

type Upsampling2dRest = Rest<
  [size: Size2 | null, scale_factor: number | readonly [number, number] | null],
  Upsampling2dOptions
>

function take_2d(name: string, args: readonly unknown[]): Required<Upsampling2dOptions> {
  return take_options<Required<Upsampling2dOptions>>(name, args, ['size', 'scale_factor'], {
    size: null,
    scale_factor: null,
  })
}

/**
 * {@link Upsample} of images with `'nearest'`.
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
  constructor(...args: Upsampling2dRest)
  constructor(...args: unknown[]) {
    super({ ...take_2d('UpsamplingNearest2d', args), mode: 'nearest' })
  }
}

/**
 * {@link Upsample} of images with `'bilinear'` and aligned corners.
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
  constructor(...args: Upsampling2dRest)
  constructor(...args: unknown[]) {
    super({ ...take_2d('UpsamplingBilinear2d', args), mode: 'bilinear', align_corners: true })
  }
}
