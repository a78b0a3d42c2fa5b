// torch.nn.modules.fold

export { Fold, Unfold } from '../index.js'
