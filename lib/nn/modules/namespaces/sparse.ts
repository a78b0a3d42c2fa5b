// torch.nn.modules.sparse

export { Embedding, EmbeddingBag } from '../index.js'
