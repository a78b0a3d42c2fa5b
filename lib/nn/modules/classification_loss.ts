import { bool, float, nullable_bool } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { optional } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import type { Reduction } from '../_reduction.js'
import * as F from '../functional.js'
import { _Loss, _WeightedLoss, loss_options, REDUCTION, WEIGHT, weighted_options } from './_loss.js'
import { type Int, whole_number } from './utils.js'

const NLL = [
  WEIGHT,
  { size_average: optional<boolean | null>(null, nullable_bool) },
  { ignore_index: optional<Int>(-100) },
  { reduce: optional<boolean | null>(null, nullable_bool) },
  { reduction: optional<Reduction>('mean') },
] as const

const NLL_LOSS = signature('NLLLoss', ...NLL)

/**
 * −w[y] · x[y], for log-probabilities x of classes; the mean is weighted.
 *
 * @param weight - w, a factor for each class. Default: none
 * @param ignore_index - a class that counts for nothing. Default: -100
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
 *
 * Shape: (N, C, *) and integers (N, *), or (C) and (), to (), or with `reduction: 'none'` to (N, *).
 *
 * @example
 * ```ts
 * const loss = new nn.NLLLoss()
 * const input = nn.functional.log_softmax(torch.randn(3, 5, { requires_grad: true }), 1)
 * const output = loss(input, torch.tensor([1n, 0n, 4n]))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class NLLLoss extends _WeightedLoss {
  declare ignore_index: number

  constructor(...args: Call<typeof NLL_LOSS>)
  constructor(...args: UsualCall<typeof NLL_LOSS>)
  constructor(...args: unknown[]) {
    const given = NLL_LOSS.take(args, new.target.name)
    super(weighted_options(given))
    this.ignore_index = whole_number(given.ignore_index, 'ignore_index')
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignore_index, reduction } = this
    return F.nll_loss(input, target, { weight, ignore_index, reduction })
  }

  static {
    methods(NLLLoss, { forward: 'input, target' })
  }
}

/**
 * Deprecated: {@link NLLLoss}, which takes images too.
 *
 * @see torch/nn/modules/loss.py
 */
export class NLLLoss2d extends NLLLoss {
  constructor(...args: Call<typeof NLL_LOSS>)
  constructor(...args: UsualCall<typeof NLL_LOSS>)
  constructor(...args: unknown[]) {
    super(...(args as []))
    process.emitWarning(
      '`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see ' +
        'https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.',
    )
  }
}

const CROSS_ENTROPY = signature('CrossEntropyLoss', ...NLL, { label_smoothing: optional(0, float) })

/**
 * −w[y] · log softmax(x)[y], for scores x of classes; or −Σ w · y · log softmax(x), for probabilities y.
 *
 * @param weight - w, a factor for each class. Default: none
 * @param ignore_index - a class that counts for nothing. Default: -100
 * @param label_smoothing - how much of each target goes to all classes alike, in [0, 1]. Default: 0
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
 *
 * Shape: (N, C, *) and integers (N, *) or probabilities (N, C, *), or (C) and () or (C), to (), or with
 * `reduction: 'none'` to (N, *).
 *
 * @example
 * ```ts
 * const loss = new nn.CrossEntropyLoss()
 * const output = loss(torch.randn(3, 5, { requires_grad: true }), torch.tensor([1n, 0n, 4n]))
 * output.backward()
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class CrossEntropyLoss extends _WeightedLoss {
  declare ignore_index: number
  declare label_smoothing: number

  constructor(...args: Call<typeof CROSS_ENTROPY>)
  constructor(...args: UsualCall<typeof CROSS_ENTROPY>)
  constructor(...args: unknown[]) {
    const given = CROSS_ENTROPY.take(args)
    super(weighted_options(given))
    this.ignore_index = whole_number(given.ignore_index, 'ignore_index')
    this.label_smoothing = given.label_smoothing
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignore_index, reduction, label_smoothing } = this
    return F.cross_entropy(input, target, { weight, ignore_index, reduction, label_smoothing })
  }

  static {
    methods(CrossEntropyLoss, { forward: 'input, target' })
  }
}

/**
 * The binary cross entropy: −w (y log x + (1 − y) log(1 − x)), for probabilities x.
 *
 * @param weight - w, a factor for each element. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const m = new nn.Sigmoid()
 * const loss = new nn.BCELoss()
 * const output = loss(m(torch.randn(3, 2, { requires_grad: true })), torch.rand(3, 2))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class BCELoss extends _WeightedLoss {
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this
    return F.binary_cross_entropy(input, target, { weight, reduction })
  }

  static {
    methods(BCELoss, { forward: 'input, target' })
  }
}

const BCE_WITH_LOGITS = signature('BCEWithLogitsLoss', WEIGHT, ...REDUCTION, {
  pos_weight: optional<Tensor | null>(null),
})

/**
 * {@link BCELoss} of σ(x), without its loss of digits: −w (p y log σ(x) + (1 − y) log(1 − σ(x))).
 *
 * @param weight - w, a factor for each element. Default: none
 * @param pos_weight - p, a factor for the positive targets. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
 *
 * Shape: (*) and (*) to (), or with `reduction: 'none'` to (*).
 *
 * @example
 * ```ts
 * const loss = new nn.BCEWithLogitsLoss({ pos_weight: torch.ones(64) })
 * const output = loss(torch.full([10, 64], 1.5), torch.ones(10, 64))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class BCEWithLogitsLoss extends _Loss {
  declare weight: Tensor | null
  declare pos_weight: Tensor | null

  constructor(...args: Call<typeof BCE_WITH_LOGITS>)
  constructor(...args: UsualCall<typeof BCE_WITH_LOGITS>)
  constructor(...args: unknown[]) {
    const given = BCE_WITH_LOGITS.take(args)
    super(loss_options(given))
    this.register_buffer('weight', given.weight)
    this.register_buffer('pos_weight', given.pos_weight)
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, pos_weight, reduction } = this
    return F.binary_cross_entropy_with_logits(input, target, { weight, pos_weight, reduction })
  }

  static {
    methods(BCEWithLogitsLoss, { forward: 'input, target' })
  }
}

/**
 * The mean over classes of −w (y log σ(x) + (1 − y) log σ(−x)), for targets of several classes.
 *
 * @param weight - w, a factor for each class. Default: none
 * @param size_average - deprecated, see `reduction`
 * @param reduce - deprecated, see `reduction`
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean; `'sum'`: their sum. Default: `'mean'`
 *
 * Shape: (N, C) and (N, C) to (), or with `reduction: 'none'` to (N).
 *
 * @example
 * ```ts
 * const loss = new nn.MultiLabelSoftMarginLoss()
 * const output = loss(torch.randn(3, 5), torch.ones(3, 5))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class MultiLabelSoftMarginLoss extends _WeightedLoss {
  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this
    return F.multilabel_soft_margin_loss(input, target, { weight, reduction })
  }

  static {
    methods(MultiLabelSoftMarginLoss, { forward: 'input, target' })
  }
}

const CTC = signature(
  'CTCLoss',
  { blank: optional<Int>(0) },
  { reduction: optional<Reduction>('mean') },
  { zero_infinity: optional(false, bool) },
)

/**
 * The connectionist temporal classification loss: −log of the probability of a sequence of classes, over all alignments
 * with a longer sequence of log-probabilities.
 *
 * @param blank - the class that stands for nothing. Default: 0
 * @param reduction - `'none'`: a value for each element; `'mean'`: their mean, each divided by its target's length first; `'sum'`: their sum. Default: `'mean'`
 * @param zero_infinity - whether infinite losses count as nothing. Default: false
 *
 * Shape: log-probabilities (T, N, C) or (T, C), targets (N, S) or one after another, the lengths of inputs (N) and of
 * targets (N), to (), or with `reduction: 'none'` to (N).
 *
 * @example
 * ```ts
 * const ctc_loss = new nn.CTCLoss()
 * const log_probs = torch.randn(50, 2, 20).log_softmax(2)
 * const loss = ctc_loss(log_probs, torch.randint(1, 20, [2, 30]), torch.tensor([50n, 50n]), torch.tensor([30n, 25n]))
 * ```
 *
 * @see torch/nn/modules/loss.py
 */
export class CTCLoss extends _Loss {
  declare blank: number
  declare zero_infinity: boolean

  constructor(...args: Call<typeof CTC>)
  constructor(...args: UsualCall<typeof CTC>)
  constructor(...args: unknown[]) {
    const given = CTC.take(args)
    super({ reduction: given.reduction })
    this.blank = whole_number(given.blank, 'blank')
    this.zero_infinity = given.zero_infinity
  }

  override forward(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | readonly number[],
    target_lengths: Tensor | readonly number[],
  ): Tensor {
    const { blank, reduction, zero_infinity } = this
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)
  }

  static {
    methods(CTCLoss, { forward: 'log_probs, targets, input_lengths, target_lengths' })
  }
}
