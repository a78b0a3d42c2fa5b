import * as torch from 'typetorch'
import { nn, optim } from 'typetorch'
import type { Workload } from './workload.js'

/** ResNet-18 on images of 32×32. */
export function resnet18({ batch = 32 } = {}): Workload {
  const model = torch.vision.models.resnet18({ num_classes: 10 })
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3, weight_decay: 5e-4 })

  function step(): number {
    const x = torch.randn(batch, 3, 32, 32)
    const y = torch.randint(0, 10, [batch])
    optimizer.zero_grad()
    const loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item() as number
  }
  return { models: [model], optimizers: [optimizer], step }
}
