import { inspect } from 'node:util'
import * as torch from 'typetorch'
import { nn, Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

describe('Parameter', () => {
  it('shares the memory of its data and requires gradients', () => {
    const data = torch.zeros(2)
    const parameter = new nn.Parameter(data)
    expect(parameter).toBeInstanceOf(Tensor)
    expectTypeOf(parameter).toExtend<Tensor>()
    expect(parameter.requires_grad).toBe(true)
    expect(parameter.is_leaf).toBe(true)
    data.fill_(3)
    expect(parameter.tolist()).toEqual([3, 3])
    expect(parameter.is(data)).toBe(false)
  })

  it('is a leaf also where it is made from a result, or without gradients recorded', () => {
    const from = torch.ones(2, { requires_grad: true }).mul(2)
    expect(new nn.Parameter(from).grad_fn).toBeNull()
    expect(torch.no_grad(() => new nn.Parameter(torch.ones(1))).requires_grad).toBe(true)
    expect(new nn.Parameter(torch.ones(1), false).requires_grad).toBe(false)
    expect(new nn.Parameter(torch.ones(1), { requires_grad: false }).requires_grad).toBe(false)
    expect(new nn.Parameter().shape).toEqual([0])
  })

  it('collects gradients', () => {
    const parameter = new nn.Parameter(torch.ones(2))
    parameter.mul(3).sum().backward()
    expect(parameter.grad?.tolist()).toEqual([3, 3])
  })

  it('prints what it is', () => {
    const parameter = new nn.Parameter(torch.ones(2))
    const text = 'Parameter containing:\ntensor([1., 1.], requires_grad=True)'
    expect(String(parameter)).toBe(text)
    expect(inspect(parameter)).toBe(text)
    parameter.dispose()
    expect(inspect(parameter)).toMatch(/^Tensor\(disposed of/)
  })

  it('outlives a scope', () => {
    const held: { parameter?: nn.Parameter } = {}
    torch.scope(() => {
      held.parameter = new nn.Parameter(torch.ones(1))
    })
    expect(held.parameter?.item()).toBe(1)
  })

  it('refuses dtypes that have no gradients, and misspelt keywords', () => {
    expect(() => new nn.Parameter(torch.zeros([1], { dtype: torch.int64 }))).toThrow(
      /[Oo]nly Tensors of floating point and complex dtype can require gradients/,
    )
    expect(new nn.Parameter(torch.zeros([1], { dtype: torch.int64 }), false).dtype).toBe(torch.int64)
    expect(() => new nn.Parameter(torch.ones(1), { requires_gra: true } as never)).toThrow(
      "Parameter() got an unexpected keyword argument 'requires_gra'; did you mean 'requires_grad'?",
    )
  })
})

describe('Buffer', () => {
  it('says whether it is saved', () => {
    expect(new nn.Buffer(torch.ones(1)).persistent).toBe(true)
    const buffer = new nn.Buffer(torch.ones(1), { persistent: false })
    expect(buffer.persistent).toBe(false)
    expect(buffer.requires_grad).toBe(false)
  })
})
