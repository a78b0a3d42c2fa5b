// Trains beside requests that sample from the averages, and the same training alone: the losses and the weights are equal to
// the bit. `npm run torture:sampling -- --seconds 600`; sampling.test.ts runs it for some seconds.
import { parseArgs } from 'node:util'
import * as torch from 'typetorch'
import { type MetricsEvent, nn, Trainer } from 'typetorch'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    every_ms: { type: 'string', default: '50' },
  },
})
const [seconds, every_ms] = [Number(values.seconds), Number(values.every_ms)]
torch.set_num_threads(1)

/** A network with dropout and running means, a step with random numbers that waits every fourth time. */
function make() {
  torch.manual_seed(0)
  const model = new nn.Sequential(
    new nn.Linear(16, 64),
    new nn.BatchNorm1d(64),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    new nn.Linear(64, 16),
  )
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
  const dataset = new torch.utils.data.TensorDataset(torch.randn(640, 16))
  const loader = new torch.utils.data.DataLoader(dataset, { batch_size: 32, shuffle: true })
  let steps = 0
  const step = ([x]: torch.Tensor[]) => {
    const loss = () =>
      model(x!.add(torch.randn_like(x!).mul(0.1)))
        .sub(x!)
        .pow(2)
        .mean()
    if (++steps % 4 !== 0) return loss()
    return new Promise((resolve) => setTimeout(resolve, 1)).then(loss)
  }
  const train = async (options: torch.TrainerOptions, during?: (trainer: Trainer) => Promise<void>) => {
    const val_losses: unknown[] = []
    const callbacks = [
      {
        on_validation_end: (_: Trainer, { metrics }: MetricsEvent) =>
          void val_losses.push(metrics['val_loss']),
      },
    ]
    const trainer = new Trainer(model, optimizer, {
      ...options,
      ema: { decay: 0.99 },
      progress: false,
      callbacks,
    })
    const validation = { validation: [dataset.tensors.map((all) => all.at('0:64'))] }
    const training = trainer.fit(loader, step, validation)
    await during?.(trainer as unknown as Trainer)
    const losses = await training
    const averages = [...trainer.ema!.averaged.parameters()]
    const numbers = [...model.parameters(), ...model.buffers(), ...averages].flatMap((x) =>
      x.view(-1).tolist(),
    )
    return { losses, numbers, val_losses, steps: trainer.global_step }
  }
  return { model, train }
}

let [samples, shared, at_a_time, most_at_a_time, refused] = [0, 0, 0, 0, 0]
const { model, train } = make()
const weight = () => model.state_dict()['0.weight']!.sum().item()

/** A request: a few denoising steps on the averages, with awaits between them and random numbers of its own. */
async function sample(): Promise<void> {
  most_at_a_time = Math.max(most_at_a_time, ++at_a_time)
  if (at_a_time > 1) shared++
  const before = weight()
  let x = torch.randn(4, 16)
  for (let i = 0; i < 4; i++) {
    x = torch.no_grad(() => model(x))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  if (!x.isfinite().all().item() || weight() !== before)
    throw new Error('the averages changed under a request')
  at_a_time--
  samples++
}
const serve = (trainer: Trainer) =>
  trainer.between_steps(() => torch.random.fork_rng(() => trainer.ema!.apply(sample)))

/** A request that does not know of the training: it has the averages between two steps, or is refused them. */
async function stranger(trainer: Trainer): Promise<void> {
  try {
    await trainer.ema!.apply(async () => new Promise((resolve) => setTimeout(resolve, 1)))
  } catch (error) {
    if (!(error instanceof torch.RuntimeError) || !error.message.includes('is in use by')) throw error
    refused++
  }
}

const started = performance.now()
const beside = await train({ max_seconds: seconds }, async (trainer) => {
  const requests: Promise<void>[] = []
  for (let i = 0; performance.now() - started < seconds * 1000 - 500; i++) {
    requests.push(serve(trainer))
    if (i % 3 === 0) requests.push(serve(trainer), stranger(trainer))
    await new Promise((resolve) => setTimeout(resolve, every_ms))
  }
  await Promise.all(requests)
})
const alone = await make().train({ max_steps: beside.steps })
const same = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
const result = {
  steps: beside.steps,
  samples,
  shared,
  most_at_a_time,
  refused,
  losses_equal: same(beside.losses, alone.losses),
  weights_equal: same(beside.numbers, alone.numbers),
  // Where the time ended with an epoch, the steps end before its validation.
  validations: alone.val_losses.length,
  val_losses_equal: same(beside.val_losses.slice(0, alone.val_losses.length), alone.val_losses),
}
console.log(JSON.stringify(result))
const { losses_equal, weights_equal, val_losses_equal } = result
process.exitCode = losses_equal && weights_equal && val_losses_equal && shared > 0 ? 0 : 1
