import { Adadelta } from './adadelta.js'
import { Adafactor } from './adafactor.js'
import { Adagrad } from './adagrad.js'
import { Adam } from './adam.js'
import { Adamax } from './adamax.js'
import { AdamW } from './adamw.js'
import { ASGD } from './asgd.js'
import { LBFGS } from './lbfgs.js'
import { Muon } from './muon.js'
import { NAdam } from './nadam.js'
import { note_classes } from './new_fields.js'
import { RAdam } from './radam.js'
import { RMSprop } from './rmsprop.js'
import { Rprop } from './rprop.js'
import { SGD } from './sgd.js'
import { SparseAdam } from './sparse_adam.js'

export { Adadelta, type AdadeltaOptions, type AdadeltaParamGroup } from './adadelta.js'
export { Adafactor, type AdafactorOptions, type AdafactorParamGroup } from './adafactor.js'
export { Adagrad, type AdagradOptions, type AdagradParamGroup } from './adagrad.js'
export { Adam, type AdamOptions, type AdamParamGroup } from './adam.js'
export { Adamax, type AdamaxOptions, type AdamaxParamGroup } from './adamax.js'
export { AdamW, type AdamWOptions } from './adamw.js'
export { ASGD, type ASGDOptions, type ASGDParamGroup } from './asgd.js'
export { LBFGS, type LBFGSOptions, type LBFGSParamGroup } from './lbfgs.js'
export * as lr_scheduler from './lr_scheduler.js'
export { Muon, type MuonOptions, type MuonParamGroup } from './muon.js'
export { NAdam, type NAdamOptions, type NAdamParamGroup } from './nadam.js'
export {
  type GroupInput,
  Optimizer,
  type Param,
  type ParamGroup,
  type ParamState,
  type Params,
} from './optimizer.js'
export { RAdam, type RAdamOptions, type RAdamParamGroup } from './radam.js'
export { RMSprop, type RMSpropOptions, type RMSpropParamGroup } from './rmsprop.js'
export { Rprop, type RpropOptions, type RpropParamGroup } from './rprop.js'
export { SGD, type SGDOptions, type SGDParamGroup } from './sgd.js'
export { SparseAdam, type SparseAdamOptions, type SparseAdamParamGroup } from './sparse_adam.js'
export type { OptimizerStateDict, PackedGroup } from './state_dict.js'
export {
  register_optimizer_step_post_hook,
  register_optimizer_step_pre_hook,
  type StepPostHook,
  type StepPreHook,
} from './step_hooks.js'
export * as swa_utils from './swa_utils.js'

note_classes([
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  LBFGS,
  Muon,
  NAdam,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
  SparseAdam,
])
