// Six models in training, as scripts have them; bench/python/workloads.py has the same, line by line.

import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { GPT } from './gpt.js'
import { UNet } from './unet.js'
import { F, Workload } from './workload.js'

class MLP extends Workload {
  readonly model: nn.Sequential
  readonly optimizer: optim.Adam

  constructor(readonly batch = 64) {
    super()
    const layers: nn.Module[] = []
    for (const [width, to] of [
      [64, 256],
      [256, 256],
    ] as const)
      layers.push(new nn.Linear(width, to), new nn.BatchNorm1d(to), new nn.ReLU(), new nn.Dropout(0.3))
    this.model = new nn.Sequential<readonly nn.Module[]>(...layers, new nn.Linear(256, 10)) as nn.Sequential
    this.optimizer = new optim.Adam(this.model.parameters(), { lr: 1e-3, weight_decay: 1e-4 })
    this.models = [this.model]
    this.optimizers = [this.optimizer]
  }

  step(): number {
    const x = torch.randn(this.batch, 64)
    const y = torch.randint(0, 10, [this.batch])
    this.optimizer.zero_grad()
    const loss = F.cross_entropy(this.model(x) as Tensor, y, { label_smoothing: 0.1 })
    loss.backward()
    this.optimizer.step()
    return loss.item() as number
  }
}

class ResNet extends Workload {
  readonly model = torch.vision.models.resnet18({ num_classes: 10 })
  readonly optimizer = new optim.AdamW(this.model.parameters(), { lr: 1e-3, weight_decay: 5e-4 })

  constructor(readonly batch = 32) {
    super()
    this.models = [this.model]
    this.optimizers = [this.optimizer]
  }

  step(): number {
    const x = torch.randn(this.batch, 3, 32, 32)
    const y = torch.randint(0, 10, [this.batch])
    this.optimizer.zero_grad()
    const loss = F.cross_entropy(this.model(x), y)
    loss.backward()
    this.optimizer.step()
    return loss.item() as number
  }
}

class LanguageModel extends nn.Module {
  embedding = new nn.Embedding(200, 64)
  lstm = new nn.LSTM(64, 128, 2, { batch_first: true, dropout: 0.2 })
  head = new nn.Linear(128, 200)

  override forward(tokens: Tensor, state: [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
    const [hidden, after] = this.lstm(this.embedding(tokens), state) as [Tensor, [Tensor, Tensor]]
    return [this.head(hidden), after]
  }
}

class LSTM extends Workload {
  readonly model = new LanguageModel()
  readonly optimizer = new optim.Adam(this.model.parameters(), { lr: 2e-3 })
  state: [Tensor, Tensor]

  constructor(readonly batch = 16) {
    super()
    this.models = [this.model]
    this.optimizers = [this.optimizer]
    this.state = [torch.zeros(2, batch, 128), torch.zeros(2, batch, 128)]
  }

  step(): number {
    const tokens = torch.randint(0, 200, [this.batch, 33])
    this.optimizer.zero_grad()
    const [scores, state] = this.model(tokens.at(':', ':-1'), this.state)
    this.state = [state[0].detach(), state[1].detach()]
    const loss = F.cross_entropy(scores.reshape(-1, 200), tokens.at(':', '1:').reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(this.model.parameters(), 0.25)
    this.optimizer.step()
    return loss.item() as number
  }
}

// Points on a ring, by a critic with a penalty on its gradient's length.
class WGAN extends Workload {
  readonly generator = new nn.Sequential(
    new nn.Linear(8, 128),
    new nn.ReLU(),
    new nn.Linear(128, 128),
    new nn.ReLU(),
    new nn.Linear(128, 2),
  )
  readonly critic = new nn.Sequential(
    new nn.Linear(2, 128),
    new nn.LeakyReLU(0.2),
    new nn.Linear(128, 128),
    new nn.LeakyReLU(0.2),
    new nn.Linear(128, 1),
  )
  readonly g_optimizer = new optim.Adam(this.generator.parameters(), { lr: 1e-4, betas: [0, 0.9] })
  readonly c_optimizer = new optim.Adam(this.critic.parameters(), { lr: 1e-4, betas: [0, 0.9] })

  constructor(readonly batch = 64) {
    super()
    this.models = [this.generator, this.critic]
    this.optimizers = [this.g_optimizer, this.c_optimizer]
  }

  penalty(real: Tensor, fake: Tensor): Tensor {
    const mix = torch.rand(this.batch, 1)
    const points = mix.mul(real).add(torch.sub(1, mix).mul(fake)).requires_grad_(true)
    const [gradient] = torch.autograd.grad(this.critic(points).sum(), points, { create_graph: true })
    return gradient!.norm(2, 1).sub(1).pow(2).mean()
  }

  step(): number {
    let loss: Tensor | undefined
    for (let i = 0; i < 2; i++) {
      const angle = torch.rand(this.batch, 1).mul(2 * Math.PI)
      const real = torch.cat([angle.cos(), angle.sin()], 1)
      const fake = this.generator(torch.randn(this.batch, 8)).detach()
      this.c_optimizer.zero_grad()
      loss = this.critic(fake).mean().sub(this.critic(real).mean()).add(this.penalty(real, fake).mul(10))
      loss.backward()
      this.c_optimizer.step()
    }
    this.g_optimizer.zero_grad()
    this.critic(this.generator(torch.randn(this.batch, 8)))
      .mean()
      .neg()
      .backward()
    this.g_optimizer.step()
    return loss!.item() as number
  }
}

/** By name; each is made with the size of its batch, after `torch.manual_seed`. */
export const WORKLOADS: Record<string, new (batch?: number) => Workload> = {
  mlp: MLP,
  resnet18: ResNet,
  lstm: LSTM,
  gpt: GPT,
  unet: UNet,
  wgan: WGAN,
}
