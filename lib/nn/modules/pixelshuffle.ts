import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const SHUFFLE = signature('PixelShuffle', { upscale_factor: required<Int>() })

/**
 * Moves channels into space: r² channels become an image r times as high and as wide.
 *
 * @param upscale_factor - r
 *
 * Shape: (*, C·r², H, W), to (*, C, H·r, W·r).
 *
 * @example
 * ```ts
 * const pixel_shuffle = new nn.PixelShuffle(3)
 * const output = pixel_shuffle(torch.randn(1, 9, 4, 4))
 * console.log(output.shape) // [1, 1, 12, 12]
 * ```
 *
 * @see torch/nn/modules/pixelshuffle.py
 */
export class PixelShuffle extends Module {
  declare upscale_factor: number

  constructor(...args: Call<typeof SHUFFLE>)
  constructor(...args: UsualCall<typeof SHUFFLE>)
  constructor(...args: unknown[]) {
    super()
    const given = SHUFFLE.take(args)
    this.upscale_factor = whole_number(given.upscale_factor, 'upscale_factor')
  }

  override forward(input: Tensor): Tensor {
    return F.pixel_shuffle(input, this.upscale_factor)
  }

  override extra_repr(): string {
    return `upscale_factor=${this.upscale_factor}`
  }

  static {
    methods(PixelShuffle, { forward: 'input', extra_repr: '' })
  }
}

const UNSHUFFLE = signature('PixelUnshuffle', { downscale_factor: required<Int>() })

/**
 * Undoes {@link PixelShuffle}.
 *
 * @param downscale_factor - r
 *
 * Shape: (*, C, H·r, W·r), to (*, C·r², H, W).
 *
 * @example
 * ```ts
 * const pixel_unshuffle = new nn.PixelUnshuffle(3)
 * const output = pixel_unshuffle(torch.randn(1, 1, 12, 12))
 * console.log(output.shape) // [1, 9, 4, 4]
 * ```
 *
 * @see torch/nn/modules/pixelshuffle.py
 */
export class PixelUnshuffle extends Module {
  declare downscale_factor: number

  constructor(...args: Call<typeof UNSHUFFLE>)
  constructor(...args: UsualCall<typeof UNSHUFFLE>)
  constructor(...args: unknown[]) {
    super()
    const given = UNSHUFFLE.take(args)
    this.downscale_factor = whole_number(given.downscale_factor, 'downscale_factor')
  }

  override forward(input: Tensor): Tensor {
    return F.pixel_unshuffle(input, this.downscale_factor)
  }

  override extra_repr(): string {
    return `downscale_factor=${this.downscale_factor}`
  }

  static {
    methods(PixelUnshuffle, { forward: 'input', extra_repr: '' })
  }
}
