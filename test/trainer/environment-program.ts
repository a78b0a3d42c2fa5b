// Trains to a step on so many threads, from the folder's checkpoint; run by environment.test.ts.
import { createHash } from 'node:crypto'
import * as torch from 'typetorch'

const [folder, threads, max_steps, restore_threads] = process.argv.slice(2)
const warnings: string[] = []
process.on('warning', ({ message }) => {
  warnings.push(message)
})
torch.set_num_threads(Number(threads))
torch.manual_seed(0)
const model = new torch.nn.Conv2d(3, 8, 3)
const trainer = new torch.Trainer(model, new torch.optim.SGD(model.parameters(), { lr: 0.01 }), {
  max_steps: Number(max_steps),
  checkpoints: folder!,
  progress: false,
  restore_threads: restore_threads === 'true',
})
const data = Array.from({ length: 10 }, () => torch.randn(4, 3, 32, 32))
await trainer.fit(data, (x) => model(x).pow(2).mean())
const hash = createHash('sha256')
for (const param of model.parameters()) hash.update(param.detach().typed_array() as Float32Array)
// Warnings come a turn later.
await new Promise((resolve) => setTimeout(resolve, 10))
console.log(JSON.stringify({ threads: torch.get_num_threads(), warnings, weights: hash.digest('hex') }))
