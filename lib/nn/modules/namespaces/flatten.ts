// torch.nn.modules.flatten

export { Flatten, Unflatten } from '../index.js'
