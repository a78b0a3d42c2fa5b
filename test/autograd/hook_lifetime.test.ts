import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'

// The tensor that was hooked is gone when backward comes to it: its hooks run as long as anything reaches it.
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
const collect = () => {
  for (let i = 0; i < 3_000; i++) torch.ones(1)
  gc()
  // The sweep that follows a collection of ours frees what is gone.
  for (let i = 0; i < 6_000; i++) torch.ones(1)
}
const leaf = (...values: number[]) => torch.tensor(values, { requires_grad: true })

/** How often the hooks of what `make` returned ran in backward from it, after collections. */
function runs(make: (hook: () => void) => Tensor): number {
  let count = 0
  const root = make(() => void count++)
  collect()
  root.sum().backward()
  return count
}

describe('a hook on a tensor whose object is gone runs', () => {
  it.each<[string, (hook: () => void) => Tensor]>([
    [
      'where it came before what was computed',
      (hook) => {
        const h = leaf(1).mul(2)
        h.register_hook(hook)
        return h.mul(3)
      },
    ],
    [
      'where it came after what was computed',
      (hook) => {
        const h = leaf(1).mul(2)
        const y = h.mul(3)
        h.register_hook(hook)
        return y
      },
    ],
    [
      'where what stands between is gone too',
      (hook) => {
        const h = leaf(1).mul(2)
        const y = h.exp().mul(h.sin()).add(1).relu()
        h.register_hook(hook)
        return y.mul(2)
      },
    ],
    [
      'on a leaf',
      (hook) => {
        const w = leaf(1)
        const y = w.mul(2)
        w.register_hook(hook)
        return y
      },
    ],
    [
      'after the accumulation of a leaf',
      (hook) => {
        const w = leaf(1)
        const y = w.mul(2).exp()
        w.register_post_accumulate_grad_hook(hook)
        return y
      },
    ],
    [
      'on the node',
      (hook) => {
        const h = leaf(1).mul(2)
        const y = h.mul(3).exp()
        h.grad_fn!.register_hook(hook)
        return y
      },
    ],
    [
      'before the node',
      (hook) => {
        const h = leaf(1).mul(2)
        const y = h.mul(3).exp()
        h.grad_fn!.register_prehook(hook)
        return y
      },
    ],
    [
      'on the node that accumulates into a leaf',
      (hook) => {
        const w = leaf(1)
        const y = w.mul(3).exp()
        y.grad_fn!.next_functions[0]![0]!.next_functions[0]![0]!.register_hook(hook)
        return y
      },
    ],
    [
      'on several tensors',
      (hook) => {
        const [w, v] = [leaf(1), leaf(2)]
        const h = w.mul(v)
        const y = h.mul(3).exp()
        torch.autograd.graph.register_multi_grad_hook([w, v, h], hook)
        return y
      },
    ],
    [
      'in the history of a view’s base',
      (hook) => {
        const h = leaf(1).mul(2)
        h.register_hook(hook)
        const base = torch.zeros(2)
        base.at(0).add_(h.sum())
        return base
      },
    ],
    [
      'in the history of another view',
      (hook) => {
        const h = leaf(1).mul(2)
        h.register_hook(hook)
        const base = torch.zeros(2)
        const [first, all] = [base.at(0), base.view(1, 2)]
        first.add_(h.sum())
        return all
      },
    ],
    [
      'behind a Function',
      (hook) => {
        class Twice extends torch.autograd.Function {
          static override forward(_ctx: torch.autograd.FunctionCtx, x: Tensor) {
            return x.mul(2)
          }
          static override backward(_ctx: torch.autograd.FunctionCtx, gradient: Tensor) {
            return gradient.mul(2)
          }
        }
        const h = leaf(1).mul(2)
        const y = Twice.apply(Twice.apply(h))
        h.register_hook(hook)
        return y
      },
    ],
    [
      'inside a scope',
      (hook) =>
        torch.scope(() => {
          const h = leaf(1).mul(2)
          const y = h.mul(3)
          h.register_hook(hook)
          return y
        }),
    ],
  ])('%s', (_, make) => {
    expect(runs(make)).toBe(1)
  })

  it('in a gradient of a gradient', () => {
    let count = 0
    const w = leaf(2)
    const [gradient] = (() => {
      const h = w.pow(2)
      const y = h.pow(2).sum()
      h.register_hook(() => void count++)
      return torch.autograd.grad(y, w, { create_graph: true })
    })()
    expect(count).toBe(1)
    collect()
    gradient!.backward()
    expect(count).toBe(2)
  })

  it('in the history of an accumulated gradient, whichever backward comes between', () => {
    let count = 0
    const [w, other] = [leaf(2), leaf(3)]
    ;(() => {
      const h = w.pow(2)
      const y = h.pow(2).sum()
      y.backward({ create_graph: true })
      h.register_hook(() => void count++)
      other.pow(2).sum().backward({ create_graph: true })
    })()
    collect()
    w.grad!.sum().backward()
    expect(count).toBe(1)
  })

  it('where another hook registers it in the same backward', () => {
    let count = 0
    const make = () => {
      const h = leaf(1).mul(2)
      const y = h.mul(3)
      const z = y.exp()
      y.register_hook(() => {
        h.register_hook(() => void count++)
      })
      return z
    }
    const z = make()
    collect()
    z.backward()
    expect(count).toBe(1)
  })

  it('from an edge, whose node is all that is left', () => {
    let count = 0
    const edge = (() => {
      const h = leaf(1).mul(2)
      const y = h.mul(3)
      h.register_hook(() => void count++)
      return torch.autograd.graph.get_gradient_edge(y)
    })()
    collect()
    torch.autograd.backward(edge, torch.ones(1))
    expect(count).toBe(1)
  })

  it('on a leaf’s node in few graphs beside that of its own step', () => {
    const w = leaf(1)
    let [count, most] = [0, 0]
    const step = () => {
      const before = count
      const h = w.mul(2)
      const y = h.exp()
      h.grad_fn!.next_functions[0]![0]!.register_hook(() => void [h, y, count++])
      y.sum().backward()
      most = Math.max(most, count - before)
    }
    for (let i = 0; i < 1_000; i++) step()
    expect(count).toBeGreaterThanOrEqual(1_000)
    expect(most).toBeLessThanOrEqual(300)
  })

  it('on a leaf’s node in the graph that came while that of the hook was there', () => {
    let count = 0
    const w = leaf(1)
    const next = (() => {
      const y = w.mul(2)
      y.grad_fn!.next_functions[0]![0]!.register_hook(() => void count++)
      y.backward()
      return w.mul(3).add(y.detach())
    })()
    collect()
    next.backward()
    expect(count).toBe(2)
  })

  it('not after it was removed', () => {
    let count = 0
    const make = () => {
      const h = leaf(1).mul(2)
      const y = h.mul(3)
      for (const handle of [
        h.register_hook(() => void count++),
        h.grad_fn!.register_hook(() => void count++),
        h.grad_fn!.register_prehook(() => void count++),
      ])
        handle.remove()
      return y
    }
    make().backward()
    expect(count).toBe(0)
  })
})

class Cube extends torch.autograd.Function {
  static override forward(ctx: torch.autograd.FunctionCtx, x: Tensor) {
    ctx.save_for_backward(x)
    return x.pow(3)
  }
  static override backward(ctx: torch.autograd.FunctionCtx, gradient: Tensor) {
    return gradient.mul(ctx.saved_tensors[0]!.pow(2)).mul(3)
  }
}

describe('what saved tensors were packed into is there', () => {
  it.each<[string, (w: Tensor) => Tensor]>([
    ['of operators in a row', (w) => w.mul(w).exp().sigmoid().mul(w)],
    ['of views and of changes in place', (w) => w.mul(w).view(2, 1).mul_(2).squeeze(1).exp()],
    [
      'of a change in place of a view',
      (w) => {
        const base = w.mul(2)
        base.at(0).add_(w.exp().sum())
        return base
      },
    ],
    [
      'of several results',
      (w) => {
        const [first, second] = w.mul(w).exp().unbind(0) as [Tensor, Tensor]
        return torch.stack([first.mul(second), torch.max(w.mul(w).view(1, 2), 1).values.squeeze(0).exp()])
      },
    ],
    ['of operators made of others', (w) => torch.einsum('i,j->ij', w.exp(), w.mul(w)).sum(1)],
    ['of a layer', (w) => torch.nn.functional.linear(w, torch.outer(w, w).exp()).tanh()],
    ['of a Function', (w) => Cube.apply(Cube.apply(w).mul(w)) as Tensor],
    [
      'behind a gradient of a gradient',
      (w) => torch.autograd.grad(w.pow(3).mul(w.exp()).sum(), w, { create_graph: true })[0]!,
    ],
  ])('%s', (_, make) => {
    const packed_as_lists = () => {
      const w = leaf(0.5, 2)
      const root = torch.autograd.graph.saved_tensors_hooks(
        (t) => ({ list: t.tolist(), dtype: t.dtype, shape: t.shape }),
        ({ list, dtype, shape }) => torch.tensor(list as number[], { dtype }).reshape(shape),
        () => make(w).sum(),
      )
      return [w, root] as const
    }
    const [w, root] = packed_as_lists()
    collect()
    root.backward()
    const plain = leaf(0.5, 2)
    make(plain).sum().backward()
    expect(w.grad!.tolist()).toEqual(plain.grad!.tolist())
  })
})

/** A random program of operators, views, changes in place and hooks; `kept` holds on to every tensor or to none. */
function random_program(seed: number, kept: unknown[] | null): string[] {
  let state = seed
  const draw = (n: number) => {
    state = (state * 48271) % 2147483647
    return state % n
  }
  const seen: string[] = []
  const root = (() => {
    const live: Tensor[] = [leaf(0.5, 1), leaf(2, 3)]
    for (let i = 0; i < 24; i++) {
      const [x, y] = [live[draw(live.length)]!, live[draw(live.length)]!]
      const made = [
        () => x.mul(y),
        () => x.sin(),
        () => x.add(y).view(2, 1).squeeze(1),
        () => {
          const base = x.mul(1)
          const [first, other] = [base.at(0), base.view(2, 1)]
          first.mul_(y.sum())
          return draw(2) === 0 ? base : other.sum(1)
        },
        () => {
          const node = x.grad_fn ?? y.grad_fn
          node?.register_hook(() => void seen.push(`node ${i}`))
          return x.exp().reciprocal()
        },
      ][draw(5)]!()
      live.push(made)
      kept?.push(made)
      const hooked = live[draw(live.length)]!
      hooked.register_hook((gradient) => void seen.push(`${i} ${gradient.tolist()}`))
      // What comes later has fewer to start from.
      if (live.length > 6) live.splice(draw(live.length), 1)
      if (draw(4) === 0) collect()
    }
    return live.at(-1)!.add(live.at(-2)!).sum()
  })()
  collect()
  root.backward()
  return seen
}

describe('in random programs', () => {
  it.each([1, 2, 3, 4, 5, 6])('the same hooks run whether tensors are kept or not: %i', (seed) => {
    const dropped = random_program(seed * 7919, null)
    expect(dropped.length).toBeGreaterThan(0)
    expect(dropped).toEqual(random_program(seed * 7919, []))
  })
})
