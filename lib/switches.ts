import { python_type_name, runtime_error } from './errors.js'
import { expect_bool } from './expect.js'
import { native } from './native.js'
import { positional, required } from './python/parameters.js'
import { callable, signature } from './python/signature.js'

// LibTorch's switches: the whole process's, workers included.

export type MatmulPrecision = 'highest' | 'high' | 'medium'

/**
 * Sets how exact products of float32 matrices are: in float32, or by faster parts of fewer bits where the device has
 * such.
 *
 * @param precision `'highest'` (float32, the default), `'high'` (TensorFloat32 or two bfloat16), `'medium'` (bfloat16)
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_float32_matmul_precision.html
 */
export const set_float32_matmul_precision = callable(
  signature('set_float32_matmul_precision', { precision: required<MatmulPrecision>() }),
  (precision): void => {
    if (typeof precision !== 'string') {
      throw runtime_error(
        `set_float32_matmul_precision expects a str, but got ${python_type_name(precision)}`,
        'set_float32_matmul_precision',
      )
    }
    native.matmul_precision(precision)
  },
)

/** How exact products of float32 matrices are: see {@link set_float32_matmul_precision}. */
export const get_float32_matmul_precision = callable(
  signature('get_float32_matmul_precision'),
  (): MatmulPrecision => native.matmul_precision() as MatmulPrecision,
)

function expect_flag(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean')
    throw runtime_error(`${name} expects a bool, but got ${python_type_name(value)}`, name)
}

/**
 * Sets whether floats too small for full precision become 0 on the CPU, which is faster.
 *
 * @returns whether the processor can
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_flush_denormal.html
 */
export function set_flush_denormal(mode: boolean): boolean {
  expect_flag(mode, 'flush_denormal')
  return native.set_flush_denormal(mode)
}

/**
 * Sets whether LibTorch's warnings are shown each time, and not once.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_warn_always.html
 */
export const set_warn_always = callable(
  signature('set_warn_always', { b: positional<boolean>() }),
  (b): void => {
    expect_flag(b, 'setWarnOnlyOnce')
    native.context_set('warn_always', b)
  },
)

/** Whether LibTorch's warnings are shown each time. */
export const is_warn_always_enabled = callable(signature('is_warn_always_enabled'), (): boolean =>
  native.context_get('warn_always'),
)

/** Sets whether backward refuses gradients that are NaN, naming the operator, and whether it looks for them. */
export function set_anomaly_enabled(mode: boolean, check_nan = true): void {
  expect_bool(mode, 'set_anomaly_enabled', 'mode')
  expect_bool(check_nan, 'set_anomaly_enabled', 'check_nan')
  native.context_set('anomaly', mode)
  native.context_set('anomaly_check_nan', check_nan)
}

/** Whether backward names the operator that failed. */
export function is_anomaly_enabled(): boolean {
  return native.context_get('anomaly')
}

/** Whether backward looks for NaN. */
export function is_anomaly_check_nan_enabled(): boolean {
  return native.context_get('anomaly_check_nan')
}

/** Whether the build has MKL. */
export const has_mkl: boolean = native.context_get('has_mkl')
/** Whether the build has oneDNN. */
export const has_mkldnn: boolean = native.context_get('has_mkldnn')
/** Whether the build has LAPACK. */
export const has_lapack: boolean = native.context_get('has_lapack')
/** Whether the build has OpenMP. */
export const has_openmp: boolean = native.context_get('has_openmp')
/** Whether the build has Fourier transforms: always. */
export const has_spectral = true
