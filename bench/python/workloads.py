"""Six models in training, as scripts have them: what typetorch is compared with, bit for bit and in time.

A workload is made after `torch.manual_seed`; `step()` trains once on data that it draws and returns the loss.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


class Workload:
    """Models and optimizers by name; what a step does is the subclass's."""

    def tensors(self):
        """All parameters and buffers, then each optimizer's state, in order."""
        for model in self.models:
            yield from model.state_dict().values()
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                for p in group["params"]:
                    yield from (v for v in optimizer.state[p].values() if isinstance(v, torch.Tensor))


class MLP(Workload):
    def __init__(self, batch=64):
        self.batch = batch
        layers = []
        for width, to in ((64, 256), (256, 256)):
            layers += [nn.Linear(width, to), nn.BatchNorm1d(to), nn.ReLU(), nn.Dropout(0.3)]
        self.model = nn.Sequential(*layers, nn.Linear(256, 10))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, weight_decay=1e-4)
        self.models, self.optimizers = [self.model], [self.optimizer]

    def step(self):
        x = torch.randn(self.batch, 64)
        y = torch.randint(0, 10, (self.batch,))
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x), y, label_smoothing=0.1)
        loss.backward()
        self.optimizer.step()
        return loss.item()


class BasicBlock(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.downsample = None

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet18(nn.Module):
    """torchvision's, which the typetorch side takes from `vision.models`."""

    def __init__(self, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        i = 64
        for n, o in enumerate((64, 128, 256, 512), 1):
            stride = 1 if o == 64 else 2
            # The shortcut is drawn before its block.
            down = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride > 1 else None
            first = BasicBlock(i, o, stride)
            first.downsample = down
            setattr(self, f"layer{n}", nn.Sequential(first, BasicBlock(o, o, 1)))
            i = o
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class ResNet(Workload):
    def __init__(self, batch=32):
        self.batch = batch
        self.model = ResNet18(10)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=5e-4)
        self.models, self.optimizers = [self.model], [self.optimizer]

    def step(self):
        x = torch.randn(self.batch, 3, 32, 32)
        y = torch.randint(0, 10, (self.batch,))
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(200, 64)
        self.lstm = nn.LSTM(64, 128, 2, batch_first=True, dropout=0.2)
        self.head = nn.Linear(128, 200)

    def forward(self, tokens, state):
        hidden, state = self.lstm(self.embedding(tokens), state)
        return self.head(hidden), state


class LSTM(Workload):
    def __init__(self, batch=16):
        self.batch = batch
        self.model = LanguageModel()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-3)
        self.models, self.optimizers = [self.model], [self.optimizer]
        self.state = (torch.zeros(2, batch, 128), torch.zeros(2, batch, 128))

    def step(self):
        tokens = torch.randint(0, 200, (self.batch, 33))
        self.optimizer.zero_grad()
        scores, state = self.model(tokens[:, :-1], self.state)
        self.state = tuple(part.detach() for part in state)
        loss = F.cross_entropy(scores.reshape(-1, 200), tokens[:, 1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.25)
        self.optimizer.step()
        return loss.item()


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(width)
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)
        self.ln_2 = nn.LayerNorm(width)
        self.c_fc = nn.Linear(width, 4 * width)
        self.m_proj = nn.Linear(4 * width, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (p.view(b, t, self.heads, -1).transpose(1, 2) for p in self.c_attn(self.ln_1(x)).split(c, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.drop(self.c_proj(y.transpose(1, 2).reshape(b, t, c)))
        return x + self.drop(self.m_proj(F.gelu(self.c_fc(self.ln_2(x)))))


class Transformer(nn.Module):
    def __init__(self, width=64, vocabulary=65, length=32):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(length, width)
        self.layers = nn.ModuleList([Layer(width, 4) for _ in range(4)])
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.wte.weight = self.lm_head.weight
        for name, p in self.named_parameters():
            if name.endswith("weight") and p.dim() == 2:
                nn.init.normal_(p, mean=0.0, std=0.02)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for layer in self.layers:
            x = layer(x)
        return self.lm_head(self.ln_f(x))


class GPT(Workload):
    def __init__(self, batch=8):
        self.batch = batch
        self.model = Transformer()
        parameters = list(self.model.parameters())
        groups = [
            {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": 0.1},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=3e-4, betas=(0.9, 0.95))
        self.models, self.optimizers = [self.model], [self.optimizer]

    def step(self):
        tokens = torch.randint(0, 65, (self.batch, 33))
        self.optimizer.zero_grad()
        scores = self.model(tokens[:, :-1])
        loss = F.cross_entropy(scores.reshape(-1, 65), tokens[:, 1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()


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


class DiffusionUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(32, 64), nn.SiLU(), nn.Linear(64, 64))
        self.input = nn.Conv2d(3, 32, 3, padding=1)
        self.down = ResidualBlock(32, 32)
        self.halve = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.middle1 = ResidualBlock(64, 64)
        self.attention = Attention(64)
        self.middle2 = ResidualBlock(64, 64)
        self.up = ResidualBlock(96, 32)
        self.norm = nn.GroupNorm(8, 32)
        self.output = nn.Conv2d(32, 3, 3, padding=1)
        self.register_buffer("frequencies", torch.exp(torch.arange(16) * (-math.log(10000.0) / 16)))

    def forward(self, x, t):
        angles = t * self.frequencies
        t = self.time(torch.cat([angles.sin(), angles.cos()], -1))
        full = self.down(self.input(x), t)
        half = self.middle2(self.attention(self.middle1(self.halve(full), t)), t)
        up = F.interpolate(half, scale_factor=2, mode="nearest")
        return self.output(F.silu(self.norm(self.up(torch.cat([up, full], 1), t))))


class UNet(Workload):
    def __init__(self, batch=8):
        self.batch = batch
        self.model = DiffusionUNet()
        self.alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-4)
        self.models, self.optimizers = [self.model], [self.optimizer]

    def step(self):
        x = torch.rand(self.batch, 3, 16, 16) * 2 - 1
        noise = torch.randn_like(x)
        t = torch.randint(0, 1000, (self.batch, 1))
        alpha_bar = self.alpha_bar[t].view(-1, 1, 1, 1)
        self.optimizer.zero_grad()
        loss = F.mse_loss(self.model(alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * noise, t), noise)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()


class WGAN(Workload):
    """Points on a ring, by a critic with a penalty on its gradient's length."""

    def __init__(self, batch=64):
        self.batch = batch
        self.generator = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
        self.critic = nn.Sequential(
            nn.Linear(2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)
        )
        self.g_optimizer = torch.optim.Adam(self.generator.parameters(), lr=1e-4, betas=(0.0, 0.9))
        self.c_optimizer = torch.optim.Adam(self.critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
        self.models = [self.generator, self.critic]
        self.optimizers = [self.g_optimizer, self.c_optimizer]

    def penalty(self, real, fake):
        mix = torch.rand(self.batch, 1)
        points = (mix * real + (1 - mix) * fake).requires_grad_(True)
        (gradient,) = torch.autograd.grad(self.critic(points).sum(), points, create_graph=True)
        return ((gradient.norm(2, dim=1) - 1) ** 2).mean()

    def step(self):
        for _ in range(2):
            angle = torch.rand(self.batch, 1) * (2 * math.pi)
            real = torch.cat([angle.cos(), angle.sin()], 1)
            fake = self.generator(torch.randn(self.batch, 8)).detach()
            self.c_optimizer.zero_grad()
            loss = self.critic(fake).mean() - self.critic(real).mean() + 10 * self.penalty(real, fake)
            loss.backward()
            self.c_optimizer.step()
        self.g_optimizer.zero_grad()
        (-self.critic(self.generator(torch.randn(self.batch, 8))).mean()).backward()
        self.g_optimizer.step()
        return loss.item()


WORKLOADS = {"mlp": MLP, "resnet18": ResNet, "lstm": LSTM, "gpt": GPT, "unet": UNet, "wgan": WGAN}
