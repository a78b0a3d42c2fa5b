import torch
from torch import nn

from .workload import Workload

VOCABULARY = 200


class LanguageModel(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.below = nn.LSTMCell(width, width)
        self.above = nn.LSTMCell(width, width)
        self.head = nn.Linear(width, VOCABULARY)

    def forward(self, tokens):
        h1 = c1 = h2 = c2 = torch.zeros(tokens.size(0), self.width)
        outputs = []
        for x in self.embedding(tokens).unbind(1):
            h1, c1 = self.below(x, (h1, c1))
            h2, c2 = self.above(h1, (h2, c2))
            outputs.append(h2)
        return self.head(torch.stack(outputs, 1))


def lstm_cells(batch=16, length=32, width=64):
    """A language model that calls its LSTM cells in a loop over the words."""
    model = LanguageModel(width)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, momentum=0.9)

    def step():
        tokens = torch.randint(0, VOCABULARY, (batch, length + 1))
        optimizer.zero_grad()
        scores = model(tokens[:, :-1])
        targets = tokens[:, 1:].reshape(-1)
        loss = nn.functional.cross_entropy(scores.reshape(-1, VOCABULARY), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        return loss.item()

    return Workload([model], [optimizer], step)
