import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows, type Row } from '../../helpers/rows.js'

const { prune } = nn.utils

const linear = () => new nn.Linear(6, 5)
const held = (m: nn.Module) => {
  const state = m.state_dict().items()
  const weight = (m as unknown as { weight: Tensor }).weight
  return [state.map(([name]) => name), state.map(([, value]) => value), weight]
}
// The state and the pruned weight, after a few calls of what is named P in Python.
const PYTHON_HELD = `(lambda m: [[*m.state_dict()], [*m.state_dict().values()], m.weight])`
const P = `__import__('torch.nn.utils.prune').nn.utils.prune`

const both = (python: string, ours: (m: nn.Linear) => unknown): Row => ({
  python: `(lambda P, m: [${python}, ${PYTHON_HELD}(m)][-1])(${P}, nn.Linear(6, 5))`,
  ours: () => {
    const m = linear()
    ours(m)
    return held(m)
  },
})

describe('masks, as Python', () => {
  compare_rows([
    both("P.identity(m, 'weight')", (m) => prune.identity(m, 'weight')),
    both("P.random_unstructured(m, 'weight', 0.3)", (m) => prune.random_unstructured(m, 'weight', 0.3)),
    both("P.random_unstructured(m, 'weight', 0)", (m) => prune.random_unstructured(m, 'weight', 0)),
    both("P.random_unstructured(m, 'weight', 1.0)", (m) =>
      prune.random_unstructured(m, 'weight', torch.float_scalar(1)),
    ),
    both("P.l1_unstructured(m, 'weight', 7)", (m) => prune.l1_unstructured(m, 'weight', 7)),
    both("P.l1_unstructured(m, 'weight', 7, importance_scores=torch.rand(5, 6))", (m) =>
      prune.l1_unstructured(m, 'weight', 7, { importance_scores: torch.rand(5, 6) }),
    ),
    both("P.random_structured(m, 'weight', 2, dim=0)", (m) => prune.random_structured(m, 'weight', 2, 0)),
    both("P.random_structured(m, 'weight', 0.5, dim=-1)", (m) =>
      prune.random_structured(m, 'weight', 0.5, -1),
    ),
    both("P.ln_structured(m, 'weight', 2, n=2, dim=1)", (m) => prune.ln_structured(m, 'weight', 2, 2, 1)),
    both("P.ln_structured(m, 'weight', 0.4, n=float('-inf'), dim=0)", (m) =>
      prune.ln_structured(m, 'weight', 0.4, Number.NEGATIVE_INFINITY, 0),
    ),
    both("P.custom_from_mask(m, 'weight', torch.eye(5, 6))", (m) =>
      prune.custom_from_mask(m, 'weight', torch.eye(5, 6)),
    ),
    both("[P.l1_unstructured(m, 'weight', 7), P.ln_structured(m, 'weight', 1, 1, 0)]", (m) => {
      prune.l1_unstructured(m, 'weight', 7)
      prune.ln_structured(m, 'weight', 1, 1, 0)
    }),
    both(
      "[P.random_structured(m, 'weight', 2, 0), P.random_unstructured(m, 'weight', 0.5), P.l1_unstructured(m, 'weight', 3)]",
      (m) => {
        prune.random_structured(m, 'weight', 2, 0)
        prune.random_unstructured(m, 'weight', 0.5)
        prune.l1_unstructured(m, 'weight', 3)
      },
    ),
    both("[P.l1_unstructured(m, 'weight', 7), P.remove(m, 'weight')]", (m) => {
      prune.l1_unstructured(m, 'weight', 7)
      prune.remove(m, 'weight')
    }),
    both(
      "[P.l1_unstructured(m, 'bias', 2), P.global_unstructured([(m, 'weight'), (m, 'bias')], P.L1Unstructured, amount=0.5)]",
      (m) => {
        prune.l1_unstructured(m, 'bias', 2)
        prune.global_unstructured(
          [
            [m, 'weight'],
            [m, 'bias'],
          ],
          prune.L1Unstructured,
          { amount: 0.5 },
        )
      },
    ),
    {
      python: `${P}.L1Unstructured(amount=3).prune(torch.randn(4, 4))`,
      ours: () => new prune.L1Unstructured(3).prune(torch.randn(4, 4)),
    },
  ])
})

describe('what is refused, as Python', () => {
  compare_rows([
    both("P.random_unstructured(m, 'weight', 31)", (m) => prune.random_unstructured(m, 'weight', 31)),
    both("P.random_unstructured(m, 'weight', 1.5)", (m) => prune.random_unstructured(m, 'weight', 1.5)),
    both("P.random_unstructured(m, 'weight', -1)", (m) => prune.random_unstructured(m, 'weight', -1)),
    both("P.random_structured(m, 'bias', 1, 0)", (m) => prune.random_structured(m, 'bias', 1, 0)),
    both("P.ln_structured(m, 'weight', 1, 2, 2)", (m) => prune.ln_structured(m, 'weight', 1, 2, 2)),
    both("P.remove(m, 'weight')", (m) => prune.remove(m, 'weight')),
    both("P.custom_from_mask(m, 'weight', torch.ones(6))", (m) =>
      prune.custom_from_mask(m, 'weight', torch.ones(6)),
    ),
  ])
})

it('a pruned module trains its original values, and forgets nothing that the mask hides', () => {
  const m = prune.l1_unstructured(linear(), 'weight', 10)
  expectTypeOf(m.weight_mask).toEqualTypeOf<Tensor>()
  m(torch.ones(2, 6)).sum().backward()
  const gradient = (m.weight_orig as nn.Parameter).grad!
  expect(torch.equal(gradient.eq(0), m.weight_mask.eq(0))).toBe(true)
  torch.no_grad(() => m.weight_orig.fill_(1))
  m(torch.ones(1, 6))
  expect(torch.equal(m.weight, m.weight_mask)).toBe(true)
  expect([prune.is_pruned(m), prune.is_pruned(new nn.Sequential(m)), prune.is_pruned(linear())]).toEqual([
    true,
    true,
    false,
  ])
  prune.remove(m, 'weight')
  expect([prune.is_pruned(m), [...m.named_parameters()].map(([name]) => name)]).toEqual([
    false,
    ['bias', 'weight'],
  ])
})

it('takes methods of one’s own', () => {
  class EverySecond extends prune.BasePruningMethod {
    override compute_mask(_t: Tensor, default_mask: Tensor): Tensor {
      const mask = default_mask.clone()
      mask.view(-1).set_at(['::2'], 0)
      return mask
    }
  }
  const m = linear()
  EverySecond.apply(m, 'bias')
  prune.random_unstructured(m, 'bias', 1)
  expect((m as unknown as { bias_mask: Tensor }).bias_mask.sum().item()).toBe(1)
  // @ts-expect-error an amount is wanted
  expect(() => prune.L1Unstructured.apply(m, 'weight')).toThrow(
    "missing 1 required positional argument: 'amount'",
  )
  expect([...m.named_parameters()].map(([name]) => name)).toEqual(['weight', 'bias_orig'])
  const container = new prune.PruningContainer()
  expect(() => container.add_pruning_method('l1' as never)).toThrow(
    'string is not a BasePruningMethod subclass',
  )
})

it('global pruning takes methods of single elements only', () => {
  expect(() =>
    prune.global_unstructured([[linear(), 'weight']], prune.RandomStructured, { amount: 1 }),
  ).toThrow('Only "unstructured" PRUNING_TYPE supported for the `pruning_method`.')
})

it('takes the parameters of pruning functions and methods by keyword', () => {
  const m = linear()
  prune.l1_unstructured(m, { name: 'weight', amount: 2 })
  expect(m.weight.eq(0).sum().item()).toBe(2)
  prune.L1Unstructured.apply(m, 'bias', { amount: 1 })
  expect(m.bias!.eq(0).sum().item()).toBe(1)
  expect(() => new prune.L1Unstructured({ amuont: 1 } as never)).toThrow("did you mean 'amount'?")
  expect(() => Reflect.construct(prune.Identity, [1])).toThrow(
    'Identity() takes 0 positional arguments but 1 was given',
  )
  expect(() => prune.L1Unstructured.apply(m, 'bias', { amuont: 1 })).toThrow(
    "L1Unstructured() got an unexpected keyword argument 'amuont'",
  )
  expect(() =>
    prune.global_unstructured([[m, 'weight']], prune.L1Unstructured, {
      amount: 1,
      importance_scores: 3,
    } as never),
  ).toThrow('importance_scores must be a Map')
})
