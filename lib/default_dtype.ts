import { type DType, DType as DTypeClass } from './dtype.js'
import { attribute_error, type_error } from './errors.js'
import { dtype_of_legacy_tensor } from './legacy_types.js'
import { native } from './native.js'
import { LOWERED } from './ops/lowered.js'
import { positional } from './python/parameters.js'
import { callable, signature } from './python/signature.js'
import type { TensorData } from './tensor/create.js'
import type { Tensor } from './tensor.js'

const REFUSED = 'only floating-point types are supported as the default type'

/**
 * Sets the dtype of numbers that come without one: of `torch.tensor(1.5)`, `torch.zeros(2)`, modules' parameters. The
 * default of complex numbers follows: complex128 for float64, complex32 for float16, else complex64.
 *
 * @param dtype a floating-point dtype; float32 when the process begins
 * @throws TypeError for another
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.set_default_dtype(torch.float64)
 * String(torch.tensor(1.5).dtype) // 'torch.float64'
 * torch.set_default_dtype(torch.float32)
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_default_dtype.html
 */
export const set_default_dtype = callable(
  signature('set_default_dtype', { d: positional<DType>() }),
  (dtype): void => {
    if (!(dtype instanceof DTypeClass))
      throw type_error(`invalid dtype object: ${REFUSED}`, 'set_default_dtype')
    if (!dtype.is_floating_point) throw type_error(REFUSED, 'set_default_dtype')
    native.set_default_dtype(dtype[LOWERED])
  },
)

type LegacyTensor = (...args: (number | TensorData)[]) => Tensor

/**
 * Sets the default dtype by an old class of tensors: `torch.DoubleTensor` or its name.
 *
 * @throws TypeError for a class of integers, and for one of a GPU where there is none
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.set_default_tensor_type.html
 */
export const set_default_tensor_type = callable(
  signature('set_default_tensor_type', { t: positional<string | LegacyTensor>() }),
  (type): void => {
    const name = typeof type === 'function' ? type.name : String(type).replace(/^torch\./, '')
    const cuda = name.startsWith('cuda.')
    const own = name.replace(/^cuda\./, '')
    const dtype = dtype_of_legacy_tensor(own)
    if (dtype === undefined) throw attribute_error(`module 'torch' has no attribute '${own}'`)
    if (cuda) {
      throw type_error(
        native.has_cuda()
          ? `set_default_tensor_type(): a GPU is chosen by torch.set_default_device('cuda')`
          : `type torch.${name} not available. Torch not compiled with CUDA enabled.`,
        'set_default_tensor_type',
      )
    }
    if (!dtype.is_floating_point) throw type_error(REFUSED, 'set_default_tensor_type')
    set_default_dtype(dtype)
  },
)
