"""One operator at one element in Python's PyTorch: µs a call, the fastest of three repetitions of timeit."""

import argparse
import json
import timeit

import torch

REPETITIONS = 3
STATEMENTS = {
    "add (tracked)": "a + b",
    "add": "u + v",
    "add, alpha": "torch.add(u, v, alpha=2)",
    "mul by a number": "u * 2",
    "pow by a number": "u ** 2",
    "neg": "-u",
    "exp": "torch.exp(u)",
    "detach": "u.detach()",
    "add_": "sum.add_(v)",
    "mul_ by a number": "w.mul_(1)",
    "clamp_, min": "w.clamp_(min=0)",
    "add, out": "torch.add(u, v, out=out)",
    "sum, out": "torch.sum(m, 1, out=out)",
    "mean": "u.mean()",
    "sum, keepdim": "torch.sum(m, 1, keepdim=True)",
    "var, correction": "torch.var(m, 1, correction=0, keepdim=True)",
    "max with a dim": "torch.max(m, 1)",
    "matmul": "m @ m",
    "linear (tracked)": "linear(m, weight, bias)",
    "view": "u.view(1, 1)",
    "select": "m[0]",
    "slice": "u[0:1]",
    "slice, new axis": "m[..., 0:1, None]",
    "index by a tensor": "u[index]",
    "slice assigned": "w[0:1] = v",
    "cat of two": "torch.cat([u, v])",
    "stack of three": "torch.stack([u, v, u])",
    "_foreach_add_ of three": "torch._foreach_add_(sums, parts)",
    "zeros": "torch.zeros(1)",
    "randn_like": "torch.randn_like(u)",
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
    "w": torch.full((1,), 0.5),
    "m": torch.full((1, 1), 1.5),
    "index": torch.zeros(1, dtype=torch.int64),
    "out": torch.empty(1),
    "sum": torch.full((1,), 0.5),
    "sums": [torch.full((1,), 0.5) for _ in range(3)],
    "parts": [torch.full((1,), 0.5) for _ in range(3)],
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
