import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { nn } from 'typetorch'

const GROUPS = 16

/** Sines and cosines of a timestep, at frequencies from 1 down to almost 1/10,000: (n, 1) or (n) → (n, dim). */
export class SinusoidalEmbedding extends nn.Module {
  declare frequencies: Tensor

  constructor(dim: number) {
    super()
    const exponents = torch.arange(dim / 2, { dtype: torch.float32 }).mul((-2 * Math.log(10_000)) / dim)
    // It follows from the width: no file need hold it.
    this.register_buffer('frequencies', exponents.exp(), false)
  }

  override forward(t: Tensor): Tensor {
    const angles = t.reshape(-1, 1).to(torch.float32).mul(this.frequencies)
    return torch.cat([angles.sin(), angles.cos()], 1)
  }
}

/** Two convolutions, each after a group normalization, with the time's embedding between them and a way around them. */
class ResidualBlock extends nn.Module {
  norm1: nn.GroupNorm
  conv1: nn.Conv2d
  time: nn.Linear
  norm2: nn.GroupNorm
  conv2: nn.Conv2d
  around: nn.Conv2d | nn.Identity

  constructor(from: number, to: number, time_dim: number) {
    super()
    this.norm1 = new nn.GroupNorm(GROUPS, from)
    this.conv1 = new nn.Conv2d(from, to, 3, { padding: 1 })
    this.time = new nn.Linear(time_dim, to)
    this.norm2 = new nn.GroupNorm(GROUPS, to)
    this.conv2 = new nn.Conv2d(to, to, 3, { padding: 1 })
    this.around = from === to ? new nn.Identity() : new nn.Conv2d(from, to, 1)
  }

  override forward(x: Tensor, time: Tensor): Tensor {
    let hidden = this.conv1(nn.functional.silu(this.norm1(x)))
    hidden = hidden.add(this.time(time).view(-1, hidden.shape[1]!, 1, 1))
    return this.conv2(nn.functional.silu(this.norm2(hidden))).add(this.around(x))
  }
}

/**
 * Predicts the noise in images of 28 x 28 pixels: residual blocks at 28, 14 and 7 pixels on the way down, and again on the
 * way up, where what was there before each halving is put beside what comes up.
 *
 * @param width - channels at 28 pixels, twice as many at 14 and four times at 7; a multiple of 16
 */
export class UNet extends nn.Module {
  embedding: SinusoidalEmbedding
  time: nn.Sequential
  input: nn.Conv2d
  down1: ResidualBlock
  halve1: nn.Conv2d
  down2: ResidualBlock
  halve2: nn.Conv2d
  middle1: ResidualBlock
  middle2: ResidualBlock
  double2: nn.ConvTranspose2d
  up2: ResidualBlock
  double1: nn.ConvTranspose2d
  up1: ResidualBlock
  norm: nn.GroupNorm
  output: nn.Conv2d

  constructor(width: number) {
    super()
    const [one, two, four] = [width, 2 * width, 4 * width]
    this.embedding = new SinusoidalEmbedding(width)
    this.time = new nn.Sequential(
      new nn.Linear(width, four),
      new nn.SiLU(),
      new nn.Linear(four, four),
      new nn.SiLU(),
    )
    this.input = new nn.Conv2d(1, one, 3, { padding: 1 })
    this.down1 = new ResidualBlock(one, one, four)
    this.halve1 = new nn.Conv2d(one, two, 3, { stride: 2, padding: 1 })
    this.down2 = new ResidualBlock(two, two, four)
    this.halve2 = new nn.Conv2d(two, four, 3, { stride: 2, padding: 1 })
    this.middle1 = new ResidualBlock(four, four, four)
    this.middle2 = new ResidualBlock(four, four, four)
    this.double2 = new nn.ConvTranspose2d(four, two, 2, { stride: 2 })
    this.up2 = new ResidualBlock(four, two, four)
    this.double1 = new nn.ConvTranspose2d(two, one, 2, { stride: 2 })
    this.up1 = new ResidualBlock(two, one, four)
    this.norm = new nn.GroupNorm(GROUPS, one)
    this.output = new nn.Conv2d(one, 1, 3, { padding: 1 })
  }

  override forward(x: Tensor, t: Tensor): Tensor {
    const time = this.time(this.embedding(t))
    const full = this.down1(this.input(x), time)
    const half = this.down2(this.halve1(full), time)
    const quarter = this.middle2(this.middle1(this.halve2(half), time), time)
    const halved = this.up2(torch.cat([this.double2(quarter), half], 1), time)
    const whole = this.up1(torch.cat([this.double1(halved), full], 1), time)
    return this.output(nn.functional.silu(this.norm(whole)))
  }
}
