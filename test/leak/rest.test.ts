import * as torch from 'typetorch'
import { nn, optim } from 'typetorch'
import { expect, it } from 'vitest'

it('frees what a step left at its end, where that is much', () => {
  const model = new nn.Linear(1024, 1024)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const step = () => {
    // 20 activations of 4 MB, all of which are garbage once the step is done.
    let x = torch.ones(1024, 1024)
    for (let i = 0; i < 20; i++) x = x.mul(1)
    model(x).sum().backward()
    optimizer.step()
    return torch.memory_stats().alive_bytes
  }
  const alive = Array.from({ length: 6 }, step)
  // The weights and their gradients are 8 MB; the last step's locals may still be on the stack.
  expect(Math.min(...alive.slice(2))).toBeLessThan(40e6)
})
