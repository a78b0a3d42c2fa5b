// What the Trainer adds to a step of the tutorial: blocks of the loop written out and of `fit` take turns in one process,
// each with a model and random numbers of its own. µs of the process's own time a step, the lower quartile of many short
// blocks, which others on the machine disturb least; and whether the losses are those of the loop.
import * as torch from 'typetorch'
import { nn, type Tensor, Trainer, type TrainerOptions } from 'typetorch'
import { read_flags } from './child.js'

const BLOCKS = 40

const flags = read_flags()
torch.set_num_threads(flags.threads)
const side = flags.side

class Model extends nn.Module {
  conv1 = new nn.Conv2d(3, 16, 3, { padding: 1 })
  conv2 = new nn.Conv2d(16, 3, 3, { padding: 1 })
  linear = new nn.Linear(1, 16)
  override forward(x: Tensor, t: Tensor) {
    x = nn.functional.relu(this.conv1(x))
    x = x.add(this.linear(t.to(torch.float32)).view(-1, 16, 1, 1))
    return this.conv2(x)
  }
}

/** A model in training, whose random numbers go on where they stopped in the block before. */
class Arm {
  readonly us: number[] = []
  losses: number[] = []
  #rng_state: Tensor

  constructor(readonly run: (iterations: number) => Promise<number[]> | number[]) {
    this.#rng_state = torch.get_rng_state()
  }

  async block(iterations: number, counts = true): Promise<void> {
    torch.set_rng_state(this.#rng_state)
    const start = process.cpuUsage()
    const losses = await this.run(iterations)
    const { user, system } = process.cpuUsage(start)
    const us = (user + system) / iterations
    this.#rng_state = torch.get_rng_state()
    this.losses = losses.slice()
    if (counts) this.us.push(us)
  }
}

const scheduler = new torch.diffusion.NoiseScheduler()
const criterion = new nn.MSELoss()

function make() {
  torch.manual_seed(0)
  const model = new Model()
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
  const x0 = torch.rand(1, 3, side, side).mul(2).sub(1)
  const step = (x0: Tensor): Tensor => {
    const noise = torch.randn_like(x0)
    const t = torch.randint(0, scheduler.steps, [1, 1])
    return criterion(model(scheduler.add_noise(x0, t, noise), t), noise)
  }
  return { model, optimizer, x0, step }
}

const plain = () => {
  const { optimizer, x0, step } = make()
  return new Arm((iterations) => {
    const losses: number[] = []
    for (let it = 0; it < iterations; it++) {
      optimizer.zero_grad()
      const loss = step(x0)
      losses.push(loss.item() as number)
      loss.backward()
      optimizer.step()
    }
    return losses
  })
}

const trained = (data: (x0: Tensor) => Iterable<Tensor>, options: TrainerOptions = {}) => {
  const { model, optimizer, x0, step } = make()
  const batches = data(x0)
  return new Arm((max_steps) =>
    new Trainer(model, optimizer, { max_steps, progress: false, ...options }).fit(batches, step),
  )
}

const looped = () => {
  const { optimizer, x0, step } = make()
  const loader = loader_of(x0)
  return new Arm((iterations) => {
    const losses: number[] = []
    for (;;)
      for (const batch of loader) {
        if (losses.length === iterations) return losses
        optimizer.zero_grad()
        const loss = step(batch)
        losses.push(loss.item() as number)
        loss.backward()
        optimizer.step()
      }
  })
}

const loader_of = (x0: Tensor) =>
  new torch.utils.data.DataLoader(x0.squeeze(0).expand(64, -1, -1, -1).contiguous(), {
    batch_size: 1,
  }) as Iterable<Tensor>

const arms = {
  'plain loop': plain(),
  'fit, an epoch of one batch': trained((x0) => [x0]),
  'fit, an epoch of many batches': trained((x0) => new Array<Tensor>(1000).fill(x0)),
  'fit, a callback on each step': trained((x0) => new Array<Tensor>(1000).fill(x0), {
    callbacks: [{ on_step_end: (_trainer, { loss }) => void loss }],
  }),
  'plain loop over a DataLoader': looped(),
  'fit, a DataLoader': trained(loader_of),
}
const members = Object.values(arms)
for (const arm of members) await arm.block(flags.warmup, false)
for (let i = 0; i < BLOCKS; i++) for (const arm of members) await arm.block(flags.iterations)

const quartile = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 2]!
const us = Object.fromEntries(Object.entries(arms).map(([name, arm]) => [name, quartile(arm.us)]))
// A loader draws a seed when an epoch begins.
const same = [members.slice(0, 4), members.slice(4)].every((group) =>
  group.every(({ losses }) => losses.every((loss, i) => loss === group[0]!.losses[i])),
)
console.log(JSON.stringify({ us, same }))
