import { no_grad } from '../autograd/grad_mode.js'
import type { DeviceLike } from '../device.js'
import { int64 } from '../dtype.js'
import { type_error, type_name, value_error } from '../errors.js'
import type { Generator } from '../generator.js'
import { Module } from '../nn/modules/module.js'
import * as ops from '../ops/generated/torch.js'
import { methods } from '../python/methods.js'
import { optional } from '../python/parameters.js'
import { type Call, type GivenBy, type KeywordsOf, signature, type UsualCall } from '../python/signature.js'
import type { Tensor } from '../tensor.js'

/** What predicts the noise in `x` at timestep `t`: a model, or any function of the two. */
export type NoisePredictor = (x: Tensor, t: Tensor) => Tensor

const NOISE_SCHEDULER = signature(
  'NoiseScheduler',
  {
    /** How many timesteps the forward process takes. Default: 24. */
    steps: optional(24),
  },
  {
    /** The variance of the noise added at the first timestep, in [0, 1). Default: 1e-4. */
    beta_start: optional(1e-4),
  },
  {
    /** The variance of the noise added at the last timestep, in [0, 1). Default: 0.6. */
    beta_end: optional(0.6),
  },
)

/** Options of {@link NoiseScheduler}. */
export type NoiseSchedulerOptions = KeywordsOf<typeof NOISE_SCHEDULER>

/** Options of {@link NoiseScheduler.step}. */
export interface ReverseStepOptions {
  /** What the noise is drawn with. Default: the default generator of x's device. */
  generator?: Generator
  /** Standard Gaussian noise of x's shape, in place of what would be drawn. */
  noise?: Tensor
  /**
   * Whether the image that ε speaks of, x0 = (x − √(1 − ᾱ_t) · ε) / √ᾱ_t, is cut to [-1, 1] first. A model's errors
   * add up over many timesteps, and colours leave the range without it. Default: false.
   */
  clip_sample?: boolean
}

/** Options of {@link NoiseScheduler.sample}. */
export interface SampleOptions {
  /** What all noise is drawn with. Default: the default generator of the device. */
  generator?: Generator
  /** Where the images are made. Default: the device of the scheduler's buffers. */
  device?: DeviceLike
  /** What to start from, of the given shape, in place of Gaussian noise. */
  x?: Tensor
  /** Whether each step cuts the image it predicts to [-1, 1]: see {@link ReverseStepOptions}. Default: false. */
  clip_sample?: boolean
  /** Called after each reverse step with what it made and the timestep it removed. */
  callback?: (x: Tensor, t: number) => void
}

/**
 * The noise schedule of a diffusion model: β is linear from `beta_start` to `beta_end`, α = 1 − β, and ᾱ the cumulative
 * product of α. It is a module so that the three buffers move to a device with everything else.
 *
 * @param steps - how many timesteps. Default: 24
 * @param beta_start - β of the first timestep. Default: 1e-4
 * @param beta_end - β of the last timestep. Default: 0.6
 * @throws ValueError where steps is no positive whole number or a β lies outside [0, 1)
 *
 * @example
 * ```ts
 * const noise_scheduler = new diffusion.NoiseScheduler()
 * const t = torch.randint(0, noise_scheduler.steps, [1, 1])
 * const x_t = noise_scheduler.add_noise(x0, t, torch.randn_like(x0))
 * ```
 *
 * @see Ho et al., Denoising Diffusion Probabilistic Models, https://arxiv.org/abs/2006.11239
 */
export class NoiseScheduler extends Module {
  static {
    methods(NoiseScheduler, {
      add_noise: 'x0, t, noise',
      step: 'x, t, predicted_noise, *, generator?, noise?, clip_sample?',
      sample: 'model, shape, *, generator?, device?, x?, clip_sample?, callback?',
    })
  }

  declare steps: number
  declare beta_start: number
  declare beta_end: number
  /** β_t, of shape (steps). */
  declare beta: Tensor
  /** α_t = 1 − β_t, of shape (steps). */
  declare alpha: Tensor
  /** ᾱ_t, the product of α_0 … α_t, of shape (steps). */
  declare alpha_bar: Tensor

  constructor(...args: Call<typeof NOISE_SCHEDULER>)
  constructor(...args: UsualCall<typeof NOISE_SCHEDULER>)
  constructor(...args: unknown[]) {
    super()
    const given = NOISE_SCHEDULER.take(args)
    check_options(given)
    this.steps = given.steps
    this.beta_start = given.beta_start
    this.beta_end = given.beta_end
    const beta = ops.linspace(given.beta_start, given.beta_end, given.steps)
    const alpha = ops.sub(1, beta)
    this.register_buffer('beta', beta)
    this.register_buffer('alpha', alpha)
    this.register_buffer('alpha_bar', ops.cumprod(alpha, 0))
  }

  /**
   * Adds noise to an image as the forward process has at a timestep: √ᾱ_t · x0 + √(1 − ᾱ_t) · noise.
   *
   * @param x0 - images, of shape (n, …)
   * @param t - the timestep, 0 ≤ t < steps: a number, a tensor of one element, or one for each image of shape (n, 1) or (n)
   * @param noise - of x0's shape
   * @returns the images at timestep t, of x0's shape
   * @throws IndexError for a timestep outside of the schedule
   */
  add_noise(x0: Tensor, t: number | Tensor, noise: Tensor): Tensor {
    const alpha_bar = over_images(this.alpha_bar.at(t), x0)
    return alpha_bar.sqrt().mul(x0).add(ops.sub(1, alpha_bar).sqrt().mul(noise))
  }

  /**
   * Takes one step of the reverse process, from timestep t to t − 1:
   * (x − β_t / √(1 − ᾱ_t) · ε) / √α_t + √((1 − ᾱ_{t−1}) / (1 − ᾱ_t) · β_t) · z, where z is Gaussian noise, and zero at t = 0.
   *
   * @param x - images at timestep t, of shape (n, …)
   * @param t - the timestep: a number, a tensor of one element, or one for each image of shape (n, 1) or (n)
   * @param predicted_noise - the model's ε, of x's shape
   * @param options - the generator that z is drawn with, or z itself; clip_sample
   * @returns the images at timestep t − 1, of x's shape
   * @throws IndexError for a timestep outside of the schedule
   */
  step(x: Tensor, t: number | Tensor, predicted_noise: Tensor, options?: ReverseStepOptions): Tensor
  step(
    x: Tensor,
    t: number | Tensor,
    predicted_noise: Tensor,
    generator?: unknown,
    given_noise?: unknown,
    clip_sample = false,
  ): Tensor {
    const noise = given_noise as Tensor | undefined
    const timestep = typeof t === 'number' ? ops.full([], t, { dtype: int64, device: this.beta.device }) : t
    const beta = over_images(this.beta.at(timestep), x)
    const alpha = over_images(this.alpha.at(timestep), x)
    const alpha_bar = over_images(this.alpha_bar.at(timestep), x)
    // At t = 0 this reads the last element, as an index of -1 does; z is zero there.
    const alpha_bar_before = over_images(this.alpha_bar.at(timestep.sub(1)), x)
    const noise_level = ops.sub(1, alpha_bar).sqrt()
    if (clip_sample) {
      const image_level = alpha_bar.sqrt()
      const x0 = x.sub(noise_level.mul(predicted_noise)).div(image_level).clamp(-1, 1)
      predicted_noise = x.sub(image_level.mul(x0)).div(noise_level)
    }
    const mean = x.sub(beta.div(noise_level).mul(predicted_noise)).div(alpha.sqrt())
    const variance = ops.sub(1, alpha_bar_before).div(ops.sub(1, alpha_bar)).mul(beta)
    const z = ops.where(
      over_images(timestep, x).gt(0),
      noise ?? gaussian_like(x, generator as Generator | undefined),
      0,
    )
    return mean.add(variance.sqrt().mul(z))
  }

  /**
   * Makes images from Gaussian noise by all steps of the reverse process, recording nothing for backward.
   *
   * @param model - predicts the noise in (x, t); t is of shape (n, 1) and int64
   * @param shape - of the images, (n, …)
   * @param options - generator, device, where to start from, clip_sample, and what is called after each step
   * @returns images of that shape, in the range of those that the model was trained on
   *
   * @example
   * ```ts
   * const generator = new torch.Generator().manual_seed(0)
   * const images = noise_scheduler.sample(model, [4, 3, 8, 8], { generator })
   * ```
   */
  sample(model: NoisePredictor, shape: readonly number[], options?: SampleOptions): Tensor
  sample(model: NoisePredictor, shape: readonly number[], ...given: unknown[]): Tensor {
    const [generator, device = this.beta.device, start, clip_sample = false, callback] = given as [
      generator?: Generator,
      device?: DeviceLike,
      x?: Tensor,
      clip_sample?: boolean,
      callback?: (x: Tensor, t: number) => void,
    ]
    return no_grad(() => {
      let x = start ?? ops.randn([...shape], { device, ...(generator && { generator }) })
      for (let i = this.steps - 1; i >= 0; i--) {
        const t = ops.full([shape[0] ?? 1, 1], i, { dtype: int64, device })
        x = this.step(x, t, model(x, t), { clip_sample, ...(generator && { generator }) })
        callback?.(x, i)
      }
      return x
    })
  }

  override extra_repr(): string {
    return `steps=${this.steps}, beta_start=${this.beta_start}, beta_end=${this.beta_end}`
  }
}

function check_options({ steps, beta_start, beta_end }: GivenBy<typeof NOISE_SCHEDULER>): void {
  for (const [name, value] of Object.entries({ steps, beta_start, beta_end }))
    if (typeof value !== 'number')
      throw type_error(`NoiseScheduler(): argument '${name}' must be a number, not ${type_name(value)}`)
  if (!Number.isInteger(steps) || steps < 1)
    throw value_error(`NoiseScheduler(): argument 'steps' must be a positive whole number, but got ${steps}`)
  for (const [name, beta] of Object.entries({ beta_start, beta_end }))
    if (!(beta >= 0 && beta < 1))
      throw value_error(`NoiseScheduler(): argument '${name}' must lie in [0, 1), but got ${beta}`)
}

// One value for each image, (n) or (n, 1), becomes (n, 1, …), with as many dimensions as the images have.
function over_images(value: Tensor, images: Tensor): Tensor {
  if (value.numel() === 1) return value
  return value.view([-1, ...Array.from({ length: images.ndim - 1 }, () => 1)])
}

function gaussian_like(x: Tensor, generator: Generator | undefined): Tensor {
  if (generator === undefined) return ops.randn_like(x)
  return ops.randn(x.shape, { generator, dtype: x.dtype, device: x.device })
}
