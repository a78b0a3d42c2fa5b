import { deepcopy } from '../../copy.js'
import type { DeviceLike } from '../../device.js'
import { int64 } from '../../dtype.js'
import { assertion_error } from '../../errors.js'
import { Module } from '../../nn/modules/module.js'
import * as ops from '../../ops/generated/torch.js'
import { methods } from '../../python/methods.js'
import { optional, required } from '../../python/parameters.js'
import { type KeywordsOf, signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { type AverageFn, get_swa_avg_fn, get_swa_multi_avg_fn, type MultiAverageFn } from './averages.js'

const AVERAGED_MODEL = signature(
  'AveragedModel',
  { model: required<Module>() },
  {
    /** Device of the averages. Default: the model's. */
    device: optional<DeviceLike | null>(null),
  },
  {
    /** Computes the new average of one tensor. Default: null. */
    avg_fn: optional<AverageFn | null>(null),
  },
  {
    /** Updates the averages of many tensors in place. Default: the running mean. */
    multi_avg_fn: optional<MultiAverageFn | null>(null),
  },
  {
    /** Average buffers too, instead of copying them. Default: false. */
    use_buffers: optional(false),
  },
)

/** Options of {@link AveragedModel}. */
export type AveragedModelOptions = Omit<KeywordsOf<typeof AVERAGED_MODEL>, 'model'>

/** Where kernels over lists are faster than one by one, and PyTorch's choice. */
const LIST_DEVICES: ReadonlySet<string> = new Set(['cuda', 'xpu', 'mtia', 'privateuseone'])

// Lists of one device and dtype each.
function grouped(averaged: readonly Tensor[], current: readonly Tensor[]): [Tensor[], Tensor[]][] {
  const groups = new Map<string, [Tensor[], Tensor[]]>()
  averaged.forEach((tensor, i) => {
    const key = `${String(tensor.device)} ${tensor.dtype.name}`
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = [[], []]))
    group[0].push(tensor)
    group[1].push(current[i]!)
  })
  return [...groups.values()]
}

/**
 * A model whose parameters are averages of another's: their running mean (SWA), or an exponential moving average.
 *
 * @param model - the model; it is copied
 * @param device - where the averages are. Default: where the model is
 * @param avg_fn - the new average of one tensor
 * @param multi_avg_fn - the new averages of many; at most one of both is given. Default: the running mean
 * @param use_buffers - whether buffers are averaged too, instead of being copied. Default: false
 * @throws AssertionError where both functions are given
 *
 * @example
 * ```ts
 * const { AveragedModel, SWALR, update_bn } = torch.optim.swa_utils
 * const swa_model = new AveragedModel(model)
 * const schedule = new SWALR(optimizer, 0.05)
 * for (let epoch = 0; epoch < 100; epoch++) {
 *   train(model, optimizer)
 *   swa_model.update_parameters(model)
 *   schedule.step()
 * }
 * update_bn(loader, swa_model)
 * ```
 *
 * @see torch/optim/swa_utils.py
 */
export class AveragedModel<M extends Module = Module> extends Module {
  module: M
  declare n_averaged: Tensor
  avg_fn: AverageFn | null
  multi_avg_fn: MultiAverageFn | null
  use_buffers: boolean

  constructor(
    model: M,
    device?: DeviceLike | null | AveragedModelOptions,
    avg_fn?: AverageFn | null | AveragedModelOptions,
    multi_avg_fn?: MultiAverageFn | null | AveragedModelOptions,
    use_buffers?: boolean | AveragedModelOptions,
  )
  constructor(...args: unknown[]) {
    super()
    const given = AVERAGED_MODEL.take(args)
    const { device } = given
    if (given.avg_fn !== null && given.multi_avg_fn !== null)
      throw assertion_error('Only one of avg_fn and multi_avg_fn should be provided')
    this.module = deepcopy(given.model as M)
    if (device !== null) this.module.to(device)
    this.register_buffer(
      'n_averaged',
      ops.full([], 0, { dtype: int64, ...(device === null ? {} : { device }) }),
    )
    this.avg_fn = given.avg_fn
    this.multi_avg_fn = given.multi_avg_fn
    this.use_buffers = given.use_buffers
  }

  override forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    return (this.module as (...given: unknown[]) => ReturnType<M['forward']>)(...args)
  }

  /** Takes a model's parameters into the averages; the first time they are copied. */
  update_parameters(model: Module): void {
    const tensors = (of: Module) =>
      this.use_buffers ? [...of.parameters(), ...of.buffers()] : [...of.parameters()]
    const averaged = tensors(this.module).map((tensor) => tensor.detach())
    const current = tensors(model)
      .slice(0, averaged.length)
      .map((tensor, i) => tensor.detach().to(averaged[i]!.device))
    if (this.n_averaged.item() === 0)
      averaged.forEach((tensor, i) => {
        tensor.copy_(current[i]!)
      })
    else this.#average(averaged, current)
    if (!this.use_buffers) {
      const buffers = [...model.buffers()]
      ;[...this.module.buffers()].forEach((buffer, i) => {
        buffer.detach().copy_(buffers[i]!.detach().to(buffer.device))
      })
    }
    this.n_averaged.add_(1)
  }

  #average(averaged: readonly Tensor[], current: readonly Tensor[]): void {
    const { avg_fn } = this
    if (avg_fn !== null && this.multi_avg_fn === null) {
      averaged.forEach((tensor, i) => {
        tensor.copy_(avg_fn(tensor, current[i]!, this.n_averaged.to(tensor.device)))
      })
      return
    }
    for (const [own, theirs] of grouped(averaged, current)) {
      const { device } = own[0]!
      const count = this.n_averaged.to(device)
      if (this.multi_avg_fn !== null) this.multi_avg_fn(own, theirs, count)
      else if (LIST_DEVICES.has(device.type)) get_swa_multi_avg_fn()(own, theirs, count)
      else
        own.forEach((tensor, i) => {
          tensor.copy_(get_swa_avg_fn()(tensor, theirs[i]!, count))
        })
    }
  }

  static {
    methods(AveragedModel, {
      update_parameters: 'model',
    })
  }
}
