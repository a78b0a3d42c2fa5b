import { AsyncLocalStorage } from 'node:async_hooks'
import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { expect_free_loop } from './helpers/event_loop.js'
import { message_of } from './helpers/message_of.js'

const { nn } = torch
const leaf = (...size: number[]) => torch.ones(size.length === 0 ? [2] : size, { requires_grad: true })

/** A graph whose backward takes some `steps` products of matrices. */
function long_graph(steps: number, side = 512): { a: Tensor; root: Tensor } {
  const a = torch.randn([side, side], { requires_grad: true })
  let product: Tensor = a
  for (let i = 0; i < steps; i++) product = product.mm(a).mul(0.01)
  return { a, root: product.sum() }
}

describe('backward_async', () => {
  it('gives the gradients of backward, to the last bit', async () => {
    const gradients = async (run: (loss: Tensor) => unknown, autocast: boolean) => {
      torch.manual_seed(3)
      const model = new nn.Sequential(
        new nn.Conv2d(3, 8, 3, { padding: 1 }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.Flatten(),
        new nn.Dropout(0.3),
        new nn.Linear(8 * 16 * 16, 5),
      )
      const loss = torch.autocast('cpu', { dtype: torch.bfloat16, enabled: autocast }, () =>
        (model(torch.randn(4, 3, 16, 16)) as Tensor).float().pow(2).mean(),
      )
      await run(loss)
      return [...model.parameters()].map((p) => p.grad!.tolist()).concat([torch.rand(2).tolist()])
    }
    for (const autocast of [false, true]) {
      const expected = await gradients((loss) => loss.backward(), autocast)
      expect(await gradients((loss) => loss.backward_async(), autocast)).toEqual(expected)
    }
  })

  it('takes what backward takes', async () => {
    const x = leaf()
    const y = x.mul(3)
    expectTypeOf(y.backward_async).returns.toEqualTypeOf<Promise<void>>()
    await y.backward_async({ gradient: torch.tensor([1, 10]), retain_graph: true })
    expect(x.grad!.tolist()).toEqual([3, 30])
    const z = x.mul(x).sum()
    await z.backward_async({ create_graph: true, inputs: [x] })
    expect(x.grad!.requires_grad).toBe(true)
    expect(await message_of(() => x.mul(2).backward_async())).toBe(
      'grad can be implicitly created only for scalar outputs',
    )
    await expect(x.sum().backward_async({ grad: null } as never)).rejects.toThrow(
      "backward_async() got an unexpected keyword argument 'grad'",
    )
  })

  it('runs hooks and Functions on this thread, in the modes and the context of the call', async () => {
    const store = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    class Triple extends torch.autograd.Function {
      static override forward(ctx: torch.autograd.FunctionCtx, x: Tensor) {
        ctx.save_for_backward(x)
        return x.mul(3)
      }
      static override backward(ctx: torch.autograd.FunctionCtx, gradient: Tensor) {
        seen.push(['backward', store.getStore(), torch.is_autocast_enabled('cpu')])
        return gradient.mul(ctx.saved_tensors[0]!).mul(3)
      }
    }
    const x = leaf()
    const optimizer = new torch.optim.SGD([x], { lr: 0.5 })
    x.register_post_accumulate_grad_hook((parameter) => {
      seen.push(parameter.grad!.tolist())
      optimizer.step()
    })
    const y = Triple.apply(x)
    y.register_hook((gradient) => {
      seen.push(['hook', torch.is_grad_enabled(), torch.ones(2, 2).mm(torch.ones(2, 2)).dtype.name])
      return gradient.mul(2)
    })
    await store.run('mine', () => torch.autocast('cpu', async () => y.sum().backward_async()))
    expect(seen).toEqual([
      ['hook', false, 'bfloat16'],
      ['backward', 'mine', true],
      [6, 6],
    ])
    expect(x.tolist()).toEqual([-2, -2])
    expect(torch.is_autocast_enabled('cpu')).toBe(false)
  })

  it('can be differentiated again through a Function', async () => {
    class Cube extends torch.autograd.Function {
      static override forward(ctx: torch.autograd.FunctionCtx, x: Tensor) {
        ctx.save_for_backward(x)
        return x.pow(3)
      }
      static override backward(ctx: torch.autograd.FunctionCtx, gradient: Tensor) {
        return gradient.mul(ctx.saved_tensors[0]!.pow(2)).mul(3)
      }
    }
    const x = torch.tensor([2], { requires_grad: true })
    await Cube.apply(x).sum().backward_async({ create_graph: true })
    const first = x.grad!
    x.grad = null
    await first.sum().backward_async()
    expect([first.item(), x.grad!.item()]).toEqual([12, 12])
  })

  it('rejects with what a hook threw, or with the stack of the call', async () => {
    class Mine extends Error {}
    const thrown = new Mine('in the hook')
    for (const value of [thrown, 3, undefined]) {
      const y = leaf().mul(2)
      y.register_hook(() => {
        throw value
      })
      let caught: unknown = 'nothing'
      await y
        .sum()
        .backward_async()
        .catch((error: unknown) => {
          caught = error
        })
      expect(caught).toBe(value)
    }
    const refused = (await torch
      .ones(1)
      .backward_async()
      .catch((error: unknown) => error)) as Error
    expect(refused).toBeInstanceOf(torch.RuntimeError)
    expect(refused.message).toBe('element 0 of tensors does not require grad and does not have a grad_fn')
    expect(refused.stack).toContain('background.test.ts')
  })

  it('leaves the event loop free', async () => {
    await expect_free_loop(8, (steps) => {
      const { root } = long_graph(steps)
      return () => root.backward_async()
    })
  })

  it('refuses what would race with it, by name, and nothing else', async () => {
    const { a, root } = long_graph(6)
    const optimizers = [new torch.optim.Adam([a]), new torch.optim.SGD([a], { lr: 1 })]
    const running = root.backward_async({ retain_graph: true })
    const in_use = (what: string) =>
      `${what} is in use by backward_async(), which is under way: await it first`
    expect(await message_of(() => a.grad)).toBe(in_use("grad: the tensor's gradient"))
    expect(await message_of(() => void (a.grad = null))).toBe(in_use("grad: the tensor's gradient"))
    expect(await message_of(() => a.sum().backward())).toBe(in_use('backward(): a part of the graph'))
    expect(await message_of(() => root.mul(2).backward_async())).toBe(
      in_use('backward_async(): a part of the graph'),
    )
    expect(await message_of(() => torch.autograd.grad(root, a))).toBe(in_use('grad(): a part of the graph'))
    expect(await message_of(() => torch.no_grad(() => a.add_(1)))).toBe(in_use("add_(): argument 'input'"))
    expect(await message_of(() => torch.no_grad(() => a.view(-1).zero_()))).toBe(
      in_use("zero_(): argument 'input'"),
    )
    for (const optimizer of optimizers) {
      expect(await message_of(() => optimizer.step())).toMatch(
        /(a parameter|gradient) is in use by backward_async/,
      )
      expect(await message_of(() => optimizer.zero_grad())).toBe(
        in_use("zero_grad(): a parameter's gradient"),
      )
    }
    expect(await message_of(() => a.register_hook((g) => g))).toBe(in_use('register_hook(): the tensor'))
    // What only reads it, or has nothing to do with it.
    const other = leaf()
    other.mul(2).sum().backward()
    expect(other.grad!.tolist()).toEqual([2, 2])
    expect(a.mm(a).shape).toEqual([512, 512])
    await running
    for (const optimizer of optimizers) optimizer.step()
    expect(a.grad).not.toBeNull()
  })
})

describe('an AbortSignal', () => {
  it('takes a call out that has not begun, and hides one that has', async () => {
    const first = long_graph(6)
    const second = leaf()
    const running = new AbortController()
    const waiting = new AbortController()
    const calls = [
      first.root.backward_async({ signal: running.signal }),
      second.sum().backward_async({ signal: waiting.signal }),
    ]
    const reason = new Error('no longer wanted')
    running.abort()
    waiting.abort(reason)
    const [a, b] = await Promise.allSettled(calls)
    expect((a as PromiseRejectedResult).reason).toMatchObject({ name: 'AbortError' })
    expect((b as PromiseRejectedResult).reason).toBe(reason)
    // A call behind both: neither is under way any more.
    await torch.ones(1).item_async()
    expect(second.grad).toBeNull()
    expect(first.a.grad === null || first.a.grad.shape.length === 2).toBe(true)
  })

  it('that is aborted already refuses at once; what is none is refused', async () => {
    const x = leaf()
    const reason = new Error('early')
    await expect(x.sum().backward_async({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(x.sum().item_async({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(x.grad).toBeNull()
    await expect(x.to_async('cpu', { signal: 3 as never })).rejects.toThrow(
      "to_async(): argument 'signal' must be AbortSignal, not number",
    )
  })
})

describe('item_async and to_async', () => {
  it('give what item and to give', async () => {
    expect(await torch.tensor([2.5]).item_async()).toBe(2.5)
    expect(await torch.tensor(true).item_async()).toBe(true)
    await expect(torch.tensor(2n ** 60n).item_async()).rejects.toThrow('use item_bigint()')
    expect(await message_of(() => torch.ones(2).item_async())).toBe(
      'a Tensor with 2 elements cannot be converted to Scalar',
    )
    const x = leaf()
    const y = await x.to_async(torch.float64)
    expectTypeOf(y).toEqualTypeOf<Tensor>()
    expect([y.dtype, y.requires_grad]).toEqual([torch.float64, true])
    y.sum().backward()
    expect(x.grad!.tolist()).toEqual([1, 1])
    const copy = await x.to_async({ copy: true, dtype: torch.float32 })
    expect(copy.data_ptr()).not.toBe(x.data_ptr())
    expect((await x.to_async('cpu')).is(x)).toBe(true)
    expect((await torch.no_grad(() => x.to_async(torch.float64))).requires_grad).toBe(false)
    const picture = torch.ones(1, 2, 3, 4)
    const turned = await picture.to_async({ memory_format: torch.channels_last, copy: true })
    expect(turned.is_contiguous({ memory_format: torch.channels_last })).toBe(true)
  })

  it('come after the calls made before them', async () => {
    const { root } = long_graph(4)
    const order: string[] = []
    await Promise.all([
      root.backward_async().then(() => order.push('backward')),
      torch
        .ones(1)
        .item_async()
        .then(() => order.push('item')),
      torch
        .ones(1)
        .to_async('cpu')
        .then(() => order.push('to')),
    ])
    expect(order).toEqual(['backward', 'item', 'to'])
  })
})
