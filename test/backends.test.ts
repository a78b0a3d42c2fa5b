import * as torch from 'typetorch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compare_rows, type Row } from './helpers/rows.js'

const { backends } = torch
const ask = (python: string, ours: () => unknown): Row => ({ python, ours })

describe.skipIf(torch.backends.cuda.is_built())('torch.backends without CUDA', () => {
  compare_rows([
    ask('torch.backends.mps.is_available()', () => backends.mps.is_available()),
    ask('torch.backends.mps.is_built()', () => backends.mps.is_built()),
    ask('torch.backends.cuda.is_built()', () => backends.cuda.is_built()),
    ask('torch.backends.cuda.matmul.allow_tf32', () => backends.cuda.matmul.allow_tf32),
    ask(
      'torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction',
      () => backends.cuda.matmul.allow_fp16_reduced_precision_reduction,
    ),
    ask(
      'torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction',
      () => backends.cuda.matmul.allow_bf16_reduced_precision_reduction,
    ),
    ask(
      'torch.backends.cuda.matmul.allow_fp16_accumulation',
      () => backends.cuda.matmul.allow_fp16_accumulation,
    ),
    ask('torch.backends.cudnn.is_available()', () => backends.cudnn.is_available()),
    ask('torch.backends.cudnn.enabled', () => backends.cudnn.enabled),
    ask('torch.backends.cudnn.benchmark', () => backends.cudnn.benchmark),
    ask('torch.backends.cudnn.deterministic', () => backends.cudnn.deterministic),
    ask('torch.backends.cudnn.allow_tf32', () => backends.cudnn.allow_tf32),
    ask('torch.backends.cpu.get_cpu_capability()', () => backends.cpu.get_cpu_capability()),
    ask('torch._check(False, lambda: "why")', () => torch._check(false, () => 'why')),
    ask('torch._check(True)', () => torch._check(true)),
    ask('torch._check_value(False, lambda: "why")', () => torch._check_value(false, () => 'why')),
    ask('torch._check_index(False, lambda: "why")', () => torch._check_index(false, () => 'why')),
  ])

  it('remember what is assigned', async () => {
    backends.cudnn.benchmark = true
    expect(backends.cudnn.benchmark).toBe(true)
    backends.cudnn.benchmark = false
    backends.cuda.matmul.allow_tf32 = true
    expect(backends.cuda.matmul.allow_tf32).toBe(true)
    backends.cuda.matmul.allow_tf32 = false
    const inside = await backends.cudnn.flags(
      { deterministic: true },
      async () => backends.cudnn.deterministic,
    )
    expect([inside, backends.cudnn.deterministic]).toEqual([true, false])
    expectTypeOf(backends.cudnn.enabled).toBeBoolean()
  })

  it('refuse what is no boolean', () => {
    expect(() => {
      backends.cudnn.benchmark = 1 as never
    }).toThrow('set_benchmark expects a bool, but got number')
    expect(() => backends.cudnn.flags({ benchmark: 'x' as never }, () => 1)).toThrow(TypeError)
    expect(backends.cudnn.benchmark).toBe(false)
  })
})
