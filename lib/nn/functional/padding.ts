import * as nn from '../../ops/generated/nn.js'
import { optional, required, tensor } from '../../python/parameters.js'
import { callable, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'

/**
 * The input with further elements at its edges.
 *
 * @param input - any shape; all modes but `'constant'` pad the last one to three dimensions
 * @param pad - two numbers for each padded dimension, the last dimension first; negative ones cut off
 * @param mode - `'constant'`, `'reflect'`, `'replicate'` or `'circular'`. Default: `'constant'`
 * @param value - the further elements of `'constant'`. Default: 0
 * @throws RuntimeError or NotImplementedError where pad and mode do not go with the input
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nn.functional.pad(torch.tensor([1, 2]), [1, 1], { value: 9 }).tolist() // [9, 1, 2, 9]
 * ```
 * @see torch/nn/functional.py
 */
export const pad = callable(
  signature(
    'pad',
    { input: tensor },
    { pad: required<readonly number[]>() },
    { mode: optional('constant') },
    { value: optional<number | null>(null) },
  ),
  (input, pad, mode, value): Tensor => nn.pad(input, pad, mode, value),
)
