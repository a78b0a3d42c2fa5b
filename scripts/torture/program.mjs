// The training that is killed: small, and with everything whose state has to come back. Arguments: folder, steps.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as torch from 'typetorch'

const { nn, Trainer } = torch
const { DataLoader, TensorDataset } = torch.utils.data

/** Trains to the end, or goes on from what an earlier process left, and writes all of the result to result.pt. */
export async function train(folder, max_steps, callbacks = []) {
  torch.set_num_threads(1)
  torch.manual_seed(7)
  const x = torch.randn(90, 6)
  const dataset = new TensorDataset(x, x.pow(2).sum(1, { keepdim: true }))
  const generator = new torch.Generator().manual_seed(3)
  const loader = new DataLoader(dataset, { batch_size: 8, shuffle: true, generator })
  const model = new nn.Sequential(
    new nn.Linear(6, 24),
    new nn.BatchNorm1d(24),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    new nn.Linear(24, 1),
  )
  const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-2 })
  const losses = []
  const history = {
    on_step_end: (_trainer, { loss }) => void losses.push(loss),
    state_dict: () => torch.tensor(losses, { dtype: torch.float64 }),
    load_state_dict: (state) => void losses.push(...state.tolist()),
  }
  const noise = new torch.Generator().manual_seed(5)
  const trainer = new Trainer(model, optimizer, {
    max_steps,
    accumulate: 3,
    clip_grad_norm: 5,
    schedule: new torch.optim.lr_scheduler.StepLR(optimizer, 20, { gamma: 0.9 }),
    scaler: new torch.amp.GradScaler('cpu', { init_scale: 1024, growth_interval: 10 }),
    ema: { decay: 0.99, warmup: true },
    generators: { noise },
    checkpoints: { folder: join(folder, 'checkpoints'), every_steps: 1, keep_last: 2, best_by: 'val_loss' },
    validate_every: 7,
    progress: false,
    callbacks: [history, ...callbacks],
  })
  const criterion = new nn.MSELoss()
  await trainer.fit(
    loader,
    ([input, target]) =>
      criterion(model(input.add(torch.randn(input.shape, { generator: noise }), { alpha: 0.01 })), target),
    {
      validation: [[x, x.pow(2).sum(1, { keepdim: true })]],
      validation_step: ([input, target]) => criterion(model(input), target),
    },
  )
  const { seconds, ...state } = trainer.state_dict()
  torch.save({ ...state, losses }, join(folder, 'result.pt'))
  writeFileSync(join(folder, 'done'), '')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, steps] = process.argv.slice(2)
  process.stdout.write('ready\n')
  await train(folder, Number(steps))
}
