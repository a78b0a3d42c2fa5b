import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_repr } from '../repr.js'
import { Module } from './module.js'
import { any_size, type Size2 } from './utils.js'

const BLOCK = [
  { kernel_size: required<Size2>() },
  { dilation: optional<Size2>(1) },
  { padding: optional<Size2>(0) },
  { stride: optional<Size2>(1) },
] as const

type Blocks = Readonly<Record<(typeof BLOCK_NAMES)[number], Size2>>

const BLOCK_NAMES = ['kernel_size', 'dilation', 'padding', 'stride'] as const

class BlockModule extends Module {
  declare kernel_size: number | readonly number[]
  declare dilation: number | readonly number[]
  declare padding: number | readonly number[]
  declare stride: number | readonly number[]

  constructor(given: Blocks) {
    super()
    for (const name of BLOCK_NAMES) this[name] = any_size(given[name], name)
  }

  override extra_repr(): string {
    return BLOCK_NAMES.map((name) => `${name}=${py_repr(this[name])}`).join(', ')
  }

  static {
    methods(BlockModule, { extra_repr: '' })
  }
}

const FOLD = signature('Fold', { output_size: required<Size2>() }, ...BLOCK)

/**
 * Sums blocks that lie as columns into an image: what {@link Unfold} takes apart, where blocks do not overlap.
 *
 * @param output_size - the image's size
 * @param kernel_size - the block's size
 * @param dilation - the distance of the block's points. Default: 1
 * @param padding - how many zeros are added at the edges. Default: 0
 * @param stride - the steps of the block. Default: 1
 *
 * Shape: (N, C·∏ kernel_size, L) or (C·∏ kernel_size, L), to (N, C, …output_size) or (C, …output_size).
 *
 * @example
 * ```ts
 * const fold = new nn.Fold([4, 5], [2, 2])
 * const output = fold(torch.randn(1, 3 * 2 * 2, 12))
 * console.log(output.shape) // [1, 3, 4, 5]
 * ```
 *
 * @see torch/nn/modules/fold.py
 */
export class Fold extends BlockModule {
  declare output_size: number | readonly number[]

  constructor(...args: Call<typeof FOLD>)
  constructor(...args: UsualCall<typeof FOLD>)
  constructor(...args: unknown[]) {
    const given = FOLD.take(args)
    super(given)
    this.output_size = any_size(given.output_size, 'output_size')
  }

  override forward(input: Tensor): Tensor {
    const { output_size, kernel_size, dilation, padding, stride } = this
    return F.fold(input, output_size, kernel_size, dilation, padding, stride)
  }

  override extra_repr(): string {
    return `output_size=${py_repr(this.output_size)}, ${super.extra_repr()}`
  }

  static {
    methods(Fold, { forward: 'input', extra_repr: '' })
  }
}

const UNFOLD = signature('Unfold', ...BLOCK)

/**
 * The blocks of an image, one a column.
 *
 * @param kernel_size - the block's size
 * @param dilation - the distance of its points. Default: 1
 * @param padding - how many zeros are added at the edges. Default: 0
 * @param stride - the steps of the block. Default: 1
 *
 * Shape: (N, C, H, W) or (C, H, W), to (N, C·∏ kernel_size, L) or (C·∏ kernel_size, L).
 *
 * @example
 * ```ts
 * const unfold = new nn.Unfold([2, 3])
 * const output = unfold(torch.randn(2, 5, 3, 4))
 * console.log(output.shape) // [2, 30, 4]
 * ```
 *
 * @see torch/nn/modules/fold.py
 */
export class Unfold extends BlockModule {
  constructor(...args: Call<typeof UNFOLD>)
  constructor(...args: UsualCall<typeof UNFOLD>)
  constructor(...args: unknown[]) {
    super(UNFOLD.take(args))
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, dilation, padding, stride } = this
    return F.unfold(input, kernel_size, dilation, padding, stride)
  }

  static {
    methods(Unfold, { forward: 'input' })
  }
}
