import { type_error, type_name } from '../../errors.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_ints } from '../repr.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const FLATTEN = signature('Flatten', { start_dim: optional<Int>(1) }, { end_dim: optional<Int>(-1) })

/**
 * Makes one dimension of several.
 *
 * @param start_dim - the first of them. Default: 1
 * @param end_dim - the last of them. Default: -1
 *
 * Shape: (*, S_start, …, S_end, *), to (*, ∏ S, *).
 *
 * @example
 * ```ts
 * const m = new nn.Sequential(new nn.Conv2d(1, 32, 5, 1, 1), new nn.Flatten())
 * const output = m(torch.randn(32, 1, 5, 5))
 * console.log(output.shape) // [32, 288]
 * ```
 *
 * @see torch/nn/modules/flatten.py
 */
export class Flatten extends Module {
  declare start_dim: number
  declare end_dim: number

  constructor(...args: Call<typeof FLATTEN>)
  constructor(...args: UsualCall<typeof FLATTEN>)
  constructor(...args: unknown[]) {
    super()
    const given = FLATTEN.take(args)
    this.start_dim = whole_number(given.start_dim, 'start_dim')
    this.end_dim = whole_number(given.end_dim, 'end_dim')
  }

  override forward(input: Tensor): Tensor {
    return input.flatten(this.start_dim, this.end_dim)
  }

  override extra_repr(): string {
    return `start_dim=${this.start_dim}, end_dim=${this.end_dim}`
  }

  static {
    methods(Flatten, { forward: 'input', extra_repr: '' })
  }
}

function expect_ints(size: unknown): readonly number[] {
  if (!Array.isArray(size))
    throw type_error(`unflattened_size must be a tuple of ints, but found type ${type_name(size)}`)
  size.forEach((item: unknown, place) => {
    if (!Number.isSafeInteger(item) && typeof item !== 'bigint')
      throw type_error(
        'unflattened_size must be tuple of ints, ' +
          `but found element of type ${typeof item === 'number' ? 'float' : type_name(item)} at pos ${place}`,
      )
  })
  return Object.freeze(size.map(Number))
}

const UNFLATTEN = signature(
  'Unflatten',
  { dim: required<Int>() },
  { unflattened_size: required<readonly Int[]>() },
)

/**
 * Makes several dimensions of one.
 *
 * @param dim - the dimension
 * @param unflattened_size - the sizes it becomes; one may be -1
 * @throws TypeError for sizes that are no list of whole numbers
 *
 * Shape: (*, S_dim, *), to (*, …unflattened_size, *).
 *
 * @example
 * ```ts
 * const m = new nn.Unflatten(1, [2, 5, 5])
 * const output = m(torch.randn(2, 50))
 * console.log(output.shape) // [2, 2, 5, 5]
 * ```
 *
 * @see torch/nn/modules/flatten.py
 */
export class Unflatten extends Module {
  declare dim: number
  declare unflattened_size: readonly number[]

  constructor(...args: Call<typeof UNFLATTEN>)
  constructor(...args: UsualCall<typeof UNFLATTEN>)
  constructor(...args: unknown[]) {
    super()
    const given = UNFLATTEN.take(args)
    this.unflattened_size = expect_ints(given.unflattened_size)
    this.dim = whole_number(given.dim, 'dim')
  }

  override forward(input: Tensor): Tensor {
    return input.unflatten(this.dim, this.unflattened_size)
  }

  override extra_repr(): string {
    return `dim=${this.dim}, unflattened_size=${py_ints(this.unflattened_size)}`
  }

  static {
    methods(Unflatten, { forward: 'input', extra_repr: '' })
  }
}
