// Sampling from a diffusion model: the tutorial's next chapter, its first two scripts. An untrained model turns noise
// into noise; one that was trained on a single square of 8 x 8 pixels gives its colours and edges: so small a model sees no
// further than a few pixels.
// `npm run sample -- --help` lists the options.

import { Command, Option } from 'commander'
import * as torch from 'typetorch'
import { diffusion, type Tensor, Trainer } from 'typetorch'
import { save_loss_chart } from './chart.js'
import { save_images } from './images.js'
import { find_device } from './machine.js'
import { fraction, open_folder, parse_options, positive, whole } from './options.js'

const options = parse_options<{
  script?: 'untrained' | 'overfit'
  iterations: number
  count: number
  steps: number
  betaStart: number
  betaEnd: number
  lr: number
  seed: number
  threads?: number
  device: string
  out: string
}>(
  new Command('npm run sample --')
    .description('Samples images from an untrained model, and from one that knows a single image.')
    .addOption(
      new Option('--script <name>', 'which of the two (default: both)').choices(['untrained', 'overfit']),
    )
    .addOption(whole('--iterations <n>', 'steps of training', 1, 10_000))
    .addOption(whole('--count <n>', 'how many images to sample', 1, 16))
    .addOption(whole('--steps <n>', 'timesteps of the diffusion', 1, 24))
    .addOption(fraction('--beta-start <beta>', 'noise added at the first timestep', 1e-4))
    .addOption(fraction('--beta-end <beta>', 'noise added at the last timestep', 0.6))
    .addOption(positive('--lr <rate>', "Adam's learning rate", 1e-3))
    .addOption(whole('--seed <n>', 'seed of all random numbers', 0, 0))
    .addOption(whole('--threads <n>', 'threads of the processor', 1))
    .option('--device <name>', 'cpu, cuda or cuda:1', 'cpu')
    .option('--out <folder>', 'where to write', 'out'),
)

if (options.threads !== undefined) torch.set_num_threads(options.threads)
const device = find_device(options.device)
const out = open_folder(options.out)
const noise_scheduler = new diffusion.NoiseScheduler(options.steps, options.betaStart, options.betaEnd).to(
  device,
)

// Red, green, blue and yellow quarters: (1, 3, 8, 8), colours between -1 and 1.
function make_square(): Tensor {
  const square = torch.full([1, 3, 8, 8], -1, { dtype: torch.float32, device })
  square.set_at([0, 0, ':4', ':4'], 1)
  square.set_at([0, 1, ':4', '4:'], 1)
  square.set_at([0, 2, '4:', ':4'], 1)
  square.set_at([0, ':2', '4:', '4:'], 1)
  return square
}

// Saves the sampled images, and how the first of them came out of the noise.
async function sample(model: diffusion.Model, name: string): Promise<void> {
  const x = torch.randn(options.count, 3, 8, 8, { device })
  const stages = [x.at('0:1')]
  const images = noise_scheduler.sample(model, x.shape, {
    x,
    callback: (x_t) => stages.push(x_t.at('0:1')),
  })
  await save_images(images, out(`${name}.png`), { scale: 8 })
  await save_images(torch.cat(stages), out(`${name}-steps.png`), { columns: 5, scale: 8 })
  console.log(`Wrote ${out(`${name}.png`)}, ${out(`${name}-steps.png`)}`)
}

async function untrained(): Promise<void> {
  torch.manual_seed(options.seed)
  await sample(new diffusion.Model().to(device), 'untrained')
}

async function overfit(): Promise<void> {
  torch.manual_seed(options.seed)
  const x0 = make_square()
  const model = new diffusion.Model().to(device)
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: options.lr })
  const trainer = new Trainer(model, optimizer, {
    max_steps: options.iterations,
    checkpoint: out('overfit.pt'),
    handle_signals: true,
    log_every: 1000,
  })
  const started = performance.now()
  const loss_history = await trainer.fit([x0], diffusion.noise_prediction_step(model, noise_scheduler))
  const seconds = (performance.now() - started) / 1000
  console.log(
    `Trained ${loss_history.length} iterations in ${seconds.toFixed(1)} s, loss ${loss_history.at(-1)}`,
  )
  await save_loss_chart(loss_history, out('overfit-loss.png'))
  await save_images(x0, out('square.png'), { scale: 8 })
  await sample(model, 'overfit')
}

if (options.script !== 'overfit') await untrained()
if (options.script !== 'untrained') await overfit()
