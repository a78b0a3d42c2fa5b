import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { live_torch, run_python } from '../helpers/python.js'

const { graph } = torch.autograd
const leaf = (...values: number[]) => torch.tensor(values, { requires_grad: true })
const value = (x: Tensor | null) => x?.tolist() ?? null

describe('a node of the graph', () => {
  it('is the same object for the same node, and walks to the leaves', () => {
    const a = leaf(1, 2)
    const b = a.mul(a).sum()
    const node = b.grad_fn!
    expectTypeOf(node).toEqualTypeOf<torch.autograd.graph.Node>()
    expect(node).toBeInstanceOf(graph.Node)
    expect(a.grad_fn).toBe(null)
    expect(b.grad_fn).toBe(node)
    const [[mul, nr]] = node.next_functions as [[torch.autograd.graph.Node, number]]
    expect([node.name(), mul.name(), nr, String(mul)]).toEqual([
      'SumBackward0',
      'MulBackward0',
      0,
      '<MulBackward0>',
    ])
    const [left, right] = mul.next_functions.map(([next]) => next!) as [typeof mul, typeof mul]
    expect(left).toBe(right)
    expect(left.name()).toBe('torch::autograd::AccumulateGrad')
    expect(left.next_functions).toEqual([])
    expect(left.variable!.is(a)).toBe(true)
    expect(node.variable).toBe(null)
    expect(node._sequence_nr()).toBeGreaterThan(mul._sequence_nr())
    const constant = a.add(torch.ones(2)).grad_fn!
    expect(constant.next_functions[1]).toEqual([null, 0])
    expect(() => new graph.Node(undefined as never, a)).toThrow("Can't instantiate abstract class Node")
  })

  it('keeps the graph, and its metadata as long as it lives', () => {
    const a = leaf(3)
    const node = (() => {
      const b = a.exp()
      b.grad_fn!.metadata['note'] = { of: 'mine' }
      return b.mul(2).grad_fn!
    })()
    for (let i = 0; i < 20_000; i++) torch.ones(1)
    const exp = node.next_functions[0]![0]!
    expect(exp.name()).toBe('ExpBackward0')
    expect(exp.metadata).toEqual({ note: { of: 'mine' } })
    const [gradient] = torch.autograd.grad(new graph.GradientEdge(node, 0), a, torch.ones(1))
    expect(gradient!.item()).toBeCloseTo(2 * Math.exp(3), 3)
  })

  it('says under detect_anomaly where it was made', () => {
    const b = torch.autograd.detect_anomaly(() => leaf(1).mul(2))
    expect(b.grad_fn!.metadata['traceback_']).toMatch(/graph\.test/)
  })

  it('has hooks before and after it, which may replace gradients and be removed, by themselves too', () => {
    const a = leaf(1, 2)
    const b = a.mul(3)
    const seen: unknown[] = []
    const before = b.grad_fn!.register_prehook((grad_outputs) => {
      seen.push(['before', grad_outputs.map(value)])
      return [grad_outputs[0]!.mul(10)]
    })
    const after = b.grad_fn!.register_hook((grad_inputs, grad_outputs) => {
      seen.push(['after', grad_inputs.map(value), grad_outputs.map(value)])
      after.remove()
      return [grad_inputs[0]!.add(1), null]
    })
    b.sum().backward({ retain_graph: true })
    expect(seen).toEqual([
      ['before', [[1, 1]]],
      ['after', [[30, 30], null], [[10, 10]]],
    ])
    expect(value(a.grad)).toEqual([31, 31])
    before.remove()
    before.remove()
    a.grad = null
    b.sum().backward()
    expect(value(a.grad)).toEqual([3, 3])
    expect(seen.length).toBe(2)
  })

  it('passes on what a hook throws', () => {
    const b = leaf(1).mul(3)
    b.grad_fn!.register_hook(() => {
      throw new RangeError('mine')
    })
    expect(() => b.backward()).toThrow(RangeError)
    expect(() => b.grad_fn!.register_hook(3 as never)).toThrow("argument 'fn' must be function, not number")
    expect(() => b.grad_fn!.register_prehook('a' as never)).toThrow(
      "argument 'fn' must be function, not string",
    )
  })

  it.each<[string, unknown, string]>([
    ['a number', 3, "expected tuple, but hook returned 'number'"],
    ['too few', [null], "hook 'named' has returned an incorrect number of values (got 1, but expected 2)"],
    ['one for null', [null, torch.ones(2)], "can't replace a None gradient with a non-None value"],
    ['another shape', [torch.ones(3), null], "hook 'named' has changed the size of value"],
    [
      'another dtype',
      [torch.ones(2, { dtype: torch.float64 }), null],
      "hook 'named' has changed the type of value (was torch.FloatTensor got torch.DoubleTensor)",
    ],
    ['a string', ['a', null], "expected Variable, but hook returned 'string'"],
  ])('refuses %s from a hook', (_, answer, text) => {
    const y = leaf(1, 2).mul(torch.ones(2))
    y.grad_fn!.register_hook(function named() {
      return answer as never
    })
    expect(() => y.sum().backward()).toThrow(text)
  })
})

describe('edges', () => {
  it('stand for tensors in grad and backward', () => {
    const a = leaf(1, 2)
    const b = a.mul(2)
    const c = b.mul(3)
    const [edge, of_leaf] = [graph.get_gradient_edge(b), graph.get_gradient_edge(a)]
    expect(edge.node).toBe(b.grad_fn)
    expect(edge.output_nr).toBe(0)
    expect(value(torch.autograd.grad(c.sum(), edge, { retain_graph: true })[0]!)).toEqual([3, 3])
    expect(value(torch.autograd.grad(c.sum(), [of_leaf, edge], { retain_graph: true })[0]!)).toEqual([6, 6])
    torch.autograd.backward(graph.get_gradient_edge(c), torch.ones(2), { inputs: of_leaf } as never)
    expect(value(a.grad)).toEqual([6, 6])
    const sum = graph.get_gradient_edge(a.mul(4).sum())
    torch.autograd.backward(sum)
    expect(value(a.grad)).toEqual([10, 10])
    expect(() => torch.autograd.backward(graph.get_gradient_edge(a.clone()))).toThrow(
      'grad can be implicitly created only for scalar outputs',
    )
    expect(() => graph.get_gradient_edge(torch.ones(1))).toThrow(
      'It is not possible to get the gradient edge for a Tensor that does not require gradients',
    )
  })

  it('name one of several outputs', () => {
    const a = leaf(1, 2, 3, 4)
    const [, second] = a.mul(2).split(2)
    const edge = graph.get_gradient_edge(second!)
    expect(edge.output_nr).toBe(1)
    const [gradient] = torch.autograd.grad(edge, a, torch.ones(2))
    expect(value(gradient!)).toEqual([0, 0, 2, 2])
  })
})

describe('hooks on several tensors', () => {
  it('run once all gradients are there, or with the first', () => {
    const [a, b] = [leaf(1, 2), leaf(3, 4)]
    const [c, d] = [a.mul(b), a.mul(b)]
    const all: boolean[][] = []
    const any: unknown[] = []
    const handle = graph.register_multi_grad_hook([a, b, c, d], (gradients) => {
      expectTypeOf(gradients).toEqualTypeOf<(Tensor | null)[]>()
      all.push(gradients.map((gradient) => gradient !== null))
    })
    graph.register_multi_grad_hook([a, c, torch.ones(1)], (gradient) => any.push(value(gradient)), {
      mode: 'any',
    })
    c.sum().backward(null, { retain_graph: true })
    c.sum().backward(null, { retain_graph: true, inputs: [a] })
    handle.remove()
    c.sum().backward(null, { retain_graph: true })
    expect(all).toEqual([
      [true, true, true, false],
      [true, false, true, false],
    ])
    expect(any).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ])
    expect(() => graph.register_multi_grad_hook([torch.ones(1)], () => {})).toThrow(
      'Expected gradient function to be set',
    )
    expect(() => graph.register_multi_grad_hook([a], () => {}, { mode: 'x' as 'all' })).toThrow(
      "Expects mode to be one of ('all', 'any') but got x",
    )
    expect(() => graph.register_multi_grad_hook([a], 1 as never)).toThrow("argument 'fn' must be function")
  })
})

describe('switches', () => {
  it('increment_version makes what was saved old', () => {
    const a = leaf(1, 2).mul(1)
    const b = a.mul(a)
    const version = a._version
    graph.increment_version(a)
    graph.increment_version([a])
    expect(a._version).toBe(version + 2)
    expect(() => b.sum().backward()).toThrow('modified by an inplace operation')
    expect(() => graph.increment_version(3 as never)).toThrow(
      'increment_version expect a Iterable[Tensor] as input',
    )
    expect(() => graph.increment_version([3] as never)).toThrow(
      'expects each element of the iterable to be a tensor',
    )
  })

  it('disable_saved_tensors_hooks refuses hooks on saved tensors', () => {
    const refuse = () => graph.save_on_cpu(() => 1)
    expect(() => graph.disable_saved_tensors_hooks('none here', refuse)).toThrow('none here')
    expect(() =>
      graph.disable_saved_tensors_hooks('none here', () => {
        graph.disable_saved_tensors_hooks('inner', () => {})
        refuse()
      }),
    ).toThrow('none here')
    expect(() => graph.save_on_cpu(() => graph.disable_saved_tensors_hooks('none here', () => {}))).toThrow(
      'none here',
    )
    {
      using _ = graph.disable_saved_tensors_hooks('none here')
      expect(refuse).toThrow('none here')
    }
    expect(refuse()).toBe(1)
    expect(() => graph.disable_saved_tensors_hooks(1 as never)).toThrow(
      "argument 'error_message' must be str, not number",
    )
  })
})

describe('allow_mutation_on_saved_tensors', () => {
  const { allow_mutation_on_saved_tensors } = graph
  const outside = "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"

  it('lets what backward needs change in place, also between two awaits', async () => {
    const a = leaf(1, 2)
    const changed = () => {
      const b = a.clone()
      const out = b.pow(2).sum()
      b.sin_()
      return out
    }
    expect(() => changed().backward()).toThrow('modified by an inplace operation')
    allow_mutation_on_saved_tensors(() => changed().backward())
    expect(value(a.grad)).toEqual([2, 4])
    await allow_mutation_on_saved_tensors(async () => {
      const out = changed()
      await Promise.resolve()
      out.backward()
    })
    expect(value(a.grad)).toEqual([4, 8])
    {
      using _ = allow_mutation_on_saved_tensors()
      changed().backward()
    }
    expect(value(a.grad)).toEqual([6, 12])
  })

  it('is over with its block, and not nested', () => {
    const a = leaf(1, 2)
    const out = allow_mutation_on_saved_tensors(() => a.pow(2).sum())
    expect(() => out.backward()).toThrow(outside)
    expect(() => allow_mutation_on_saved_tensors(() => out.backward())).toThrow(outside)
    expect(() => allow_mutation_on_saved_tensors(() => allow_mutation_on_saved_tensors(() => 1))).toThrow(
      'allow_mutation_on_saved_tensors contexts cannot be nested',
    )
    expect(allow_mutation_on_saved_tensors(() => 1)).toBe(1)
  })
})

describe.skipIf(!live_torch())('beside Python', () => {
  it('walks the same graph, and runs all kinds of hooks in the same order with the same gradients', () => {
    const python = run_python(`
import json, torch
seen = []
show = lambda gs: [None if g is None else g.tolist() for g in gs]
def walk(node):
    return None if node is None else [node.name(), [[walk(n), i] for n, i in node.next_functions]]
a = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
b = torch.tensor([1., -1.], requires_grad=True)
h = a @ b
y = torch.relu(h)
v, i = torch.sort(y)
loss = (v * h[0:1]).sum() + y.prod()
h.retain_grad()
h.register_hook(lambda g: seen.append(['tensor', g.tolist()]))
h.grad_fn.register_prehook(lambda go: (seen.append(['pre', show(go)]), (go[0] * 2,))[1])
h.grad_fn.register_hook(lambda gi, go: seen.append(['post', show(gi), show(go)]))
h.register_hook(lambda g: g + 1)
h.grad_fn.register_prehook(lambda go: (go[0] + 5,))
h.grad_fn.register_hook(lambda gi, go: (gi[0] * 3, gi[1]))
v.grad_fn.register_hook(lambda gi, go: seen.append(['sort', show(gi), show(go)]))
acc = a.expand_as(a).grad_fn.next_functions[0][0]
acc.register_prehook(lambda go: (seen.append(['acc pre', show(go)]), (go[0] * 10,))[1])
acc.register_hook(lambda gi, go: seen.append(['acc', show(gi), show(go)]))
a.register_hook(lambda g: seen.append(['leaf', g.tolist()]))
a.register_post_accumulate_grad_hook(lambda p: seen.append(['accumulated', p.grad.tolist()]))
torch.autograd.graph.register_multi_grad_hook([a, b, h], lambda gs: seen.append(['multi', show(gs)]))
loss.backward()
print(json.dumps([walk(loss.grad_fn), seen, a.grad.tolist(), b.grad.tolist(), h.grad.tolist()]))
`)
    const seen: unknown[] = []
    const show = (gradients: (Tensor | null)[]) => gradients.map(value)
    const walk = (node: torch.autograd.graph.Node | null): unknown =>
      node === null ? null : [node.name(), node.next_functions.map(([next, i]) => [walk(next), i])]
    const note = (...what: unknown[]): void => void seen.push(what)
    const a = torch.tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { requires_grad: true },
    )
    const b = leaf(1, -1)
    const h = a.matmul(b)
    const y = torch.relu(h)
    const [v] = torch.sort(y)
    const loss = v.mul(h.at('0:1')).sum().add(y.prod())
    h.retain_grad()
    h.register_hook((g) => note('tensor', value(g)))
    h.grad_fn!.register_prehook((go) => {
      note('pre', show(go))
      return [go[0]!.mul(2)]
    })
    h.grad_fn!.register_hook((gi, go) => note('post', show(gi), show(go)))
    h.register_hook((g) => g.add(1))
    h.grad_fn!.register_prehook((go) => [go[0]!.add(5)])
    h.grad_fn!.register_hook((gi) => [gi[0]!.mul(3), gi[1]!])
    v.grad_fn!.register_hook((gi, go) => note('sort', show(gi), show(go)))
    const acc = a.expand_as(a).grad_fn!.next_functions[0]![0]!
    acc.register_prehook((go) => {
      note('acc pre', show(go))
      return [go[0]!.mul(10)]
    })
    acc.register_hook((gi, go) => note('acc', show(gi), show(go)))
    a.register_hook((g) => note('leaf', value(g)))
    a.register_post_accumulate_grad_hook((p) => note('accumulated', value(p.grad)))
    graph.register_multi_grad_hook([a, b, h], (gradients) => note('multi', show(gradients)))
    loss.backward()
    expect([walk(loss.grad_fn), seen, value(a.grad), value(b.grad), value(h.grad)]).toEqual(python)
  })
})
