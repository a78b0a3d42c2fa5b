import { is_grad_enabled } from '../../autograd/grad_mode.js'
import { int64 } from '../../dtype.js'
import { runtime_error } from '../../errors.js'
import { linear } from '../../ops/generated/nn.js'
import { keyword, keyword_tensor, tensor } from '../../python/parameters.js'
import { callable_by_name, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { warn_once } from '../../warn.js'
import { type LinearCrossEntropyOptions, resolve_chunking } from '../modules/linear_cross_entropy_options.js'
import { py_float, py_ints, py_repr } from '../repr.js'
import { ChunkedLoss, ChunkedRowLosses } from './chunked_cross_entropy.js'
import { cross_entropy } from './classification_loss.js'

const LINEAR_CROSS_ENTROPY = signature(
  'linear_cross_entropy',
  { input: tensor },
  { linear_weight: tensor },
  { target: tensor },
  { linear_bias: keyword_tensor },
  { weight: keyword_tensor },
  { reduction: keyword<'mean' | 'sum' | 'none'>('mean') },
  { ignore_index: keyword<number | null>(null) },
  { label_smoothing: keyword(0) },
  { options: keyword<LinearCrossEntropyOptions | null>(null) },
)

/** The arguments of one call, by name. */
type Given = ReturnType<typeof LINEAR_CROSS_ENTROPY.take>

/**
 * The cross entropy of `input · linear_weightᵀ + linear_bias` and the targets.
 *
 * @param input - (N, F) or (F)
 * @param linear_weight - (C, …, F)
 * @param target - class numbers (N, …), or probabilities of the products' shape
 * @param linear_bias - (C, …): added to the products. Default: none
 * @param weight - (C): the weight of each class. Default: 1
 * @param reduction - `'mean'`, `'sum'` or `'none'`. Default: `'mean'`
 * @param ignore_index - the target that does not count. Default: -100; not with probabilities
 * @param label_smoothing - between 0 and 1: the share of the target that is spread over all classes. Default: 0
 * @param options - how to go over the batch in chunks. Default: null, the whole batch at once
 * @throws RuntimeError where shapes do not fit
 * @see torch/nn/functional.py
 */
export const linear_cross_entropy = callable_by_name(LINEAR_CROSS_ENTROPY, (given): Tensor => {
  const { input, linear_weight, target, linear_bias, weight, reduction } = given
  const { ignore_index, label_smoothing, options } = given
  if (input.ndim < 1 || input.ndim > 2)
    throw runtime_error(`expected input with dimensionality 1 or 2, got ${input.ndim}`)
  if (linear_weight.ndim < 2) {
    throw runtime_error(`expected linear_weight with dimensionality at least 2, got ${linear_weight.ndim}`)
  }
  const features = input.size(-1)
  if (features !== linear_weight.size(-1)) {
    throw runtime_error(
      `expected equal input and linear_weight last dimensions (in_features), got ${features} and ${linear_weight.size(-1)}, respectively`,
    )
  }
  // (C, …) of each of the N inputs.
  const outputs = linear_weight.shape.slice(0, -1)
  if (linear_bias !== null && linear_bias.shape.join() !== outputs.join()) {
    throw runtime_error(`expected linear_bias shape ${py_ints(outputs)}, got ${py_ints(linear_bias.shape)}`)
  }
  if (outputs.length > 1 && input.ndim === 1) {
    throw runtime_error(
      `K-dimensional loss defined by linear_weight shape ${py_ints(linear_weight.shape)} requires batched input, (N, ${features}), got unbatched input with shape ${py_ints(input.shape)}`,
    )
  }
  const shape = [...input.shape.slice(0, -1), ...outputs]
  if (target.shape.join() === shape.join() && ignore_index !== null)
    throw runtime_error('ignore_index cannot be specified when target contains probabilities')
  if (options !== null) {
    const loss = chunked_loss(given, options)
    if (loss !== null) return loss
  }
  const flat = outputs.length > 1
  const logits = linear(
    input,
    flat ? linear_weight.reshape(-1, features) : linear_weight,
    flat && linear_bias !== null ? linear_bias.reshape(-1) : linear_bias,
  ).reshape(shape)
  return cross_entropy(logits, target, {
    weight,
    reduction,
    label_smoothing,
    ignore_index: ignore_index ?? -100,
  })
})

/** The loss chunk by chunk, or null where it cannot be. */
function chunked_loss(given: Given, options: LinearCrossEntropyOptions): Tensor | null {
  const { linear_weight, linear_bias, weight, reduction, label_smoothing, ignore_index } = given
  const outputs = linear_weight.shape.slice(1, -1)
  const known = ['mean', 'sum', 'none'].includes(reduction)
  if (outputs.length > 0 || !known || label_smoothing !== 0 || given.target.dtype !== int64) {
    const bias = linear_bias === null ? 'None' : py_ints(linear_bias.shape)
    warn_once(
      "linear_cross_entropy: ``options`` ignored; chunked path needs reduction in {'mean','sum','none'}, " +
        `label_smoothing == 0, target.dtype == int64, out_features == (). Got reduction=${py_repr(reduction)}, ` +
        `label_smoothing=${py_float(label_smoothing)}, target.dtype=${given.target.dtype}, ` +
        `out_features=${py_ints(outputs)}, tracing=False, linear_bias.shape=${bias}.`,
    )
    return null
  }
  const batched = given.input.ndim === 2
  const [input, target] = batched
    ? [given.input, given.target]
    : [given.input.unsqueeze(0), given.target.unsqueeze(0)]
  const [rows, features] = input.shape as [number, number]
  const sizes = { rows, features, classes: linear_weight.size(0) }
  const chunking = resolve_chunking(options, sizes, input.dtype, input.device)
  const reducing = { reduction, ignore_index: ignore_index ?? -100, upstream: null }
  const tensors = [input, linear_weight, target, linear_bias, weight] as const
  if (reduction === 'none') {
    const losses = ChunkedRowLosses.apply(chunking, reducing, ...tensors)
    return batched ? losses : losses.squeeze(0)
  }
  const follows = is_grad_enabled()
  const wanted = {
    input: follows && input.requires_grad,
    linear_weight: follows && linear_weight.requires_grad,
    linear_bias: follows && linear_bias?.requires_grad === true,
  }
  return ChunkedLoss.apply(chunking, reducing, options.allow_retain_graph, wanted, ...tensors)
}
