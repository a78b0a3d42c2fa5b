import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows } from '../helpers/rows.js'

const x = () => torch.tensor([1, 2, 3])

describe('methods of the early days', () => {
  compare_rows([
    { python: 'torch.tensor([1., 2, 3]).numpy().tolist()', ours: () => [...(x().numpy() as Float32Array)] },
    {
      python: 'torch.ones(2, requires_grad=True).numpy()',
      ours: () => torch.ones([2], { requires_grad: true }).numpy(),
    },
    { python: 'torch.ones(2).new([1, 2])', ours: () => torch.ones(2).new([1, 2]) },
    { python: 'torch.ones(2).new(2, 3).shape', ours: () => torch.ones(2).new(2, 3).shape },
    {
      python: 'torch.ones(2, dtype=torch.int16).new()',
      ours: () => torch.ones([2], { dtype: torch.int16 }).new(),
    },
    { python: 'torch.ones(2).new(torch.zeros(3))', ours: () => torch.ones(2).new(torch.zeros(3)) },
    { python: 'str(torch.ones(2).untyped_storage())', ours: () => String(torch.ones(2).untyped_storage()) },
    { python: 'str(torch.tensor([1.5, 2]).storage())', ours: () => String(torch.tensor([1.5, 2]).storage()) },
    { python: 'str(torch.ones(2).storage_type())', ours: () => torch.ones(2).storage_type() },
    {
      python: 'torch.arange(6.)[2:].untyped_storage().nbytes()',
      ours: () => torch.arange(torch.float_scalar(6)).at('2:').untyped_storage().nbytes(),
    },
    {
      python: '(lambda s: [s.size(), s[1], s[-1], s.tolist()])(torch.FloatStorage([1, 2, 4]))',
      ours: () => {
        const s = torch.FloatStorage([1, 2, 4])
        return [s.size(), s.at(1), s.at(-1), s.tolist()]
      },
    },
    {
      python: 'torch.is_storage(torch.ones(1).untyped_storage())',
      ours: () => torch.is_storage(torch.ones(1).untyped_storage()),
    },
    { python: 'torch.ones(1).is_shared()', ours: () => torch.ones(1).is_shared() },
    { python: 'torch.tensor([1., 2, 3]).apply_(lambda v: v * 2)', ours: () => x().apply_((v) => v * 2) },
    {
      python: 'torch.tensor([[1, 2], [3, 4]]).map_(torch.tensor([10, 20]), lambda a, b: a + b)',
      ours: () =>
        torch
          .LongTensor([
            [1, 2],
            [3, 4],
          ])
          .map_(torch.tensor([10n, 20n]), (a, b) => a + b),
    },
    {
      python: 'torch.ones(2).map2_(torch.ones(2), torch.tensor([5., 6]), lambda a, b, c: a + b * c)',
      ours: () => torch.ones(2).map2_(torch.ones(2), torch.tensor([5, 6]), (a, b, c) => a + b * c),
    },
    {
      python: 'torch.ones(2, requires_grad=True).apply_(abs)',
      ours: () => torch.ones([2], { requires_grad: true }).apply_(Math.abs),
    },
    {
      python:
        '(torch.default_generator.manual_seed(5), torch.rand(2), torch.rand(2, generator=torch.default_generator), torch.default_generator.initial_seed())[1:]',
      ours: () => {
        torch.default_generator.manual_seed(5)
        const drawn = [torch.rand(2), torch.rand([2], { generator: torch.default_generator })]
        return [...drawn, torch.default_generator.initial_seed()]
      },
    },
    { python: 'torch.eye(3).to_sparse_coo()', ours: () => torch.eye(3).to_sparse_coo() },
    { python: 'torch.ones(2, 3, 4).dim_order()', ours: () => torch.ones(2, 3, 4).dim_order() },
    {
      python: 'torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last).dim_order()',
      ours: () => torch.ones(2, 3, 4, 5).to({ memory_format: torch.channels_last }).dim_order(),
    },
    {
      python: 'torch.ones(2, 3, 4).permute(2, 0, 1).dim_order()',
      ours: () => torch.ones(2, 3, 4).permute(2, 0, 1).dim_order(),
    },
    {
      python: 'torch.ones(2, 1, 4).transpose(0, 2).dim_order()',
      ours: () => torch.ones(2, 1, 4).transpose(0, 2).dim_order(),
    },
    {
      python: 'torch.ones(1, 2).dim_order(ambiguity_check=True)',
      ours: () => torch.ones(1, 2).dim_order({ ambiguity_check: true }),
    },
    {
      python: 'torch.ones(2).dim_order(ambiguity_check=3)',
      ours: () => torch.ones(2).dim_order({ ambiguity_check: 3 as never }),
    },
    { python: 'torch.ones(2, 3).resize(3, 2)', ours: () => torch.ones(2, 3).resize(3, 2) },
    { python: 'torch.ones(2, 3).resize(5)', ours: () => torch.ones(2, 3).resize(5) },
    {
      python: 'torch.ones(2, 3).resize_as(torch.ones(6))',
      ours: () => torch.ones(2, 3).resize_as(torch.ones(6)),
    },
    {
      python: 'torch.tensor([[4., 3], [6, 3]]).lu()',
      ours: () =>
        torch
          .tensor([
            [4, 3],
            [6, 3],
          ])
          .lu(),
    },
    {
      python: 'torch.tensor([[4., 3], [6, 3]]).lu(get_infos=True)',
      ours: () =>
        torch
          .tensor([
            [4, 3],
            [6, 3],
          ])
          .lu({ get_infos: true }),
    },
    {
      python: 'torch.zeros(2).module_load(torch.ones(2))',
      ours: () => torch.zeros(2).module_load(torch.ones(2)),
    },
    { python: 'torch.ones(1).reinforce(1)', ours: () => torch.ones(1).reinforce(torch.ones(1)) },
    { python: 'torch.ones(1).eig()', ours: () => torch.ones(1).eig() },
    { python: 'torch.ones(1).symeig()', ours: () => torch.ones(1).symeig() },
    { python: 'torch.solve(1, 2)', ours: () => torch.solve(1, 2) },
    { python: 'torch.lstsq(1, 2)', ours: () => torch.lstsq(1, 2) },
    { python: 'torch.matrix_rank(1)', ours: () => torch.matrix_rank(1) },
    { python: 'torch.ones(1).xpu()', ours: () => torch.ones(1).xpu() },
    { python: 'torch.ones(1).ipu()', ours: () => torch.ones(1).ipu() },
    {
      python:
        '(lambda t: [t.is_xpu, t.is_mps, t.is_mkldnn, t.is_vulkan, t.is_mtia, t.name, t.volatile])(torch.ones(1))',
      ours: () => {
        const t = torch.ones(1)
        return [t.is_xpu, t.is_mps, t.is_mkldnn, t.is_vulkan, t.is_mtia, t.name, t.volatile]
      },
    },
  ])

  it('numpy shares the memory, and copies what does not lie in order', () => {
    const t = torch.zeros(2, 2)
    ;(t.numpy() as Float32Array)[1] = 5
    expect(t.tolist()).toEqual([
      [0, 5],
      [0, 0],
    ])
    expect([...(t.mT.numpy() as Float32Array)]).toEqual([0, 0, 5, 0])
    expect(torch.ones([1], { requires_grad: true }).numpy({ force: true })).toEqual(Float32Array.of(1))
    expectTypeOf(t.numpy()).toEqualTypeOf<torch.TypedArray>()
  })

  it('a storage is the tensor’s own memory', () => {
    const t = torch.tensor([1, 2])
    const storage = t.storage()
    storage.set_at(0, 7)
    expect(t.tolist()).toEqual([7, 2])
    expect(storage.untyped().data_ptr()).toBe(t.data_ptr())
    expect(() => storage.at(2)).toThrow('index 2 out of range for storage of size 2')
    expect(storage.clone().fill_(0).tolist()).toEqual([0, 0])
    expect(t.tolist()).toEqual([7, 2])
  })
})

describe('tensors from memory', () => {
  compare_rows([
    {
      python: 'torch.frombuffer(bytearray([1, 0, 2, 0]), dtype=torch.int16)',
      ours: () => torch.frombuffer(Buffer.from([1, 0, 2, 0]), { dtype: torch.int16 }),
    },
    {
      python: 'torch.frombuffer(bytearray(range(12)), dtype=torch.float32, count=1, offset=3)',
      ours: () =>
        torch.frombuffer(
          Uint8Array.from({ length: 12 }, (_, i) => i),
          { dtype: torch.float32, count: 1, offset: 3 },
        ),
    },
    ...(
      [
        ['dtype=torch.int32', { dtype: torch.int32 }],
        ['dtype=torch.int32, count=3', { dtype: torch.int32, count: 3 }],
        ['dtype=torch.int32, offset=10', { dtype: torch.int32, offset: 10 }],
        ['dtype=torch.int32, count=0', { dtype: torch.int32, count: 0 }],
        ['dtype=torch.int8, count=-2', { dtype: torch.int8, count: -2 }],
      ] as const
    ).map(([python, options]) => ({
      python: `torch.frombuffer(bytearray(10), ${python})`,
      ours: () => torch.frombuffer(new ArrayBuffer(10), options),
    })),
  ])

  it('from typed arrays', () => {
    const t = torch.from_numpy(BigInt64Array.of(1n, 2n))
    expect([t.dtype, t.tolist()]).toEqual([torch.int64, [1, 2]])
    expect(() => torch.from_numpy([1] as never)).toThrow('from_numpy(): expected a typed array (got array)')
    expect(
      torch.frombuffer(Buffer.alloc(4), { dtype: torch.float32, requires_grad: true }).requires_grad,
    ).toBe(true)
    expect(() => torch.frombuffer(Buffer.alloc(4), {} as never)).toThrow(
      "frombuffer() missing 1 required keyword-only argument: 'dtype'",
    )
  })
})
