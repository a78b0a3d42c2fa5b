// Sampling from a diffusion model: the tutorial's next chapter, its three scripts. An untrained model turns noise into
// noise; one that was trained on a single square of 8 x 8 pixels gives its colours and edges: so small a model sees no
// further than a few pixels; a small U-Net of 1000 timesteps, trained on many images in batches, gives new ones like them.
// `npm run sample -- --help` lists the options.

import { Command, Option } from 'commander'
import * as torch from 'typetorch'
import { diffusion, type Tensor, Trainer, vision } from 'typetorch'
import { save_loss_chart } from './chart.js'
import { save_images } from './images.js'
import { find_device } from './machine.js'
import { fail, fraction, open_folder, parse_options, positive, whole } from './options.js'

const options = parse_options<{
  script?: 'untrained' | 'overfit' | 'unet'
  iterations: number
  count: number
  steps: number
  betaStart: number
  betaEnd: number
  unetIterations: number
  unetSteps: number
  unetBetaEnd: number
  batchSize: number
  mnist?: string
  lr: number
  seed: number
  threads?: number
  device: string
  out: string
}>(
  new Command('npm run sample --')
    .description(
      'Samples images from an untrained model, from one that knows a single image, and from a small U-Net.',
    )
    .addOption(
      new Option('--script <name>', 'which of the three (default: all)').choices([
        'untrained',
        'overfit',
        'unet',
      ]),
    )
    .addOption(whole('--iterations <n>', 'steps of training', 1, 10_000))
    .addOption(whole('--count <n>', 'how many images to sample', 1, 16))
    .addOption(whole('--steps <n>', 'timesteps of the diffusion', 1, 24))
    .addOption(fraction('--beta-start <beta>', 'noise added at the first timestep', 1e-4))
    .addOption(fraction('--beta-end <beta>', 'noise added at the last timestep', 0.6))
    .addOption(whole('--unet-iterations <n>', "steps of the U-Net's training", 1, 4000))
    .addOption(whole('--unet-steps <n>', "timesteps of the U-Net's diffusion", 1, 1000))
    .addOption(fraction('--unet-beta-end <beta>', 'noise added at the last of them', 0.02))
    .addOption(whole('--batch-size <n>', 'images in a batch of the U-Net', 1, 128))
    .option(
      '--mnist <folder>',
      "MNIST's or Fashion-MNIST's files, to train the U-Net on them (default: on discs)",
    )
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
async function sample(
  model: diffusion.NoisePredictor,
  name: string,
  scheduler = noise_scheduler,
  shape = [3, 8, 8],
  clip_sample = false,
) {
  const x = torch.randn([options.count, ...shape], { device })
  const stages = [x.at('0:1')]
  // Twenty-five images show how, whatever the number of steps.
  const every = Math.ceil(scheduler.steps / 24)
  const images = scheduler.sample(model, x.shape, {
    x,
    clip_sample,
    callback: (x_t, t) => {
      if (t % every === 0) stages.push(x_t.at('0:1'))
    },
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

// Light discs of random place and size on black, one image for each of (count, 1, 16, 16).
function make_discs(count: number): Tensor {
  const [x, y] = torch.rand(2, count, 1, 1, 1, { device }).mul(8).add(4)
  const radius = torch.rand(count, 1, 1, 1, { device }).mul(3).add(2)
  const places = torch.arange(16, { device }).add(0.5)
  const distance = places.sub(x!).pow(2).add(places.view(16, 1).sub(y!).pow(2)).sqrt()
  return radius.sub(distance).clamp(-1, 1)
}

// Digits as (n, 1, 28, 28), between -1 and 1.
function read_digits(folder: string): Tensor {
  try {
    return new vision.datasets.MNIST(folder).data.unsqueeze(1).to(device).div(255).mul(2).sub(1)
  } catch (error) {
    fail((error as Error).message)
  }
}

// Batches without end: each goes through the images in a new order.
function* shuffled(images: Tensor): Generator<Tensor> {
  const size = Math.min(options.batchSize, images.shape[0]!)
  for (;;) {
    const order = torch.randperm(images.shape[0]!).to(device)
    for (let i = 0; i + size <= order.length; i += size) yield images.at(order.at(`${i}:${i + size}`))
  }
}

async function unet(): Promise<void> {
  torch.manual_seed(options.seed)
  const images = options.mnist === undefined ? make_discs(1024) : read_digits(options.mnist)
  const { unetSteps: steps, betaStart, unetBetaEnd } = options
  const scheduler = new diffusion.NoiseScheduler(steps, betaStart, unetBetaEnd).to(device)
  const model = new diffusion.MiniUNet({ steps }).to(device)
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: options.lr })
  const trainer = new Trainer(model, optimizer, {
    max_steps: options.unetIterations,
    checkpoint: out('unet.pt'),
    handle_signals: true,
  })
  const started = performance.now()
  const step = diffusion.noise_prediction_step(model, scheduler)
  const loss_history = await trainer.fit(shuffled(images), step)
  const seconds = (performance.now() - started) / 1000
  console.log(
    `Trained ${loss_history.length} iterations in ${seconds.toFixed(1)} s, loss ${loss_history.at(-1)}`,
  )
  await save_loss_chart(loss_history, out('unet-loss.png'))
  await save_images(images.at(`:${options.count}`), out('unet-data.png'), { scale: 4 })
  // Over a thousand timesteps the model's errors would add up to colours far beyond white.
  await sample(model, 'unet', scheduler, images.shape.slice(1), true)
}

const scripts = { untrained, overfit, unet }
for (const [name, run] of Object.entries(scripts))
  if (options.script === undefined || options.script === name) await run()
