import { device } from '../device.js'
import { DType, get_default_dtype } from '../dtype.js'
import { python_type_name, type_error, value_error } from '../errors.js'
import { legacy_name } from '../legacy_types.js'
import type { Tensor } from '../tensor.js'

const constructors = new Map<unknown, DType>()

/** Notes a constructor such as `torch.LongTensor`, which {@link as_type} takes for its dtype. */
export function note_legacy_type(make: unknown, dtype: DType): void {
  constructors.set(make, dtype)
}

/**
 * A tensor as a type of PyTorch's early days has it: a dtype, a constructor (`torch.LongTensor`) or a name
 * (`'torch.LongTensor'`, `'torch.cuda.HalfTensor'`).
 */
export function as_type(self: Tensor, type: unknown, Base: unknown, non_blocking = false): Tensor {
  if (type instanceof DType) return self.to(type, { non_blocking })
  if (type === Base) return self.to(get_default_dtype(), { non_blocking })
  const made = constructors.get(type)
  if (made !== undefined) return self.to(made, { non_blocking })
  if (typeof type === 'string') {
    const found = /^torch\.(cuda\.)?(?:sparse\.)?([A-Za-z0-9]+)?Tensor$/.exec(type)
    const dtype = found === null ? undefined : dtype_named(found[2])
    if (dtype === undefined) throw value_error(`invalid type: '${type}'`, 'type')
    return self.to(device(found?.[1] === undefined ? 'cpu' : 'cuda'), dtype, { non_blocking })
  }
  if (typeof type === 'function') throw value_error(`invalid type: '${type.name}'`, 'type')
  throw type_error(`dtype must be a type, str, or dtype object, not ${python_type_name(type)}`, 'type')
}

function dtype_named(name: string | undefined): DType | undefined {
  if (name === undefined) return get_default_dtype()
  for (const dtype of constructors.values()) if (legacy_name(dtype) === name) return dtype
  return undefined
}
