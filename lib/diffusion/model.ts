import { float32 } from '../dtype.js'
import * as F from '../nn/functional.js'
import { Conv2d } from '../nn/modules/conv.js'
import { Linear } from '../nn/modules/linear.js'
import { Module } from '../nn/modules/module.js'
import type { Tensor } from '../tensor.js'

/**
 * The simplest model that predicts noise: two convolutions of the image, and between them a linear layer of the
 * timestep, added to the 16 hidden channels.
 *
 * Shape: x (n, 3, h, w), t (n, 1) or (1, 1) → (n, 3, h, w).
 *
 * @example
 * ```ts
 * const model = new diffusion.Model()
 * const noise = model(torch.randn(1, 3, 8, 8), torch.tensor([[5n]]))
 * ```
 */
export class Model extends Module {
  conv1 = new Conv2d(3, 16, 3, { padding: 1 })
  conv2 = new Conv2d(16, 3, 3, { padding: 1 })
  linear = new Linear(1, 16)

  override forward(x: Tensor, t: Tensor): Tensor {
    x = F.relu(this.conv1(x))
    x = x.add(this.linear(t.to(float32)).view(-1, 16, 1, 1))
    return this.conv2(x)
  }
}
