import { value_error } from '../../errors.js'
import { own_value } from '../../own.js'
import { methods } from '../../python/methods.js'
import { required } from '../../python/parameters.js'
import { type Call, signature, type UsualCall } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import * as F from '../functional.js'
import { _NormBase, BIAS, statistics } from './batchnorm.js'
import { note_reads_in_evaluation } from './evaluation.js'
import { FACTORY } from './linear.js'
import type { LocalMetadata } from './module_hooks.js'
import type { StateDict } from './state_dict.js'
import type { Int } from './utils.js'

const INSTANCE_NORM = signature(
  '_InstanceNorm',
  { num_features: required<Int>() },
  ...statistics(false, false),
  ...FACTORY,
  BIAS,
)

/** What the instance normalisations share. */
export class _InstanceNorm extends _NormBase {
  constructor(...args: Call<typeof INSTANCE_NORM>)
  constructor(...args: UsualCall<typeof INSTANCE_NORM>)
  constructor(...args: unknown[]) {
    super(INSTANCE_NORM.take(args, new.target.name))
  }

  /** The number of dimensions of an input without a batch. */
  _get_no_batch_dim(): number {
    return 0
  }

  override _check_input_dim(input: Tensor): void {
    const least = this._get_no_batch_dim()
    if (input.ndim !== least && input.ndim !== least + 1)
      throw value_error(`expected ${least}D or ${least + 1}D input (got ${input.ndim}D input)`)
  }

  override forward(input: Tensor): Tensor {
    this._check_input_dim(input)
    const least = this._get_no_batch_dim()
    const dim = input.ndim - least
    const size = input.shape[dim]!
    if (size !== this.num_features) {
      if (this.affine)
        throw value_error(
          `expected input's size at dim=${dim} to match num_features (${this.num_features}), but got: ${size}.`,
        )
      process.emitWarning(
        `input's size at dim=${dim} does not match num_features. You can silence this warning by not passing in ` +
          'num_features, which is not used because affine=False',
      )
    }
    return dim === 0
      ? this._apply_instance_norm(input.unsqueeze(0)).squeeze(0)
      : this._apply_instance_norm(input)
  }

  /** Normalizes an input with a batch. */
  _apply_instance_norm(input: Tensor): Tensor {
    return F.instance_norm(
      input,
      this.running_mean,
      this.running_var,
      this.weight,
      this.bias,
      this.training || !this.track_running_stats,
      this.momentum ?? 0,
      this.eps,
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
    if (own_value(local_metadata, 'version') === undefined && !this.track_running_stats) {
      const keys = ['running_mean', 'running_var']
        .map((name) => prefix + name)
        .filter((key) => state_dict.has(key))
      const name = this.constructor.name
      if (keys.length > 0)
        error_msgs.push(
          `Unexpected running stats buffer(s) ${keys.map((key) => `"${key}"`).join(' and ')} for ${name} with ` +
            'track_running_stats=False. If state_dict is a checkpoint saved before 0.4.0, this may be expected ' +
            `because ${name} does not track running stats by default since 0.4.0. Please remove these keys from ` +
            'state_dict. If the running stats are actually needed, instead set track_running_stats=True in ' +
            `${name} to enable them. See the documentation of ${name} for details.`,
        )
      for (const key of keys) state_dict.delete(key)
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
    methods(_InstanceNorm, { forward: 'input' })
    note_reads_in_evaluation(_InstanceNorm)
  }
}

/**
 * y = (x − E[x]) / √(Var[x] + ε) · γ + β, with the mean and the variance of each channel of each sample.
 *
 * @param num_features - C, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of new statistics. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: false
 * @param track_running_stats - whether running statistics are kept, and used in evaluation. Default: false
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 * @throws ValueError for an input of another number of dimensions, or of channels where `affine` is true
 *
 * Shape: (N, C, L) or (C, L), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.InstanceNorm1d(100, { affine: true })
 * const output = m(torch.randn(20, 100, 40))
 * ```
 *
 * @see torch/nn/modules/instancenorm.py
 */
export class InstanceNorm1d extends _InstanceNorm {
  override _get_no_batch_dim(): number {
    return 2
  }
}

/**
 * {@link InstanceNorm1d} for images.
 *
 * @param num_features - c, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: false
 * @param track_running_stats - whether running statistics are kept. Default: false
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (N, C, H, W) or (C, H, W), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.InstanceNorm2d(100)
 * const output = m(torch.randn(20, 100, 35, 45))
 * ```
 *
 * @see torch/nn/modules/instancenorm.py
 */
export class InstanceNorm2d extends _InstanceNorm {
  override _get_no_batch_dim(): number {
    return 3
  }
}

/**
 * {@link InstanceNorm1d} for volumes.
 *
 * @param num_features - c, the number of channels
 * @param eps - what is added to the variance. Default: 1e-5
 * @param momentum - the weight of the new statistics; null for their plain mean over all batches. Default: 0.1
 * @param affine - whether γ and β are learnt. Default: false
 * @param track_running_stats - whether running statistics are kept. Default: false
 * @param bias - whether `affine` learns a bias. Default: true
 * @param device - device of the parameters. Default: the default device
 * @param dtype - dtype of the parameters. Default: the default dtype
 *
 * Shape: (N, C, D, H, W) or (C, D, H, W), to the same.
 *
 * @example
 * ```ts
 * const m = new nn.InstanceNorm3d(4)
 * const output = m(torch.randn(2, 4, 3, 5, 6))
 * ```
 *
 * @see torch/nn/modules/instancenorm.py
 */
export class InstanceNorm3d extends _InstanceNorm {
  override _get_no_batch_dim(): number {
    return 4
  }
}
