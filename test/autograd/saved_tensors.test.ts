import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'

const { saved_tensors_hooks, save_on_cpu } = torch.autograd.graph
const leaf = (...values: number[]) => torch.tensor(values, { requires_grad: true })

describe('hooks on saved tensors', () => {
  it('see what operators save, and give it back', () => {
    const seen: number[][] = []
    const x = leaf(2, 3)
    const y = saved_tensors_hooks(
      (tensor) => {
        seen.push(tensor.tolist() as number[])
        return tensor.tolist() as number[]
      },
      (list) => torch.tensor(list).mul(10),
      () => x.mul(x),
    )
    y.sum().backward()
    expect(seen).toEqual([
      [2, 3],
      [2, 3],
    ])
    expect(x.grad!.tolist()).toEqual([40, 60])
  })

  it('may keep a tensor, the innermost pair counts, and the mode ends with its block', () => {
    let outer = 0
    let inner = 0
    const x = leaf(2)
    {
      using _ = saved_tensors_hooks(
        (tensor) => {
          outer++
          return tensor.detach()
        },
        (tensor) => tensor,
      )
      x.exp()
      saved_tensors_hooks(
        (tensor) => {
          inner++
          return tensor.detach()
        },
        (tensor) => tensor,
        () => x.exp(),
      )
    }
    const y = x.exp()
    y.backward()
    expect([outer, inner]).toEqual([1, 1])
  })

  it('count for Functions, and for asynchronous callbacks where they are', async () => {
    class Cube extends torch.autograd.Function {
      static override forward(ctx: torch.autograd.FunctionCtx, x: Tensor) {
        ctx.save_for_backward(x)
        return x.pow(3)
      }
      static override backward(ctx: torch.autograd.FunctionCtx, gradient: Tensor) {
        return gradient.mul(ctx.saved_tensors[0]!.pow(2)).mul(3)
      }
    }
    let packed = 0
    const x = leaf(2)
    const inside = saved_tensors_hooks(
      (tensor) => {
        packed++
        return tensor.detach()
      },
      (tensor) => tensor,
      async () => {
        await Promise.resolve()
        return Cube.apply(x)
      },
    )
    x.exp()
    expect(packed).toBe(0)
    const y = await inside
    expect(packed).toBe(1)
    y.backward()
    expect(x.grad!.item()).toBe(12)
  })

  it('that throw, throw out of the operator or out of backward', () => {
    const x = leaf(2)
    const fail = (): never => {
      throw new RangeError('mine')
    }
    expect(() => saved_tensors_hooks(fail, fail, () => x.exp())).toThrow(RangeError)
    const y = saved_tensors_hooks(
      (tensor) => tensor.detach(),
      fail,
      () => x.exp(),
    )
    expect(() => y.backward()).toThrow(RangeError)
    const z = saved_tensors_hooks(
      () => 1,
      () => 1 as never,
      () => x.exp(),
    )
    expect(() => z.backward()).toThrow(
      'Output of saved tensor unpack_hook expected to be a Tensor but got result of type number',
    )
    expect(() => saved_tensors_hooks(1 as never, fail)).toThrow("argument 'pack_hook' must be function")
  })

  it('may keep everything on the CPU', () => {
    const x = leaf(2)
    save_on_cpu(() => x.mul(x).exp()).backward()
    expect(x.grad!.item()).toBeCloseTo(4 * 54.598, 2)
  })
})
