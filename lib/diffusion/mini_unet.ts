import { value_error } from '../errors.js'
import * as F from '../nn/functional.js'
import { Conv2d } from '../nn/modules/conv.js'
import { ConvTranspose2d } from '../nn/modules/conv_transpose.js'
import { Linear } from '../nn/modules/linear.js'
import { MaxPool2d } from '../nn/modules/max_pool.js'
import { Module } from '../nn/modules/module.js'
import { Embedding } from '../nn/modules/sparse.js'
import * as ops from '../ops/generated/torch.js'
import { own } from '../own.js'
import type { Tensor } from '../tensor.js'

/** Two convolutions with ReLUs; the timestep's embedding is added to the channels between them. */
class Block extends Module {
  declare conv1: Conv2d
  declare linear: Linear
  declare conv2: Conv2d

  constructor(from: number, to: number, embedding_dim: number) {
    super()
    this.conv1 = new Conv2d(from, to, 3, { padding: 1 })
    this.linear = new Linear(embedding_dim, to)
    this.conv2 = new Conv2d(to, to, 3, { padding: 1 })
  }

  override forward(x: Tensor, t: Tensor): Tensor {
    const hidden = F.relu(this.conv1(x))
    return F.relu(this.conv2(hidden.add(this.linear(t).unsqueeze(-1).unsqueeze(-1))))
  }
}

/** Options of {@link MiniUNet}. */
export interface MiniUNetOptions {
  /** The images' channels. Default: 1. */
  channels?: number
  /** How many timesteps there are. Default: 1000. */
  steps?: number
  /** The width of a timestep's embedding. Default: 16. */
  embedding_dim?: number
}

/**
 * A small U-Net that predicts noise: 16, 32 and 64 channels, halved in size twice by max-pooling and doubled again by
 * transposed convolutions, what was there before each halving put beside what comes up; each block takes an embedding of
 * the timestep.
 *
 * @param options - channels, steps, embedding_dim
 *
 * Shape: x (n, channels, h, w), h and w multiples of 4; t (n, 1), (1, 1) or (n), int64 → (n, channels, h, w).
 *
 * @throws ValueError for a size that cannot be halved twice
 *
 * @example
 * ```ts
 * const model = new diffusion.MiniUNet()
 * const noise = model(torch.randn(2, 1, 8, 8), torch.tensor([[5n], [999n]]))
 * ```
 *
 * @see Ronneberger et al., U-Net, https://arxiv.org/abs/1505.04597
 */
export class MiniUNet extends Module {
  declare embedding: Embedding
  declare down1: Block
  declare down2: Block
  declare middle: Block
  declare upsample2: ConvTranspose2d
  declare up2: Block
  declare upsample1: ConvTranspose2d
  declare up1: Block
  declare output: Conv2d
  declare pool: MaxPool2d

  constructor(options: MiniUNetOptions = {}) {
    const { channels = 1, steps = 1000, embedding_dim = 16 } = own(options)
    super()
    this.embedding = new Embedding(steps, embedding_dim)
    this.down1 = new Block(channels, 16, embedding_dim)
    this.down2 = new Block(16, 32, embedding_dim)
    this.middle = new Block(32, 64, embedding_dim)
    this.upsample2 = new ConvTranspose2d(64, 32, 2, { stride: 2 })
    this.up2 = new Block(64, 32, embedding_dim)
    this.upsample1 = new ConvTranspose2d(32, 16, 2, { stride: 2 })
    this.up1 = new Block(32, 16, embedding_dim)
    this.output = new Conv2d(16, channels, 1)
    this.pool = new MaxPool2d(2)
  }

  override forward(x: Tensor, t: Tensor): Tensor {
    const [height, width] = x.shape.slice(-2) as [number, number]
    if (height % 4 !== 0 || width % 4 !== 0)
      throw value_error(`MiniUNet: height and width must be multiples of 4, but got ${height} x ${width}`)
    const embedded = this.embedding(t.reshape(-1))
    const full = this.down1(x, embedded)
    const half = this.down2(this.pool(full), embedded)
    const quarter = this.middle(this.pool(half), embedded)
    const halved = this.up2(ops.cat([this.upsample2(quarter), half], 1), embedded)
    return this.output(this.up1(ops.cat([this.upsample1(halved), full], 1), embedded))
  }
}
