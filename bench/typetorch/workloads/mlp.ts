import * as torch from 'typetorch'
import { nn, optim } from 'typetorch'
import type { Workload } from './workload.js'

/** Linear layers with batch normalisation and dropout, their targets smoothed. */
export function mlp({ batch = 64, width = 256 } = {}): Workload {
  const model = new nn.Sequential(
    new nn.Linear(64, width),
    new nn.BatchNorm1d(width),
    new nn.ReLU(),
    new nn.Dropout(0.3),
    new nn.Linear(width, width),
    new nn.BatchNorm1d(width),
    new nn.ReLU(),
    new nn.Dropout(0.3),
    new nn.Linear(width, 10),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3, weight_decay: 1e-4 })

  function step(): number {
    const x = torch.randn(batch, 64)
    const y = torch.randint(0, 10, [batch])
    optimizer.zero_grad()
    const loss = nn.functional.cross_entropy(model(x), y, { label_smoothing: 0.1 })
    loss.backward()
    optimizer.step()
    return loss.item() as number
  }
  return { models: [model], optimizers: [optimizer], step }
}
