// What Python has in torch.nn.parameter.
export { Buffer, Parameter } from './parameter.js'
export { UninitializedBuffer, UninitializedParameter } from './uninitialized.js'
