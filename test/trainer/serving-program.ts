// Trains and serves samples by HTTP, in the way that is asked for; run by turns.test.ts.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as torch from 'typetorch'
import { nn, Trainer } from 'typetorch'

const [way, step_ms, own_ms] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
torch.set_num_threads(1)
const model = new nn.Linear(8, 8)
const x = torch.ones(4, 8)

/** Computes for so long, as a large model does. */
function compute(ms: number): torch.Tensor {
  const end = performance.now() + ms
  for (;;) {
    const y = model(x)
    if (performance.now() >= end) return y
  }
}
const forward = () => torch.no_grad(() => compute(own_ms / 4))
// A sample comes in four parts, between which others have their turn.
async function sample(): Promise<void> {
  for (let part = 0; part < 4; part++) {
    forward()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const trainer = new Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 1e-3 }), {
  max_steps: 1e9,
  progress: false,
  ...(way === 'at once' ? {} : { yield_every_ms: 20 }),
})

const server = createServer(async (request, response) => {
  for await (const _chunk of request);
  if (way === 'at once') await sample()
  else await trainer.between_steps(sample)
  response.end(JSON.stringify({ steps: trainer.global_step, rss: process.memoryUsage.rss() }))
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.on('SIGTERM', () => trainer.stop())
await trainer.fit([x], () => compute(step_ms).pow(2).mean())
server.close()
