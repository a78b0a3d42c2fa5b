export {
  CELU,
  ELU,
  GELU,
  GLU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from './activation.js'
export { ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './container.js'
export { Conv1d, Conv2d, Conv3d, type ConvOptions, type PaddingMode } from './conv.js'
export { type FactoryOptions, Identity, Linear, type LinearOptions } from './linear.js'
export { L1Loss, type LossOptions, MSELoss } from './loss.js'
export { Module } from './module.js'
export {
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardPreHook,
  type Gradients,
  register_module_buffer_registration_hook,
  register_module_forward_hook,
  register_module_forward_pre_hook,
  register_module_full_backward_hook,
  register_module_full_backward_pre_hook,
  register_module_module_registration_hook,
  register_module_parameter_registration_hook,
} from './module_hooks.js'
export type { IncompatibleKeys, StateDict, StateDictLike } from './state_dict.js'
