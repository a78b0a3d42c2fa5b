import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { child_value } from './child.js'
import { failure, refuses } from './failure.js'

const leaf = () => torch.ones([2], { requires_grad: true })
const check = (call: () => unknown, text: string) =>
  refuses('backward.test.ts', call, torch.RuntimeError, text)

class Mine extends Error {}

describe('an exception in a hook', () => {
  it('comes out of backward as it is, with its own stack', () => {
    const thrown = new Mine('in the hook')
    const x = leaf()
    const y = x.mul(2)
    y.register_hook(function my_hook() {
      throw thrown
    })
    expect(failure(() => y.sum().backward())).toBe(thrown)
    expect(thrown.stack).toContain('backward.test.ts')
  })

  it('keeps the stack of the hook that made it', () => {
    const y = leaf().mul(2)
    y.register_hook(function my_hook() {
      throw new Mine('in the hook')
    })
    const error = failure(() => y.sum().backward())
    expect(error).toBeInstanceOf(Mine)
    expect(error.stack?.split('\n')[1]).toMatch(/my_hook .*backward\.test\.ts/)
  })

  it.each<[string, unknown]>([
    ['a number', 3],
    ['a text', 'text'],
    ['null', null],
    ['undefined', undefined],
  ])('may be %s', (_, value) => {
    const y = leaf().mul(2)
    y.register_hook(() => {
      throw value
    })
    let caught: unknown = 'nothing'
    try {
      y.sum().backward()
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(value)
  })

  it('leaves the engine and the mode as they were', () => {
    for (let i = 0; i < 20; i++) {
      const y = leaf().mul(2)
      y.register_hook(() => {
        torch.set_grad_enabled(true)
        throw new Mine('again')
      })
      expect(() => torch.no_grad(() => y.sum().backward())).toThrow()
      expect(torch.is_grad_enabled()).toBe(true)
    }
    const x = leaf()
    x.mul(3).sum().backward()
    expect(x.grad?.tolist()).toEqual([3, 3])
  })

  it('from an operator has the operator’s words', () => {
    const y = leaf().mul(2)
    y.register_hook((gradient) => gradient.add(torch.ones(3)))
    check(
      () => y.sum().backward(),
      'The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0',
    )
  })
})

describe('a hook', () => {
  const with_hook = (hook: (gradient: Tensor) => unknown) => {
    const x = leaf()
    const y = x.mul(2)
    y.register_hook(hook as (gradient: Tensor) => Tensor)
    y.sum().backward()
    return x.grad?.tolist()
  }

  it('replaces the gradient, or leaves it', () => {
    expect(with_hook((g) => g.mul(10))).toEqual([20, 20])
    expect(with_hook(() => undefined)).toEqual([2, 2])
    expect(with_hook(() => null)).toEqual([2, 2])
  })

  it('that returns something else is refused', () => {
    refuses(
      'backward.test.ts',
      () => with_hook(() => 3),
      TypeError,
      "expected Variable, but hook returned 'number'",
    )
    refuses(
      'backward.test.ts',
      () => with_hook(async () => undefined),
      TypeError,
      "expected Variable, but hook returned 'Promise'",
    )
  })

  it('that returns another shape or a disposed tensor is refused', () => {
    expect(failure(() => with_hook(() => torch.ones(5))).message).toMatch(
      /^hook '.*' has changed the size of value$/,
    )
    check(
      () =>
        with_hook((g) => {
          const made = g.mul(2)
          made.dispose()
          return made
        }),
      'the tensor was disposed of by dispose() and cannot be used any more',
    )
  })

  it('may dispose of the gradient that it was shown', () => {
    expect(with_hook((g) => g.dispose())).toEqual([2, 2])
  })

  it('runs in backward’s mode, and may change it for itself', () => {
    const seen: boolean[] = []
    expect(
      with_hook(() => {
        seen.push(torch.is_grad_enabled())
        const w = leaf()
        torch.enable_grad(() => w.mul(5).sum().backward())
        seen.push(torch.is_grad_enabled(), leaf().mul(2).requires_grad)
        torch.no_grad(() => {})
        seen.push(leaf().mul(2).requires_grad)
        return w.grad
      }),
    ).toEqual([10, 10])
    expect(seen).toEqual([false, false, false, false])
    expect(leaf().mul(2).requires_grad).toBe(true)
  })

  it('sees gradients that can be differentiated under create_graph', () => {
    const x = leaf()
    const y = x.pow(3)
    let recorded: boolean | undefined
    y.register_hook((g) => {
      recorded = torch.is_grad_enabled()
      return g.mul(2)
    })
    const [gradient] = torch.autograd.grad(y.sum(), x, { create_graph: true })
    expect(recorded).toBe(true)
    expect(gradient!.requires_grad).toBe(true)
    expect(gradient!.tolist()).toEqual([6, 6])
  })

  it('lives as long as what was computed from its tensor', async () => {
    const calls = await child_value<number>(
      `
      let calls = 0
      const a = torch.ones([2], { requires_grad: true })
      const make = () => {
        const h = a.mul(2)
        h.register_hook(() => void calls++)
        return torch.cat([h, h]).at('1:').sum()
      }
      const out = make()
      await tick()
      for (let i = 0; i < 3; i++) gc()
      await tick()
      out.backward()
      console.log(calls)
    `,
      ['--expose-gc'],
    )
    expect(calls).toBe(1)
  })

  it('is taken back once, also after its tensor was disposed of', () => {
    const x = leaf()
    let calls = 0
    const handle = x.register_hook(() => void calls++)
    handle.remove()
    handle.remove()
    x.mul(2).sum().backward()
    const y = x.mul(2)
    const other = y.register_hook(() => void calls++)
    y.dispose()
    expect(() => other.remove()).not.toThrow()
    expect(calls).toBe(0)
  })

  it('of a whole module sees and changes gradients', () => {
    const layer = new torch.nn.Linear(3, 2)
    const seen: number[] = []
    layer.register_full_backward_hook((_module, grad_input, grad_output) => {
      seen.push(grad_input.length, grad_output.length)
      return [grad_input[0]!.mul(0).add(3)]
    })
    const x = torch.ones([1, 3], { requires_grad: true })
    layer(x).sum().backward()
    expect(seen).toEqual([1, 1])
    expect(x.grad?.tolist()).toEqual([[3, 3, 3]])
  })
})

describe('what backward refuses', () => {
  it('a second time', () => {
    const x = leaf()
    const loss = x.mul(x).sum()
    loss.backward()
    check(
      () => loss.backward(),
      'Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.',
    )
    expect(x.grad?.tolist()).toEqual([2, 2])
  })

  it('an in-place change of what it needs', () => {
    const c = leaf().mul(2)
    const d = c.pow(2)
    c.add_(1)
    check(
      () => d.sum().backward(),
      'one of the variables needed for gradient computation has been modified by an inplace operation: [torch.FloatTensor [2]], which is output 0 of Add, is at version 1; expected version 0 instead. Hint: enable anomaly detection to find the operation that failed to compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False).',
    )
  })

  it.each<[string, () => unknown, string]>([
    [
      'an in-place change of a leaf',
      () => leaf().add_(1),
      'a leaf Variable that requires grad is being used in an in-place operation.',
    ],
    [
      'what has no gradient',
      () => torch.ones(2).sum().backward(),
      'element 0 of tensors does not require grad and does not have a grad_fn',
    ],
    [
      'more than one element',
      () => leaf().mul(2).backward(),
      'grad can be implicitly created only for scalar outputs',
    ],
    [
      'a hook where there is no gradient',
      () => torch.ones(2).register_hook((g) => g),
      "cannot register a hook on a tensor that doesn't require gradient",
    ],
    [
      'requires_grad off inside the graph',
      () => leaf().mul(2).requires_grad_(false),
      "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
    ],
  ])('%s', (_, call, text) => check(call, text))
})
