// Trains on a terminal; run by terminal.test.ts with the checkpoint's path, the way it ends, and how long a step takes.
import { type Tensor, Trainer } from 'typetorch'
import { make_training } from './loop.js'

const { model, optimizer, step, x0 } = make_training()
const [checkpoint, ending, step_ms] = process.argv.slice(2) as [string, string, string]
const trainer = new Trainer(model, optimizer, {
  handle_signals: ending !== 'by default',
  checkpoint,
  ...(ending === 'epochs' ? { max_epochs: 3 } : { max_steps: ending === 'normal' ? 3 : 1e6 }),
})
console.log('ready')
if (ending === 'uncaught')
  setTimeout(() => {
    throw new Error('nobody catches this')
  }, 500)
if (ending === 'exit') setTimeout(() => process.exit(7), 500)
const data = ending === 'epochs' ? Array.from({ length: 20 }, () => x0) : [x0]
const run_step = async (batch: Tensor) => {
  if (ending === 'error' && trainer.global_step === 3) throw new Error('from the step')
  // The event loop has no turn meanwhile, as in a large operator.
  const started = performance.now()
  while (performance.now() - started < Number(step_ms));
  if (ending === 'hang' && trainer.global_step === 3) {
    console.log('hanging')
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  }
  return step(batch)
}
await trainer.fit(data, run_step, ending === 'epochs' ? { validation: [x0] } : {})
// What a program does after its training is not cut short, either.
await new Promise((resolve) => setTimeout(resolve, 200))
console.log(`ended ${trainer.stopped}`)
