import { type ModeGuard, open_guard } from '../../autograd/guard.js'
import { assertion_error, not_implemented_error, python_type_name } from '../../errors.js'
import { native } from '../../native.js'
import { is_options } from '../../ops/keywords.js'
import { own_value } from '../../own.js'
import { check_options } from '../../python/options.js'
import { Setting } from '../../setting.js'
import { SDPBackend } from './backend.js'

// In the order that PyTorch lists them; the addon's names of their switches.
const switches: readonly [string, SDPBackend][] = [
  ['sdp_cudnn', SDPBackend.CUDNN_ATTENTION],
  ['sdp_flash', SDPBackend.FLASH_ATTENTION],
  ['sdp_mem_efficient', SDPBackend.EFFICIENT_ATTENTION],
  ['sdp_math', SDPBackend.MATH],
  ['sdp_overrideable', SDPBackend.OVERRIDEABLE],
]

/** The backends that may be chosen now. */
export function _cur_sdpa_kernel_backends(): SDPBackend[] {
  return switches.filter(([name]) => native.context_get(name)).map(([, backend]) => backend)
}

function allow(backends: readonly SDPBackend[]): void {
  for (const [name, backend] of switches) native.context_set(name, backends.includes(backend))
}

const allowed = new Setting<readonly SDPBackend[]>(_cur_sdpa_kernel_backends, allow)

/** Options of {@link sdpa_kernel}. */
export interface SdpaKernelOptions {
  /** Whether the backends' order says which is tried first. Default: false. */
  set_priority?: boolean
}

/**
 * Lets attention be computed by the given backends only: for the rest of a synchronous block (`using`), or while a
 * callback runs, whose value is returned. The switches are the process's. Where none of the backends can compute it,
 * attention throws.
 *
 * @param backends - one, or several
 * @param options.set_priority - whether their order is that in which they are tried. Default: false. On a processor the
 * order is LibTorch's own
 * @param callback - what runs under it; it may be asynchronous
 * @throws AssertionError where `backends` is neither
 *
 * @example
 * ```ts
 * const { SDPBackend, sdpa_kernel } = nn.attention
 * const q = torch.randn(1, 2, 4, 8)
 * const y = sdpa_kernel(SDPBackend.MATH, () => nn.functional.scaled_dot_product_attention(q, q, q))
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.attention.sdpa_kernel.html
 */
export function sdpa_kernel(
  backends: SDPBackend | readonly SDPBackend[],
  set_priority?: boolean | SdpaKernelOptions,
): ModeGuard
export function sdpa_kernel<T>(backends: SDPBackend | readonly SDPBackend[], callback: () => T): T
export function sdpa_kernel<T>(
  backends: SDPBackend | readonly SDPBackend[],
  set_priority: boolean | SdpaKernelOptions,
  callback: () => T,
): T
export function sdpa_kernel<T>(
  backends: SDPBackend | readonly SDPBackend[],
  ...rest: (boolean | SdpaKernelOptions | (() => T) | undefined)[]
): T | ModeGuard {
  const wanted = backends instanceof SDPBackend ? [backends] : backends
  if (!Array.isArray(wanted) || !wanted.every((backend) => backend instanceof SDPBackend)) {
    const got = Array.isArray(wanted) ? wanted.find((backend) => !(backend instanceof SDPBackend)) : backends
    throw assertion_error(
      `Backend must be an instance of SDPBackend or a list of SDPBackend instances, got ${python_type_name(got)}`,
    )
  }
  const first = rest[0]
  if (is_options(first)) check_options('sdpa_kernel', first, ['set_priority'])
  const set_priority = is_options(first) ? own_value(first, 'set_priority') === true : first === true
  if (set_priority && native.has_cuda())
    throw not_implemented_error('sdpa_kernel(): set_priority is not there yet for CUDA')
  const callback = rest.find((argument): argument is () => T => typeof argument === 'function')
  if (callback !== undefined) return allowed.run(() => allow(wanted), callback)
  const restore = allowed.begin()
  allow(wanted)
  return open_guard(restore, 'sdpa_kernel')
}
