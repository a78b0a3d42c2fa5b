import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { type_error } from '../errors.js'
import { legacy_name } from '../legacy_types.js'
import { native } from '../native.js'
import { operator } from '../ops/operator.js'
import { make_tensor, type TensorData } from '../tensor/create.js'
import type { Tensor } from '../tensor.js'

function legacy(dtype: DType) {
  const name = `${legacy_name(dtype)}Tensor`
  const make = (...args: (number | TensorData)[]): Tensor => {
    if (!native.has_cuda()) {
      throw type_error(`type torch.cuda.${name} not available. Torch not compiled with CUDA enabled.`, name)
    }
    const place = { dtype, device: 'cuda' }
    if (args.every((size) => typeof size === 'number'))
      return operator('aten::empty.memory_format')(args.length === 0 ? [0] : args, place)
    return make_tensor(args[0], place)
  }
  return Object.defineProperty(make, 'name', { value: `cuda.${name}` })
}

/** Python's `torch.cuda.FloatTensor`: from sizes or from data, on the current GPU. */
export const FloatTensor = legacy(dtypes.float32)
export const DoubleTensor = legacy(dtypes.float64)
export const HalfTensor = legacy(dtypes.float16)
export const BFloat16Tensor = legacy(dtypes.bfloat16)
export const ByteTensor = legacy(dtypes.uint8)
export const CharTensor = legacy(dtypes.int8)
export const ShortTensor = legacy(dtypes.int16)
export const IntTensor = legacy(dtypes.int32)
export const LongTensor = legacy(dtypes.int64)
export const BoolTensor = legacy(dtypes.bool)
