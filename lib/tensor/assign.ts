import * as dtypes from '../dtype.js'
import { type Handle, type NativeOperator, native } from '../native.js'
import { lower } from '../ops/lower.js'
import { operator } from '../ops/operator.js'
import type { Scalar } from '../scalar.js'
import { handle_of, raw_handle, Tensor } from '../tensor.js'

const aten_view = operator('aten::view')
const aten_expand = operator('aten::expand')
const aten_scalar_tensor = operator('aten::scalar_tensor')

let bound_copy: NativeOperator | undefined
let bound_fill: NativeOperator | undefined
let bound_fill_tensor: NativeOperator | undefined
let bound_is_same_size: NativeOperator | undefined

/** Writes a value into what a handle stands for. */
export function write(target: Handle, value: Tensor | Scalar): void {
  if (value instanceof Tensor) {
    copy_to(target, value)
  } else {
    bound_fill ??= native.bind('aten::fill_', 'Scalar')
    bound_fill(target, lower(value))
  }
}

function copy_to(target: Handle, source: Tensor): void {
  const given = handle_of(source)
  bound_copy ??= native.bind('aten::copy_', '')
  bound_is_same_size ??= native.bind('aten::is_same_size', '')
  if (bound_is_same_size(target, given) === true) {
    bound_copy(target, given)
  } else if (source.ndim === 0 && source.device.type === 'cpu') {
    bound_fill_tensor ??= native.bind('aten::fill_', 'Tensor')
    bound_fill_tensor(target, given)
  } else {
    const shape = native.shape(target)
    const view = aten_view(source, without_leading_ones(source.shape))
    const expanded = same_shape(view.shape, shape) ? view : aten_expand(view, shape, { implicit: true })
    bound_copy(target, raw_handle(expanded))
  }
}

function same_shape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i])
}

/** What is assigned at the places of index tensors: a tensor for a number, and no dimensions of 1 at the left. */
export function values_for(self: Tensor, value: Tensor | Scalar): Tensor {
  const source = value instanceof Tensor ? value : scalar_value(self, value)
  const shape = without_leading_ones(source.shape)
  return shape.length === source.ndim ? source : aten_view(source, shape)
}

function scalar_value(self: Tensor, value: Scalar): Tensor {
  const quantized = self.is_quantized
  const dtype = quantized ? dtypes.float32 : self.dtype
  return aten_scalar_tensor(value, { dtype, device: quantized ? 'cpu' : self.device })
}

// NumPy's rule, which PyTorch keeps: dimensions of size 1 at the left of what is assigned do not count.
function without_leading_ones(shape: readonly number[]): number[] {
  const first = shape.findIndex((size) => size !== 1)
  return first < 0 ? [] : shape.slice(first)
}
