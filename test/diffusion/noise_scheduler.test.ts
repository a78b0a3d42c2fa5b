import * as torch from 'typetorch'
import { diffusion, nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, test } from 'vitest'

const { NoiseScheduler } = diffusion
const image = (n = 1) => torch.rand(n, 3, 4, 5).mul(2).sub(1)
const same = (a: Tensor, b: Tensor) => expect(a.tolist()).toEqual(b.tolist())

describe('schedule', () => {
  test('keeps three buffers under PyTorch-like names', () => {
    const noise_scheduler = new NoiseScheduler()
    expect(noise_scheduler).toBeInstanceOf(nn.Module)
    expect([...noise_scheduler.named_buffers()].map(([name]) => name)).toEqual(['beta', 'alpha', 'alpha_bar'])
    expect(noise_scheduler.state_dict().keys()).toEqual(['beta', 'alpha', 'alpha_bar'])
    const { steps, beta_start, beta_end, beta, alpha, alpha_bar } = noise_scheduler
    expect([steps, beta_start, beta_end]).toEqual([24, 1e-4, 0.6])
    same(beta, torch.linspace(1e-4, 0.6, 24))
    same(alpha, torch.sub(1, beta))
    same(alpha_bar, torch.cumprod(alpha, 0))
  })

  test('takes its options by position and by keyword', () => {
    const by_keyword = new NoiseScheduler({ steps: 1000, beta_end: 0.02 })
    const by_position = new NoiseScheduler(1000, 1e-4, 0.02)
    const mixed = new NoiseScheduler(1000, { beta_end: 0.02 })
    same(by_keyword.alpha_bar, by_position.alpha_bar)
    same(mixed.alpha_bar, by_position.alpha_bar)
    expect(String(by_keyword)).toBe('NoiseScheduler(steps=1000, beta_start=0.0001, beta_end=0.02)')
  })

  test('moves with everything else', () => {
    const noise_scheduler = new NoiseScheduler().to(torch.float64)
    expect(noise_scheduler.beta.dtype).toBe(torch.float64)
    expect(noise_scheduler.alpha_bar.dtype).toBe(torch.float64)
  })

  test.each([
    [{ steps: 0 }, "NoiseScheduler(): argument 'steps' must be a positive whole number, but got 0"],
    [{ steps: 2.5 }, "NoiseScheduler(): argument 'steps' must be a positive whole number, but got 2.5"],
    [{ beta_start: -1 }, "NoiseScheduler(): argument 'beta_start' must lie in [0, 1), but got -1"],
    [{ beta_end: 1 }, "NoiseScheduler(): argument 'beta_end' must lie in [0, 1), but got 1"],
    [{ beta_end: Number.NaN }, "NoiseScheduler(): argument 'beta_end' must lie in [0, 1), but got NaN"],
  ])('refuses %o', (options, message) => {
    expect(() => new NoiseScheduler(options)).toThrow(message)
    expect(() => new NoiseScheduler(options)).toThrow(expect.objectContaining({ name: 'ValueError' }))
  })

  test('names the closest keyword and the wrong type', () => {
    // @ts-expect-error -- misspelt
    expect(() => new NoiseScheduler({ beta_stop: 0.5 })).toThrow(
      "NoiseScheduler() got an unexpected keyword argument 'beta_stop'; did you mean 'beta_start'?",
    )
    // @ts-expect-error -- no number
    expect(() => new NoiseScheduler('24')).toThrow(
      new TypeError("NoiseScheduler(): argument 'steps' must be a number, not string"),
    )
  })
})

describe('add_noise', () => {
  const noise_scheduler = new NoiseScheduler()

  test("is the chapter's arithmetic for t of shape (1, 1)", () => {
    const [x0, noise] = [image(), torch.randn(1, 3, 4, 5)]
    const t = torch.tensor([[5n]])
    const alpha_bar = noise_scheduler.alpha_bar.at(t)
    const expected = torch
      .sqrt(alpha_bar)
      .mul(x0)
      .add(torch.sqrt(torch.sub(1, alpha_bar)).mul(noise))
    expect(expected.shape).toEqual([1, 3, 4, 5])
    same(noise_scheduler.add_noise(x0, t, noise), expected)
    same(noise_scheduler.add_noise(x0, 5, noise), expected)
  })

  test.each([[[3, 1]], [[3]]])('takes a timestep for each image, of shape %o', (shape) => {
    const [x0, noise] = [image(3), torch.randn(3, 3, 4, 5)]
    const t = torch.tensor([0n, 11n, 23n]).view(shape)
    const together = noise_scheduler.add_noise(x0, t, noise)
    const alone = [0, 11, 23].map((step, i) =>
      noise_scheduler.add_noise(x0.at(`${i}:${i + 1}`), step, noise.at(`${i}:${i + 1}`)),
    )
    same(together, torch.cat(alone))
  })

  test('refuses a timestep outside of the schedule', () => {
    expect(() => noise_scheduler.add_noise(image(), 24, image())).toThrow(torch.IndexError)
    expect(() => noise_scheduler.add_noise(image(), torch.tensor([[24n]]), image())).toThrow(/out of bounds/)
  })
})

describe('step', () => {
  const noise_scheduler = new NoiseScheduler()

  test('adds nothing at t = 0', () => {
    const [x, predicted] = [image(2), torch.randn(2, 3, 4, 5)]
    const first = noise_scheduler.step(x, 0, predicted, { noise: torch.ones(2, 3, 4, 5) })
    same(first, noise_scheduler.step(x, 0, predicted, { noise: torch.zeros(2, 3, 4, 5) }))
    const { beta, alpha, alpha_bar } = noise_scheduler
    const factor = beta.at(0).div(torch.sub(1, alpha_bar.at(0)).sqrt())
    same(first, x.sub(factor.mul(predicted)).div(alpha.at(0).sqrt()))
  })

  test.each([[[3, 1]], [[3]]])('takes a timestep for each image, of shape %o', (shape) => {
    const [x, predicted, noise] = [image(3), torch.randn(3, 3, 4, 5), torch.randn(3, 3, 4, 5)]
    const together = noise_scheduler.step(x, torch.tensor([0n, 11n, 23n]).view(shape), predicted, { noise })
    const alone = [0, 11, 23].map((step, i) => {
      const one = (all: Tensor) => all.at(`${i}:${i + 1}`)
      return noise_scheduler.step(one(x), step, one(predicted), { noise: one(noise) })
    })
    same(together, torch.cat(alone))
  })

  test('clip_sample cuts the image that the noise speaks of to [-1, 1]', () => {
    const [x, noise] = [image(2), torch.zeros(2, 3, 4, 5)]
    const options = { noise, clip_sample: true }
    // x0 and the noise that make x: within the range nothing is cut.
    const [level, rest] = [
      noise_scheduler.alpha_bar.at(9).sqrt(),
      noise_scheduler.alpha_bar.at(9).neg().add(1).sqrt(),
    ]
    const noise_of = (x0: Tensor | number) => x.sub(torch.mul(level, x0)).div(rest)
    const inside = noise_of(image(2))
    expect(
      torch.allclose(
        noise_scheduler.step(x, 9, inside, options),
        noise_scheduler.step(x, 9, inside, { noise }),
        { atol: 1e-5 },
      ),
    ).toBe(true)
    const cut = noise_scheduler.step(x, 9, noise_of(7), options)
    expect(torch.allclose(cut, noise_scheduler.step(x, 9, noise_of(1), { noise }), { atol: 1e-5 })).toBe(true)
    expect(cut.equal(noise_scheduler.step(x, 9, noise_of(7), { noise }))).toBe(false)
  })

  test('draws with the generator that it is given', () => {
    const x = image()
    const draw = (seed: number) =>
      noise_scheduler.step(x, 9, x, { generator: new torch.Generator().manual_seed(seed) })
    same(draw(1), draw(1))
    expect(draw(1).equal(draw(2))).toBe(false)
  })
})

describe('sample', () => {
  const noise_scheduler = new NoiseScheduler(6)

  test('goes from the last timestep to the first, recording nothing', () => {
    const model = new diffusion.Model()
    const asked: unknown[] = []
    const seen: number[] = []
    const images = noise_scheduler.sample(
      (x, t) => {
        asked.push(t.tolist())
        expect(torch.is_grad_enabled()).toBe(false)
        return model(x, t)
      },
      [2, 3, 8, 8],
      { callback: (x, t) => seen.push(x.shape[0]! + t) },
    )
    expect(asked).toEqual([5, 4, 3, 2, 1, 0].map((t) => [[t], [t]]))
    expect(seen).toEqual([7, 6, 5, 4, 3, 2])
    expect(images.shape).toEqual([2, 3, 8, 8])
    expect(images.requires_grad).toBe(false)
    expect(torch.is_grad_enabled()).toBe(true)
  })

  test('is the same with the same generator, and starts from what it is given', () => {
    const model = new diffusion.Model()
    const draw = (x?: Tensor) =>
      noise_scheduler.sample(model, [1, 3, 8, 8], {
        generator: new torch.Generator().manual_seed(3),
        ...(x && { x }),
      })
    same(draw(), draw())
    expect(draw().equal(draw(torch.zeros(1, 3, 8, 8)))).toBe(false)
  })

  test('a model that errs leaves the range, but not with clip_sample', () => {
    const many = new NoiseScheduler(200, 1e-4, 0.02)
    const furthest = (clip_sample: boolean) =>
      many
        .sample((x) => x.neg(), [1, 3, 8, 8], {
          clip_sample,
          generator: new torch.Generator().manual_seed(3),
        })
        .abs()
        .max()
        .item()
    expect(furthest(true)).toBeLessThan(1.001)
    expect(furthest(false)).toBeGreaterThan(3)
  })
})

test('Model has the parameters of the chapter', () => {
  const model = new diffusion.Model()
  expect([...model.named_parameters()].map(([name, { shape }]) => [name, shape])).toEqual([
    ['conv1.weight', [16, 3, 3, 3]],
    ['conv1.bias', [16]],
    ['conv2.weight', [3, 16, 3, 3]],
    ['conv2.bias', [3]],
    ['linear.weight', [16, 1]],
    ['linear.bias', [16]],
  ])
  const noise = model(image(2), torch.tensor([[3n], [7n]]))
  expect(noise.shape).toEqual([2, 3, 4, 5])
  expectTypeOf(model).parameters.toEqualTypeOf<[x: Tensor, t: Tensor]>()
  expectTypeOf(noise).toEqualTypeOf<Tensor>()
})

test('noise_prediction_step draws noise and then timesteps, and takes batches with labels', () => {
  const [model, noise_scheduler, x0] = [new diffusion.Model(), new NoiseScheduler(), image(3)]
  const step = diffusion.noise_prediction_step(model, noise_scheduler)
  torch.manual_seed(5)
  const loss = step(x0)
  torch.manual_seed(5)
  expect(step([x0, torch.zeros(3)]).item()).toBe(loss.item())
  torch.manual_seed(5)
  const noise = torch.randn_like(x0)
  const t = torch.randint(0, 24, [3, 1])
  const expected = nn.functional.mse_loss(model(noise_scheduler.add_noise(x0, t, noise), t), noise)
  expect(loss.item()).toBe(expected.item())
  const absolute = diffusion.noise_prediction_step(model, noise_scheduler, new nn.L1Loss())
  torch.manual_seed(5)
  expect(absolute(x0).item()).not.toBe(loss.item())
})
