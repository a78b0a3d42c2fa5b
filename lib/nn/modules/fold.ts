import { take_options } from '../../ops/keywords.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { py_repr } from '../repr.js'
import { Module } from './module.js'
import { type AnySize, any_size, type Rest, type Size2 } from './utils.js'

/** Keywords of {@link Fold} and {@link Unfold}. */
export interface FoldModuleOptions {
  /** The distance of the block's points. Default: 1. */
  dilation?: Size2
  /** How many zeros are added at the edges. Default: 0. */
  padding?: Size2
  /** The steps of the block. Default: 1. */
  stride?: Size2
}

type Blocks = { kernel_size: AnySize; dilation: AnySize; padding: AnySize; stride: AnySize }

const DEFAULTS = { dilation: 1, padding: 0, stride: 1 }
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
}

/**
 * Sums blocks that lie as columns into an image: what {@link Unfold} takes apart, where blocks do not overlap.
 *
 * @param output_size - the image's size
 * @param kernel_size - the block's size
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

  constructor(
    output_size: Size2,
    kernel_size: Size2,
    ...rest: Rest<[dilation: Size2, padding: Size2, stride: Size2], FoldModuleOptions>
  )
  constructor(options: { output_size: Size2; kernel_size: Size2 } & FoldModuleOptions)
  constructor(...args: unknown[]) {
    const given = take_options<Blocks & { output_size: AnySize }>(
      'Fold',
      args,
      ['output_size', ...BLOCK_NAMES],
      DEFAULTS,
    )
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
}

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
  constructor(
    kernel_size: Size2,
    ...rest: Rest<[dilation: Size2, padding: Size2, stride: Size2], FoldModuleOptions>
  )
  constructor(options: { kernel_size: Size2 } & FoldModuleOptions)
  constructor(...args: unknown[]) {
    super(take_options<Blocks>('Unfold', args, BLOCK_NAMES, DEFAULTS))
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, dilation, padding, stride } = this
    return F.unfold(input, kernel_size, dilation, padding, stride)
  }
}
