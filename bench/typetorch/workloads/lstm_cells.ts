import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import type { Workload } from './workload.js'

const VOCABULARY = 200

class LanguageModel extends nn.Module {
  declare embedding: nn.Embedding
  declare below: nn.LSTMCell
  declare above: nn.LSTMCell
  declare head: nn.Linear

  constructor(readonly width: number) {
    super()
    this.embedding = new nn.Embedding(VOCABULARY, width)
    this.below = new nn.LSTMCell(width, width)
    this.above = new nn.LSTMCell(width, width)
    this.head = new nn.Linear(width, VOCABULARY)
  }

  override forward(tokens: Tensor): Tensor {
    const zeros = torch.zeros(tokens.size(0), this.width)
    let [h1, c1, h2, c2] = [zeros, zeros, zeros, zeros]
    const outputs: Tensor[] = []
    for (const x of this.embedding(tokens).unbind(1)) {
      ;[h1, c1] = this.below(x, [h1, c1])
      ;[h2, c2] = this.above(h1, [h2, c2])
      outputs.push(h2)
    }
    return this.head(torch.stack(outputs, 1))
  }
}

/** A language model that calls its LSTM cells in a loop over the words. */
export function lstm_cells({ batch = 16, length = 32, width = 64 } = {}): Workload {
  const model = new LanguageModel(width)
  const optimizer = new optim.RMSprop(model.parameters(), { lr: 1e-3, momentum: 0.9 })

  function step(): number {
    const tokens = torch.randint(0, VOCABULARY, [batch, length + 1])
    optimizer.zero_grad()
    const scores = model(tokens.at(':', ':-1'))
    const targets = tokens.at(':', '1:').reshape(-1)
    const loss = nn.functional.cross_entropy(scores.reshape(-1, VOCABULARY), targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    optimizer.step()
    return loss.item() as number
  }
  return { models: [model], optimizers: [optimizer], step }
}
