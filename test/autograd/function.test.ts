import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { native } from '../../dist/native.js'

type Ctx = torch.autograd.FunctionCtx
class Cube extends torch.autograd.Function {
  static override forward(ctx: Ctx, x: Tensor) {
    ctx.save_for_backward(x)
    return x.pow(3)
  }
  static override backward(ctx: Ctx, gradient: Tensor) {
    const [x] = ctx.saved_tensors
    return gradient.mul(x!.pow(2)).mul(3)
  }
}

class ScaledProduct extends torch.autograd.Function {
  static override forward(x: Tensor, y: Tensor, scale: number) {
    return x.mul(y).mul(scale)
  }
  static override setup_context(ctx: Ctx, [x, y, scale]: [Tensor, Tensor, number], _output: Tensor) {
    ctx.save_for_backward(x, y)
    ctx['scale'] = scale
  }
  static override backward(ctx: Ctx, gradient: Tensor) {
    const [x, y] = ctx.saved_tensors
    const scale = ctx['scale'] as number
    return [gradient.mul(y!).mul(scale), gradient.mul(x!).mul(scale), null]
  }
}

/** Enough garbage for a few collections. */
const collect = () => {
  for (let i = 0; i < 20_000; i++) torch.ones(1)
}

const leaf = (...values: number[]) => torch.tensor(values, { requires_grad: true })

describe('a Function', () => {
  it('has the gradient that it says, to the third order', () => {
    const x = leaf(2)
    const y = Cube.apply(x)
    expect(String(y.grad_fn)).toBe('<CubeBackward>')
    const [first] = torch.autograd.grad(y, x, { create_graph: true })
    const [second] = torch.autograd.grad(first!, x, { create_graph: true })
    const [third] = torch.autograd.grad(second!, x)
    expect([y.item(), first!.item(), second!.item(), third!.item()]).toEqual([8, 12, 12, 6])
  })

  it('may keep its context apart, and take what is no tensor', () => {
    const x = leaf(2)
    const y = leaf(5)
    ScaledProduct.apply(x, y, 3).backward()
    expect([x.grad!.item(), y.grad!.item()]).toEqual([15, 6])
  })

  it('knows which gradients are wanted, and records nothing where none is', () => {
    let needs: readonly boolean[] = []
    class Looks extends torch.autograd.Function {
      static override forward(ctx: Ctx, _name: string, x: Tensor, y: Tensor) {
        needs = ctx.needs_input_grad
        return x.add(y)
      }
      static override backward(_ctx: Ctx, gradient: Tensor) {
        return [null, gradient, gradient]
      }
    }
    expect(Looks.apply('a', leaf(1), torch.ones(1)).requires_grad).toBe(true)
    expect(needs).toEqual([false, true, false])
    expect(torch.no_grad(() => Looks.apply('a', leaf(1), torch.ones(1))).requires_grad).toBe(false)
  })

  it('may have several results, of which some have no gradient', () => {
    class Sort extends torch.autograd.Function {
      static override forward(ctx: Ctx, x: Tensor): [Tensor, Tensor] {
        const [values, indices] = x.sort()
        ctx.mark_non_differentiable(indices)
        ctx.save_for_backward(indices)
        return [values, indices]
      }
      static override backward(ctx: Ctx, gradient: Tensor, _none: Tensor) {
        const [indices] = ctx.saved_tensors
        return torch.zeros_like(gradient).index_add_(0, indices!, gradient)
      }
    }
    const x = leaf(3, 1, 2)
    const [values, indices] = Sort.apply(x)
    expect(indices.requires_grad).toBe(false)
    values
      .mul(torch.tensor([1, 2, 3]))
      .sum()
      .backward()
    expect(x.grad!.tolist()).toEqual([3, 1, 2])
  })

  it('gives zeros, or null, for gradients that nobody computed', () => {
    const seen: (Tensor | null)[] = []
    const two = (materialize: boolean) =>
      class Two extends torch.autograd.Function {
        static override forward(ctx: Ctx, x: Tensor): [Tensor, Tensor] {
          ctx.set_materialize_grads(materialize)
          return [x.clone(), x.clone()]
        }
        static override backward(_ctx: Ctx, a: Tensor, b: Tensor | null) {
          seen.push(b)
          return a
        }
      }
    two(true).apply(leaf(1))[0].backward()
    two(false).apply(leaf(1))[0].backward()
    expect(seen[0]!.tolist()).toEqual([0])
    expect(seen[1]).toBe(null)
  })

  it('in place returns the very tensor, and what others saved of it is known to have changed', () => {
    class Double_ extends torch.autograd.Function {
      static override forward(ctx: Ctx, x: Tensor) {
        ctx.mark_dirty(x)
        return x.mul_(2)
      }
      static override backward(_ctx: Ctx, gradient: Tensor) {
        return gradient.mul(2)
      }
    }
    const x = leaf(3)
    const copy = x.clone()
    const doubled = Double_.apply(copy)
    expect(doubled).toBe(copy)
    doubled.backward()
    expect(x.grad!.item()).toBe(2)
    const again = x.clone()
    const square = again.mul(again)
    Double_.apply(again)
    expect(() => square.backward()).toThrow('modified by an inplace operation')
    expect(() => Double_.apply(leaf(1))).toThrow(
      'a leaf Variable that requires grad has been used in an in-place operation',
    )
  })

  it('an argument given back is a view of it', () => {
    class Same extends torch.autograd.Function {
      static override forward(_ctx: Ctx, x: Tensor) {
        return x
      }
      static override backward(_ctx: Ctx, gradient: Tensor) {
        return gradient.mul(7)
      }
    }
    const x = leaf(1)
    const y = Same.apply(x)
    expect(y === x).toBe(false)
    y.backward()
    expect(x.grad!.item()).toBe(7)
  })

  it('has a forward mode by jvp, and a method called vjp', () => {
    class Square extends torch.autograd.Function {
      static override forward(x: Tensor) {
        return x.mul(x)
      }
      static override setup_context(ctx: Ctx, [x]: [Tensor], _y: Tensor) {
        ctx.save_for_backward(x)
      }
      static override vjp(ctx: Ctx, gradient: Tensor) {
        return ctx.saved_tensors[0]!.mul(2).mul(gradient)
      }
    }
    const x = leaf(3)
    Square.apply(x).backward()
    expect(x.grad!.item()).toBe(6)
  })
})

describe('a wrong Function', () => {
  const wrong = (answer: unknown) =>
    class Wrong extends torch.autograd.Function {
      static override forward(_ctx: Ctx, x: Tensor, _n: number) {
        return x.clone()
      }
      static override backward(_ctx: Ctx, _gradient: Tensor) {
        return answer
      }
    }

  it('is an Error in Python’s words', () => {
    const run = (answer: unknown) => () => wrong(answer).apply(leaf(1, 2), 2).sum().backward()
    expect(run([torch.ones(1)])).toThrow(
      'function WrongBackward returned an incorrect number of gradients (expected 2, got 1)',
    )
    expect(run([torch.ones(1), torch.ones(1)])).toThrow(
      'function WrongBackward returned a gradient different from None at position 2, but the corresponding forward input was not a Variable',
    )
    expect(run(['a', null])).toThrow('expected Variable or None (got string)')
    expect(run([torch.ones(3), null])).toThrow(
      'Function WrongBackward returned an invalid gradient at index 0 - got [3] but expected shape compatible with [2]',
    )
    class Nothing extends torch.autograd.Function {}
    expect(() => Nothing.apply()).toThrow(
      'You must implement the forward function for custom autograd.Function.',
    )
    class OneWay extends torch.autograd.Function {
      static override forward(_ctx: Ctx, x: Tensor) {
        return x.clone()
      }
    }
    expect(() => OneWay.apply(leaf(1)).backward()).toThrow(
      'You must implement either the backward or vjp method',
    )
    expect(() => new (Nothing as unknown as new () => unknown)()).toThrow('Legacy autograd function')
  })

  it('that throws, throws out of backward with its own stack', () => {
    class Throws extends torch.autograd.Function {
      static override forward(_ctx: Ctx, x: Tensor) {
        return x.clone()
      }
      static override backward(): never {
        throw new RangeError('mine')
      }
    }
    expect(() => Throws.apply(leaf(1)).backward()).toThrow(RangeError)
    try {
      Throws.apply(leaf(1)).backward()
    } catch (error) {
      expect((error as Error).stack).toContain('function.test.ts')
    }
  })

  it('walked twice is told so', () => {
    const y = Cube.apply(leaf(2))
    y.backward()
    expect(() => y.backward()).toThrow('Trying to backward through the graph a second time')
    const z = Cube.apply(leaf(2))
    z.backward({ retain_graph: true })
    z.backward()
  })

  it('marked once_differentiable refuses a second derivative', () => {
    class Once extends torch.autograd.Function {
      static override forward(ctx: Ctx, x: Tensor) {
        ctx.save_for_backward(x)
        return x.pow(2)
      }
      static override backward = torch.autograd.function.once_differentiable((ctx: Ctx, gradient: Tensor) =>
        ctx.saved_tensors[0]!.mul(2).mul(gradient),
      )
    }
    const x = leaf(2)
    const [first] = torch.autograd.grad(Once.apply(x).mul(x), x, { create_graph: true })
    expect(first!.item()).toBe(12)
    expect(() => first!.backward()).toThrow(
      'trying to differentiate twice a function that was marked with @once_differentiable',
    )
  })
})

describe('the context', () => {
  it('lives as long as what was computed from the results', () => {
    const x = leaf(2)
    const make = () => Cube.apply(Cube.apply(x.mul(1)).mul(1)).mul(1)
    const y = make()
    collect()
    const [first] = torch.autograd.grad(y, x, { create_graph: true })
    collect()
    const [second] = torch.autograd.grad(first!.mul(1), x)
    // (x³)³ = x⁹
    expect(first!.item()).toBe(9 * 256)
    expect(second!.item()).toBe(72 * 128)
  })

  it('lives through a gradient made with create_graph', () => {
    const x = leaf(2)
    Cube.apply(x).backward({ create_graph: true })
    collect()
    const gradient = x.grad!
    x.grad = null
    collect()
    gradient.backward()
    expect(x.grad!.item()).toBe(12)
  })
})

describe('backward on another thread', () => {
  it('calls Functions and hooks on this one', () => {
    native.serve_backward(true)
    try {
      const x = leaf(2)
      const y = Cube.apply(x)
      y.register_hook((gradient) => gradient.mul(2))
      y.backward()
      expect(x.grad!.item()).toBe(24)
      class Throws extends torch.autograd.Function {
        static override forward(_ctx: Ctx, z: Tensor) {
          return z.clone()
        }
        static override backward(): never {
          throw new RangeError('mine')
        }
      }
      expect(() => Throws.apply(leaf(1)).backward()).toThrow(RangeError)
      const [first] = torch.autograd.grad(Cube.apply(x), x, { create_graph: true })
      expect(torch.autograd.grad(first!, x)[0]!.item()).toBe(12)
    } finally {
      native.serve_backward(false)
    }
  })
})
