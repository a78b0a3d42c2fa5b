"""A workload in training: µs a step, the last loss, peak memory."""

import argparse
import json
import time

import torch
from workloads import WORKLOADS


def peak_megabytes():
    # ru_maxrss would also count the parent before exec.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


parser = argparse.ArgumentParser()
parser.add_argument("--workload", choices=WORKLOADS, required=True)
parser.add_argument("--sizes", type=json.loads, default={}, help="keyword arguments of the workload, as JSON")
parser.add_argument("--iterations", type=int, default=100)
parser.add_argument("--warmup", type=int, default=10)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(0)
step = WORKLOADS[options.workload](**options.sizes).step
for _ in range(options.warmup):
    step()
start = time.perf_counter()
for _ in range(options.iterations):
    loss = step()
seconds = time.perf_counter() - start
print(json.dumps({"us": seconds / options.iterations * 1e6, "loss": loss, "peak_mb": peak_megabytes()}))
