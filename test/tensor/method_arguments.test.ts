import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'

type Methods = Record<string, (...args: unknown[]) => unknown>

const loose = (tensor: torch.Tensor) => tensor as unknown as Methods

describe("a tensor's methods", () => {
  const names = [
    ...['requires_grad_', 'retain_grad', 'cpu', 'cuda', 'float', 'double', 'half', 'bfloat16', 'int', 'long'],
    ...['short', 'char', 'byte', 'bool', 'cfloat', 'cdouble', 'type', 'item', 'item_bigint', 'tolist'],
    ...[
      'typed_array',
      'numpy',
      'dim',
      'ndimension',
      'nelement',
      'element_size',
      'size',
      'stride',
      'data_ptr',
    ],
    ...['storage_offset', 'is_complex', 'is_floating_point', 'is_signed', 'get_device', 'share_memory_'],
    ...[
      'is_shared',
      'untyped_storage',
      'storage',
      'storage_type',
      'to_sparse_coo',
      'dim_order',
      'lu',
      'norm',
    ],
    ...['eig', 'symeig', 'backward', 'unique', 'unique_consecutive', 'to', '__dlpack__', '__dlpack_device__'],
  ]

  it.each(names)('%s throws TypeError for an unknown keyword', (name) => {
    expect(() => loose(torch.ones([1]))[name]!({ bogus: 1 })).toThrow(
      `${name}() got an unexpected keyword argument 'bogus'`,
    )
  })

  it('take memory_format where PyTorch does', () => {
    const image = torch.ones(1, 2, 3, 3)
    const { channels_last } = torch
    const made = image.double({ memory_format: channels_last })
    expect(made.is_contiguous({ memory_format: channels_last })).toBe(true)
    expect(made.dtype).toBe(torch.float64)
    expect(loose(image)['int']!(channels_last)).toMatchObject({ dtype: torch.int32 })
  })

  it('take 1 for a flag of backward', () => {
    const x = torch.ones([1], { requires_grad: true })
    loose(x.mul(x).sum())['backward']!(null, null, 1)
    expect(x.grad!.requires_grad).toBe(true)
    expect(() => loose(x.sum())['backward']!(null, 'no')).toThrow(
      "backward(): argument 'retain_graph' must be bool, not string",
    )
  })

  it('bind what PyTorch writes in Python by its lists', () => {
    const x = torch.arange(6).float()
    expect((loose(x)['norm']!(1, 0, true, torch.float64) as torch.Tensor).tolist()).toEqual([15])
    expect((loose(x)['split']!({ split_size: 4 }) as torch.Tensor[]).map((part) => part.shape)).toEqual([
      [4],
      [2],
    ])
    expect((loose(x)['unflatten']!({ dim: 0, sizes: [2, 3] }) as torch.Tensor).shape).toEqual([2, 3])
    expect(() => loose(x)['resize_as']!()).toThrow(
      "resize_as() missing 1 required positional argument: 'tensor'",
    )
  })
})
