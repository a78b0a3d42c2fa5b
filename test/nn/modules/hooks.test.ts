import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { live_torch, run_python } from '../../helpers/python.js'

class Add extends nn.Module {
  override forward(x: Tensor, options: { by?: number } = {}): Tensor {
    return x.add(options.by ?? 1)
  }
}

const value = (x: Tensor | null | undefined) => x?.tolist() ?? null

afterEach(() => vi.restoreAllMocks())

describe('forward pre-hooks', () => {
  it('replace arguments: one value, an array, nothing', () => {
    const add = new Add()
    add.register_forward_pre_hook((_module, args) => (args[0] as Tensor).mul(2))
    add.register_forward_pre_hook((_module, args) => [(args[0] as Tensor).mul(10)])
    add.register_forward_pre_hook(() => {})
    expect(add(torch.ones(1)).item()).toBe(21)
  })

  it('see keywords only if they ask for them', () => {
    const add = new Add()
    const seen: unknown[] = []
    add.register_forward_pre_hook((_module, args) => {
      seen.push(args.length)
    })
    add.register_forward_pre_hook(
      (_module, args, kwargs) => {
        seen.push(kwargs)
        return [args, { by: 5 }]
      },
      { with_kwargs: true },
    )
    expect(add(torch.ones(1), { by: 3 }).item()).toBe(6)
    expect(seen).toEqual([1, { by: 3 }])
  })

  it('refuse another answer than arguments and keywords', () => {
    const add = new Add()
    add.register_forward_pre_hook(() => 3, { with_kwargs: true })
    expect(() => add(torch.ones(1))).toThrow(
      'forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got 3.',
    )
  })
})

describe('forward hooks', () => {
  it('run in order, prepended ones first, and replace the output', () => {
    const add = new Add()
    const order: string[] = []
    add.register_forward_hook((module, args, output) => {
      expectTypeOf(module).toEqualTypeOf<Add>()
      expectTypeOf(output).toEqualTypeOf<Tensor>()
      order.push(`a ${args.length}`)
      return output.mul(2)
    })
    add.register_forward_hook(
      () => {
        order.push('b')
      },
      { prepend: true },
    )
    expect(add(torch.ones(1)).item()).toBe(4)
    expect(order).toEqual(['b', 'a 1'])
  })

  it('can be removed, twice, and by using', () => {
    const add = new Add()
    const handle = add.register_forward_hook((_module, _args, output) => output.mul(2))
    handle.remove()
    handle.remove()
    expect(add(torch.ones(1)).item()).toBe(2)
    {
      using _hook = add.register_forward_hook((_module, _args, output) => output.mul(2))
      expect(add(torch.ones(1)).item()).toBe(4)
    }
    expect(add(torch.ones(1)).item()).toBe(2)
  })

  it('do not run on forward itself', () => {
    const add = new Add()
    add.register_forward_hook((_module, _args, output) => output.mul(2))
    expect(add.forward(torch.ones(1)).item()).toBe(2)
  })

  it('with always_call run after an error, whose first cause is thrown', () => {
    class Fails extends nn.Module {
      override forward(): Tensor {
        throw new Error('in forward')
      }
    }
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const fails = new Fails()
    const outputs: unknown[] = []
    fails.register_forward_hook(() => {
      outputs.push('not run')
    })
    fails.register_forward_hook(
      (_module, _args, output) => {
        outputs.push(output)
        throw new Error('in the hook')
      },
      { always_call: true },
    )
    expect(() => fails()).toThrow('in forward')
    expect(outputs).toEqual([null])
    expect(warn.mock.calls[0]?.[0]).toMatch(/always_call=True.*in the hook/)
  })

  it('leave the module usable after an error of their own', () => {
    const add = new Add()
    const handle = add.register_forward_hook(() => {
      throw new Error('in the hook')
    })
    expect(() => add(torch.ones(1))).toThrow('in the hook')
    handle.remove()
    expect(add(torch.ones(1)).item()).toBe(2)
  })

  it('may be common to all modules, and run before the module’s own', () => {
    const add = new Add()
    const order: string[] = []
    add.register_forward_hook(() => {
      order.push('own')
    })
    const pre = nn.register_module_forward_pre_hook(() => {
      order.push('pre')
    })
    const all = nn.register_module_forward_hook((module) => {
      order.push(module.constructor.name)
    })
    add(torch.ones(1))
    pre.remove()
    all.remove()
    add(torch.ones(1))
    expect(order).toEqual(['pre', 'Add', 'own', 'own'])
  })
})

describe('full backward hooks', () => {
  class Two extends nn.Module {
    override forward(a: Tensor, _b: number, c: Tensor): [Tensor, Tensor] {
      return [a.mul(2), c.mul(3)]
    }
  }

  it('see the gradients of inputs and outputs by their places', () => {
    const two = new Two()
    const seen: unknown[] = []
    two.register_full_backward_hook((_module, grad_input, grad_output) => {
      seen.push(grad_input.map(value), grad_output.map(value))
    })
    const a = torch.ones(1, { requires_grad: true })
    const c = torch.ones(1, { requires_grad: true })
    const [x, y] = two(a, 7, c)
    x.add(y).sum().backward()
    expect(seen).toEqual([
      [[2], null, [3]],
      [[1], [1]],
    ])
    expect(value(a.grad)).toEqual([2])
  })

  it('replace gradients, pre-hooks those of the outputs', () => {
    const linear = new nn.Linear(1, 1)
    const x = torch.ones([1, 1], { requires_grad: true })
    linear.register_full_backward_pre_hook((_module, grad_output) => [grad_output[0]!.mul(10)])
    linear.register_full_backward_hook((_module, _grad_input, grad_output) => {
      expect(value(grad_output[0])).toEqual([[10]])
      return [torch.full([1, 1], 42)]
    })
    linear(x).sum().backward()
    expect(value(x.grad)).toEqual([[42]])
    expect(value(linear.bias!.grad)).toEqual([10])
  })

  it('run with the outputs’ gradients where no input requires any', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const linear = new nn.Linear(1, 1)
    const seen: unknown[] = []
    linear.register_full_backward_hook((_module, grad_input, grad_output) => {
      seen.push(grad_input, value(grad_output[0]))
    })
    linear(torch.ones(1, 1)).sum().backward()
    expect(seen).toEqual([[null], [[1]]])
    expect(warn.mock.calls[0]?.[0]).toMatch(/Full backward hook is firing/)
  })

  it('refuse a wrong number of gradients', () => {
    const linear = new nn.Linear(1, 1)
    linear.register_full_backward_hook(() => [null, null])
    const y = linear(torch.ones([1, 1], { requires_grad: true })).sum()
    expect(() => y.backward()).toThrow(
      'Backward hook returned an invalid number of grad_input, got 2, but expected 1',
    )
  })

  it('do nothing under no_grad', () => {
    const linear = new nn.Linear(1, 1)
    let runs = 0
    linear.register_full_backward_hook(() => {
      runs++
    })
    torch.no_grad(() => linear(torch.ones([1, 1], { requires_grad: true })))
    expect(runs).toBe(0)
  })

  it('pass their own errors on', () => {
    const linear = new nn.Linear(1, 1)
    linear.register_full_backward_hook(() => {
      throw new RangeError('in the hook')
    })
    const y = linear(torch.ones([1, 1], { requires_grad: true })).sum()
    expect(() => y.backward()).toThrow('in the hook')
  })

  it('may be common to all modules', () => {
    const order: string[] = []
    const handle = nn.register_module_full_backward_hook((module) => {
      order.push(module.constructor.name)
    })
    const pre = nn.register_module_full_backward_pre_hook((module) => {
      order.push(`pre ${module.constructor.name}`)
    })
    const net = new nn.Sequential(new nn.Linear(1, 1), new nn.Tanh())
    net(torch.ones([1, 1], { requires_grad: true }))
      .sum()
      .backward()
    handle.remove()
    pre.remove()
    expect(order).toEqual(['pre Sequential', 'pre Tanh', 'Tanh', 'pre Linear', 'Linear', 'Sequential'])
  })

  it.skipIf(!live_torch())('give what they give in Python, in the same order', () => {
    const python = run_python(`
import json, torch
from torch import nn
seen = []
class Both(nn.Module):
    def forward(self, a, b):
        return a * b, a + 1
def show(gs): return [None if g is None else g.tolist() for g in gs]
m = Both()
m.register_full_backward_pre_hook(lambda mod, go: seen.append(['pre', show(go)]))
m.register_full_backward_hook(lambda mod, gi, go: seen.append(['hook', show(gi), show(go)]))
a = torch.tensor([2.0, 3.0], requires_grad=True)
b = torch.tensor([5.0, 7.0])
x, y = m(a, b)
x.sum().backward()
seen.append(a.grad.tolist())
print(json.dumps(seen))
`)
    const seen: unknown[] = []
    class Both extends nn.Module {
      override forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
        return [a.mul(b), a.add(1)]
      }
    }
    const both = new Both()
    both.register_full_backward_pre_hook((_module, grad_output) => {
      seen.push(['pre', grad_output.map(value)])
    })
    both.register_full_backward_hook((_module, grad_input, grad_output) => {
      seen.push(['hook', grad_input.map(value), grad_output.map(value)])
    })
    const a = torch.tensor([2, 3], { requires_grad: true })
    const [x] = both(a, torch.tensor([5, 7]))
    x.sum().backward()
    seen.push(value(a.grad))
    expect(seen).toEqual(python)
  })
})

describe('registration hooks', () => {
  it('see what is registered by name, and may replace it', () => {
    const seen: string[] = []
    const handles = [
      nn.register_module_buffer_registration_hook((_module, name) => {
        seen.push(`buffer ${name}`)
        return torch.ones(1)
      }),
      nn.register_module_parameter_registration_hook((_module, name) => {
        seen.push(`parameter ${name}`)
      }),
      nn.register_module_module_registration_hook((_module, name) => {
        seen.push(`module ${name}`)
      }),
    ]
    const module = new nn.Module()
    module.register_buffer('b', torch.zeros(1))
    module.register_parameter('p', new nn.Parameter(torch.zeros(1)))
    module.register_module('m', new nn.ReLU())
    for (const handle of handles) handle.remove()
    module.register_buffer('c', torch.zeros(1))
    expect(seen).toEqual(['buffer b', 'parameter p', 'module m'])
    expect(module.get_buffer('b').item()).toBe(1)
    expect(module.get_buffer('c').item()).toBe(0)
  })
})
