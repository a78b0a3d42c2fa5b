import { DType } from '../dtype.js'
import { python_type_name, runtime_error, type_error } from '../errors.js'
import { native } from '../native.js'
import { keyworded } from '../python/methods.js'
import { autocast_mode, device_autocast, with_device } from './autocast_state.js'

// The state of autocast, piece by piece. What a setter sets holds until the block or the asynchronous callback ends
// in which it is called, or for good outside of both.

export function expect_argument(
  name: string,
  argument: string,
  position: number,
  value: unknown,
  type: 'str' | 'bool' | 'torch.dtype',
): void {
  const fits =
    type === 'torch.dtype' ? value instanceof DType : typeof value === (type === 'str' ? 'string' : 'boolean')
  if (fits) return
  if (value === undefined)
    throw type_error(`${name}() missing 1 required positional arguments: "${argument}"`, name)
  throw type_error(
    `${name}(): argument '${argument}' (position ${position}) must be ${type}, not ${python_type_name(value)}`,
    name,
  )
}

/**
 * Whether there is autocast for a type of device.
 *
 * @param device_type `'cpu'`, `'cuda'`, `'xpu'`, …
 * @throws RuntimeError for what is no type of device
 * @see https://docs.pytorch.org/docs/2.13/amp.html#torch.amp.autocast_mode.is_autocast_available
 */
export const is_autocast_available = keyworded(
  'is_autocast_available(device_type)',
  (device_type: string): boolean => {
    expect_argument('_is_autocast_available', 'device_type', 1, device_type, 'str')
    return native.has_autocast(device_type)
  },
)

/** Whether autocast is on here for a type of device, `'cuda'` where none is given. */
export function is_autocast_enabled(device_type = 'cuda'): boolean {
  expect_argument('is_autocast_enabled', 'device_type', 1, device_type, 'str')
  return device_autocast(device_type).enabled
}

/** Sets whether autocast is on for a type of device, `'cuda'` where none is given. */
export function set_autocast_enabled(enabled: boolean): void
export function set_autocast_enabled(device_type: string, enabled: boolean): void
export function set_autocast_enabled(first: string | boolean, second?: boolean): void {
  if (second === undefined) {
    expect_argument('set_autocast_enabled', 'enabled', 1, first, 'bool')
    autocast_mode.set(with_device('cuda', { enabled: first as boolean }))
    return
  }
  expect_argument('set_autocast_enabled', 'device_type', 1, first, 'str')
  expect_argument('set_autocast_enabled', 'enabled', 2, second, 'bool')
  autocast_mode.set(with_device(first as string, { enabled: second }))
}

/**
 * What autocast casts to on a type of device: at first bfloat16 on the CPU and float16 with CUDA.
 *
 * @throws RuntimeError for a type of device without autocast
 */
export function get_autocast_dtype(device_type: string): DType {
  expect_argument('get_autocast_dtype', 'device_type', 1, device_type, 'str')
  if (!native.has_autocast(device_type)) throw runtime_error('unsupported scalarType', 'get_autocast_dtype')
  return device_autocast(device_type).dtype
}

/** Sets what autocast casts to on a type of device. */
export function set_autocast_dtype(device_type: string, dtype: DType): void {
  expect_argument('set_autocast_dtype', 'device_type', 1, device_type, 'str')
  expect_argument('set_autocast_dtype', 'dtype', 2, dtype, 'torch.dtype')
  autocast_mode.set(with_device(device_type, { dtype }))
}

/** Whether casts of weights are kept for their next use inside the outermost autocast. */
export function is_autocast_cache_enabled(): boolean {
  return autocast_mode.current().cache_enabled
}

/** Sets whether casts of weights are kept for their next use. */
export function set_autocast_cache_enabled(enabled: boolean): void {
  if (typeof enabled !== 'boolean')
    throw type_error(`enabled must be a bool (got ${python_type_name(enabled)})`)
  autocast_mode.set({ ...autocast_mode.current(), cache_enabled: enabled })
}

/** Forgets the casts that are kept. */
export function clear_autocast_cache(): void {
  native.clear_autocast_cache()
}

function nest(by: 1 | -1): number {
  const state = autocast_mode.current()
  const nesting = state.nesting + by
  autocast_mode.set({ ...state, nesting, region: state.region ?? {} })
  return nesting
}

/** One level of autocast more; returns the level. */
export function autocast_increment_nesting(): number {
  return nest(1)
}

/** One level of autocast less; returns the level. */
export function autocast_decrement_nesting(): number {
  return nest(-1)
}
