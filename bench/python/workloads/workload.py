import dataclasses
import typing

import torch
from torch import nn


@dataclasses.dataclass
class Workload:
    """Models in training: `step()` trains once on data that it draws and returns the loss."""

    models: list[nn.Module]
    optimizers: list[torch.optim.Optimizer]
    step: typing.Callable[[], float]

    def tensors(self):
        """All parameters and buffers, then each optimizer's state, in order."""
        for model in self.models:
            yield from model.state_dict().values()
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    yield from (v for v in optimizer.state[parameter].values() if isinstance(v, torch.Tensor))
