// torch.nn.modules.adaptive

export { AdaptiveLogSoftmaxWithLoss } from '../index.js'
