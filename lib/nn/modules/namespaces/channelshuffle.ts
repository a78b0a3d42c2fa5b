// torch.nn.modules.channelshuffle

export { ChannelShuffle } from '../index.js'
