import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { Module } from './module.js'
import { type Int, whole_number } from './utils.js'

const SHUFFLE = signature('ChannelShuffle', { groups: required<Int>() })

/**
 * Rearranges channels: those of each of g groups are dealt out in turn.
 *
 * @param groups - g; it must divide the channels
 *
 * Shape: (N, C, *), to the same.
 *
 * @example
 * ```ts
 * const channel_shuffle = new nn.ChannelShuffle(2)
 * const output = channel_shuffle(torch.arange(16, { dtype: torch.float32 }).view(1, 4, 2, 2))
 * ```
 *
 * @see torch/nn/modules/channelshuffle.py
 */
export class ChannelShuffle extends Module {
  declare groups: number

  constructor(...args: Call<typeof SHUFFLE>)
  constructor(...args: UsualCall<typeof SHUFFLE>)
  constructor(...args: unknown[]) {
    super()
    const given = SHUFFLE.take(args)
    this.groups = whole_number(given.groups, 'groups')
  }

  override forward(input: Tensor): Tensor {
    return F.channel_shuffle(input, this.groups)
  }

  override extra_repr(): string {
    return `groups=${this.groups}`
  }

  static {
    methods(ChannelShuffle, { forward: 'input', extra_repr: '' })
  }
}
