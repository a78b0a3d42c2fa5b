import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import { runtime_error } from '../../errors.js'
import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { keyword, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import type { Reduction } from '../_reduction.js'
import * as F from '../functional.js'
import { py_bool, py_float, py_ints, py_repr } from '../repr.js'
import { _WeightedLoss } from './_loss.js'
import { Linear } from './linear.js'
import type { LinearCrossEntropyOptions } from './linear_cross_entropy_options.js'
import { type Int, whole_number } from './utils.js'

const LINEAR_LOSS = signature(
  'LinearCrossEntropyLoss',
  { in_features: required<Int>() },
  { num_classes: required<Int>() },
  { out_features: keyword<readonly Int[]>([]) },
  { bias: keyword(false, bool) },
  { device: keyword<DeviceLike | null>(null) },
  { dtype: keyword<DType | null>(null) },
  { reduction: keyword<Reduction>('mean') },
  { weight: keyword<Tensor | null>(null) },
  { ignore_index: keyword<Int | null>(null) },
  { label_smoothing: keyword(0, float) },
  { options: keyword<LinearCrossEntropyOptions | null>(null) },
)

/**
 * A linear layer and the cross entropy of its scores.
 *
 * @param in_features - the size of the input's last dimension
 * @param num_classes - how many classes there are
 * @param out_features - further dimensions of the scores. Default: none
 * @param bias - whether the linear layer has a bias. Default: false
 * @param reduction - `'none'`, `'mean'` or `'sum'`. Default: `'mean'`
 * @param weight - A factor for each class. Default: none
 * @param ignore_index - A class that counts for nothing. Default: none
 * @param label_smoothing - how much of each target goes to all classes alike, in [0, 1]. Default: 0
 * @param options - how to go over the batch in chunks. Default: null, the whole batch at once
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 * @throws RuntimeError for weights of another shape, or a label smoothing outside [0, 1]
 *
 * Shape: (N, in_features) and integers (N, …out_features), or (in_features) and (), to (), or with `reduction: 'none'` to
 * the target's.
 *
 * @example
 * ```ts
 * const loss = new nn.LinearCrossEntropyLoss(8, 5)
 * const output = loss(torch.randn(3, 8), torch.tensor([1n, 0n, 4n]))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class LinearCrossEntropyLoss extends _WeightedLoss {
  declare num_classes: number
  declare out_features: readonly number[]
  declare ignore_index: number | null
  declare label_smoothing: number
  declare options: LinearCrossEntropyOptions | null
  declare linear: Linear

  constructor(...args: Call<typeof LINEAR_LOSS>)
  constructor(...args: UsualCall<typeof LINEAR_LOSS>)
  constructor(...args: unknown[]) {
    const given = LINEAR_LOSS.take(args)
    const { weight, reduction, bias, device, dtype } = given
    const classes = whole_number(given.num_classes, 'num_classes')
    if (weight !== null && (weight.ndim !== 1 || weight.shape[0] !== classes))
      throw runtime_error(`expected weight shape to be ${py_ints([classes])}, got ${py_ints(weight.shape)}`)
    const smoothing = given.label_smoothing
    if (smoothing < 0 || smoothing > 1)
      throw runtime_error(`expected label_smoothing to be in range [0, 1], got ${py_float(smoothing)}`)
    super({ weight, reduction })
    this.num_classes = classes
    this.out_features = Object.freeze(given.out_features.map((size) => whole_number(size, 'out_features')))
    this.ignore_index = given.ignore_index === null ? null : whole_number(given.ignore_index, 'ignore_index')
    this.label_smoothing = smoothing
    this.options = given.options
    const outputs = this.out_features.reduce((product, size) => product * size, classes)
    this.linear = new Linear(given.in_features, outputs, { bias, device, dtype })
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { linear, weight, reduction, ignore_index, label_smoothing } = this
    const outputs = [this.num_classes, ...this.out_features]
    return F.linear_cross_entropy(input, linear.weight.reshape([...outputs, linear.in_features]), target, {
      linear_bias: linear.bias?.reshape(outputs) ?? null,
      weight,
      reduction,
      ignore_index,
      label_smoothing,
      options: this.options,
    })
  }

  override extra_repr(): string {
    const { linear } = this
    return (
      `in_features=${linear.in_features}, num_classes=${this.num_classes}, out_features=${py_ints(this.out_features)}, ` +
      `bias=${py_bool(linear.bias !== null)}, reduction=${this.reduction}, ignore_index=${py_repr(this.ignore_index)}, ` +
      `label_smoothing=${py_float(this.label_smoothing)}, options=${this.options ?? 'None'}`
    )
  }

  static {
    methods(LinearCrossEntropyLoss, { forward: 'input, target', extra_repr: '' })
  }
}
