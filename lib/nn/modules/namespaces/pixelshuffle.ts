// torch.nn.modules.pixelshuffle

export { PixelShuffle, PixelUnshuffle } from '../index.js'
