// torch.nn.modules.distance

export { CosineSimilarity, PairwiseDistance } from '../index.js'
