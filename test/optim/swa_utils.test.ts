import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const { AveragedModel, update_bn, ...swa } = torch.optim.swa_utils

function numbers(model: torch.nn.Module): number[][] {
  return Object.values(model.state_dict()).map(
    (value) => (value as torch.Tensor).detach().flatten().tolist() as number[],
  )
}

function train(options: torch.optim.swa_utils.AveragedModelOptions): number[][][] {
  torch.manual_seed(0)
  const model = new torch.nn.Sequential(new torch.nn.Linear(3, 4), new torch.nn.BatchNorm1d(4))
  const averaged = new AveragedModel(model, options)
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 })
  const batches = Array.from({ length: 4 }, () => torch.randn(5, 3))
  const out: number[][][] = []
  for (const batch of batches) {
    optimizer.zero_grad()
    model(batch).pow(2).sum().backward()
    optimizer.step()
    averaged.update_parameters(model)
    out.push(numbers(averaged))
  }
  update_bn(batches, averaged)
  out.push(numbers(averaged), [averaged(batches[0]!).flatten().tolist() as number[]])
  return out
}

const SCRIPT = `
import json, sys, torch
from torch.optim.swa_utils import *
torch.set_num_threads(1)
def train(**options):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    averaged = AveragedModel(model, **options)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batches = [torch.randn(5, 3) for _ in range(4)]
    numbers = lambda m: [v.flatten().tolist() for v in m.state_dict().values()]
    out = []
    for batch in batches:
        optimizer.zero_grad()
        model(batch).pow(2).sum().backward()
        optimizer.step()
        averaged.update_parameters(model)
        out.append(numbers(averaged))
    update_bn(batches, averaged)
    return out + [numbers(averaged), [averaged(batches[0]).flatten().tolist()]]
print(json.dumps([train(), train(use_buffers=True), train(multi_avg_fn=get_ema_multi_avg_fn(0.75)),
                  train(avg_fn=get_ema_avg_fn(0.75)), train(avg_fn=get_swa_avg_fn())]))
`

describe('AveragedModel', () => {
  it.skipIf(!live_torch())('averages and normalizes bit for bit as in a live Python', () => {
    const threads = torch.get_num_threads()
    torch.set_num_threads(1)
    const ours = [
      train({}),
      train({ use_buffers: true }),
      train({ multi_avg_fn: swa.get_ema_multi_avg_fn(0.75) }),
      train({ avg_fn: swa.get_ema_avg_fn(0.75) }),
      train({ avg_fn: swa.get_swa_avg_fn() }),
    ]
    torch.set_num_threads(threads)
    expect(ours).toEqual(run_python(SCRIPT))
  })

  it('refuses two functions, and decays outside [0, 1]', () => {
    const [avg_fn, multi_avg_fn] = [swa.get_swa_avg_fn(), swa.get_swa_multi_avg_fn()]
    expect(() => new AveragedModel(new torch.nn.Linear(1, 1), { avg_fn, multi_avg_fn })).toThrow(
      'Only one of avg_fn and multi_avg_fn should be provided',
    )
    expect(() => swa.get_ema_avg_fn(1.5)).toThrow(
      'Invalid decay value 1.5 provided. Please provide a value in [0,1] range.',
    )
  })
})
