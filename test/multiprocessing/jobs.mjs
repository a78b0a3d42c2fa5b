import * as torch from 'typetorch'

/** What the tests' threads run. */
export function fill_row(rank, x, value) {
  x.at(rank).fill_(value * (rank + 1))
}

export function fail_at(rank, which) {
  if (rank === which) throw new torch.ValueError(`rank ${rank} has failed`)
  // The others are stopped.
  return new Promise((take) => setTimeout(take, 60_000))
}

export function leave(rank, code) {
  process.exit(code + rank)
}

export async function echo(from, to) {
  for (;;) {
    const value = await from.get()
    if (value === null) return
    await to.put(value)
  }
}

/** A step of Hogwild: every thread trains the same parameters. */
export function train(rank, model, steps) {
  torch.manual_seed(rank)
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.01 })
  for (let i = 0; i < steps; i++) {
    optimizer.zero_grad()
    const x = torch.randn(16, 4)
    model(x).sub(x.sum(1, true)).pow(2).mean().backward()
    optimizer.step()
  }
}

export function no_more_than(x) {
  x.add_(1)
}

export class Scale extends torch.nn.Module {
  factor = new torch.nn.Parameter(torch.tensor([2]))
  calls = 0
  forward(x, options = {}) {
    this.calls++
    if (options.random) return { value: torch.rand(3), doubled: [x.mul(this.factor)] }
    return x.mul(this.factor)
  }
}

export class Slow extends torch.nn.Module {
  forward(x) {
    for (;;) x = x.mul(1)
  }
}

export class Tripled extends torch.autograd.Function {
  static forward(_ctx, x) {
    return x.mul(3)
  }
  static backward(_ctx, gradient) {
    return gradient.mul(3)
  }
}

export class Custom extends torch.nn.Module {
  forward(x) {
    return Tripled.apply(x)
  }
}
