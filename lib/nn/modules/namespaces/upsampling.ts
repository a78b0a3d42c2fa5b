// torch.nn.modules.upsampling

export { Upsample, UpsamplingBilinear2d, UpsamplingNearest2d } from '../index.js'
