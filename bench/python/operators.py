"""One operator at one element in Python's PyTorch: µs a call, the fastest of three repetitions of timeit."""

import argparse
import json
import timeit

import torch

REPETITIONS = 3
STATEMENTS = {
    "add (tracked)": "a + b",
    "add": "u + v",
    "mul by a number": "u * 2",
    "add_": "sum.add_(v)",
    "sub": "u - v",
    "div": "u / v",
    "neg": "-u",
    "pow by a number": "u ** 2",
    "sqrt": "torch.sqrt(u)",
    "exp": "torch.exp(u)",
    "sigmoid": "torch.sigmoid(u)",
    "relu": "torch.relu(u)",
    "mean": "u.mean()",
    "sum, keepdim": "torch.sum(m, 1, keepdim=True)",
    "max with a dim": "torch.max(m, 1)",
    "matmul": "m @ m",
    "linear (tracked)": "linear(m, weight, bias)",
    "view": "u.view(1, 1)",
    "reshape": "m.reshape(1)",
    "transpose": "m.transpose(0, 1)",
    "unsqueeze": "u.unsqueeze(0)",
    "select": "m[0]",
    "slice": "u[0:1]",
    "cat of two": "torch.cat([u, v])",
    "zeros": "torch.zeros(1)",
    "randn_like": "torch.randn_like(u)",
    "eq": "u == v",
    "where": "torch.where(c, u, v)",
    "clone": "u.clone()",
    "detach": "u.detach()",
}

parser = argparse.ArgumentParser()
parser.add_argument("--iterations", type=int, default=300_000)
parser.add_argument("--warmup", type=int, default=30_000)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()

torch.set_num_threads(options.threads)
names = {
    "torch": torch,
    "linear": torch.nn.functional.linear,
    "a": torch.full((1,), 1.5, requires_grad=True),
    "b": torch.full((1,), 0.5, requires_grad=True),
    "u": torch.full((1,), 1.5),
    "v": torch.full((1,), 0.5),
    "m": torch.full((1, 1), 1.5),
    "c": torch.full((1,), True),
    "sum": torch.full((1,), 0.5),
    "weight": torch.full((1, 1), 0.5, requires_grad=True),
    "bias": torch.full((1,), 0.5, requires_grad=True),
}

us = {}
for name, statement in STATEMENTS.items():
    timer = timeit.Timer(statement, globals=names)
    timer.timeit(options.warmup)
    length = max(1, options.iterations // REPETITIONS)
    us[name] = min(timer.repeat(REPETITIONS, length)) / length * 1e6
print(json.dumps({"us": us}))
