"""Models in training as scripts have them; bench/typetorch/workloads has the same. Made after `torch.manual_seed`."""

from .gpt import gpt
from .lstm import lstm
from .lstm_cells import lstm_cells
from .mlp import mlp
from .resnet18 import resnet18
from .unet import unet
from .wgan import wgan

WORKLOADS = {
    "mlp": mlp,
    "resnet18": resnet18,
    "lstm": lstm,
    "lstm_cells": lstm_cells,
    "gpt": gpt,
    "unet": unet,
    "wgan": wgan,
}
