import math

import torch
from torch import nn

from .workload import Workload


def wgan(batch=64, width=128):
    """Points on a ring, by a critic with a penalty on its gradient's length."""
    generator = nn.Sequential(
        nn.Linear(8, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 2),
    )
    critic = nn.Sequential(
        nn.Linear(2, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, 1),
    )
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
    c_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))

    def penalty(real, fake):
        mix = torch.rand(batch, 1)
        points = (mix * real + (1 - mix) * fake).requires_grad_(True)
        (gradient,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
        return ((gradient.norm(2, 1) - 1) ** 2).mean()

    def train_critic():
        angle = torch.rand(batch, 1) * (2 * math.pi)
        real = torch.cat([angle.cos(), angle.sin()], 1)
        fake = generator(torch.randn(batch, 8)).detach()
        c_optimizer.zero_grad()
        loss = critic(fake).mean() - critic(real).mean() + penalty(real, fake) * 10
        loss.backward()
        c_optimizer.step()
        return loss

    def step():
        train_critic()
        loss = train_critic()
        g_optimizer.zero_grad()
        (-critic(generator(torch.randn(batch, 8))).mean()).backward()
        g_optimizer.step()
        return loss.item()

    return Workload([generator, critic], [g_optimizer, c_optimizer], step)
