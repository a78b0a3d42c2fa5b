import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import type { Workload } from './workload.js'

const { functional: F } = nn
const LOG_10000 = 9.210340371976184

class ResidualBlock extends nn.Module {
  declare norm1: nn.GroupNorm
  declare conv1: nn.Conv2d
  declare linear: nn.Linear
  declare norm2: nn.GroupNorm
  declare conv2: nn.Conv2d
  declare shortcut: nn.Conv2d | nn.Identity

  constructor(i: number, o: number) {
    super()
    this.norm1 = new nn.GroupNorm(8, i)
    this.conv1 = new nn.Conv2d(i, o, 3, { padding: 1 })
    this.linear = new nn.Linear(64, o)
    this.norm2 = new nn.GroupNorm(8, o)
    this.conv2 = new nn.Conv2d(o, o, 3, { padding: 1 })
    this.shortcut = i !== o ? new nn.Conv2d(i, o, 1) : new nn.Identity()
  }

  override forward(x: Tensor, t: Tensor): Tensor {
    let hidden = this.conv1(F.silu(this.norm1(x)))
    hidden = hidden.add(this.linear(t).at(':', ':', null, null))
    return this.shortcut(x).add(this.conv2(F.silu(this.norm2(hidden))))
  }
}

class Attention extends nn.Module {
  declare norm: nn.GroupNorm
  declare qkv: nn.Conv2d
  declare proj: nn.Conv2d

  constructor(channels: number) {
    super()
    this.norm = new nn.GroupNorm(8, channels)
    this.qkv = new nn.Conv2d(channels, 3 * channels, 1)
    this.proj = new nn.Conv2d(channels, channels, 1)
  }

  override forward(x: Tensor): Tensor {
    const [b, c, h, w] = x.shape as [number, number, number, number]
    const [q, k, v] = this.qkv(this.norm(x))
      .view(b, 3, 2, c / 2, h * w)
      .transpose(-1, -2)
      .unbind(1) as [Tensor, Tensor, Tensor]
    const y = F.scaled_dot_product_attention(q, k, v)
    return x.add(this.proj(y.transpose(-1, -2).reshape(b, c, h, w)))
  }
}

class UNet extends nn.Module {
  declare time: nn.Sequential
  declare input: nn.Conv2d
  declare down: ResidualBlock
  declare halve: nn.Conv2d
  declare middle1: ResidualBlock
  declare attention: Attention
  declare middle2: ResidualBlock
  declare up: ResidualBlock
  declare norm: nn.GroupNorm
  declare output: nn.Conv2d
  declare frequencies: Tensor

  constructor(width: number) {
    super()
    this.time = new nn.Sequential(new nn.Linear(32, 64), new nn.SiLU(), new nn.Linear(64, 64))
    this.input = new nn.Conv2d(3, width, 3, { padding: 1 })
    this.down = new ResidualBlock(width, width)
    this.halve = new nn.Conv2d(width, 2 * width, 3, { stride: 2, padding: 1 })
    this.middle1 = new ResidualBlock(2 * width, 2 * width)
    this.attention = new Attention(2 * width)
    this.middle2 = new ResidualBlock(2 * width, 2 * width)
    this.up = new ResidualBlock(3 * width, width)
    this.norm = new nn.GroupNorm(8, width)
    this.output = new nn.Conv2d(width, 3, 3, { padding: 1 })
    this.register_buffer('frequencies', torch.exp(torch.arange(16).mul(-LOG_10000 / 16)))
  }

  override forward(x: Tensor, t: Tensor): Tensor {
    const angles = t.mul(this.frequencies)
    const embedded = this.time(torch.cat([angles.sin(), angles.cos()], -1))
    const full = this.down(this.input(x), embedded)
    const half = this.middle2(this.attention(this.middle1(this.halve(full), embedded)), embedded)
    const up = F.interpolate(half, { scale_factor: 2, mode: 'nearest' })
    return this.output(F.silu(this.norm(this.up(torch.cat([up, full], 1), embedded))))
  }
}

/** A diffusion model with group normalisation and attention. */
export function unet({ batch = 8, side = 16, width = 32 } = {}): Workload {
  const model = new UNet(width)
  const alpha_bars = torch.cumprod(torch.sub(1, torch.linspace(1e-4, 0.02, 1000)), 0)
  const optimizer = new optim.Adam(model.parameters(), { lr: 2e-4 })

  function step(): number {
    const x = torch.rand(batch, 3, side, side).mul(2).sub(1)
    const noise = torch.randn_like(x)
    const t = torch.randint(0, 1000, [batch, 1])
    const alpha_bar = alpha_bars.at(t).view(-1, 1, 1, 1)
    optimizer.zero_grad()
    const x_t = alpha_bar.sqrt().mul(x).add(torch.sub(1, alpha_bar).sqrt().mul(noise))
    const loss = F.mse_loss(model(x_t, t), noise)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()
    return loss.item() as number
  }
  return { models: [model], optimizers: [optimizer], step }
}
