import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

const x = torch.ones(2, 3)

describe('types of calls', () => {
  it('give named results their fields and their places', () => {
    let { values, indices } = torch.max(x, 1)
    expectTypeOf(values).toEqualTypeOf<Tensor>()
    values = values.mul(2)
    indices = indices.add(1)
    expect(values.tolist()).toEqual([2, 2])
    const found = torch.topk(x, 2, { dim: 1, sorted: true })
    expectTypeOf(found.values).toEqualTypeOf<Tensor>()
    expectTypeOf(found[1]).toEqualTypeOf<Tensor>()
    expectTypeOf(found.length).toEqualTypeOf<2>()
    expectTypeOf([...found]).toEqualTypeOf<Tensor[]>()
    const [largest, places] = x.sort({ dim: 1, descending: true })
    expectTypeOf(largest).toEqualTypeOf<Tensor>()
    expectTypeOf(places).toEqualTypeOf<Tensor>()
    torch.max(x, 1, { out: [values, indices] })
    const again = torch.max(x, 1, { out: torch.min(x, 1) })
    expectTypeOf(again.indices).toEqualTypeOf<Tensor>()
    const { mantissa, exponent } = torch.frexp(x)
    expectTypeOf([mantissa, exponent]).toEqualTypeOf<Tensor[]>()
    const both: readonly [Tensor, Tensor] = torch.frexp(x)
    expectTypeOf(torch.linalg.slogdet(torch.eye(2)).logabsdet).toEqualTypeOf<Tensor>()
    expect([...both, ...again].every((part) => part instanceof torch.Tensor)).toBe(true)
    // @ts-expect-error a tensor is no function
    const call = () => found.values()
    expectTypeOf(call).toBeFunction()
  })

  it('take arguments by position and by keyword', () => {
    expectTypeOf(torch.sum(x, 1, { keepdim: true, dtype: torch.float64 })).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.sum(x, { dim: [0, 1] })).toEqualTypeOf<Tensor>()
    expectTypeOf(x.clamp({ min: 0 })).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.full([2, 2], 1.5, { dtype: torch.double, device: 'cpu' })).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.randn(2, 3, { generator: new torch.Generator() })).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.add(x, x, { alpha: 2, out: torch.empty(2, 3) })).toEqualTypeOf<Tensor>()
    expectTypeOf(x.to({ memory_format: torch.contiguous_format })).toEqualTypeOf<Tensor>()
    expectTypeOf(x.layout).toEqualTypeOf<torch.Layout>()
    expectTypeOf(x.dtype).toEqualTypeOf<torch.DType>()
    expectTypeOf(x.device).toEqualTypeOf<torch.Device>()
    // @ts-expect-error a dtype is no layout
    const layout = () => torch.zeros(2, { layout: torch.float32 })
    // @ts-expect-error an operator without `out`
    const out = () => x.relu({ out: x })
    // @ts-expect-error a text is no dimension of torch.sum
    const dim = () => torch.sum(x, { dim: 'first' })
    expectTypeOf([layout, out, dim]).toBeArray()
  })

  it('chain, write in place, and take lists', () => {
    expectTypeOf(x.clone().add_(1).mul_(2).unsqueeze(0).sum()).toEqualTypeOf<Tensor>()
    expectTypeOf(x.clone().set_at([0, ':2'], 0)).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.stack([x, x], { dim: 1 })).toEqualTypeOf<Tensor>()
    expectTypeOf(torch.cat([x, x])).toEqualTypeOf<Tensor>()
    expectTypeOf(x.split(1)).toExtend<Tensor[]>()
    expectTypeOf(torch.ops.aten.relu).not.toBeAny()
    // @ts-expect-error numbers are no tensors
    const numbers = () => torch.stack([1, 2])
    expectTypeOf(numbers).toBeFunction()
  })

  it('of optimizers, schedules and chains of modules', () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 1))
    expectTypeOf(model(x)).toEqualTypeOf<Tensor>()
    expectTypeOf(model.forward).parameters.toEqualTypeOf<[input: Tensor]>()
    const adam = new optim.Adam(model.parameters(), { lr: 1e-3 })
    const schedule = new optim.lr_scheduler.StepLR(adam, 2, { gamma: 0.5 })
    expectTypeOf(schedule.optimizer).toExtend<optim.Optimizer>()
    const base: optim.Optimizer = adam
    expectTypeOf(adam.param_groups[0]!.lr).not.toBeAny()
    expectTypeOf(adam.step()).toEqualTypeOf<null>()
    expect(base.param_groups.length).toBe(1)
    for (const child of model.children()) expectTypeOf(child).toExtend<nn.Module>()
    // @ts-expect-error a model is no optimizer
    const wrong = () => new optim.lr_scheduler.StepLR(model, 2)
    expectTypeOf(wrong).toBeFunction()
  })
})
