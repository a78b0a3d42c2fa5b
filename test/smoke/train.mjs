// Two training steps of a convolution, with numbers that do not depend on the processor's vector unit.
import assert from 'node:assert/strict'
import * as torch from 'typetorch'

const { nn, optim } = torch
torch.manual_seed(0)
const model = new nn.Conv2d(1, 1, 3, { padding: 1, bias: false })
torch.no_grad(() => model.weight.fill_(0.5))
const optimizer = new optim.Adam(model.parameters(), { lr: 0.25 })
const criterion = new nn.MSELoss()
const x = torch.ones(1, 1, 3, 3)
const y = torch.zeros(1, 1, 3, 3)

const losses = []
for (let step = 0; step < 2; step++) {
  optimizer.zero_grad()
  const loss = criterion(model(x), y)
  losses.push(loss.item())
  loss.backward()
  optimizer.step()
}
// Windows hold 4, 6 or 9 ones: (4 * 4 + 4 * 9 + 81 / 4) / 9, then a quarter as much after a step of lr.
assert.ok(Math.abs(losses[0] - 72.25 / 9) < 1e-5, `first loss is ${losses[0]}`)
assert.ok(Math.abs(losses[1] - 72.25 / 36) < 1e-4, `second loss is ${losses[1]}`)
assert.ok(model.weight.abs().max().item() < 0.25, 'the second step moved the weights on')

// Each Node compares objects in its own way: none takes different tensors for equal.
for (const compare of ['deepEqual', 'deepStrictEqual', 'partialDeepStrictEqual']) {
  const call = assert[compare]
  if (call === undefined) continue
  call({ x }, { x })
  for (const other of [
    torch.zeros(1, 1, 3, 3),
    torch.ones(3),
    torch.ones(1, 1, 3, 3, { dtype: torch.float64 }),
    {},
  ])
    assert.throws(
      () => call({ x }, { x: other }),
      { code: 'ERR_ASSERTION' },
      `${compare} takes ${other} for ${x}`,
    )
}
console.log(`ok ${process.version} ${losses.join(' ')}`)
