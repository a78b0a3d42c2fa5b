import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

const alive = () => torch.memory_stats().tensors
/** How many, without those of earlier tests that wait for a collection. */
const alive_before = () => {
  torch.memory_summary()
  return alive()
}
const usable = (tensor: Tensor) => expect(() => tensor.sum().item()).not.toThrow()

class Remembers extends nn.Module {
  layer = new nn.Linear(4, 4)
  last: Tensor | null = null
  history: Tensor[] = []
  override forward(x: Tensor) {
    const y = this.layer(x)
    this.last = y
    this.history.push(y.detach())
    return y.relu()
  }
}

describe('a scope frees', () => {
  it('everything made inside at once', () => {
    const x = torch.ones(4)
    const before = alive_before()
    torch.scope(() => {
      for (let i = 0; i < 100; i++) x.add(i).mul(2)
    })
    expect(alive()).toBe(before)
  })

  it('also in nested scopes, where the outer one takes what the inner one returns', () => {
    const before = alive_before()
    let inner!: Tensor
    const outer = torch.scope(() => {
      inner = torch.scope(() => torch.ones(2).add(1))
      usable(inner)
      return inner.mul(2)
    })
    expect(outer.tolist()).toEqual([4, 4])
    expect(() => inner.sum()).toThrow('was freed at the end of torch.scope')
    expect(alive()).toBe(before + 1)
  })
})

describe('a scope that throws', () => {
  it('frees what was made inside, also in the scopes that the error passes', () => {
    const x = torch.ones(4)
    const before = alive_before()
    const seen: Tensor[] = []
    const fail = () =>
      torch.scope(() => {
        seen.push(x.add(1))
        return torch.scope(() => {
          seen.push(x.mul(2))
          return x.add(torch.ones(3))
        })
      })
    expect(fail).toThrow('The size of tensor a (4) must match the size of tensor b (3)')
    expect(alive()).toBe(before)
    for (const tensor of seen) expect(() => tensor.sum()).toThrow('was freed at the end of torch.scope')
  })

  it('keeps what was passed to keep before', () => {
    const kept: Tensor[] = []
    const fail = () =>
      torch.scope(() => {
        kept.push(torch.keep(torch.ones(2)))
        throw new RangeError('half-way')
      })
    expect(fail).toThrow('half-way')
    kept.forEach(usable)
    expect(kept.length).toBe(1)
  })
})

describe('a scope keeps', () => {
  it('what is returned, in arrays, objects, maps and sets', () => {
    const made = torch.scope(() => {
      const [a, b, c, d, e] = Array.from({ length: 5 }, (_, i) => torch.full([2], i)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ]
      return { a, list: [b, [c]] as const, map: new Map([['d', d]]), set: new Set([e]) }
    })
    expectTypeOf(made.a).toEqualTypeOf<Tensor>()
    for (const tensor of [made.a, made.list[0], made.list[1][0]!, made.map.get('d')!, ...made.set])
      usable(tensor)
  })

  it('what is passed to keep, from any depth', () => {
    const kept: Tensor[] = []
    torch.scope(() =>
      torch.scope(() => {
        kept.push(torch.keep(torch.ones(2)), ...torch.keep([torch.ones(3)]))
      }),
    )
    kept.forEach(usable)
  })

  it('parameters, buffers, gradients, optimizer state and what forward stores', () => {
    let model!: Remembers
    let optimizer!: optim.Adam
    const losses = Array.from({ length: 3 }, () =>
      torch.scope(() => {
        model ??= new Remembers()
        if (!('mean' in model)) model.register_buffer('mean', torch.zeros(4))
        optimizer ??= new optim.Adam(model.parameters(), { lr: 0.1 })
        const loss = model(torch.ones(1, 4)).pow(2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
      }),
    )
    expect(losses.every(Number.isFinite)).toBe(true)
    for (const parameter of model.parameters()) {
      usable(parameter)
      usable(parameter.grad!)
      for (const value of Object.values(optimizer.state.get(parameter)!)) usable(value as Tensor)
    }
    for (const buffer of model.buffers()) usable(buffer)
    usable(model.last!)
    model.history.forEach(usable)
    expect(() => optimizer.state_dict()).not.toThrow()
  })

  it('a gradient that is assigned', () => {
    const parameter = torch.ones([2], { requires_grad: true })
    torch.scope(() => {
      parameter.grad = torch.full([2], 3)
    })
    expect(parameter.grad?.tolist()).toEqual([3, 3])
  })

  it('what was made before it', () => {
    const before = torch.ones(2)
    torch.scope(() => before.add_(1))
    expect(before.tolist()).toEqual([2, 2])
  })

  it('a graph whose tensors it freed', () => {
    const w = torch.ones([2], { requires_grad: true })
    const loss = torch.scope(() => w.mul(3).pow(2).sum())
    loss.backward()
    expect(w.grad?.tolist()).toEqual([18, 18])
  })

  it('the identity of a gradient that was looked at inside', () => {
    const w = torch.ones([2], { requires_grad: true })
    w.mul(2).sum().backward()
    const outside = w.grad!
    torch.scope(() => {
      expect(w.grad).toBe(outside)
      w.grad!.mul(2)
    })
    expect(w.grad).toBe(outside)
    usable(outside)
  })
})
