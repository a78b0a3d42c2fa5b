export { Adam, type AdamOptions, type AdamParamGroup } from './adam.js'
export { AdamW, type AdamWOptions } from './adamw.js'
export {
  type GroupInput,
  Optimizer,
  type Param,
  type ParamGroup,
  type ParamState,
  type Params,
} from './optimizer.js'
export type { OptimizerStateDict, PackedGroup } from './state_dict.js'
export {
  register_optimizer_step_post_hook,
  register_optimizer_step_pre_hook,
  type StepPostHook,
  type StepPreHook,
} from './step_hooks.js'
