import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'

const value = (x: Tensor | null | undefined) => x?.tolist() ?? null

afterEach(() => vi.restoreAllMocks())

describe('backward hooks of the old kind', () => {
  const mixed = (where: string) =>
    `Cannot use both regular backward hooks and full backward hooks ${where}. Please use only one of them.`

  it.skipIf(!live_torch())('give what they give in Python, warnings too', () => {
    const python = run_python(`
import json, torch, warnings
from torch import nn
from torch.nn.modules import module as M
seen = []
def show(gs): return [None if g is None else g.tolist() for g in gs]
class Two(nn.Module):
    def forward(self, a, b=1): return a.mul(2).exp(), a.add(b)
class Dict(nn.Module):
    def forward(self, a): return {'n': 3, 'x': a * 3}
linear, two, of_dict = nn.Linear(2, 2), Two(), Dict()
with torch.no_grad():
    linear.weight.copy_(torch.tensor([[1., 2.], [3., 4.]])); linear.bias.zero_()
x = torch.tensor([[1., -1.]], requires_grad=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    for m in (linear, two, of_dict):
        m.register_backward_hook(lambda mod, gi, go: seen.append([type(mod).__name__, show(gi), show(go)]))
    linear.register_backward_hook(lambda mod, gi, go: (gi[0], gi[1] * 2, gi[2]))
    M.register_module_backward_hook(lambda mod, gi, go: seen.append(['all', type(mod).__name__]))
    y = linear(x)
    a, b = two(y)
    d = of_dict(b)['x']
    two(y, 5)
    (a.sum() + d.sum()).backward()
    try: M.register_module_full_backward_hook(lambda *a: None)
    except RuntimeError as e: error = str(e)
print(json.dumps([seen, x.grad.tolist(), sorted({str(w.message) for w in caught}), error]))
`) as unknown[]
    const seen: unknown[] = []
    const warnings = new Set<string>()
    vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.add(String(text)))
    const show = (gradients: (Tensor | null)[]) => gradients.map(value)
    class Two extends nn.Module {
      override forward(a: Tensor, b = 1): [Tensor, Tensor] {
        return [a.mul(2).exp(), a.add(b)]
      }
    }
    class Dict extends nn.Module {
      override forward(a: Tensor): { n: number; x: Tensor } {
        return { n: 3, x: a.mul(3) }
      }
    }
    const [linear, two, of_dict] = [new nn.Linear(2, 2), new Two(), new Dict()]
    torch.no_grad(() => {
      linear.weight.copy_(
        torch.tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      linear.bias!.zero_()
    })
    const x = torch.tensor([[1, -1]], { requires_grad: true })
    for (const module of [linear, two, of_dict] as nn.Module[])
      module.register_backward_hook((of, grad_input, grad_output) => {
        seen.push([of.constructor.name, show(grad_input), show(grad_output)])
      })
    linear.register_backward_hook((_module, [a, b, c]) => [a!, b!.mul(2), c!])
    const all = nn.register_module_backward_hook((module) => {
      seen.push(['all', module.constructor.name])
    })
    const y = linear(x)
    const [a, b] = two(y)
    const d = of_dict(b).x
    two(y, 5)
    a.sum().add(d.sum()).backward()
    let error = ''
    try {
      nn.register_module_full_backward_hook(() => {})
    } catch (caught) {
      error = (caught as Error).message
    }
    all.remove()
    expect([seen, value(x.grad), [...warnings].sort(), error]).toEqual(python)
  })

  it('do not go together with full ones', () => {
    const linear = new nn.Linear(1, 1)
    linear.register_backward_hook(() => {})
    expect(() => linear.register_full_backward_hook(() => {})).toThrow(mixed('on a single Module'))
    const other = new nn.Linear(1, 1)
    other.register_full_backward_hook(() => {})
    expect(() => other.register_backward_hook(() => {})).toThrow(mixed('on a single Module'))
    expect(() => torch.deepcopy(linear).register_full_backward_hook(() => {})).toThrow(
      mixed('on a single Module'),
    )
  })

  it('refuse another answer than gradients, by the name of the hook', () => {
    const linear = new nn.Linear(1, 1)
    linear.register_backward_hook(function mine() {
      return [null]
    })
    const y = linear(torch.ones([1, 1], { requires_grad: true }))
    expect(() => y.sum().backward()).toThrow("hook 'mine' has returned an incorrect number of values")
  })

  it('have nothing to run on where nothing is recorded', () => {
    const tanh = new nn.Tanh()
    tanh.register_backward_hook(() => {})
    expect(tanh(torch.ones(1)).item()).toBeCloseTo(0.7616, 4)
  })
})
