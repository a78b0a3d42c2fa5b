// Trains to a number of steps, and says what came of it: the losses and a weight, or the error.
import * as torch from 'typetorch'
import { Trainer } from 'typetorch'

const [folder, steps] = [process.argv[2]!, Number(process.argv[3])]
// A file that grows past the limit has its write fail, instead of the process end.
process.on('SIGXFSZ', () => {})
torch.set_num_threads(1)
torch.manual_seed(0)
const model = new torch.nn.Linear(100, 100)
const optimizer = new torch.optim.Adam(model.parameters())
const trainer = new Trainer(model, optimizer, {
  max_steps: steps,
  progress: false,
  checkpoints: { folder, every_steps: 2 },
})
try {
  const losses = await trainer.fit([torch.ones(1, 100)], (x) =>
    model(x.add(torch.randn(100)))
      .pow(2)
      .mean(),
  )
  console.log(JSON.stringify({ losses, weight: model.weight.at(0, 0).item() }))
} catch (error) {
  console.log(JSON.stringify({ message: (error as Error).message, step: trainer.global_step }))
}
