"""The tutorial's loop and the next chapter's sampling in Python: what ours are compared with, bit for bit.

Prints JSON: every loss as a 64-bit float, the final parameters and a sampled image as bytes, all in hexadecimal.
"""
import argparse
import json
import struct

import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(16, 3, 3, padding=1)
        self.linear = torch.nn.Linear(1, 16)

    def forward(self, x, t):
        hidden = torch.relu(self.conv1(x))
        return self.conv2(hidden + self.linear(t.to(torch.float32)).view(-1, 16, 1, 1))


def as_hex(tensor):
    return tensor.detach().contiguous().numpy().tobytes().hex()


parser = argparse.ArgumentParser()
parser.add_argument("--side", type=int, default=8)
parser.add_argument("--images", type=int, default=1)
parser.add_argument("--iterations", type=int, default=200)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--clip", type=float)
parser.add_argument("--x0", help="a file of float32, in place of random numbers")
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(0)
shape = (options.images, 3, options.side, options.side)
if options.x0:
    x0 = torch.frombuffer(bytearray(open(options.x0, "rb").read()), dtype=torch.float32).view(shape)
else:
    x0 = torch.rand(shape) * 2 - 1

beta = torch.linspace(1e-4, 0.6, 24)
alpha = 1.0 - beta
alpha_bar = torch.cumprod(alpha, 0)


def at(values, t):
    values = values[t]
    return values if values.numel() == 1 else values.view(-1, 1, 1, 1)


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = torch.nn.MSELoss()
losses = []
norms = []
for _ in range(options.iterations):
    optimizer.zero_grad()
    noise = torch.randn_like(x0)
    t = torch.randint(0, 24, (options.images, 1))
    x_t = torch.sqrt(at(alpha_bar, t)) * x0 + torch.sqrt(1 - at(alpha_bar, t)) * noise
    loss = criterion(model(x_t, t), noise)
    losses.append(loss.item())
    loss.backward()
    if options.clip:
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip).item())
    optimizer.step()


@torch.no_grad()
def reverse_step(x, t, predicted_noise, z):
    before = at(alpha_bar, t - 1)
    mean = (x - at(beta, t) / torch.sqrt(1 - at(alpha_bar, t)) * predicted_noise) / torch.sqrt(at(alpha, t))
    variance = (1 - before) / (1 - at(alpha_bar, t)) * at(beta, t)
    still = t.view(-1, 1, 1, 1) == 0
    return mean + torch.sqrt(variance) * torch.where(still, 0.0, z)


with torch.no_grad():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn((2, 3, options.side, options.side), generator=generator)
    for step in range(23, -1, -1):
        t = torch.full((2, 1), step)
        x = reverse_step(x, t, model(x, t), torch.randn(x.shape, generator=generator))
    mixed = torch.tensor([[0], [23], [7]])
    noise = torch.randn((3, 3, options.side, options.side), generator=generator)
    several = reverse_step(noise, mixed, noise * 0.5, noise * 0.25)

print(json.dumps({
    "losses": b"".join(struct.pack("<d", loss) for loss in losses).hex(),
    "norms": b"".join(struct.pack("<d", norm) for norm in norms).hex(),
    "state": {name: as_hex(value) for name, value in model.state_dict().items()},
    "schedule": as_hex(torch.cat([beta, alpha, alpha_bar])),
    "sample": as_hex(x),
    "several": as_hex(several),
}))
