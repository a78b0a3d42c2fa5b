import math

import torch
from torch import nn
from torch.nn import functional as F

from .workload import Workload


class ResidualBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, i)
        self.conv1 = nn.Conv2d(i, o, 3, padding=1)
        self.linear = nn.Linear(64, o)
        self.norm2 = nn.GroupNorm(8, o)
        self.conv2 = nn.Conv2d(o, o, 3, padding=1)
        self.shortcut = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x, t):
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = hidden + self.linear(t)[:, :, None, None]
        return self.shortcut(x) + self.conv2(F.silu(self.norm2(hidden)))


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).view(b, 3, 2, c // 2, h * w).transpose(-1, -2).unbind(1)
        y = F.scaled_dot_product_attention(q, k, v)
        return x + self.proj(y.transpose(-1, -2).reshape(b, c, h, w))


class UNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(32, 64), nn.SiLU(), nn.Linear(64, 64))
        self.input = nn.Conv2d(3, width, 3, padding=1)
        self.down = ResidualBlock(width, width)
        self.halve = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.middle1 = ResidualBlock(2 * width, 2 * width)
        self.attention = Attention(2 * width)
        self.middle2 = ResidualBlock(2 * width, 2 * width)
        self.up = ResidualBlock(3 * width, width)
        self.norm = nn.GroupNorm(8, width)
        self.output = nn.Conv2d(width, 3, 3, padding=1)
        self.register_buffer("frequencies", torch.exp(torch.arange(16) * (-math.log(10000.0) / 16)))

    def forward(self, x, t):
        angles = t * self.frequencies
        embedded = self.time(torch.cat([angles.sin(), angles.cos()], -1))
        full = self.down(self.input(x), embedded)
        half = self.middle2(self.attention(self.middle1(self.halve(full), embedded)), embedded)
        up = F.interpolate(half, scale_factor=2, mode="nearest")
        return self.output(F.silu(self.norm(self.up(torch.cat([up, full], 1), embedded))))


def unet(batch=8, side=16, width=32):
    """A diffusion model with group normalisation and attention."""
    model = UNet(width)
    alpha_bars = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-4)

    def step():
        x = torch.rand(batch, 3, side, side) * 2 - 1
        noise = torch.randn_like(x)
        t = torch.randint(0, 1000, (batch, 1))
        alpha_bar = alpha_bars[t].view(-1, 1, 1, 1)
        optimizer.zero_grad()
        x_t = alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * noise
        loss = F.mse_loss(model(x_t, t), noise)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return Workload([model], [optimizer], step)
