import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, it } from 'vitest'

class Tied extends nn.Module {
  first = new nn.Linear(3, 3)
  second = this.first
  note = { sizes: [1, 2], of: new Map([['a', torch.ones(1)]]) }
  scale = new nn.Buffer(torch.ones(1), { persistent: false })
  override forward(x: Tensor) {
    return this.second(this.first(x)).mul(this.scale)
  }
}

describe('deepcopy', () => {
  it('copies a module with its class, its ties and its mode, and shares no memory', () => {
    const model = new Tied().eval()
    const copied = torch.deepcopy(model)
    const x = torch.randn(2, 3)
    expect(copied).toBeInstanceOf(Tied)
    expect(copied.first).toBe(copied.second)
    expect(copied.first).not.toBe(model.first)
    expect(copied.training).toBe(false)
    expect(copied(x).equal(model(x))).toBe(true)
    expect([...copied.named_buffers()].map(([name]) => name)).toEqual(['scale'])
    expect(copied.state_dict().keys()).toEqual(model.state_dict().keys())
    torch.no_grad(() => model.first.weight.zero_())
    expect(copied.first.weight.abs().sum().item()).not.toBe(0)
    copied.note.sizes.push(3)
    copied.note.of.get('a')!.zero_()
    expect(model.note.sizes).toEqual([1, 2])
    expect(model.note.of.get('a')!.item()).toBe(1)
  })

  it('copies hooks, containers and parametrized modules, and no gradients of parameters', () => {
    const linear = nn.utils.parametrizations.weight_norm(new nn.Linear(2, 2))
    const model = new nn.ModuleDict({ a: linear, 1: new nn.Conv2d(1, 1, 1) })
    const calls: nn.Module[] = []
    linear.register_forward_hook((module) => void calls.push(module))
    linear(torch.ones(1, 2)).sum().backward()
    const copied = torch.deepcopy(model)
    const found = copied.get('a') as nn.Linear
    expect(copied.keys()).toEqual(model.keys())
    expect(linear.bias!.grad!.tolist()).toEqual([1, 1])
    expect(found.bias!.grad).toBe(null)
    expect(found.weight.equal(linear.weight)).toBe(true)
    found(torch.ones(1, 2))
    expect(calls).toEqual([linear, found])
    const lists = torch.deepcopy(new nn.ParameterList([torch.ones(2)]))
    expect([lists.length, lists.at(0) instanceof nn.Parameter]).toEqual([1, true])
    expect(torch.deepcopy(new nn.ParameterDict({ k: torch.ones(2) })).keys()).toEqual(['k'])
  })

  it('refuses a tensor that was computed, and calls __deepcopy__', () => {
    expect(() => torch.deepcopy({ y: torch.ones(1, { requires_grad: true }).mul(2) })).toThrow(
      'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol',
    )
    expect(torch.deepcopy({ a: { __deepcopy__: () => 7 } })).toEqual({ a: 7 })
    const same = torch.deepcopy(torch.tensor([1, 2], { requires_grad: true }))
    expect([same.requires_grad, same.tolist()]).toEqual([true, [1, 2]])
  })
})
