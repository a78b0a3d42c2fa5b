import { operator } from '../ops/operator.js'
import type { Tensor } from '../tensor.js'

const aten_cat = operator('aten::cat')
const aten_zeros_like = operator('aten::zeros_like')
const aten_eye = operator('aten::eye')

/** Tensors joined along a dimension that there is. */
export const torch_cat = (tensors: readonly Tensor[], dim: number): Tensor => aten_cat(tensors, dim)

/** Zeros of the same shape and type, inside the same levels. */
export const zeros_like = (tensor: Tensor): Tensor => aten_zeros_like(tensor)

/** The identity matrix of a tensor's type and device. */
export const eye_for = (tensor: Tensor, size: number): Tensor =>
  aten_eye(size, { dtype: tensor.dtype, device: tensor.device })
