// What Python has in torch.autograd.grad_mode.
export { enable_grad, inference_mode, no_grad, set_grad_enabled } from './grad_mode.js'
