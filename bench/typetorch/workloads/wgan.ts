import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import type { Workload } from './workload.js'

/** Points on a ring, by a critic with a penalty on its gradient's length. */
export function wgan({ batch = 64, width = 128 } = {}): Workload {
  const generator = new nn.Sequential(
    new nn.Linear(8, width),
    new nn.ReLU(),
    new nn.Linear(width, width),
    new nn.ReLU(),
    new nn.Linear(width, 2),
  )
  const critic = new nn.Sequential(
    new nn.Linear(2, width),
    new nn.LeakyReLU(0.2),
    new nn.Linear(width, width),
    new nn.LeakyReLU(0.2),
    new nn.Linear(width, 1),
  )
  const g_optimizer = new optim.Adam(generator.parameters(), { lr: 1e-4, betas: [0, 0.9] })
  const c_optimizer = new optim.Adam(critic.parameters(), { lr: 1e-4, betas: [0, 0.9] })

  function penalty(real: Tensor, fake: Tensor): Tensor {
    const mix = torch.rand(batch, 1)
    const points = mix.mul(real).add(torch.sub(1, mix).mul(fake)).requires_grad_(true)
    const [gradient] = torch.autograd.grad(critic(points).sum(), points, { create_graph: true })
    return gradient!.norm(2, 1).sub(1).pow(2).mean()
  }

  function train_critic(): Tensor {
    const angle = torch.rand(batch, 1).mul(2 * Math.PI)
    const real = torch.cat([angle.cos(), angle.sin()], 1)
    const fake = generator(torch.randn(batch, 8)).detach()
    c_optimizer.zero_grad()
    const loss = critic(fake).mean().sub(critic(real).mean()).add(penalty(real, fake).mul(10))
    loss.backward()
    c_optimizer.step()
    return loss
  }

  function step(): number {
    train_critic()
    const loss = train_critic()
    g_optimizer.zero_grad()
    critic(generator(torch.randn(batch, 8)))
      .mean()
      .neg()
      .backward()
    g_optimizer.step()
    return loss.item() as number
  }
  return { models: [generator, critic], optimizers: [g_optimizer, c_optimizer], step }
}
