// Training a diffusion model: the tutorial's chapter, line by line. `npm run tutorial -- --help` lists the options.

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import * as torch from 'typetorch'
import { diffusion, nn, type StepEnd, type Tensor, Trainer } from 'typetorch'
import { save_loss_chart } from './chart.js'
import { load_image, save_images } from './images.js'
import { find_device, versions } from './machine.js'
import { fail, fraction, open_folder, parse_options, positive, whole } from './options.js'

// Two convolutions for the image, and a linear layer that maps t to the hidden layer's channels.
class Model extends nn.Module {
  conv1 = new nn.Conv2d(3, 16, 3, { padding: 1 })
  conv2 = new nn.Conv2d(16, 3, 3, { padding: 1 })
  linear = new nn.Linear(1, 16)

  override forward(x: Tensor, t: Tensor) {
    x = this.conv1(x)
    x = nn.functional.relu(x)
    t = t.to(torch.float32)
    t = this.linear(t)
    x = x.add(t.view(-1, 16, 1, 1))
    x = this.conv2(x)
    return x
  }
}

class NoiseScheduler extends nn.Module {
  declare alpha_bar: Tensor

  constructor(
    readonly steps = 24,
    readonly beta_start = 1e-4,
    readonly beta_end = 0.6,
  ) {
    super()
    const beta = torch.linspace(beta_start, beta_end, steps)
    const alpha = torch.sub(1, beta)
    this.register_buffer('alpha_bar', torch.cumprod(alpha, 0))
  }

  // Adds noise to an image; t is the step's number, 0 <= t < steps.
  add_noise(x0: Tensor, t: Tensor, noise: Tensor) {
    const alpha_bar = this.alpha_bar.at(t)
    return alpha_bar.sqrt().mul(x0).add(torch.sub(1, alpha_bar).sqrt().mul(noise))
  }
}

const mandrill = fileURLToPath(import.meta.resolve('baboon-image/baboon.png'))
const options = parse_options<{
  image: string
  size?: number
  iterations: number
  steps: number
  betaStart: number
  betaEnd: number
  lr: number
  seed: number
  threads?: number
  device: string
  out: string
  resume?: boolean
}>(
  new Command('npm run tutorial --')
    .description("Trains the tutorial's diffusion model on one image.")
    .option('--image <file>', 'the image to train on', mandrill)
    .addOption(
      whole('--size <pixels>', 'the side of the square that the image is scaled to (default: as it is)', 1),
    )
    .addOption(whole('--iterations <n>', 'steps of training', 1, 1000))
    .addOption(whole('--steps <n>', 'timesteps of the diffusion', 1, 24))
    .addOption(fraction('--beta-start <beta>', 'noise added at the first timestep', 1e-4))
    .addOption(fraction('--beta-end <beta>', 'noise added at the last timestep', 0.6))
    .addOption(positive('--lr <rate>', "Adam's learning rate", 1e-3))
    .addOption(whole('--seed <n>', 'seed of all random numbers', 0, 0))
    .addOption(whole('--threads <n>', 'threads of the processor', 1))
    .option('--device <name>', 'cpu, cuda or cuda:1', 'cpu')
    .option('--out <folder>', 'where to write', 'out')
    .option('--resume', 'go on where a run into the same folder ended or was killed'),
)

if (options.threads !== undefined) torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
const device = find_device(options.device)
const x0 = await load_image(options.image, options.size).then(
  (image) => image.to(device),
  (error: Error) => fail(error.message),
)
const out = open_folder(options.out)

const noise_scheduler = new NoiseScheduler(options.steps, options.betaStart, options.betaEnd).to(device)
const model = new Model().to(device)
const optimizer = new torch.optim.Adam(model.parameters(), { lr: options.lr })
const criterion = new nn.MSELoss()

// What the loss was in each iteration, also in those before the program was killed and went on.
const loss_history: number[] = []
const history = {
  on_step_end: (_trainer: Trainer, { loss }: StepEnd) => void loss_history.push(loss),
  state_dict: () => torch.tensor(loss_history, { dtype: torch.float64 }),
  load_state_dict: (losses: Tensor) => void loss_history.push(...(losses.tolist() as number[])),
}

// The trainer calls optimizer.zero_grad(), loss.backward() and optimizer.step(), and prints the loss every 100
// iterations; at the end, or after Ctrl-C, it saves the model. Every few seconds it saves its whole state, from which
// `--resume` goes on with the same numbers.
const trainer = new Trainer(model, optimizer, {
  max_steps: options.iterations,
  checkpoint: out('model.pt'),
  checkpoints: { folder: out('checkpoints'), every_seconds: 10, resume: options.resume ?? false },
  handle_signals: true,
  callbacks: [history],
})
// A new run takes the place of an old one; a folder that is somebody else's stays.
if (!options.resume && existsSync(join(out('checkpoints'), 'manifest.json')))
  rmSync(out('checkpoints'), { recursive: true })
await trainer.fit([x0], (x0) => {
  const noise = torch.randn_like(x0, { device })
  const t = torch.randint(0, noise_scheduler.steps, [1, 1], { device })
  const x_t = noise_scheduler.add_noise(x0, t, noise)
  const pred_noise = model(x_t, t)
  return criterion(pred_noise, noise)
})
const { seconds } = trainer

// The next chapter: an image from noise alone, by the schedule's reverse process.
const reverse = new diffusion.NoiseScheduler(options.steps, options.betaStart, options.betaEnd).to(device)
await save_images(reverse.sample(model, x0.shape), out('sample.png'))

await save_loss_chart(loss_history, out('loss.png'))
const summary = { options, versions: versions(), stopped: trainer.stopped, seconds, loss_history }
writeFileSync(out('summary.json'), `${JSON.stringify(summary, null, 2)}\n`)

const microseconds = Math.round((seconds / Math.max(trainer.global_step, 1)) * 1e6)
const end = trainer.stopped === undefined ? 'Trained' : `Stopped by ${trainer.stopped} after`
console.log(
  `${end} ${loss_history.length} iterations in ${seconds.toFixed(1)} s (${microseconds} µs each), loss ${loss_history.at(-1)}`,
)
console.log(`Wrote ${['model.pt', 'loss.png', 'sample.png', 'summary.json'].map(out).join(', ')}`)
