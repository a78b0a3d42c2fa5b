import { inspect } from 'node:util'
import * as torch from 'typetorch'
import { nn } from 'typetorch'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { compare_rows, type Row } from '../../helpers/rows.js'

const { SDPBackend, sdpa_kernel, bias } = nn.attention
const F = nn.functional
const row = (python: string, ours: () => unknown): Row => ({ python, ours })
const backends = Object.values(SDPBackend) as nn.attention.SDPBackend[]
const usable = [SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]

// Python's `with` as an expression: its backends, and the shapes of query and key.
const under = (wanted: string, call: string) =>
  `(lambda A, B, q, k: (lambda c: (c.__enter__(), [__import__('sys').modules['builtins'].eval(${JSON.stringify(call)}, {'q': q, 'k': k, 'F': F, 'torch': torch, 'B': B}), c.__exit__(None, None, None)][0])[1])(A.sdpa_kernel(${wanted})))(__import__('torch.nn.attention', fromlist=['x']), __import__('torch.nn.attention.bias', fromlist=['x']), torch.randn(2, 2, 5, 8), torch.randn(2, 2, 7, 8))`
const inputs = () => [torch.randn(2, 2, 5, 8), torch.randn(2, 2, 7, 8)] as const
const A = `__import__('torch.nn.attention', fromlist=['x'])`
const BIAS = `__import__('torch.nn.attention.bias', fromlist=['x'])`

describe('each backend attends as in a live Python', () => {
  const calls: [string, (q: torch.Tensor, k: torch.Tensor) => torch.Tensor][] = [
    ['F.scaled_dot_product_attention(q, k, k)', (q, k) => F.scaled_dot_product_attention(q, k, k)],
    [
      'F.scaled_dot_product_attention(q, k, k, is_causal=True)',
      (q, k) => F.scaled_dot_product_attention(q, k, k, { is_causal: true }),
    ],
    [
      'F.scaled_dot_product_attention(q, k, k, scale=0.5)',
      (q, k) => F.scaled_dot_product_attention(q, k, k, { scale: 0.5 }),
    ],
    [
      'F.scaled_dot_product_attention(q.bfloat16(), k.bfloat16(), k.bfloat16())',
      (q, k) => F.scaled_dot_product_attention(q.bfloat16(), k.bfloat16(), k.bfloat16()),
    ],
    [
      'F.scaled_dot_product_attention(q, k, k, q.new_ones(5, 7).tril())',
      (q, k) => F.scaled_dot_product_attention(q, k, k, q.new_ones(5, 7).tril()),
    ],
    [
      'F.scaled_dot_product_attention(q, k, k, B.causal_upper_left(5, 7))',
      (q, k) => F.scaled_dot_product_attention(q, k, k, bias.causal_upper_left(5, 7)),
    ],
    [
      'F.scaled_dot_product_attention(q, k, k, B.causal_lower_right(5, 7))',
      (q, k) => F.scaled_dot_product_attention(q, k, k, bias.causal_lower_right(5, 7)),
    ],
    [
      'F.scaled_dot_product_attention(q, k, k, attn_mask=B.causal_lower_right(5, 7), scale=2.0)',
      (q, k) =>
        F.scaled_dot_product_attention(q, k, k, { attn_mask: bias.causal_lower_right(5, 7), scale: 2 }),
    ],
  ]
  compare_rows(
    backends.flatMap((backend) =>
      calls.map(([python, ours]) =>
        row(under(`A.${backend}`, python), () => sdpa_kernel(backend, () => ours(...inputs()))),
      ),
    ),
  )
  compare_rows([
    row(under('[]', calls[0]![0]), () => sdpa_kernel([], () => calls[0]![1](...inputs()))),
    row(under('[A.SDPBackend.MATH, A.SDPBackend.FLASH_ATTENTION]', calls[0]![0]), () =>
      sdpa_kernel(usable, () => calls[0]![1](...inputs())),
    ),
    row(under('[A.SDPBackend.MATH, A.SDPBackend.FLASH_ATTENTION], set_priority=True', calls[0]![0]), () =>
      sdpa_kernel(usable, { set_priority: true }, () => calls[0]![1](...inputs())),
    ),
    row(`[str(b) for b in ${A}.SDPBackend.__members__.values()]`, () => backends.map(String)),
    row(`[repr(b) for b in ${A}.SDPBackend.__members__.values()]`, () => backends.map((b) => inspect(b))),
    row(`[int(b) for b in ${A}.SDPBackend.__members__.values()]`, () => backends.map(Number)),
    row(`[str(b) for b in ${A}._cur_sdpa_kernel_backends()]`, () =>
      nn.attention._cur_sdpa_kernel_backends().map(String),
    ),
    row(`${A}.sdpa_kernel(3).__enter__()`, () => sdpa_kernel(3 as never, () => 0)),
  ])
})

describe('causal biases', () => {
  const made: [string, () => unknown][] = [
    ['causal_upper_left(3, 4)', () => bias.causal_upper_left(3, 4)],
    ['causal_lower_right(3, 4)', () => bias.causal_lower_right(3, 4)],
    ['causal_lower_right(4, 4)', () => bias.causal_lower_right(4, 4)],
  ]
  compare_rows([
    ...made.map(([python, ours]) => row(`str(${BIAS}.${python})`, () => String(ours()))),
    ...made.map(([python, ours]) =>
      row(`list(${BIAS}.${python}.shape)`, () => (ours() as torch.Tensor).shape),
    ),
    row(`${BIAS}.causal_lower_right(3, 4)._materialize()`, () =>
      bias.causal_lower_right(3, 4)._materialize(),
    ),
    row(`${BIAS}.causal_upper_left(3)`, () => bias.causal_upper_left(3)),
    row(`${BIAS}.causal_lower_right(3, 4, 5)`, () => bias.causal_lower_right(3, 4, 5)),
    row(`${BIAS}.CausalBias(1, 3, 4)`, () => new bias.CausalBias(1 as never, 3, 4)),
    row(
      `F.scaled_dot_product_attention(torch.ones(3, 4), torch.ones(3, 4), torch.ones(3, 4), ${BIAS}.causal_upper_left(3, 3), 0.0, True)`,
      () => F.scaled_dot_product_attention(...ones([3, 4]), bias.causal_upper_left(3, 3), 0, true),
    ),
    row(
      `F.scaled_dot_product_attention(torch.ones(4), torch.ones(4), torch.ones(4), ${BIAS}.causal_lower_right(3, 4))`,
      () => F.scaled_dot_product_attention(...ones([4]), bias.causal_lower_right(3, 4)),
    ),
    row(
      `F.scaled_dot_product_attention(torch.ones(3, 4), torch.ones(3, 4).double(), torch.ones(3, 4), ${BIAS}.causal_lower_right(3, 4))`,
      () => {
        const [q, k, v] = ones([3, 4])
        return F.scaled_dot_product_attention(q, k.double(), v, bias.causal_lower_right(3, 4))
      },
    ),
  ])

  function ones(shape: number[]): [torch.Tensor, torch.Tensor, torch.Tensor] {
    return [torch.ones(shape), torch.ones(shape), torch.ones(shape)]
  }

  it('warn where Python does', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    bias.causal_lower_right(5, 3)
    nn.attention.WARN_FOR_UNFUSED_KERNELS = true
    expect(nn.attention.WARN_FOR_UNFUSED_KERNELS).toBe(true)
    const q = torch.randn(1, 1, 2, 4)
    const k = torch.randn(1, 1, 3, 4)
    F.scaled_dot_product_attention(q, k, k, bias.causal_lower_right(2, 3))
    nn.attention.WARN_FOR_UNFUSED_KERNELS = false
    F.scaled_dot_product_attention(q, k, k, bias.causal_lower_right(2, 3))
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'Lower right causal bias will produce NaNs in the output when seq_len_q > seq_len_kv!',
      "Efficient attention can't be used because:",
      "Flash attention can't be used because:",
    ])
    warn.mockRestore()
  })
})

describe('sdpa_kernel', () => {
  const { cuda } = torch.backends
  const enabled = () => [cuda.flash_sdp_enabled(), cuda.math_sdp_enabled(), cuda.cudnn_sdp_enabled()]
  afterEach(() => expect(enabled()).toEqual([true, true, true]))

  it('restores the switches after a block, a callback, an asynchronous one and an exception', async () => {
    {
      using _ = sdpa_kernel(SDPBackend.MATH)
      expect(enabled()).toEqual([false, true, false])
      sdpa_kernel([SDPBackend.FLASH_ATTENTION], false, () => expect(enabled()).toEqual([true, false, false]))
      expect(enabled()).toEqual([false, true, false])
    }
    await sdpa_kernel(SDPBackend.MATH, async () => {
      await null
      expect(enabled()).toEqual([false, true, false])
    })
    expect(() =>
      sdpa_kernel(SDPBackend.MATH, () => {
        throw new Error('inside')
      }),
    ).toThrow('inside')
    expectTypeOf(sdpa_kernel(SDPBackend.MATH, () => 3)).toEqualTypeOf<number>()
  })

  it('has the switches that torch.backends.cuda has', () => {
    cuda.enable_flash_sdp(false)
    expect(nn.attention._cur_sdpa_kernel_backends()).not.toContain(SDPBackend.FLASH_ATTENTION)
    cuda.enable_flash_sdp(true)
    cuda.allow_fp16_bf16_reduction_math_sdp(true)
    expect(cuda.fp16_bf16_reduction_math_sdp_allowed()).toBe(true)
    cuda.allow_fp16_bf16_reduction_math_sdp(false)
  })
})

it('implementations of flash attention are registered, activated and restored', () => {
  const { attention } = nn
  const done: string[] = []
  const register_fn = () => {
    done.push('on')
    return { remove: () => void done.push('off') }
  }
  attention.register_flash_attention_impl('Ours', { register_fn })
  expect(attention.list_flash_attention_impls()).toEqual(['Ours'])
  expect(attention.current_flash_attention_impl()).toBeNull()
  attention.activate_flash_attention_impl('Ours')
  expect(attention.current_flash_attention_impl()).toBe('Ours')
  attention.restore_flash_attention_impl()
  expect(attention.current_flash_attention_impl()).toBeNull()
  expect(done).toEqual(['on', 'off'])
  expect(() => attention.activate_flash_attention_impl('FA9')).toThrow(
    "Unknown flash attention impl 'FA9'. Available implementations: ['Ours']",
  )
})
