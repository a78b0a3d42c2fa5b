import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { afterEach, describe, expect, it } from 'vitest'
import { compare_rows, type Row } from './helpers/rows.js'

const on_meta = (python: string, ours: () => unknown): Row => ({
  python: `(torch.set_default_device('meta'), str(${python}), torch.set_default_device(None))[1]`,
  ours: () => {
    torch.set_default_device('meta')
    try {
      return String(ours())
    } finally {
      torch.set_default_device(null)
    }
  },
})

describe('the default device', () => {
  afterEach(() => torch.set_default_device(null))

  compare_rows([
    on_meta('torch.get_default_device()', () => torch.get_default_device()),
    on_meta('torch.ones(2).device', () => torch.ones(2).device),
    on_meta('torch.ones(2, 3).device', () => torch.ones(2, 3).device),
    on_meta('torch.ones(2, device="cpu").device', () => torch.ones([2], { device: 'cpu' }).device),
    on_meta('torch.ones(2, device=None).device', () => torch.ones([2], { device: null }).device),
    on_meta('torch.zeros((2,), dtype=torch.int8)', () => torch.zeros([2], { dtype: torch.int8 })),
    on_meta('torch.tensor([1.]).device', () => torch.tensor([1]).device),
    on_meta(
      'torch.as_tensor(torch.ones(1, device="cpu")).device',
      () => torch.as_tensor(torch.ones([1], { device: 'cpu' })).device,
    ),
    on_meta('torch.asarray([1.], copy=True).device', () => torch.asarray([1], { copy: true }).device),
    on_meta('torch.nn.Linear(2, 2).weight.device', () => new nn.Linear(2, 2).weight.device),
    on_meta(
      'torch.ones_like(torch.ones(1, device="cpu")).device',
      () => torch.ones_like(torch.ones([1], { device: 'cpu' })).device,
    ),
    on_meta(
      'torch.ones(1, device="cpu").new_zeros(2).device',
      () => torch.ones([1], { device: 'cpu' }).new_zeros([2]).device,
    ),
    on_meta('torch.full((2,), 1.).device', () => torch.full([2], 1).device),
    on_meta('torch.FloatTensor([1.]).device', () => torch.FloatTensor([1]).device),
    on_meta('torch.FloatTensor(2).device', () => torch.FloatTensor(2).device),
    on_meta('torch.FloatStorage(2).device', () => torch.FloatStorage(2).device),
    on_meta('torch.arange(3).device', () => torch.arange(3).device),
    on_meta('torch.eye(2).device', () => torch.eye(2).device),
    on_meta('torch.rand(2).device', () => torch.rand(2).device),
    on_meta('torch.randint(0, 3, (2,)).device', () => torch.randint(0, 3, [2]).device),
    on_meta('torch.fft.fftfreq(3).device', () => torch.fft.fftfreq(3).device),
    on_meta('torch.hann_window(3).device', () => torch.hann_window(3).device),
    on_meta('torch.normal(0., 1., (2,)).device', () => torch.normal(0, 1, [2]).device),
    on_meta(
      'torch.ones(2, out=torch.empty(2, device="cpu")).device',
      () => torch.ones([2], { out: torch.empty([2], { device: 'cpu' }) }).device,
    ),
    { python: 'torch.set_default_device("zz")', ours: () => torch.set_default_device('zz') },
    { python: 'str(torch.get_default_device())', ours: () => String(torch.get_default_device()) },
  ])

  it.skipIf(torch.cuda.is_available())('is refused where it is used', () => {
    torch.set_default_device('cuda')
    expect(() => torch.ones(2)).toThrow(torch.AssertionError)
    expect(() => torch.tensor([1])).toThrow(torch.AssertionError)
    expect(() => torch.get_default_device()).toThrow('Torch not compiled with CUDA enabled')
  })
})
