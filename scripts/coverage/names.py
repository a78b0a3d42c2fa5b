"""Prints the public names of PyTorch, a group and a name a line: python3 scripts/coverage/names.py > scripts/coverage/names.tsv"""

import importlib
import types
import typing

import torch

MODULES = [
    "torch",
    "torch.linalg",
    "torch.fft",
    "torch.special",
    "torch.random",
    "torch.nn",
    "torch.nn.modules",
    "torch.nn.modules.activation",
    "torch.nn.modules.adaptive",
    "torch.nn.modules.batchnorm",
    "torch.nn.modules.channelshuffle",
    "torch.nn.modules.container",
    "torch.nn.modules.conv",
    "torch.nn.modules.distance",
    "torch.nn.modules.dropout",
    "torch.nn.modules.flatten",
    "torch.nn.modules.fold",
    "torch.nn.modules.instancenorm",
    "torch.nn.modules.lazy",
    "torch.nn.modules.linear",
    "torch.nn.modules.linear_cross_entropy_options",
    "torch.nn.modules.loss",
    "torch.nn.modules.module",
    "torch.nn.modules.normalization",
    "torch.nn.modules.padding",
    "torch.nn.modules.pixelshuffle",
    "torch.nn.modules.pooling",
    "torch.nn.modules.rnn",
    "torch.nn.modules.sparse",
    "torch.nn.modules.transformer",
    "torch.nn.modules.upsampling",
    "torch.nn.modules.utils",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.nn.utils.rnn",
    "torch.nn.utils.parametrize",
    "torch.nn.utils.parametrizations",
    "torch.nn.utils.prune",
    "torch.nn.utils.stateless",
    "torch.nn.attention",
    "torch.nn.attention.bias",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.optim.swa_utils",
    "torch.amp",
    "torch.distributions",
    "torch.distributions.constraints",
    "torch.distributions.transforms",
    "torch.distributions.kl",
    "torch.autograd",
    "torch.autograd.functional",
    "torch.autograd.forward_ad",
    "torch.autograd.graph",
    "torch.autograd.grad_mode",
    "torch.autograd.anomaly_mode",
    "torch.signal.windows",
    "torch.testing",
    "torch.sparse",
    "torch.nested",
    "torch.masked",
    "torch.accelerator",
    "torch.cpu",
    "torch.cuda",
]


def belongs(module: types.ModuleType, name: str) -> bool:
    """Whether a name is the module's own, and not something that it imports for its own use."""
    value = getattr(module, name, None)
    if name.startswith("_") or not hasattr(module, name) or isinstance(value, types.ModuleType):
        return False
    if value in (torch.Tensor, torch.device) and module is not torch:
        return False
    if name in getattr(module, "__all__", ()):
        return True
    if isinstance(value, types.BuiltinFunctionType):
        return True
    # Typing's names, and texts that documentation is put together from.
    if isinstance(value, (str, dict, typing.TypeVar)) or getattr(value, "__module__", "") in ("typing", "abc"):
        return False
    home = getattr(value, "__module__", None) or ""
    if isinstance(value, type) or callable(value):
        return home.startswith("torch") and (module.__name__ == "torch" or home.startswith(module.__name__) or home == "torch._C")
    return module.__name__ in ("torch", "torch.Tensor")


def main() -> None:
    for path in MODULES:
        module = importlib.import_module(path)
        names = {n for n in {*dir(module), *getattr(module, "__all__", ())} if belongs(module, n)}
        for name in sorted(names):
            print(path, name, sep="\t")
    for name in sorted(n for n in dir(torch.Tensor) if not n.startswith("_")):
        print("torch.Tensor", name, sep="\t")


main()
