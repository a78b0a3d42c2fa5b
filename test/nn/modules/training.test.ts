import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'

const F = nn.functional

class Words extends nn.Module {
  embedding = new nn.Embedding(20, 8)
  lstm = new nn.LSTM(8, 12, 2, { dropout: 0.2, batch_first: true })
  head = new nn.Linear(12, 20)
  override forward(x: Tensor) {
    return this.head(this.lstm(this.embedding(x))[0])
  }
}

interface Run {
  losses: number[]
  state: Record<string, unknown>
}

function train(model: nn.Module, loss_of: () => Tensor, steps: number): Run {
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 })
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    optimizer.zero_grad()
    const loss = loss_of()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()
    losses.push(loss.item() as number)
  }
  return {
    losses,
    state: Object.fromEntries(
      model
        .state_dict()
        .items()
        .map(([k, v]) => [k, v.tolist()]),
    ),
  }
}

const PYTHON = `
import json, sys, torch
from torch import nn, optim
F = nn.functional
def train(model, loss_of, steps):
    optimizer = optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        losses.append(loss.item())
    return {'losses': losses, 'state': {k: v.tolist() for k, v in model.state_dict().items()}}
torch.manual_seed(11)
mlp = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 4))
criterion = nn.CrossEntropyLoss()
a = train(mlp, lambda: criterion(mlp(torch.randn(9, 6)), torch.randint(0, 4, (9,))), 20)
class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.lstm = nn.LSTM(8, 12, 2, dropout=0.2, batch_first=True)
        self.head = nn.Linear(12, 20)
    def forward(self, x): return self.head(self.lstm(self.embedding(x))[0])
words = Words()
def loss():
    x = torch.randint(0, 20, (3, 7))
    return F.cross_entropy(words(x[:, :-1]).reshape(-1, 20), x[:, 1:].reshape(-1))
b = train(words, loss, 20)
print(json.dumps([a, b]))
`

describe.skipIf(!live_torch())('training beside a live Python, to the last bit', () => {
  it('an MLP with dropout and batch norm, then an LSTM over words', { timeout: 120_000 }, () => {
    const [of_mlp, of_words] = run_python(PYTHON) as [Run, Run]
    torch.manual_seed(11)
    const mlp = new nn.Sequential(
      new nn.Linear(6, 16),
      new nn.BatchNorm1d(16),
      new nn.ReLU(),
      new nn.Dropout(0.3),
      new nn.Linear(16, 4),
    )
    const criterion = new nn.CrossEntropyLoss()
    const a = train(mlp, () => criterion(mlp(torch.randn(9, 6)) as Tensor, torch.randint(0, 4, [9])), 20)
    expect(a).toEqual(of_mlp)
    const words = new Words()
    const b = train(
      words,
      () => {
        const x = torch.randint(0, 20, [3, 7])
        const scores = words(x.at(':', ':-1')).reshape(-1, 20)
        return F.cross_entropy(scores, x.at(':', '1:').reshape(-1))
      },
      20,
    )
    expect(b).toEqual(of_words)
  })
})
