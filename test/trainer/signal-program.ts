// Trains until it is told to stop; run by signals.test.ts.
import { Trainer } from 'typetorch'
import { make_training } from './loop.js'

const { model, optimizer, step, x0 } = make_training()
const checkpoint = process.argv[2]!
const trainer = new Trainer(model, optimizer, {
  handle_signals: true,
  checkpoint,
  progress: false,
  max_steps: 1e9,
})
const slow = process.argv[3] === 'slow'
console.log('ready')
const loss_history = await trainer.fit([x0], async (batch) => {
  if (slow) await new Promise((resolve) => setTimeout(resolve, 60_000))
  return step(batch)
})
console.log(`${trainer.stopped} ${loss_history.length > 0}`)
