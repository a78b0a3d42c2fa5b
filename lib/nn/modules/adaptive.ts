import { runtime_error, value_error } from '../../errors.js'
import { native } from '../../native.js'
import * as ops from '../../ops/generated/torch.js'
import { bool, float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { py_size } from '../repr.js'
import { FACTORY, factory_options, Linear } from './linear.js'
import { Module } from './module.js'
import { ModuleList } from './module_list.js'
import { Sequential } from './sequential.js'
import { type Int, whole_number } from './utils.js'

/** The log-probability of each target, and the loss, as an array with names. */
export type AdaptiveOutput = [output: Tensor, loss: Tensor] & { output: Tensor; loss: Tensor }

function check_cutoffs(given: Iterable<Int>, classes: number): number[] {
  const cutoffs = [...given].map(Number)
  if (cutoffs.length === 0) throw value_error('cutoffs should be a sequence of length larger than 0')
  const rising = cutoffs.every((cutoff, i) => i === 0 || cutoff > cutoffs[i - 1]!)
  if (!rising || cutoffs[0]! <= 0 || cutoffs.at(-1)! > classes - 1 || !cutoffs.every(Number.isInteger))
    throw value_error(
      'cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is ' +
        'between 1 and n_classes-1',
    )
  return cutoffs
}

const ADAPTIVE = signature(
  'AdaptiveLogSoftmaxWithLoss',
  { in_features: required<Int>() },
  { n_classes: required<Int>() },
  { cutoffs: required<Iterable<Int>>() },
  { div_value: optional(4, float) },
  { head_bias: optional(false, bool) },
  ...FACTORY,
)

/**
 * A softmax over many classes sorted by frequency: the frequent ones and one entry for each cluster of rarer ones stand in
 * the head; a cluster's classes are computed, through a smaller projection, only where a target lies in it.
 *
 * @param in_features - the size of the input's last dimension
 * @param n_classes - how many classes there are, the most frequent first
 * @param cutoffs - where the clusters begin
 * @param div_value - how much smaller each cluster's projection is than the one before. Default: 4
 * @param head_bias - whether the head has a bias. Default: false
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 * @throws ValueError for cutoffs that do not rise between 1 and n_classes − 1
 *
 * Shape: (N, in_features) and integers (N), or (in_features) and (), to the log-probabilities (N) or () and the loss ().
 *
 * @example
 * ```ts
 * const m = new nn.AdaptiveLogSoftmaxWithLoss(16, 100, [10, 50])
 * const { output, loss } = m(torch.randn(8, 16), torch.randint(0, 100, [8]))
 * ```
 *
 * @see torch/nn/modules/adaptive.py
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  declare in_features: number
  declare n_classes: number
  /** Where the clusters begin, and the number of classes. */
  declare cutoffs: readonly number[]
  declare div_value: number
  declare head_bias: boolean
  declare shortlist_size: number
  declare n_clusters: number
  declare head_size: number
  declare head: Linear
  declare tail: ModuleList<Sequential>

  constructor(...args: Call<typeof ADAPTIVE>)
  constructor(...args: UsualCall<typeof ADAPTIVE>)
  constructor(...args: unknown[]) {
    super()
    const given = ADAPTIVE.take(args)
    const factory = factory_options(given.device, given.dtype)
    this.in_features = whole_number(given.in_features, 'in_features')
    this.n_classes = whole_number(given.n_classes, 'n_classes')
    const cutoffs = check_cutoffs(given.cutoffs, this.n_classes)
    this.cutoffs = Object.freeze([...cutoffs, this.n_classes])
    this.div_value = given.div_value
    this.head_bias = given.head_bias
    this.shortlist_size = cutoffs[0]!
    this.n_clusters = cutoffs.length
    this.head_size = this.shortlist_size + this.n_clusters
    this.head = new Linear(this.in_features, this.head_size, { bias: this.head_bias, ...factory })
    const options = { bias: false, ...factory }
    this.tail = new ModuleList(
      cutoffs.map((cutoff, i) => {
        const hidden = Math.floor(this.in_features / native.math.pow(this.div_value, i + 1))
        return new Sequential(
          new Linear(this.in_features, hidden, options),
          new Linear(hidden, this.cutoffs[i + 1]! - cutoff, options),
        )
      }),
    )
  }

  /** Draws all weights anew. */
  reset_parameters(): void {
    this.head.reset_parameters()
    for (const cluster of this.tail) for (const layer of cluster) (layer as Linear).reset_parameters()
  }

  /** @throws RuntimeError for shapes that do not fit, or targets outside the classes */
  override forward(input_: Tensor, target_: Tensor): AdaptiveOutput {
    const [input, target] = [input_, target_]
    check_shapes(input, target)
    const is_batched = target.ndim > 0
    const x = is_batched ? input : input.unsqueeze(0)
    const y = is_batched ? target : target.unsqueeze(0)
    let output = this._target_log_probs(x, y)
    const loss = output.neg().mean()
    if (!is_batched) output = output.squeeze(0)
    return Object.assign([output, loss] as [Tensor, Tensor], { output, loss })
  }

  private _target_log_probs(input: Tensor, target: Tensor): Tensor {
    const count = target.shape[0]!
    const output = input.new_zeros([count])
    const places = target.new_empty([count])
    let used = 0
    const bounds = [0, ...this.cutoffs]
    for (let i = 0; i + 1 < bounds.length; i++) {
      const low = bounds[i]!
      const inside = target.ge(low).logical_and(target.lt(bounds[i + 1]!))
      const rows = inside.nonzero().squeeze()
      if (rows.numel() === 0) continue
      if (i === 0) places.index_copy_(0, rows, target.index_select(0, rows.view(-1)).view_as(rows))
      else {
        const relative = target.index_select(0, rows.view(-1)).view_as(rows).sub(low)
        const scores = this.tail.at(i - 1)(input.index_select(0, rows)) as Tensor
        places.index_fill_(0, rows, this.shortlist_size + i - 1)
        const local = scores.log_softmax(1).gather(1, relative.view(-1).unsqueeze(1))
        output.index_copy_(0, rows, local.squeeze(1).view_as(rows))
      }
      used += rows.numel()
    }
    if (used !== count)
      throw runtime_error(
        `Target values should be in [0, ${this.n_classes - 1}], but values in range [${target.min().item()}, ` +
          `${target.max().item()}] were found. `,
      )
    const head = this.head(input).log_softmax(1)
    return output.add_(head.gather(1, places.unsqueeze(1)).squeeze())
  }

  private _get_full_log_prob(input: Tensor, head_output: Tensor): Tensor {
    const out = input.new_empty([head_output.shape[0]!, this.n_classes])
    const head = head_output.log_softmax(1)
    const size = this.shortlist_size
    out.narrow(1, 0, size).copy_(head.narrow(1, 0, size))
    for (let i = 0; i < this.n_clusters; i++) {
      const [start, stop] = [this.cutoffs[i]!, this.cutoffs[i + 1]!]
      const cluster = (this.tail.at(i)(input) as Tensor).log_softmax(1)
      out.narrow(1, start, stop - start).copy_(cluster.add(head.select(1, size + i).unsqueeze(1)))
    }
    return out
  }

  /** The log-probabilities of all classes: (N, in_features) to (N, n_classes). */
  log_prob(input: Tensor): Tensor {
    return this._get_full_log_prob(input, this.head(input))
  }

  /** The most probable class: (N, in_features) to (N). It is that of `log_prob`, found with less work. */
  predict(input: Tensor): Tensor {
    const head_output = this.head(input)
    const output = head_output.argmax(1)
    const outside = output.ge(this.shortlist_size)
    if (!outside.any().item()) return output
    if (outside.all().item()) return this._get_full_log_prob(input, head_output).argmax(1)
    const full = this._get_full_log_prob(input.at(outside), head_output.at(outside))
    return ops.index_put_(output, [outside], full.argmax(1))
  }

  static {
    methods(AdaptiveLogSoftmaxWithLoss, {
      reset_parameters: '',
      forward: 'input_, target_',
      log_prob: 'input',
      predict: 'input',
    })
  }
}

function check_shapes(input: Tensor, target: Tensor): void {
  if (target.ndim > 1) throw runtime_error('0D or 1D target tensor expected, multi-target not supported')
  if (target.ndim === 1 && input.shape[0] !== target.shape[0])
    throw runtime_error('Input and target should have the same size in the batch dimension.')
  if (input.ndim !== target.ndim + 1)
    throw runtime_error(
      `${target.ndim}D target tensor expects ${target.ndim + 1}D input tensors, but found inputs with size ` +
        py_size(input.shape),
    )
}
