import { without_grad } from './autograd/grad_mode.js'
import * as dtypes from './dtype.js'
import { get_default_dtype } from './dtype.js'
import { functorch_wrapper, outside_functorch } from './func/wrapper.js'
import { operator } from './ops/operator.js'
import { py_float, py_ints } from './repr.js'
import { elements_str } from './tensor/print_elements.js'
import { print_options } from './tensor/print_options.js'
import { Tensor } from './tensor.js'

const aten_values = operator('aten::_values')
const aten_compressed_values = operator('aten::values')
const aten_nnz = operator('aten::_nnz')
const aten_unbind = operator('aten::unbind.int')
const aten_dequantize = operator('aten::dequantize.self')
const aten_to_dense = operator('aten::to_dense')

/** Names of a compressed layout's indices: what they are called in print, and the operators that give them. */
const COMPRESSED = new Map<string, readonly (readonly [name: string, get: (self: Tensor) => unknown])[]>()
for (const layout of ['sparse_csr', 'sparse_bsr']) {
  COMPRESSED.set(layout, [
    ['crow_indices', operator('aten::crow_indices')],
    ['col_indices', operator('aten::col_indices')],
  ])
}
for (const layout of ['sparse_csc', 'sparse_bsc']) {
  COMPRESSED.set(layout, [
    ['ccol_indices', operator('aten::ccol_indices')],
    ['row_indices', operator('aten::row_indices')],
  ])
}

// By LibTorch's number for a scheme.
const QSCHEMES = [
  'per_tensor_affine',
  'per_channel_affine',
  'per_tensor_symmetric',
  'per_channel_symmetric',
  'per_channel_affine_float_qparams',
]

const SPARSE: readonly (readonly [name: string, get: (self: Tensor) => unknown])[] = [
  ['indices', operator('aten::_indices')],
]

/**
 * The text of a tensor, as Python's `repr` of it. One of a transform of torch.func shows the transform's level, and the
 * tensor within.
 *
 * @see torch/_tensor_str.py
 */
export function tensor_str(self: Tensor): string {
  return outside_functorch(() => without_grad(() => any_str(self)))
}

function any_str(self: Tensor): string {
  const wrapper = functorch_wrapper(self)
  if (wrapper === null) return plain_str(self)
  const { kind, level, dim, inner } = wrapper
  const value = indented(any_str(inner), 4)
  return kind === 'batched'
    ? `BatchedTensor(lvl=${level}, bdim=${dim}, value=\n${value}\n)`
    : `GradTrackingTensor(lvl=${level}, value=\n${value}\n)`
}

function plain_str(self: Tensor): string {
  const prefix = self.is_nested ? 'nested_tensor(' : `${class_name(self)}(`
  const indent = prefix.length
  const suffixes: string[] = []
  if (self.device.type !== 'cpu') suffixes.push(`device='${self.device}'`)
  const body = contents(self, indent, suffixes)
  const layout = self.layout.name
  if (layout !== 'strided') suffixes.push(`layout=torch.${layout}`)
  const history = self.grad_fn?.name().split('::').at(-1)
  if (history !== undefined) suffixes.push(`grad_fn=<${history}>`)
  else if (self.requires_grad) suffixes.push('requires_grad=True')
  return add_suffixes(prefix + body, suffixes, indent, layout === 'sparse_coo')
}

const PLAIN = new Set(['Parameter', 'Buffer'])

// Python's Parameter and Buffer print as tensors too; other classes print by their name.
function class_name(self: Tensor): string {
  return self.constructor === Tensor || PLAIN.has(self.constructor.name) ? 'tensor' : self.constructor.name
}

/** What stands between the parentheses, but for what follows it, which goes into `suffixes`. */
function contents(self: Tensor, indent: number, suffixes: string[]): string {
  if (self.is_nested) {
    const parts = aten_unbind(self, 0) as unknown as readonly Tensor[]
    return `[\n${parts.map((part) => indented(any_str(part), 2)).join(',\n')}\n]`
  }
  const layout = self.layout.name
  const is_sparse = layout === 'sparse_coo'
  const compressed = COMPRESSED.get(layout)
  const is_meta = self.device.type === 'meta'
  if (is_sparse || compressed !== undefined) {
    suffixes.push(size_suffix(self))
    if (!is_meta) suffixes.push(`nnz=${aten_nnz(self)}`)
    if (!has_default_dtype(self)) suffixes.push(dtype_suffix(self))
    const parts: [string, Tensor][] = (compressed ?? SPARSE).map(([name, get]) => [name, get(self) as Tensor])
    parts.push(['values', (is_sparse ? aten_values : aten_compressed_values)(self) as Tensor])
    return parts.map(([name, part]) => part_str(name, part, indent, is_meta)).join(`,\n${' '.repeat(indent)}`)
  }
  if (self.is_quantized) {
    suffixes.push(size_suffix(self))
    if (!has_default_dtype(self)) suffixes.push(dtype_suffix(self))
    suffixes.push(...quantization_suffixes(self))
    return elements_str(aten_dequantize(self), indent)
  }
  if (is_meta) {
    suffixes.push(size_suffix(self))
    if (self.dtype !== get_default_dtype()) suffixes.push(dtype_suffix(self))
    return '...'
  }
  if (self.numel() === 0) {
    if (self.ndim !== 1) suffixes.push(size_suffix(self))
    // Nothing shows the dtype of no elements, so int64 and bool are named too.
    if (self.dtype !== get_default_dtype()) suffixes.push(dtype_suffix(self))
    return '[]'
  }
  if (print_options.edgeitems === 0) suffixes.push(size_suffix(self))
  if (!has_default_dtype(self)) suffixes.push(dtype_suffix(self))
  return elements_str(layout === 'strided' ? self : aten_to_dense(self), indent)
}

function part_str(name: string, part: Tensor, indent: number, is_meta: boolean): string {
  const prefix = `${name}=tensor(`
  const body = is_meta ? '...' : elements_str(part, indent + prefix.length)
  const size = is_meta || part.numel() === 0 ? `, ${size_suffix(part)}` : ''
  return `${prefix}${body}${size})`
}

function quantization_suffixes(self: Tensor): string[] {
  const scheme = QSCHEMES[self.qscheme() as unknown as number] ?? 'unknown'
  const suffixes = [`quantization_scheme=torch.${scheme}`]
  if (scheme.startsWith('per_tensor')) {
    suffixes.push(`scale=${py_float(self.q_scale())}`, `zero_point=${self.q_zero_point()}`)
  } else {
    suffixes.push(`scale=${tensor_str(self.q_per_channel_scales())}`)
    suffixes.push(`zero_point=${tensor_str(self.q_per_channel_zero_points())}`)
    suffixes.push(`axis=${self.q_per_channel_axis()}`)
  }
  return suffixes
}

function has_default_dtype(self: Tensor): boolean {
  const { dtype } = self
  const complex = dtypes.get_default_complex_dtype()
  return dtype === get_default_dtype() || dtype === complex || dtype === dtypes.int64 || dtype === dtypes.bool
}

const size_suffix = (self: Tensor) => `size=${py_ints(self.shape)}`
const dtype_suffix = (self: Tensor) => `dtype=torch.${self.dtype.name}`

const indented = (text: string, columns: number) =>
  text
    .split('\n')
    .map((line) => ' '.repeat(columns) + line)
    .join('\n')

function add_suffixes(
  text: string,
  suffixes: readonly string[],
  indent: number,
  force_newline: boolean,
): string {
  let line_length = text.length - text.lastIndexOf('\n') + 1
  let newline = force_newline
  for (const suffix of suffixes) {
    if (newline || line_length + suffix.length + 2 > print_options.linewidth) {
      text += `,\n${' '.repeat(indent)}${suffix}`
      line_length = indent + suffix.length
      newline = false
    } else {
      text += `, ${suffix}`
      line_length += suffix.length + 2
    }
  }
  return `${text})`
}
