import torch
from torch import nn

from .workload import Workload

VOCABULARY = 200


class LanguageModel(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.lstm = nn.LSTM(width, width, 2, batch_first=True, dropout=0.2)
        self.head = nn.Linear(width, VOCABULARY)

    def forward(self, tokens, state):
        hidden, after = self.lstm(self.embedding(tokens), state)
        return self.head(hidden), after


def lstm(batch=16, length=32, width=128):
    """A language model by an LSTM of two layers, which goes on from the state of the step before."""
    model = LanguageModel(width)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    state = torch.zeros(2, batch, width), torch.zeros(2, batch, width)

    def step():
        nonlocal state
        tokens = torch.randint(0, VOCABULARY, (batch, length + 1))
        optimizer.zero_grad()
        scores, after = model(tokens[:, :-1], state)
        state = after[0].detach(), after[1].detach()
        targets = tokens[:, 1:].reshape(-1)
        loss = nn.functional.cross_entropy(scores.reshape(-1, VOCABULARY), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        return loss.item()

    return Workload([model], [optimizer], step)
