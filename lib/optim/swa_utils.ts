// What PyTorch calls torch.optim.swa_utils.

export { SWALR, type SWALROptions } from './lr_scheduler/swa.js'
export { AveragedModel, type AveragedModelOptions } from './swa_utils/averaged_model.js'
export {
  type AverageFn,
  get_ema_avg_fn,
  get_ema_multi_avg_fn,
  get_swa_avg_fn,
  get_swa_multi_avg_fn,
  type MultiAverageFn,
} from './swa_utils/averages.js'
export { update_bn } from './swa_utils/update_bn.js'
