// What the Trainer adds to a step of the tutorial: blocks of the loop written out and of `fit` take turns in one process,
// each with a model and random numbers of its own. µs of the process's own time a step, the lower quartile of many short
// blocks, which others on the machine disturb least; and whether the losses are those of the loop.
import * as torch from 'typetorch'
import { diffusion, type Tensor, Trainer, type TrainerOptions } from 'typetorch'
import { read_flags } from './child.js'

const BLOCKS = 40

const flags = read_flags()
torch.set_num_threads(flags.threads)
const side = flags.side

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

function make() {
  torch.manual_seed(0)
  const model = new diffusion.Model()
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
  const x0 = torch.rand(1, 3, side, side).mul(2).sub(1)
  const step = diffusion.noise_prediction_step(model, new diffusion.NoiseScheduler())
  const train = (batch: Tensor): number => {
    optimizer.zero_grad()
    const loss = step(batch)
    const value = loss.item() as number
    loss.backward()
    optimizer.step()
    return value
  }
  return { model, optimizer, x0, step, train }
}

const plain = () => {
  const { x0, train } = make()
  return new Arm((iterations) => {
    const losses: number[] = []
    for (let it = 0; it < iterations; it++) losses.push(train(x0))
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
  const { x0, train } = make()
  const loader = loader_of(x0)
  return new Arm((iterations) => {
    const losses: number[] = []
    for (;;)
      for (const batch of loader) {
        if (losses.length === iterations) return losses
        losses.push(train(batch))
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
