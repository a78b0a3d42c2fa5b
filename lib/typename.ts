import * as cpu from './cpu/index.js'
import * as cuda from './cuda/index.js'
import { type DeviceLike, device } from './device.js'
import { DType } from './dtype.js'
import { python_type_name, runtime_error } from './errors.js'
import { of_objects, positional } from './python/parameters.js'
import { callable, signature } from './python/signature.js'
import { Tensor } from './tensor.js'

/**
 * The name of a value's type: a tensor's legacy name (`'torch.FloatTensor'`), a class's own name.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.typename.html
 */
export const typename = callable(
  signature('typename', { obj: of_objects(positional<unknown>()) }),
  (value): string => {
    if (value instanceof Tensor) return value.type()
    if (value instanceof DType) return 'torch.dtype'
    if (typeof value === 'function') {
      // Modules are functions too, of their own class.
      const own = Object.getPrototypeOf(value) as { constructor: { name: string } }
      const plain =
        /^(Async)?(Generator)?Function$/.test(own.constructor.name) || Object.hasOwn(value, 'prototype')
      return plain ? value.name : own.constructor.name
    }
    return python_type_name(value)
  },
)

/**
 * The module of functions for a device: `torch.cpu` or `torch.cuda`.
 *
 * @param which a device, or none for the accelerator where there is one, else the CPU
 * @throws RuntimeError where there is no such module
 */
export function get_device_module(which?: DeviceLike | null): typeof cpu | typeof cuda {
  const { type } =
    which === null || which === undefined ? device(cuda.is_available() ? 'cuda' : 'cpu') : device(which)
  if (type === 'cpu') return cpu
  if (type === 'cuda') return cuda
  throw runtime_error(
    `Device '${type}' does not have a corresponding module registered as 'torch.${type}'.`,
    'get_device_module',
  )
}
