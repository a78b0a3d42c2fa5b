import torch
from torch import nn

from .workload import Workload


def mlp(batch=64, width=256):
    """Linear layers with batch normalisation and dropout, their targets smoothed."""
    model = nn.Sequential(
        nn.Linear(64, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(width, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(width, 10),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)

    def step():
        x = torch.randn(batch, 64)
        y = torch.randint(0, 10, (batch,))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Workload([model], [optimizer], step)
