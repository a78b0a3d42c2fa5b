import * as torch from 'typetorch'
import { afterEach, describe, expect, it } from 'vitest'
import { compare_rows } from './helpers/rows.js'

afterEach(() => {
  torch.set_default_dtype(torch.float32)
  torch.use_deterministic_algorithms(false)
  torch.set_float32_matmul_precision('highest')
  torch.set_anomaly_enabled(false)
})

compare_rows([
  { python: 'torch.set_default_dtype(torch.int32)', ours: () => torch.set_default_dtype(torch.int32) },
  { python: "torch.set_default_dtype('x')", ours: () => torch.set_default_dtype('x' as never) },
  { python: 'torch.get_float32_matmul_precision()', ours: () => torch.get_float32_matmul_precision() },
  {
    python: 'torch.set_float32_matmul_precision(3)',
    ours: () => torch.set_float32_matmul_precision(3 as never),
  },
  {
    python: 'torch.use_deterministic_algorithms(1)',
    ours: () => torch.use_deterministic_algorithms(1 as never),
  },
  {
    python: "torch.set_deterministic_debug_mode('foo')",
    ours: () => torch.set_deterministic_debug_mode('foo' as never),
  },
  { python: 'torch.set_deterministic_debug_mode(3)', ours: () => torch.set_deterministic_debug_mode(3) },
  { python: 'torch.set_flush_denormal(1)', ours: () => torch.set_flush_denormal(1 as never) },
  { python: 'torch.set_warn_always(1)', ours: () => torch.set_warn_always(1 as never) },
  {
    python: 'torch.set_default_tensor_type(torch.IntTensor)',
    ours: () => torch.set_default_tensor_type(torch.IntTensor),
  },
  {
    python: "torch.set_default_tensor_type('torch.FooTensor')",
    ours: () => torch.set_default_tensor_type('torch.FooTensor'),
  },
  { python: 'torch.has_mkl', ours: () => torch.has_mkl },
  { python: 'torch.has_lapack', ours: () => torch.has_lapack },
  {
    python:
      '(torch.set_default_dtype(torch.float64), torch.tensor(1.5), torch.tensor(1j), torch.zeros(1), torch.arange(0, 1, .5), torch.tensor([1, 2]).div(2), torch.set_default_dtype(torch.float32))[1:6]',
    ours: () => {
      torch.set_default_dtype(torch.float64)
      return [
        torch.tensor(1.5),
        torch.tensor(torch.complex_scalar(0, 1)),
        torch.zeros(1),
        torch.arange(0, 1, 0.5),
        torch.tensor([1, 2]).div(2),
      ]
    },
  },
])

describe('switches', () => {
  it('the default dtype reaches modules, and is what printing leaves out', () => {
    torch.set_default_tensor_type(torch.DoubleTensor)
    expect(torch.get_default_dtype()).toBe(torch.float64)
    expect(new torch.nn.Linear(1, 1).weight.dtype).toBe(torch.float64)
    expect(String(torch.tensor([1.5]))).toBe('tensor([1.5000])')
    expect(String(torch.tensor([1.5]).float())).toBe('tensor([1.5000], dtype=torch.float32)')
  })

  it('deterministic algorithms refuse what is not', () => {
    torch.use_deterministic_algorithms(true)
    expect(torch.get_deterministic_debug_mode()).toBe(2)
    torch.set_deterministic_debug_mode('warn')
    expect(torch.is_deterministic_algorithms_warn_only_enabled()).toBe(true)
    torch.set_deterministic_debug_mode(0)
    expect(torch.are_deterministic_algorithms_enabled()).toBe(false)
  })

  it('cudnn’s and cuBLAS’s switches are LibTorch’s own', () => {
    expect(torch.backends.cudnn.benchmark).toBe(false)
    torch.backends.cudnn.benchmark = true
    expect(torch.backends.cudnn.benchmark).toBe(true)
    torch.backends.cudnn.benchmark = false
    torch.set_float32_matmul_precision('high')
    expect(torch.get_float32_matmul_precision()).toBe('high')
    expect(torch.backends.cuda.matmul.allow_tf32).toBe(true)
  })

  it('anomaly mode refuses a gradient that is NaN, and names the operator', () => {
    torch.set_anomaly_enabled(true)
    const x = torch.tensor([-1], { dtype: torch.float32, requires_grad: true })
    expect(() => x.sqrt().sum().backward()).toThrow(
      "Function 'SqrtBackward0' returned nan values in its 0th output.",
    )
  })
})

describe('post-accumulate hooks', () => {
  it('run once the gradient is there, in their order, and can be taken back', () => {
    const x = torch.ones([2], { requires_grad: true })
    const seen: unknown[] = []
    const first = x.register_post_accumulate_grad_hook((leaf) => seen.push(leaf === x, leaf.grad?.tolist()))
    x.register_post_accumulate_grad_hook(() => seen.push('second'))
    x.mul(3).sum().backward()
    first.remove()
    first.remove()
    x.mul(3).sum().backward()
    expect(seen).toEqual([true, [3, 3], 'second', 'second'])
  })

  it('may free the gradient: an optimizer’s step within backward', () => {
    const w = torch.ones([2], { requires_grad: true })
    w.register_post_accumulate_grad_hook((leaf) => {
      torch.no_grad(() => leaf.sub_(leaf.grad!.mul(0.5)))
      leaf.grad = null
    })
    for (let i = 0; i < 3; i++) w.pow(2).sum().backward()
    expect(w.grad).toBe(null)
    expect(w.tolist()).toEqual([0, 0])
  })

  it('bring their own error out of backward', () => {
    const x = torch.ones([1], { requires_grad: true })
    x.register_post_accumulate_grad_hook(() => {
      throw new RangeError('mine')
    })
    expect(() => x.sum().backward()).toThrow(new RangeError('mine'))
  })

  it('refuse what is no leaf', () => {
    const x = torch.ones([1], { requires_grad: true })
    expect(() => x.mul(2).register_post_accumulate_grad_hook(() => {})).toThrow(
      'post accumulate grad hooks cannot be registered on non-leaf tensors',
    )
    expect(() => torch.ones(1).register_post_accumulate_grad_hook(() => {})).toThrow(
      "cannot register a hook on a tensor that doesn't require gradient",
    )
  })
})

it.each([
  ['detect_anomaly', () => torch.is_anomaly_enabled(), (run) => torch.autograd.detect_anomaly(run)],
  [
    'set_detect_anomaly',
    () => torch.is_anomaly_enabled(),
    (run) => torch.autograd.set_detect_anomaly(true, run),
  ],
  [
    'sdpa_kernel',
    () => torch.backends.cuda.flash_sdp_enabled(),
    (run) => torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH, run),
  ],
  [
    'set_multithreading_enabled',
    () => torch.autograd.is_multithreading_enabled(),
    (run) => torch.autograd.set_multithreading_enabled(false, run),
  ],
  [
    'check_sparse_tensor_invariants',
    () => torch.sparse.check_sparse_tensor_invariants.is_enabled(),
    (run) => torch.sparse.check_sparse_tensor_invariants(true, run),
  ],
] as [string, () => unknown, <T>(run: () => Promise<T>) => Promise<T>][])(
  '%s by asynchronous callbacks that overlap leaves the switch as the first found it',
  async (_, state, change) => {
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    const before = state()
    for (const [first, second] of [
      [5, 10],
      [10, 5],
    ] as const) {
      let [inside, left] = [before, before]
      const one = change(async () => {
        inside = state()
        await sleep(first)
      })
      const other = change(async () => {
        await sleep(second)
        left = state()
      })
      await Promise.all([one, other])
      expect(inside).not.toEqual(before)
      expect([state(), left]).toEqual([before, inside])
    }
  },
)
