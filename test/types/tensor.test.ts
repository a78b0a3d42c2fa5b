import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expectTypeOf, it } from 'vitest'

const x = torch.ones(2, 3)
const w = torch.ones([2], { requires_grad: true })

class Pair extends nn.Module {
  first = new nn.Linear(3, 4)
  override forward(a: Tensor, scale: number): [Tensor, number] {
    return [this.first(a).mul(scale), scale]
  }
}

describe('types', () => {
  it('of functions and methods', () => {
    expectTypeOf(torch.add(x, 1)).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.sub(1, x)).toEqualTypeOf<Tensor>()
    expectTypeOf(x.view(-1, 2, 3)).toEqualTypeOf<Tensor>()
    expectTypeOf(x.view([3, 2])).toEqualTypeOf<Tensor>()
    expectTypeOf(x.at('1:', null, 0)).toEqualTypeOf<Tensor>()
    expectTypeOf(x.sum().item()).toBeNumber()
    expectTypeOf(x.shape).toExtend<number[]>()
    expectTypeOf(x.grad).toEqualTypeOf<Tensor | null>()
    expectTypeOf(x.is_contiguous()).toBeBoolean()
    expectTypeOf(torch.autograd.grad(w.sum(), w)).toExtend<Tensor[]>()
    expectTypeOf(torch.autograd.grad(w.sum(), w)[0]).toEqualTypeOf<Tensor>()
  })

  it('of named results', () => {
    const found = torch.max(x, 1)
    expectTypeOf(found.values).toEqualTypeOf<Tensor>()
    expectTypeOf(found.indices).toEqualTypeOf<Tensor>()
    const [values, indices] = found
    expectTypeOf(values).toEqualTypeOf<Tensor>()
    expectTypeOf(indices).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.max(x)).toEqualTypeOf<Tensor>()
  })

  it('of keywords', () => {
    // @ts-expect-error a misspelt keyword
    const misspelt = () => torch.zeros([2], { dtpye: torch.float32 })
    // @ts-expect-error a wrong type
    const wrong = () => torch.add('a', x)
    // @ts-expect-error one too many
    const many = () => x.relu(1)
    // @ts-expect-error tensors have no operators
    const plus = () => x * 2
    expectTypeOf([misspelt, wrong, many, plus]).toBeArray()
  })

  it('of a module’s call', () => {
    const model = new Pair()
    expectTypeOf(model(x, 2)).toEqualTypeOf<[Tensor, number]>()
    // @ts-expect-error the second argument is missing
    const missing = () => model(x)
    // @ts-expect-error a text is no number
    const wrong = () => model(x, 'two')
    expectTypeOf([missing, wrong]).toBeArray()
  })

  it('of modes', () => {
    expectTypeOf(torch.no_grad(() => 3)).toBeNumber()
    expectTypeOf(torch.no_grad(async () => 'a')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(torch.scope(() => x)).toEqualTypeOf<Tensor>()
    const open = () => torch.no_grad()
    expectTypeOf(open).returns.toEqualTypeOf<torch.ModeGuard>()
    expectTypeOf<torch.ModeGuard>().toExtend<Disposable>()
  })
})
