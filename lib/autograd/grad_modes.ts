// What Python has in torch.autograd.grad_mode.
export { enforce_grad_layout_policy, set_multithreading_enabled } from './engine_switches.js'
export { enable_grad, inference_mode, no_grad, set_grad_enabled } from './grad_mode.js'
