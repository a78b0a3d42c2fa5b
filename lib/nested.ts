import { default_device } from './default_device.js'
import type { DeviceLike } from './device.js'
import type { DType } from './dtype.js'
import * as dtypes from './dtype.js'
import { runtime_error, type_error } from './errors.js'
import { expect_bool } from './expect.js'
import { type Layout, strided } from './layout.js'
import { operator } from './ops/operator.js'
import { own, own_value } from './own.js'
import { check_options } from './python/options.js'
import { as_tensor, type TensorData } from './tensor/create.js'
import { Tensor } from './tensor.js'

export { to_padded_tensor } from './ops/generated/nested.js'

// torch.nested, of layout torch.strided: tensors of unequal sizes side by side. What Python has for layout torch.jagged
// is a class of its own, written in Python.

/** How a nested tensor is made. */
export interface NestedOptions {
  /** Default: that of the first tensor. */
  dtype?: DType | null
  /** Default: that of the tensors. */
  device?: DeviceLike | null
  /** `torch.strided`, the one that there is here. */
  layout?: Layout | null
}

const OPTIONS = ['dtype', 'device', 'layout']

const from_list = operator('aten::_nested_tensor_from_tensor_list')
const view_from_buffer = operator('aten::_nested_view_from_buffer')
const strides_and_offsets = operator('aten::_nested_compute_contiguous_strides_offsets') as unknown as (
  sizes: Tensor,
) => [Tensor, Tensor]

function check_layout(layout: Layout | null | undefined, what = 'nested tensors'): void {
  if ((layout ?? strided) !== strided)
    throw runtime_error(`Specified layout is unsupported for ${what}: ${layout}`)
}

function given(options: NestedOptions): { dtype?: DType; device?: DeviceLike } {
  const { dtype, device } = own(options)
  return { ...(dtype ? { dtype } : {}), ...(device ? { device } : {}) }
}

/**
 * A nested tensor with copies of tensors, or of lists of numbers; it is a leaf.
 *
 * @param tensor_list tensors of the same number of dimensions
 * @param options `dtype`, `device`, `layout`, `requires_grad`, `pin_memory`
 * @throws TypeError where it is no list
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]).is_nested // true
 * ```
 * @see https://docs.pytorch.org/docs/2.13/nested.html
 */
export function nested_tensor(
  tensor_list: readonly TensorData[],
  options: NestedOptions & { requires_grad?: boolean; pin_memory?: boolean } = {},
): Tensor {
  options = own(options)
  check_options('nested_tensor', options, [...OPTIONS, 'requires_grad', 'pin_memory'])
  check_layout(options.layout)
  if (!Array.isArray(tensor_list)) {
    throw type_error(
      'Only lists (List[Tensor] and List[List...[Scalar]]) are accepted in nested_tensor',
      'nested_tensor',
    )
  }
  const tensors = (tensor_list as TensorData[]).map((item) => as_tensor(item).detach())
  let made = from_list(tensors, given({ ...options, device: options.device ?? default_device }))
  if (options.pin_memory === true) made = made.pin_memory()
  return expect_bool(options.requires_grad ?? false, 'nested_tensor', 'requires_grad')
    ? made.requires_grad_()
    : made
}

/**
 * A nested tensor of tensors, through which gradients flow.
 *
 * @param ts tensors, or one tensor whose rows they are
 * @param options `dtype`, `device`, `layout`
 * @throws TypeError where it is neither
 * @throws RuntimeError where one tensor has less than two dimensions
 * @see https://docs.pytorch.org/docs/2.13/nested.html
 */
export function as_nested_tensor(ts: Tensor | readonly Tensor[], options: NestedOptions = {}): Tensor {
  options = own(options)
  check_options('as_nested_tensor', options, OPTIONS)
  if (!(ts instanceof Tensor)) {
    if (!Array.isArray(ts) || !ts.every((t) => t instanceof Tensor)) {
      throw type_error(
        'as_nested_tensor(): Expected first argument to be a tensor or a list / tuple of tensors ',
      )
    }
    check_layout(options.layout)
    return from_list(ts, given(options))
  }
  if (ts.ndim < 2) throw runtime_error('as_nested_tensor(): Expected tensor argument to have dim() > 1')
  if (ts.is_nested) {
    if (options.layout === ts.layout) return ts.to(given(options))
    throw runtime_error('as_nested_tensor(): Converting between nested tensor layouts is not supported')
  }
  check_layout(options.layout)
  const moved = ts.reshape(-1)
  const buffer = Object.keys(given(options)).length > 0 ? moved.to(given(options)) : moved
  const [rows, ...sizes] = ts.shape
  const nested_sizes = as_tensor(
    Array.from({ length: rows }, () => sizes),
    { dtype: dtypes.int64 },
  )
  return view_from_buffer(buffer, nested_sizes, ...strides_and_offsets(nested_sizes))
}

/**
 * A part of each row of a tensor, as a nested tensor.
 *
 * @param tensor the rows
 * @param dim the dimension that is narrowed
 * @param start where the part begins
 * @param length how long it is
 * @see https://docs.pytorch.org/docs/2.13/nested.html
 */
export function narrow(
  tensor: Tensor,
  dim: number,
  start: number | Tensor,
  length: number | Tensor,
  options: { layout?: Layout } = {},
): Tensor {
  check_options('narrow', options, ['layout'])
  for (const [name, value] of [
    ['start', start],
    ['length', length],
  ] as const) {
    if (!Number.isInteger(value) && !(value instanceof Tensor))
      throw runtime_error(`${name} must be an integer or a tensor`)
  }
  check_layout(own_value(options, 'layout'), 'nested narrow')
  if (typeof start !== 'number' || typeof length !== 'number')
    throw runtime_error('start and length must be integers for the strided layout NT impl')
  return as_nested_tensor(tensor.unbind(0)).narrow(dim, start, length)
}
