import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import type { Workload } from './workload.js'

const VOCABULARY = 200

class LanguageModel extends nn.Module {
  declare embedding: nn.Embedding
  declare lstm: nn.LSTM
  declare head: nn.Linear

  constructor(width: number) {
    super()
    this.embedding = new nn.Embedding(VOCABULARY, width)
    this.lstm = new nn.LSTM(width, width, 2, { batch_first: true, dropout: 0.2 })
    this.head = new nn.Linear(width, VOCABULARY)
  }

  override forward(tokens: Tensor, state: [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
    const [hidden, after] = this.lstm(this.embedding(tokens), state)
    return [this.head(hidden), after]
  }
}

/** A language model by an LSTM of two layers, which goes on from the state of the step before. */
export function lstm({ batch = 16, length = 32, width = 128 } = {}): Workload {
  const model = new LanguageModel(width)
  const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 })
  let state: [Tensor, Tensor] = [torch.zeros(2, batch, width), torch.zeros(2, batch, width)]

  function step(): number {
    const tokens = torch.randint(0, VOCABULARY, [batch, length + 1])
    optimizer.zero_grad()
    const [scores, after] = model(tokens.at(':', ':-1'), state)
    state = [after[0].detach(), after[1].detach()]
    const targets = tokens.at(':', '1:').reshape(-1)
    const loss = nn.functional.cross_entropy(scores.reshape(-1, VOCABULARY), targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    optimizer.step()
    return loss.item() as number
  }
  return { models: [model], optimizers: [optimizer], step }
}
