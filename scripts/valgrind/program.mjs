// A short training and what surrounds it, for valgrind: hooks, a Function, a copy to typed arrays, an error half-way.

import * as torch from 'typetorch'

const { nn, optim } = torch
const [, , steps = '3'] = process.argv

class Twice extends torch.autograd.Function {
  static forward(ctx, x) {
    ctx.save_for_backward(x)
    return x.mul(2)
  }
  static backward(ctx, gradient) {
    return gradient.mul(2).add(ctx.saved_tensors[0].mul(0))
  }
}

class Model extends nn.Module {
  conv1 = new nn.Conv2d(3, 8, 3, { padding: 1 })
  conv2 = new nn.Conv2d(8, 3, 3, { padding: 1 })
  linear = new nn.Linear(1, 8)
  forward(x, t) {
    const h = nn.functional.relu(this.conv1(x)).add(this.linear(t.to(torch.float32)).view(-1, 8, 1, 1))
    return this.conv2(Twice.apply(h))
  }
}

torch.manual_seed(0)
torch.set_memory_budget(1 << 16, 50)
const model = new Model()
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
const bar = torch.cumprod(torch.sub(1, torch.linspace(1e-4, 0.6, 24)), 0)
const x0 = torch.randn(1, 3, 8, 8)
for (let step = 0; step < Number(steps); step++) {
  optimizer.zero_grad()
  const noise = torch.randn_like(x0)
  const t = torch.randint(0, 24, [1, 1])
  const alpha_bar = bar.at(t)
  const out = model(alpha_bar.sqrt().mul(x0).add(torch.sub(1, alpha_bar).sqrt().mul(noise)), t)
  out.register_hook((gradient) => gradient.mul(1))
  const loss = nn.functional.mse_loss(out, noise)
  loss.backward()
  optimizer.step()
  out.detach().typed_array({ copy: true })
  try {
    x0.add(torch.ones(5))
  } catch {
    // An error's way back is part of what is looked at.
  }
  await torch.ones(4, { requires_grad: true }).mul(2).sum().backward_async()
  const { from_dlpack, to_dlpack } = torch.utils.dlpack
  from_dlpack(to_dlpack(x0)).add(1)
  to_dlpack(x0)
  console.log(step, loss.item())
}
