"""The tutorial's training loop in Python's PyTorch: µs an iteration, the last loss, the peak of memory."""

import argparse
import json
import os
import time

import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(16, 3, 3, padding=1)
        self.linear = torch.nn.Linear(1, 16)

    def forward(self, x, t):
        x = torch.nn.functional.relu(self.conv1(x))
        x = x + self.linear(t.to(torch.float32)).view(-1, 16, 1, 1)
        return self.conv2(x)


class NoiseScheduler(torch.nn.Module):
    def __init__(self, steps=24, beta_start=1e-4, beta_end=0.6):
        super().__init__()
        self.steps = steps
        self.register_buffer("alpha_bar", torch.cumprod(1.0 - torch.linspace(beta_start, beta_end, steps), 0))

    def add_noise(self, x0, t, noise):
        alpha_bar = self.alpha_bar[t]
        return torch.sqrt(alpha_bar) * x0 + torch.sqrt(1 - alpha_bar) * noise


def peak_megabytes():
    # ru_maxrss would also count the parent before exec.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def resident_megabytes():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1048576


parser = argparse.ArgumentParser()
parser.add_argument("--side", type=int, default=8)
parser.add_argument("--iterations", type=int, default=1000)
parser.add_argument("--warmup", type=int, default=100)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--samples", type=int, default=0, help="how often to note the resident memory")
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(0)
x0 = torch.rand(1, 3, options.side, options.side) * 2 - 1
noise_scheduler = NoiseScheduler()
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = torch.nn.MSELoss()
rss_mb = []


def run(iterations, sample_every=0):
    for it in range(iterations):
        optimizer.zero_grad()
        noise = torch.randn_like(x0)
        t = torch.randint(0, noise_scheduler.steps, (1, 1))
        loss = criterion(model(noise_scheduler.add_noise(x0, t, noise), t), noise)
        value = loss.item()
        loss.backward()
        optimizer.step()
        if sample_every and it % sample_every == 0:
            rss_mb.append(resident_megabytes())
    return value


if options.warmup:
    run(options.warmup)
start = time.perf_counter()
last = run(options.iterations, options.samples and max(1, options.iterations // options.samples))
seconds = time.perf_counter() - start
print(json.dumps({"us": seconds / options.iterations * 1e6, "loss": last, "peak_mb": peak_megabytes(), "rss_mb": rss_mb}))
