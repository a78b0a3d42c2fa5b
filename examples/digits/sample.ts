import { setImmediate as event_loop_turn } from 'node:timers/promises'
import type { diffusion, Generator, Tensor } from 'typetorch'
import * as torch from 'typetorch'

/**
 * Makes images from noise by all steps of the reverse process. Signals and timers have their turn after each one, and the
 * random numbers are its own, so that training's are the same with it and without.
 */
export function sample(
  model: diffusion.NoisePredictor,
  scheduler: diffusion.NoiseScheduler,
  count: number,
  { generator, stopped = () => false }: { generator: Generator; stopped?: () => boolean },
): Promise<Tensor | null> {
  const { device } = scheduler.beta
  return torch.no_grad(async () => {
    let x = torch.randn(count, 1, 28, 28, { generator, device })
    for (let i = scheduler.steps - 1; i >= 0; i--) {
      const t = torch.full([count, 1], i, { dtype: torch.int64, device })
      x = scheduler.step(x, t, model(x, t), { generator, clip_sample: true })
      await event_loop_turn()
      if (stopped()) return null
    }
    return x
  })
}
