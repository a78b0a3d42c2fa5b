import { MSELoss } from '../nn/modules/loss.js'
import * as ops from '../ops/generated/torch.js'
import type { Tensor } from '../tensor.js'
import type { NoisePredictor, NoiseScheduler } from './noise_scheduler.js'

/** Measures how far a prediction is from what it should have been. */
export type Criterion = (prediction: Tensor, target: Tensor) => Tensor

/** Images of shape (n, …), or a batch that begins with them, as of a data set with labels. */
export type ImageBatch = Tensor | readonly [images: Tensor, ...rest: unknown[]]

/**
 * Makes the training step of a diffusion model, for a Trainer: noise and timesteps are drawn, the noise is added to the
 * images, and the loss says how far the model's prediction is from it.
 *
 * @param model - predicts the noise in (x, t)
 * @param noise_scheduler - adds the noise
 * @param criterion - Default: the mean squared error
 * @returns a function from images (n, …) to the loss, ()
 *
 * @example
 * ```ts
 * const trainer = new Trainer(model, optimizer, { max_steps: 1000 })
 * const loss_history = await trainer.fit([x0], diffusion.noise_prediction_step(model, noise_scheduler))
 * ```
 */
export function noise_prediction_step(
  model: NoisePredictor,
  noise_scheduler: NoiseScheduler,
  criterion: Criterion = new MSELoss(),
): (batch: ImageBatch) => Tensor {
  return (batch) => {
    const x0 = images_of(batch)
    const noise = ops.randn_like(x0)
    const t = ops.randint(0, noise_scheduler.steps, [x0.shape[0]!, 1], { device: x0.device })
    const x_t = noise_scheduler.add_noise(x0, t, noise)
    return criterion(model(x_t, t), noise)
  }
}

function images_of(batch: ImageBatch): Tensor {
  return Array.isArray(batch) ? (batch[0] as Tensor) : (batch as Tensor)
}
