// torch.autograd.graph: what one sees of the graph, and what one may hook into.

export { save_on_cpu, saved_tensors_hooks } from './saved_tensors.js'
