import * as torch from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_rows } from '../helpers/rows.js'

const { autograd } = torch

describe('switches of the engine', () => {
  it('have backward work on one thread, for a block or a callback', () => {
    expect(autograd.is_multithreading_enabled()).toBe(true)
    {
      using _ = autograd.set_multithreading_enabled(false)
      expect(autograd.is_multithreading_enabled()).toBe(false)
      // A mode that is set on the way into LibTorch leaves the switch alone.
      torch.no_grad(() => torch.ones(2).add(1))
      expect(autograd.is_multithreading_enabled()).toBe(false)
    }
    expect(autograd.is_multithreading_enabled()).toBe(true)
    const x = torch.ones(2, { requires_grad: true })
    autograd.set_multithreading_enabled(false, () => x.mul(2).sum().backward())
    expect(x.grad!.tolist()).toEqual([2, 2])
    expect(() =>
      autograd.set_multithreading_enabled(false, () => {
        throw new Error('ours')
      }),
    ).toThrow('ours')
    expect(autograd.is_multithreading_enabled()).toBe(true)
    expect(() => autograd.set_multithreading_enabled(3 as never)).toThrow(
      "set_multithreading_enabled(): argument 'mode' must be bool, not number",
    )
  })

  it('let a gradient keep its strides', async () => {
    const strides = () => {
      const w = torch.ones(2, 3).t().requires_grad_()
      w.mul(torch.ones(3, 2)).sum().backward()
      return w.grad!.stride()
    }
    expect(strides()).toEqual([1, 3])
    expect(autograd.enforce_grad_layout_policy(false, strides)).toEqual([2, 1])
    expect(await autograd.enforce_grad_layout_policy(false, async () => strides())).toEqual([2, 1])
    expect(strides()).toEqual([1, 3])
    expect(autograd.is_view_replay_enabled()).toBe(false)
  })

  it('of CUDA streams can be set without a GPU', () => {
    autograd.graph.set_warn_on_accumulate_grad_stream_mismatch(false)
    autograd.graph.set_warn_on_accumulate_grad_stream_mismatch(true)
    autograd.graph.set_override_stale_capture_stream(false)
    expect(() => autograd.graph.set_override_stale_capture_stream(1 as never)).toThrow(
      'enabled must be a bool, but got int',
    )
  })
})

function leaf(): torch.Tensor {
  return torch.ones(2, { requires_grad: true })
}

function with_grad_dtype(dtype: torch.DType | null): torch.Tensor {
  const w = leaf()
  w.grad_dtype = dtype
  w.mul(2).sum().backward()
  return w.grad!
}

describe('grad_dtype', () => {
  const make = 'w.setdefault("w", torch.ones(2, requires_grad=True))'
  compare_rows([
    { python: 'torch.ones(2, requires_grad=True).grad_dtype', ours: () => leaf().grad_dtype },
    {
      python: 'torch.ones(2, dtype=torch.int64).grad_dtype',
      ours: () => torch.ones(2, { dtype: torch.int64 }).grad_dtype,
    },
    { python: '(torch.ones(2, requires_grad=True) * 2).grad_dtype', ours: () => leaf().mul(2).grad_dtype },
    {
      python: `(lambda w: (${make}, setattr(w["w"], "grad_dtype", torch.bfloat16), (w["w"] * 2).sum().backward(), w["w"].grad.float())[3])({})`,
      ours: () => with_grad_dtype(torch.bfloat16).float(),
    },
    {
      python: `(lambda w: (${make}, setattr(w["w"], "grad_dtype", None), w["w"].grad_dtype)[2])({})`,
      ours: () => {
        const w = leaf()
        w.grad_dtype = null
        return w.grad_dtype
      },
    },
    {
      python: `(lambda w: (${make}, setattr(w["w"], "grad_dtype", 3)))({})`,
      ours: () => {
        leaf().grad_dtype = 3 as never
      },
    },
    {
      python: 'setattr(torch.ones(2, requires_grad=True) * 2, "grad_dtype", torch.float64)',
      ours: () => {
        leaf().mul(2).grad_dtype = torch.float64
      },
    },
    {
      python: `(lambda w: (${make}, (w["w"] * 2).sum().backward(), setattr(w["w"], "grad_dtype", torch.float64)))({})`,
      ours: () => {
        const w = leaf()
        w.mul(2).sum().backward()
        w.grad_dtype = torch.float64
      },
    },
    {
      python: `(lambda w: (${make}, setattr(w["w"], "grad_dtype", torch.float64), setattr(w["w"], "grad", torch.ones(2)), w["w"].grad)[3])({})`,
      ours: () => {
        const w = leaf()
        w.grad_dtype = torch.float64
        w.grad = torch.ones(2)
        return w.grad
      },
    },
    {
      python: `(lambda w: (${make}, setattr(w["w"], "grad_dtype", None), setattr(w["w"], "grad", torch.ones(2).half()), w["w"].grad)[3])({})`,
      ours: () => {
        const w = leaf()
        w.grad_dtype = null
        w.grad = torch.ones(2).half()
        return w.grad
      },
    },
    {
      python: 'setattr(torch.ones(2, 3, requires_grad=True), "grad", torch.ones(3))',
      ours: () => {
        torch.ones(2, 3, { requires_grad: true }).grad = torch.ones(3)
      },
    },
    {
      python: 'setattr(torch.ones(2, requires_grad=True), "grad", torch.ones(2, device="meta"))',
      ours: () => {
        leaf().grad = torch.ones(2, { device: 'meta' })
      },
    },
    {
      python: `(lambda w: (${make}, setattr(w["w"], "grad", w["w"])))({})`,
      ours: () => {
        const w = leaf()
        w.grad = w
      },
    },
  ])
})
