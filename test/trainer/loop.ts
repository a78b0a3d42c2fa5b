import * as torch from 'typetorch'
import { diffusion } from 'typetorch'

/** A model, its optimizer and a step over fixed numbers: the same for the same seed. */
export function make_training(seed = 0) {
  torch.manual_seed(seed)
  const x0 = torch.rand(1, 3, 6, 6).mul(2).sub(1)
  const model = new diffusion.Model()
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-2 })
  const step = diffusion.noise_prediction_step(model, new diffusion.NoiseScheduler())
  return { x0, model, optimizer, step }
}

/** The loop written out. */
export function plain_loop(iterations: number, seed = 0): number[] {
  const { x0, optimizer, step } = make_training(seed)
  const loss_history: number[] = []
  for (let it = 0; it < iterations; it++) {
    optimizer.zero_grad()
    const loss = step(x0)
    loss_history.push(loss.item() as number)
    loss.backward()
    optimizer.step()
  }
  return loss_history
}
