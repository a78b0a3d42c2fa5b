import type { DeviceLike } from '../../device.js'
import { type DType, int64 } from '../../dtype.js'
import { not_implemented_error, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import { bool, float, nullable_float } from '../../python/checks.js'
import { methods } from '../../python/methods.js'
import { keyword, optional, required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import type { Parameter } from '../parameter.js'
import { py_bool, py_float, py_float_or_none } from '../repr.js'
import { register_affine, reset_affine } from './affine.js'
import { note_reads_in_evaluation } from './evaluation.js'
import { FACTORY, factory_options } from './linear.js'
import { Module } from './module.js'
import type { LocalMetadata } from './module_hooks.js'
import type { StateDict } from './state_dict.js'
import { type Int, whole_number } from './utils.js'

/** The parameters of a normalisation with running statistics, after the number of features. */
export const statistics = (affine: boolean, track_running_stats: boolean) =>
  [
    { eps: optional(1e-5, float) },
    { momentum: optional<number | null>(0.1, nullable_float) },
    { affine: optional(affine, bool) },
    { track_running_stats: optional(track_running_stats, bool) },
  ] as const

/** The last parameter of a normalisation. */
export const BIAS = { bias: keyword(true, bool) } as const

const BATCH_NORM = signature(
  '_BatchNorm',
  { num_features: required<Int>() },
  ...statistics(true, true),
  ...FACTORY,
  BIAS,
)

export interface NormArguments {
  num_features: Int
  eps: number
  momentum: number | null
  affine: boolean
  track_running_stats: boolean
  device: DeviceLike | null
  dtype: DType | null
  bias: boolean
}

/** What batch and instance normalisation share. */
export class _NormBase extends Module {
  declare num_features: number
  declare eps: number
  declare momentum: number | null
  declare affine: boolean
  declare track_running_stats: boolean
  /** (num_features), or null */
  declare weight: Parameter | null
  /** (num_features), or null */
  declare bias: Parameter | null
  /** (num_features), or null */
  declare running_mean: Tensor | null
  /** (num_features), or null */
  declare running_var: Tensor | null
  /** (), int64, or null */
  declare num_batches_tracked: Tensor | null

  constructor(given: NormArguments) {
    super()
    this.num_features = whole_number(given.num_features, 'num_features')
    this.eps = given.eps
    this.momentum = given.momentum
    this.affine = given.affine
    this.track_running_stats = given.track_running_stats
    const factory = factory_options(given.device, given.dtype)
    const shape = [this.num_features]
    register_affine(this, shape, { weight: given.affine, bias: given.affine && given.bias }, factory)
    const tracked = given.track_running_stats
    this.register_buffer('running_mean', tracked ? ops.zeros(shape, factory) : null)
    this.register_buffer('running_var', tracked ? ops.ones(shape, factory) : null)
    this.register_buffer('num_batches_tracked', tracked ? ops.zeros([], { ...factory, dtype: int64 }) : null)
    this.reset_parameters()
  }

  // Version 2 brought num_batches_tracked.
  override get _version(): number {
    return 2
  }

  /** Sets the running mean to 0, the running variance to 1 and the number of batches to 0. */
  reset_running_stats(): void {
    if (!this.track_running_stats) return
    this.running_mean?.zero_()
    this.running_var?.fill_(1)
    this.num_batches_tracked?.zero_()
  }

  /** Resets the running statistics, and sets the weight to 1 and the bias to 0. */
  reset_parameters(): void {
    this.reset_running_stats()
    if (this.affine) reset_affine(this)
  }

  /** Refuses an input of a wrong number of dimensions. */
  _check_input_dim(_input: Tensor): void {
    throw not_implemented_error('')
  }

  override extra_repr(): string {
    return (
      `${this.num_features}, eps=${py_float(this.eps)}, momentum=${py_float_or_none(this.momentum)}, ` +
      `affine=${py_bool(this.affine)}, bias=${py_bool(this.bias !== null)}, ` +
      `track_running_stats=${py_bool(this.track_running_stats)}`
    )
  }

  override _load_from_state_dict(
    state_dict: StateDict,
    prefix: string,
    local_metadata: LocalMetadata,
    strict: boolean,
    missing_keys: string[],
    unexpected_keys: string[],
    error_msgs: string[],
  ): void {
    const key = `${prefix}num_batches_tracked`
    if ((own_value(local_metadata, 'version') ?? 0) < 2 && this.track_running_stats && !state_dict.has(key)) {
      const own = this.num_batches_tracked
      state_dict.set(key, own !== null && own.device.type !== 'meta' ? own : ops.zeros([], { dtype: int64 }))
    }
    super._load_from_state_dict(
      state_dict,
      prefix,
      local_metadata,
      strict,
      missing_keys,
      unexpected_keys,
      error_msgs,
    )
  }

  static {
    methods(_NormBase, { reset_running_stats: '', reset_parameters: '', extra_repr: '' })
  }
}

/** What the batch normalisations share. */
export class _BatchNorm extends _NormBase {
  constructor(...args: Call<typeof BATCH_NORM>)
  constructor(...args: UsualCall<typeof BATCH_NORM>)
  constructor(...args: unknown[]) {
    super(BATCH_NORM.take(args, new.target.name))
  }

  override forward(input: Tensor): Tensor {
    this._check_input_dim(input)
    const { training, running_mean, running_var } = this
    const factor = this._count_batch()
    // Statistics that are not tracked must not be updated, but serve evaluation where they are there.
    const used = !training || this.track_running_stats
    return F.batch_norm(
      input,
      used ? running_mean : null,
      used ? running_var : null,
      this.weight,
      this.bias,
      training || (running_mean === null && running_var === null),
      factor,
      this.eps,
    )
  }

  /** Counts a batch of training, and gives the weight of its statistics. */
  _count_batch(): number {
    const { momentum, num_batches_tracked } = this
    if (this.training && this.track_running_stats && num_batches_tracked !== null) {
      num_batches_tracked.add_(1)
      if (momentum === null) return 1 / Number(num_batches_tracked.item())
    }
    return momentum ?? 0
  }

  static {
    methods(_BatchNorm, { forward: 'input' })
    note_reads_in_evaluation(_BatchNorm)
  }
}

function expect_dims(input: Tensor, ...dims: number[]): void {
  if (!dims.includes(input.ndim))
    throw value_error(
      `expected ${dims.map((dim) => `${dim}D`).join(' or ')} input (got ${input.ndim}D input)`,
    )
}

/**
 * y = (x − E[x]) / √(Var[x] + ε) · γ + β, with the mean and the variance of each channel over the batch; in evaluation
 * those kept from training: x̂ ← (1 − momentum) · x̂ + momentum · x.
 *
 * @param num_features - C, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: true
 * @param track_running_stats - whether running statistics are kept. Default: true
 * @param bias - whether β is learnt, by keyword only. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 * @throws ValueError for an input of another number of dimensions, or a single value for each channel in training
 *
 * Shape: (N, C) or (N, C, L), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.BatchNorm1d(100)
 * const output = m(torch.randn(20, 100))
 * ```
 *
 * @see torch/nn/modules/batchnorm.py
 */
export class BatchNorm1d extends _BatchNorm {
  override _check_input_dim(input: Tensor): void {
    expect_dims(input, 2, 3)
  }
}

/**
 * {@link BatchNorm1d} for images.
 *
 * @param num_features - c, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether a weight and a bias are learnt
 * @param track_running_stats - whether running statistics are kept
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (N, C, H, W), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.BatchNorm2d(100, { affine: false })
 * const output = m(torch.randn(20, 100, 35, 45))
 * ```
 *
 * @see torch/nn/modules/batchnorm.py
 */
export class BatchNorm2d extends _BatchNorm {
  override _check_input_dim(input: Tensor): void {
    expect_dims(input, 4)
  }
}

/**
 * {@link BatchNorm1d} for volumes.
 *
 * @param num_features - c, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether a weight and a bias are learnt
 * @param track_running_stats - whether running statistics are kept
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (N, C, D, H, W), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.BatchNorm3d(4)
 * const output = m(torch.randn(2, 4, 3, 5, 6))
 * ```
 *
 * @see torch/nn/modules/batchnorm.py
 */
export class BatchNorm3d extends _BatchNorm {
  override _check_input_dim(input: Tensor): void {
    expect_dims(input, 5)
  }
}
