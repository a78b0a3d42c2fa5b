import * as torch from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'

const D = torch.distributions
const { constraints } = D

afterEach(() => D.Distribution.set_default_validate_args(true))

describe('Distribution', () => {
  it('takes parameters by position and by keyword', () => {
    const by_place = new D.Normal(0, 2)
    const by_name = new D.Normal({ loc: 0, scale: 2 })
    expect([by_place, by_name].map(String)).toEqual(Array(2).fill('Normal(loc: 0.0, scale: 2.0)'))
    expect(() => new D.Normal(0, 2, { validate: true } as object)).toThrow(
      "Normal() got an unexpected keyword argument 'validate'",
    )
    expectTypeOf(by_place.sample()).toEqualTypeOf<torch.Tensor>()
  })

  it('checks arguments and values unless it is told not to', () => {
    const wrong = () => new D.Normal(0, -1)
    expect(wrong).toThrow('to satisfy the constraint GreaterThan(lower_bound=0.0)')
    expect(new D.Normal(0, -1, { validate_args: false }).scale.item()).toBe(-1)
    D.Distribution.set_default_validate_args(false)
    expect(wrong).not.toThrow()
    expect(() => new D.Normal(0, -1, { validate_args: true })).toThrow('GreaterThan')
    expect(() => D.Distribution.set_default_validate_args(1 as never)).toThrow(
      expect.objectContaining({ name: 'ValueError' }),
    )
  })

  it('refuses values that are no tensors or do not fit', () => {
    const normal = new D.Normal(torch.zeros(3), torch.ones(3))
    expect(() => normal.log_prob(1 as never)).toThrow('The value argument to log_prob must be a Tensor')
    expect(() => normal.log_prob(torch.zeros(2))).toThrow(
      'Value is not broadcastable with batch_shape+event_shape: torch.Size([2]) vs torch.Size([3]).',
    )
  })

  it('computes lazy properties once, and prints them once they are there', () => {
    const d = new D.Bernoulli({ probs: torch.tensor([0.25, 0.5]) })
    expect(String(d)).toBe('Bernoulli(probs: torch.Size([2]))')
    expect(d.logits).toBe(d.logits)
    expect(String(d)).toBe('Bernoulli(probs: torch.Size([2]), logits: torch.Size([2]))')
  })

  it('survives the scope that it was made in', () => {
    const d = torch.scope(() => new D.Bernoulli({ probs: torch.tensor([0.25, 0.5]) }))
    torch.scope(() => {
      d.logits.add(1)
    })
    expect(d.log_prob(torch.ones(2)).exp().tolist()).toEqual([0.25, 0.5])
  })

  it('expands subclasses that inherit the constructor, and asks others for an expand of their own', () => {
    class Same extends D.Normal {}
    class Own extends D.Normal {
      constructor(loc: number) {
        super(loc, 1)
      }
    }
    const made = new Same(0, 1).expand([2])
    expect(made).toBeInstanceOf(Same)
    expect(made.batch_shape).toEqual([2])
    expect(() => new Own(0).expand([2])).toThrow(
      'Subclass Own of Normal that defines a custom __init__ method must also define a custom .expand() method.',
    )
  })

  it('lets a class of the user set its parameters before they are checked', () => {
    class Always extends D.Distribution {
      static override arg_constraints = { value: constraints.positive }
      declare value: torch.Tensor
      constructor(value: torch.Tensor) {
        super(value.shape, [], null, { value })
      }
    }
    expect(String(new Always(torch.tensor([2])))).toBe('Always(value: tensor([2.]))')
    expect(() => new Always(torch.tensor([-2]))).toThrow('found invalid values:\ntensor([-2.])')
    expect(() => new Always(torch.ones(1)).entropy()).toThrow(
      expect.objectContaining({ name: 'NotImplementedError' }),
    )
  })
})

describe('register_kl', () => {
  class A extends D.Normal {}
  class B extends A {}

  it('takes the closest of the registered pairs', () => {
    D.register_kl(A, D.Normal, () => torch.tensor(1))
    D.register_kl(A, A)(() => torch.tensor(2))
    const kl = (p: torch.distributions.Distribution, q: torch.distributions.Distribution) =>
      D.kl_divergence(p, q).item()
    expect(kl(new A(0, 1), new D.Normal(0, 1))).toBe(1)
    expect(kl(new B(0, 1), new B(0, 1))).toBe(2)
    expect(kl(new D.Normal(0, 1), new A(0, 1))).toBe(0)
    D.register_kl(B, A, () => torch.tensor(3))
    expect(kl(new B(0, 1), new B(0, 1))).toBe(3)
  })

  it('says where nothing is registered, and refuses what is no class of distributions', () => {
    expect(() => D.kl_divergence(new D.Normal(0, 1), new D.VonMises(0, 1))).toThrow(
      'No KL(p || q) is implemented for p type Normal and q type VonMises',
    )
    expect(() => D.register_kl(Array as never, D.Normal)).toThrow(
      /Expected type_p to be a Distribution subclass but got/,
    )
  })
})

describe('transforms', () => {
  it('are called, inverted, compared', () => {
    const t = new D.AffineTransform({ loc: 1, scale: 2 })
    expect(t(torch.tensor([1, 2])).tolist()).toEqual([3, 5])
    expect(t.inv(torch.tensor([3, 5])).tolist()).toEqual([1, 2])
    expect(t.inv.inv).toBe(t)
    expect(t.equals(new D.AffineTransform(1, 2))).toBe(true)
    expect(t.equals(new D.AffineTransform(1, 3))).toBe(false)
    expect(new D.ExpTransform().equals(new D.ExpTransform())).toBe(true)
  })

  it('remember the last pair where they are asked to', () => {
    const t = new D.SigmoidTransform({ cache_size: 1 })
    const x = torch.tensor([30])
    expect(t.inv(t(x))).toBe(x)
    expect(new D.SigmoidTransform().with_cache(1)._cache_size).toBe(1)
    expect(() => new D.ExpTransform(2)).toThrow('cache_size must be 0 or 1')
  })
})

describe('constraints', () => {
  it('are called as functions, and have transforms registered by class', () => {
    expect(String(constraints.interval(torch.float_scalar(0), 2))).toBe(
      'Interval(lower_bound=0.0, upper_bound=2)',
    )
    expect(constraints.is_dependent(constraints.dependent({ event_dim: 1 }))).toBe(true)
    expect(constraints.is_dependent(D.Pareto.support)).toBe(true)
    expect(() => D.biject_to(constraints.lower_triangular)).toThrow(
      'Cannot transform _LowerTriangular constraints',
    )
    class Mine extends constraints.Constraint {}
    D.transform_to.register(Mine, () => new D.ExpTransform())
    expect(String(D.transform_to(new Mine()))).toBe('ExpTransform()')
  })
})
