import { native } from '../native.js'
import { own } from '../own.js'
import { Setting } from '../setting.js'
import { with_flags } from './flags.js'

// torch.backends: what the build can do, and how. Assigning a switch is `torch.backends.cudnn.benchmark = true`.

/** `torch.backends.cpu`: what the processor can do. */
export const cpu = {
  /** `'AVX512'`, `'AVX2'` or `'DEFAULT'`: which kernels run. */
  get_cpu_capability(): string {
    return native.cpu_capability()
  },
}

let fastpath = true

/** `torch.backends.mha`: whether attention and encoder layers may take LibTorch's fused inference path. */
export const mha = {
  /** Whether the fused path may be taken. Default: true. */
  get_fastpath_enabled(): boolean {
    return fastpath
  },
  /** Sets whether the fused path may be taken. */
  set_fastpath_enabled(value: boolean): void {
    fastpath = value
  },
}

// Two functions for one switch, as PyTorch has them.
const turn = (name: string) => (enabled: boolean) => native.context_set(name, enabled)
const ask = (name: string) => () => native.context_get(name)

/** `torch.backends.cuda`: how CUDA computes, and which kernels attention may take, on the processor as well. */
export const cuda = {
  /** Sets whether attention may take the flash kernel. */
  enable_flash_sdp: turn('sdp_flash'),
  /** Whether attention may take the flash kernel. */
  flash_sdp_enabled: ask('sdp_flash'),
  /** Sets whether attention may take the memory-efficient kernel. */
  enable_mem_efficient_sdp: turn('sdp_mem_efficient'),
  /** Whether attention may take the memory-efficient kernel. */
  mem_efficient_sdp_enabled: ask('sdp_mem_efficient'),
  /** Sets whether attention may be computed by products and a softmax. */
  enable_math_sdp: turn('sdp_math'),
  /** Whether attention may be computed by products and a softmax. */
  math_sdp_enabled: ask('sdp_math'),
  /** Sets whether attention may take cuDNN's kernel. */
  enable_cudnn_sdp: turn('sdp_cudnn'),
  /** Whether attention may take cuDNN's kernel. */
  cudnn_sdp_enabled: ask('sdp_cudnn'),
  /** Sets whether attention by products may sum float16 and bfloat16 in themselves. */
  allow_fp16_bf16_reduction_math_sdp: turn('sdp_math_allow_reduction'),
  /** Whether attention by products may sum float16 and bfloat16 in themselves. */
  fp16_bf16_reduction_math_sdp_allowed: ask('sdp_math_allow_reduction'),
  /** Whether LibTorch was built with CUDA; `torch.cuda.is_available()` says whether there is a GPU. */
  is_built(): boolean {
    return native.has_cuda()
  },
  /** Products of matrices. */
  matmul: with_flags(
    {},
    {
      /** Whether products of float32 matrices may use TF32. */
      allow_tf32: 'cublas_allow_tf32',
      /** Whether products of float16 matrices may be summed in float16. */
      allow_fp16_reduced_precision_reduction: 'cublas_allow_fp16_reduction',
      /** Whether products of bfloat16 matrices may be summed in bfloat16. */
      allow_bf16_reduced_precision_reduction: 'cublas_allow_bf16_reduction',
      /** Whether products of float16 matrices may accumulate in float16. */
      allow_fp16_accumulation: 'cublas_allow_fp16_accumulation',
    },
  ),
}

/** What `torch.backends.cudnn.flags` sets. */
export interface CudnnFlags {
  enabled?: boolean
  benchmark?: boolean
  deterministic?: boolean
  allow_tf32?: boolean
}

const cudnn_names = ['enabled', 'benchmark', 'deterministic', 'allow_tf32'] as const
const cudnn_flags = new Setting<readonly boolean[]>(
  () => cudnn_names.map((name) => cudnn[name]),
  (values) => {
    for (const [i, name] of cudnn_names.entries()) cudnn[name] = values[i]!
  },
)

/** `torch.backends.cudnn`: how NVIDIA's library of convolutions computes. */
export const cudnn = with_flags(
  {
    /** Whether the build has cuDNN: where it has CUDA. */
    is_available(): boolean {
      return native.has_cuda()
    },
    /** Runs a callback under other switches. */
    flags<T>(wanted: CudnnFlags, callback: () => T): T {
      wanted = own(wanted)
      return cudnn_flags.run(() => {
        for (const name of cudnn_names) if (wanted[name] !== undefined) cudnn[name] = wanted[name]
      }, callback)
    },
  },
  {
    enabled: 'cudnn_enabled',
    benchmark: 'cudnn_benchmark',
    deterministic: 'cudnn_deterministic',
    allow_tf32: 'cudnn_allow_tf32',
  },
)

const nowhere = {
  /** Whether LibTorch was built with it: not for Linux. */
  is_built(): boolean {
    return false
  },
  /** Whether there is such a device: not on Linux. */
  is_available(): boolean {
    return false
  },
}

/** `torch.backends.mps`: Apple's GPUs. */
export const mps = nowhere

/** `torch.backends.opt_einsum`: the order of contractions, which Python asks a package of its own for. */
export const opt_einsum = {
  is_available(): boolean {
    return false
  },
  get enabled(): boolean {
    return false
  },
  get strategy(): null {
    return null
  },
}
