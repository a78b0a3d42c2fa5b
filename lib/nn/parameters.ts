// What Python has in torch.nn.parameter.
export { Buffer, Parameter } from './parameter.js'
export { is_lazy, UninitializedBuffer, UninitializedParameter } from './uninitialized.js'
