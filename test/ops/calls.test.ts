import type { Tensor } from 'typetorch'
import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'

const x = torch.tensor([
  [3, 1, 2],
  [4, 6, 5],
])

describe('in place and out=', () => {
  it('return the very object', () => {
    const y = x.clone()
    expect(y.add_(1)).toBe(y)
    expect(y.mul_(2).sub_(2).div_(2)).toBe(y)
    expect(y.zero_()).toBe(y)
    expect(y.fill_(3)).toBe(y)
    expect(y.set_at([0], 1)).toBe(y)
    expect(torch.relu_(y)).toBe(y)
    expect(y.requires_grad_()).toBe(y)
    const out = torch.empty(2, 3)
    expect(torch.add(x, x, { out })).toBe(out)
    expect(torch.add(x, x, { alpha: 2, out })).toBe(out)
    expect(out.tolist()).toEqual([
      [9, 3, 6],
      [12, 18, 15],
    ])
    expectTypeOf(out.add_(1)).toEqualTypeOf<Tensor>()
  })

  it('out= with several results', () => {
    const [values, indices] = [torch.empty(2), torch.empty([2], { dtype: torch.long })]
    const found = torch.max(x, 1, { out: [values, indices] })
    expect(found[0]).toBe(values)
    expect(found[1]).toBe(indices)
    expect([values.tolist(), indices.tolist()]).toEqual([
      [3, 6],
      [0, 1],
    ])
  })

  it('out= is resized, and null is none', () => {
    const out = torch.empty(0)
    torch.mul(x, 2, { out })
    expect(out.shape).toEqual([2, 3])
    expect(torch.add(x, 1, { out: null } as object).shape).toEqual([2, 3])
  })
})

describe('several results', () => {
  it('by place and by name', () => {
    const found = torch.max(x, 1)
    const [values, indices] = found
    expect(found.values).toBe(values)
    expect(found.indices).toBe(indices)
    expect(indices.dtype).toBe(torch.int64)
    expect(x.sort(1, true).values.tolist()).toEqual([
      [3, 2, 1],
      [6, 5, 4],
    ])
    expect(Object.keys(torch.linalg.svd(x))).toEqual(['0', '1', '2'])
    expect(torch.linalg.svd(x).S.shape).toEqual([2])
    expect(torch.linalg.slogdet(torch.eye(2)).sign.item()).toBe(1)
  })

  it('lists of tensors', () => {
    expect(torch.unbind(x).map((row) => row.tolist())).toEqual([
      [3, 1, 2],
      [4, 6, 5],
    ])
    expect(torch.chunk(x, 3, 1).length).toBe(3)
  })
})

describe('arguments', () => {
  it('sizes as arguments or as an array', () => {
    for (const made of [
      torch.zeros(2, 3),
      torch.zeros([2, 3]),
      torch.zeros(2n, 3n),
      torch.zeros({ size: [2, 3] } as never),
    ])
      expect(made.shape).toEqual([2, 3])
    expect(x.view(-1).shape).toEqual([6])
    expect(x.view(3, 2).shape).toEqual([3, 2])
    expect(x.reshape([1, -1]).shape).toEqual([1, 6])
    expect(x.permute(1, 0).shape).toEqual([3, 2])
    expect(torch.zeros([]).shape).toEqual([])
    expect(torch.randn(2, 3, { dtype: torch.float64 }).dtype).toBe(torch.float64)
    expect(x.expand(4, 2, 3).shape).toEqual([4, 2, 3])
  })

  it('a number on either side', () => {
    expect(torch.sub(1, x).tolist()).toEqual([
      [-2, 0, -1],
      [-3, -5, -4],
    ])
    expect(torch.add(x, 1).tolist()).toEqual(torch.add(1, x).tolist())
    expect(torch.mul(2, x).sum().item()).toBe(42)
    expect(torch.div(6, torch.tensor([2, 3])).tolist()).toEqual([3, 2])
    expect(torch.pow(2, torch.tensor([3])).tolist()).toEqual([8])
    expect(torch.where(x.gt(3), x, 0).sum().item()).toBe(15)
  })

  it('any parameter by keyword', () => {
    expect(torch.sum({ input: x, dim: 1 } as never)).toBeInstanceOf(torch.Tensor)
    expect(x.sum({ dim: 1, keepdim: true } as never).shape).toEqual([2, 1])
    expect(
      torch
        .add(x, { other: x, alpha: 2 } as never)
        .sum()
        .item(),
    ).toBe(63)
    expect(torch.cat({ tensors: [x, x], dim: 1 } as never).shape).toEqual([2, 6])
    expect(x.sum({ axis: 1, keepdims: true } as never).shape).toEqual([2, 1])
    expect(torch.clamp(x, { max: 2 }).sum().item()).toBe(11)
    expect(torch.clamp(x, 2, 5).sum().item()).toBe(21)
  })

  it('bigints for whole numbers', () => {
    expect(x.sum(1n).shape).toEqual([2])
    expect(x.select(0n, 1n).tolist()).toEqual([4, 6, 5])
    expect(
      torch
        .tensor([2n ** 60n])
        .add(1n)
        .item_bigint(),
    ).toBe(2n ** 60n + 1n)
    expect(() => torch.tensor([2n ** 60n + 1n]).item()).toThrow(
      `item(): ${2n ** 60n + 1n} cannot be held exactly by a number; use item_bigint()`,
    )
  })

  it('a whole number keeps an integer dtype, float_scalar does not', () => {
    const whole = torch.tensor([1n])
    expect(whole.add(1).dtype).toBe(torch.int64)
    expect(whole.mul(2).dtype).toBe(torch.int64)
    expect(whole.add(1.5).dtype).toBe(torch.float32)
    expect(whole.add(torch.float_scalar(1)).dtype).toBe(torch.float32)
    expect(whole.add(true as unknown as number).dtype).toBe(torch.int64)
    expect(torch.ones(1).mul(torch.complex_scalar(0, 1)).dtype).toBe(torch.complex64)
    expect(torch.arange(3).dtype).toBe(torch.int64)
    expect(torch.arange(0, 1, 0.5).dtype).toBe(torch.float32)
  })

  it('a 0-d tensor where a number is wanted', () => {
    expect(x.sum(torch.tensor(1n) as unknown as number).shape).toEqual([2])
    expect(x.view(torch.tensor(3n) as unknown as number, 2).shape).toEqual([3, 2])
    expect(() => x.select(0, torch.tensor(1) as unknown as number)).toThrow(
      "select(): argument 'index' (position 2) must be int, not Tensor",
    )
    expect(torch.full([2], 0).fill_(torch.tensor(3)).tolist()).toEqual([3, 3])
    expect(x.add(torch.tensor(1)).sum().item()).toBe(27)
  })

  it('undefined is what is not given, null what Python calls None', () => {
    expect(x.sum(undefined as never, { keepdim: undefined } as never).ndim).toBe(0)
    expect(torch.clamp(x, null, 2).sum().item()).toBe(11)
    expect(torch.randn([2], { generator: null, dtype: null }).dtype).toBe(torch.float32)
  })

  it('requires_grad by what makes tensors', () => {
    expect(torch.zeros(2, { requires_grad: true }).requires_grad).toBe(true)
    expect(torch.randn_like(x, { requires_grad: true }).is_leaf).toBe(true)
    expect(torch.arange(0, 1, 0.5, { requires_grad: true }).requires_grad).toBe(true)
  })

  it('the same call keeps working when its arguments change kind', () => {
    for (let i = 0; i < 3; i++) {
      expect(torch.add(x, 1).sum().item()).toBe(27)
      expect(torch.add(x, x).sum().item()).toBe(42)
      expect(torch.add(1, x).sum().item()).toBe(27)
      expect(x.max().item()).toBe(6)
      expect(x.max(1).values.tolist()).toEqual([3, 6])
      expect(
        x
          .max(torch.full([2, 3], 4))
          .sum()
          .item(),
      ).toBe(27)
      expect(x.sum([0, 1]).item()).toBe(21)
      expect(x.sum([]).item()).toBe(21)
    }
  })
})

describe('tensors of all shapes', () => {
  it('0-d', () => {
    const number = torch.tensor(4)
    expect([number.sqrt().item(), number.sum().shape, number.add(x).shape]).toEqual([2, [], [2, 3]])
    expect(number.max().item()).toBe(4)
  })

  it('empty', () => {
    const empty = torch.empty(0, 3)
    expect(empty.sum().item()).toBe(0)
    expect(empty.sum(0).tolist()).toEqual([0, 0, 0])
    expect(empty.add(1).shape).toEqual([0, 3])
    expect(Number.isNaN(empty.mean().item())).toBe(true)
    expect(() => empty.max()).toThrow(
      "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
    )
    expect(torch.cat([empty, torch.ones(1, 3)]).shape).toEqual([1, 3])
    expect(empty.tolist()).toEqual([])
  })

  it('expanded', () => {
    const row = torch.tensor([1, 2, 3])
    const expanded = row.expand(4, 3)
    expect(expanded.stride()).toEqual([0, 1])
    expect(expanded.sum().item()).toBe(24)
    expect(() => expanded.add_(1)).toThrow(
      'unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.',
    )
    expect(expanded.at(3).tolist()).toEqual([1, 2, 3])
    expect(() => expanded.typed_array()).toThrow('typed_array(): the tensor is not contiguous')
  })

  it('not contiguous', () => {
    const turned = x.t()
    expect(turned.is_contiguous()).toBe(false)
    expect(turned.tolist()).toEqual([
      [3, 4],
      [1, 6],
      [2, 5],
    ])
    expect(turned.add(1).mul(2).tolist()).toEqual([
      [8, 10],
      [4, 14],
      [6, 12],
    ])
    expect(turned.mm(x).shape).toEqual([3, 3])
    expect(turned.contiguous().typed_array()).toEqual(new Float32Array([3, 4, 1, 6, 2, 5]))
    expect(turned.typed_array({ copy: true })).toEqual(new Float32Array([3, 4, 1, 6, 2, 5]))
    expect([...x.at(1).typed_array()]).toEqual([4, 6, 5])
  })
})

describe('torch.ops', () => {
  it('reaches every namespace, all overloads of a name or one', () => {
    const { aten } = torch.ops
    expect(aten!['add']!(x, x).sum().item()).toBe(42)
    expect(aten!['add']!['Tensor']!(x, x).sum().item()).toBe(42)
    expect(aten!['add']!['Scalar']!(x, 1).sum().item()).toBe(27)
    expect(aten!['_softmax']!(x, 1, false).sum().item()).toBeCloseTo(2)
    expect(Object.keys(aten!['add']!)).toEqual(expect.arrayContaining(['Tensor', 'Scalar', 'out']))
    const out = torch.empty(2, 3)
    expect(aten!['add']!['out']!(x, x, { out })).toBe(out)
    const q = torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)
    expect(torch.ops['quantized']!['add']!(q, q, 0.1, 0).dequantize().shape).toEqual([2, 3])
  })

  it('refuses what there is not', () => {
    expect(() => torch.ops['aten']!['nothing']).toThrow(
      "'_OpNamespace' 'aten' object has no attribute 'nothing'",
    )
    expect(() => torch.ops['no_such_space']!['add']).toThrow(
      "'_OpNamespace' 'no_such_space' object has no attribute 'add'",
    )
  })
})
