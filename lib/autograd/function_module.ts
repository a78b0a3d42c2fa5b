// torch.autograd.function

export { AutogradFunction as Function } from './function.js'
export { FunctionCtx } from './function_ctx.js'
export { once_differentiable } from './once_differentiable.js'
