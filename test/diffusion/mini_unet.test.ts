import * as torch from 'typetorch'
import { diffusion, Trainer } from 'typetorch'
import { afterAll, expect, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'
import { numbers_hex, tensor_hex } from './reference.js'

const PYTHON = `
import json, struct, sys, torch
from torch import nn
from torch.nn import functional as F

class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, padding=1)
        self.linear = nn.Linear(16, o)
        self.conv2 = nn.Conv2d(o, o, 3, padding=1)
    def forward(self, x, t):
        hidden = F.relu(self.conv1(x))
        return F.relu(self.conv2(hidden + self.linear(t)[:, :, None, None]))

class MiniUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(1000, 16)
        self.down1, self.down2, self.middle = Block(1, 16), Block(16, 32), Block(32, 64)
        self.upsample2 = nn.ConvTranspose2d(64, 32, 2, stride=2)
        self.up2 = Block(64, 32)
        self.upsample1 = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.up1 = Block(32, 16)
        self.output = nn.Conv2d(16, 1, 1)
    def forward(self, x, t):
        t = self.embedding(t.reshape(-1))
        full = self.down1(x, t)
        half = self.down2(F.max_pool2d(full, 2), t)
        quarter = self.middle(F.max_pool2d(half, 2), t)
        halved = self.up2(torch.cat([self.upsample2(quarter), half], 1), t)
        return self.output(self.up1(torch.cat([self.upsample1(halved), full], 1), t))

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
x0 = torch.rand(8, 1, 16, 16) * 2 - 1
model = MiniUNet()
alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
losses = []
for _ in range(10):
    optimizer.zero_grad()
    noise = torch.randn_like(x0)
    t = torch.randint(0, 1000, (8, 1))
    a = alpha_bar[t].view(-1, 1, 1, 1)
    loss = F.mse_loss(model(torch.sqrt(a) * x0 + torch.sqrt(1 - a) * noise, t), noise)
    losses.append(loss.item())
    loss.backward()
    optimizer.step()
state = {name: value.numpy().tobytes().hex() for name, value in model.state_dict().items()}
print(json.dumps({'losses': struct.pack('<10d', *losses).hex(), 'state': state}))
`

const threads_before = torch.get_num_threads()
afterAll(() => torch.set_num_threads(threads_before))

it.skipIf(live_torch() === null).each([1, 2])(
  'the mini U-Net trains as in a live Python, %d threads',
  async (threads) => {
    const expected = run_python(PYTHON, [String(threads)]) as {
      losses: string
      state: Record<string, string>
    }
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    const x0 = torch.rand(8, 1, 16, 16).mul(2).sub(1)
    const model = new diffusion.MiniUNet()
    const noise_scheduler = new diffusion.NoiseScheduler(1000, 1e-4, 0.02)
    const optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-3 })
    const trainer = new Trainer(model, optimizer, { max_steps: 10, progress: false })
    const losses = await trainer.fit([x0], diffusion.noise_prediction_step(model, noise_scheduler))
    expect(numbers_hex(losses)).toBe(expected.losses)
    const state = model.state_dict().items()
    expect(Object.fromEntries(state.map(([name, value]) => [name, tensor_hex(value)]))).toEqual(
      expected.state,
    )
  },
  120_000,
)

it('takes one timestep for all images, and refuses sizes that cannot be halved twice', () => {
  const model = new diffusion.MiniUNet({ channels: 3, steps: 10 })
  const x = torch.randn(2, 3, 8, 12)
  expect(model(x, torch.tensor([[9n]])).shape).toEqual([2, 3, 8, 12])
  // Products of one row and of two are rounded in different orders.
  const [one, each] = [torch.tensor([[9n]]), torch.tensor([[9n], [9n]])].map((t) => model(x, t))
  expect(torch.allclose(one!, each!, { atol: 1e-6 })).toBe(true)
  expect(() => model(torch.randn(1, 3, 8, 6), torch.tensor([[0n]]))).toThrow(
    'MiniUNet: height and width must be multiples of 4, but got 8 x 6',
  )
  expect(() => model(x, torch.tensor([[10n]]))).toThrow('index out of range in self')
})
