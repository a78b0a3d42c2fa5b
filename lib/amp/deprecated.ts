import { DType } from '../dtype.js'
import { python_type_name, type_error } from '../errors.js'
import { warn_once } from '../warn.js'
import { get_autocast_dtype, is_autocast_enabled, set_autocast_dtype, set_autocast_enabled } from './state.js'

// A function for each type of device, as PyTorch had them before the type became an argument.

const warn = (old: string, now: string) =>
  warn_once(`torch.${old} is deprecated. Please use torch.${now} instead.`, 'DeprecationWarning')

function expect_one(name: string, given: readonly unknown[]): void {
  if (given.length !== 1)
    throw type_error(`torch.${name}() takes exactly one argument (${given.length} given)`, name)
}

function is_enabled(word: string, device_type: string) {
  const name = `is_autocast_${word}_enabled`
  return (): boolean => {
    warn(`${name}()`, `is_autocast_enabled('${device_type}')`)
    return is_autocast_enabled(device_type)
  }
}

function set_enabled(word: string, device_type: string) {
  const name = `set_autocast_${word}_enabled`
  return (...given: [enabled: boolean]): void => {
    expect_one(name, given)
    if (typeof given[0] !== 'boolean')
      throw type_error(`enabled must be a bool (got ${python_type_name(given[0])})`, name)
    warn(`${name}(enabled)`, `set_autocast_enabled('${device_type}', enabled)`)
    set_autocast_enabled(device_type, given[0])
  }
}

function get_dtype(word: string, device_type: string) {
  const name = `get_autocast_${word}_dtype`
  return (): DType => {
    warn(`${name}()`, `get_autocast_dtype('${device_type}')`)
    return get_autocast_dtype(device_type)
  }
}

function set_dtype(word: string, device_type: string) {
  const name = `set_autocast_${word}_dtype`
  return (...given: [dtype: DType]): void => {
    expect_one(name, given)
    if (!(given[0] instanceof DType))
      throw type_error(`dtype must be a torch.dtype (got ${python_type_name(given[0])})`, name)
    warn(`${name}(dtype)`, `set_autocast_dtype('${device_type}', dtype)`)
    set_autocast_dtype(device_type, given[0])
  }
}

/** Deprecated: `is_autocast_enabled('cpu')`. */
export const is_autocast_cpu_enabled = is_enabled('cpu', 'cpu')
/** Deprecated: `is_autocast_enabled('ipu')`. */
export const is_autocast_ipu_enabled = is_enabled('ipu', 'ipu')
/** Deprecated: `is_autocast_enabled('xla')`. */
export const is_autocast_xla_enabled = is_enabled('xla', 'xla')
/** Deprecated: `set_autocast_enabled('cpu', enabled)`. */
export const set_autocast_cpu_enabled = set_enabled('cpu', 'cpu')
/** Deprecated: `set_autocast_enabled('ipu', enabled)`. */
export const set_autocast_ipu_enabled = set_enabled('ipu', 'ipu')
/** Deprecated: `set_autocast_enabled('xla', enabled)`. */
export const set_autocast_xla_enabled = set_enabled('xla', 'xla')
/** Deprecated: `get_autocast_dtype('cpu')`. */
export const get_autocast_cpu_dtype = get_dtype('cpu', 'cpu')
/** Deprecated: `get_autocast_dtype('cuda')`. */
export const get_autocast_gpu_dtype = get_dtype('gpu', 'cuda')
/** Deprecated: `get_autocast_dtype('ipu')`. */
export const get_autocast_ipu_dtype = get_dtype('ipu', 'ipu')
/** Deprecated: `get_autocast_dtype('xla')`. */
export const get_autocast_xla_dtype = get_dtype('xla', 'xla')
/** Deprecated: `set_autocast_dtype('cpu', dtype)`. */
export const set_autocast_cpu_dtype = set_dtype('cpu', 'cpu')
/** Deprecated: `set_autocast_dtype('cuda', dtype)`. */
export const set_autocast_gpu_dtype = set_dtype('gpu', 'cuda')
/** Deprecated: `set_autocast_dtype('ipu', dtype)`. */
export const set_autocast_ipu_dtype = set_dtype('ipu', 'ipu')
/** Deprecated: `set_autocast_dtype('xla', dtype)`. */
export const set_autocast_xla_dtype = set_dtype('xla', 'xla')
