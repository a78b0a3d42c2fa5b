// The tutorial's training loop, synchronous, with no dispose and no scope: µs an iteration, the last loss, memory.
import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { peak_megabytes, read_flags } from './child.js'

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

class NoiseScheduler extends nn.Module {
  declare alpha_bar: Tensor
  constructor(
    readonly steps = 24,
    beta_start = 1e-4,
    beta_end = 0.6,
  ) {
    super()
    this.register_buffer(
      'alpha_bar',
      torch.cumprod(torch.sub(1, torch.linspace(beta_start, beta_end, steps)), 0),
    )
  }
  add_noise(x0: Tensor, t: Tensor, noise: Tensor) {
    const alpha_bar = this.alpha_bar.at(t)
    return alpha_bar.sqrt().mul(x0).add(torch.sub(1, alpha_bar).sqrt().mul(noise))
  }
}

const flags = read_flags()
torch.set_num_threads(flags.threads)
torch.manual_seed(0)
const x0 = torch.rand(1, 3, flags.side, flags.side).mul(2).sub(1)
const noise_scheduler = new NoiseScheduler()
const model = new Model()
const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
const criterion = new nn.MSELoss()
const rss_mb: number[] = []

function run(iterations: number, sample_every = 0): number {
  let value = Number.NaN
  for (let it = 0; it < iterations; it++) {
    optimizer.zero_grad()
    const noise = torch.randn_like(x0)
    const t = torch.randint(0, noise_scheduler.steps, [1, 1])
    const loss = criterion(model(noise_scheduler.add_noise(x0, t, noise), t), noise)
    value = loss.item() as number
    loss.backward()
    optimizer.step()
    if (sample_every > 0 && it % sample_every === 0) rss_mb.push(process.memoryUsage.rss() / 1048576)
  }
  return value
}

run(flags.warmup)
const start = performance.now()
const loss = run(
  flags.iterations,
  flags.samples > 0 ? Math.max(1, Math.floor(flags.iterations / flags.samples)) : 0,
)
const us = ((performance.now() - start) * 1000) / flags.iterations
console.log(JSON.stringify({ us, loss, peak_mb: peak_megabytes(), rss_mb }))
