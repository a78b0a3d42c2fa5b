import * as torch from 'typetorch'
import { diffusion, Trainer } from 'typetorch'
import { afterAll, expect, test } from 'vitest'
import { live_torch } from '../helpers/python.js'
import { numbers_hex, run_reference, tensor_hex } from './reference.js'

const threads_before = torch.get_num_threads()
afterAll(() => torch.set_num_threads(threads_before))

const CASES = [
  ...[8, 32, 64].flatMap((side) => [1, 2].map((threads) => ({ side, images: 1, threads, iterations: 200 }))),
  ...[1, 2].map((threads) => ({ side: 512, images: 1, threads, iterations: 20 })),
  { side: 8, images: 3, threads: 1, iterations: 50 },
]

test.skipIf(!live_torch()).each(CASES)(
  "a live Python's losses, parameters and samples, bit for bit: %o",
  async ({ side, images, threads, iterations }) => {
    const expected = run_reference(
      '--side',
      side,
      '--images',
      images,
      '--threads',
      threads,
      '--iterations',
      iterations,
    )
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    const x0 = torch.rand(images, 3, side, side).mul(2).sub(1)
    const noise_scheduler = new diffusion.NoiseScheduler()
    const { beta, alpha, alpha_bar } = noise_scheduler
    expect(tensor_hex(torch.cat([beta, alpha, alpha_bar]))).toBe(expected.schedule)

    const model = new diffusion.Model()
    const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
    const trainer = new Trainer(model, optimizer, { max_steps: iterations, progress: false })
    const loss_history = await trainer.fit([x0], diffusion.noise_prediction_step(model, noise_scheduler))
    expect(numbers_hex(loss_history)).toBe(expected.losses)
    const state = model
      .state_dict()
      .items()
      .map(([name, value]) => [name, tensor_hex(value)])
    expect(Object.fromEntries(state)).toEqual(expected.state)

    const generator = new torch.Generator().manual_seed(1)
    const sample = noise_scheduler.sample(model, [2, 3, side, side], { generator })
    expect(tensor_hex(sample)).toBe(expected.sample)

    const noise = torch.randn(3, 3, side, side, { generator })
    const mixed = torch.tensor([[0n], [23n], [7n]])
    const several = noise_scheduler.step(noise, mixed, noise.mul(0.5), { noise: noise.mul(0.25) })
    expect(tensor_hex(several)).toBe(expected.several)
  },
  300_000,
)
