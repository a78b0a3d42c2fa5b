// torch.nn.modules.linear

export { Bilinear, Identity, LazyLinear, Linear } from '../index.js'
export { NonDynamicallyQuantizableLinear } from '../multihead_attention.js'
