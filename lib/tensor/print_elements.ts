import * as dtypes from '../dtype.js'
import { native } from '../native.js'
import { operator } from '../ops/operator.js'
import { handle_of, type Tensor } from '../tensor.js'
import { format_fixed, format_scientific } from './number_format.js'
import { print_options } from './print_options.js'

const aten_slice = operator('aten::slice.Tensor')
const aten_cat = operator('aten::cat')
const aten_to = operator('aten::to.dtype')
const aten_real = operator('aten::real')
const aten_imag = operator('aten::imag')
const aten_resolve_conj = operator('aten::resolve_conj')
const aten_is_zerotensor = operator('aten::_is_zerotensor')
const aten_clone = operator('aten::clone')
const aten_view_dtype = operator('aten::view.dtype')

/** The elements of a strided tensor between brackets; `indent` is where the first bracket stands. */
export function elements_str(self: Tensor, indent: number): string {
  if (self.numel() === 0) return '[]'
  let source = self.detach()
  if (aten_is_zerotensor(source)) source = aten_clone(source)
  const summarize = source.numel() > print_options.threshold
  if (summarize && print_options.edgeitems === 0 && source.ndim > 0) return '[...]'
  const elided = source.shape.map((size) => summarize && size > 2 * print_options.edgeitems)
  source = without_middle(source, elided)
  const cells = source.dtype.is_complex ? complex_cells(source) : real_cells(source)
  return nest(cells.texts, source.shape, elided, cells.width, indent)
}

// Keeps the ends of each dimension that is too long to show.
function without_middle(self: Tensor, elided: readonly boolean[]): Tensor {
  const edge = print_options.edgeitems
  elided.forEach((is_elided, dim) => {
    if (!is_elided) return
    const ends = [aten_slice(self, dim, 0, edge, 1), aten_slice(self, dim, -edge, null, 1)]
    self = aten_cat(ends, dim)
  })
  return self
}

interface Cells {
  readonly texts: string[]
  /** Characters of each, without the comma. */
  readonly width: number
}

function real_cells(self: Tensor): Cells {
  const texts = self.dtype.is_floating_point ? float_texts(self) : whole_texts(self)
  const width = Math.max(1, texts.width)
  return { texts: texts.texts.map((text) => text.padStart(width)), width }
}

function complex_cells(self: Tensor): Cells {
  const resolved = aten_resolve_conj(self)
  const real = real_cells(aten_real(resolved))
  const imaginary = real_cells(aten_imag(resolved))
  const texts = real.texts.map((text, i) => {
    const part = `${imaginary.texts[i]!.trimStart()}j`
    return part.startsWith('-') ? text + part : `${text}+${part}`
  })
  return { texts, width: real.width + imaginary.width + 1 }
}

function whole_texts(self: Tensor): Cells {
  const texts: string[] = []
  for (const value of elements_of(self)) {
    texts.push(self.dtype === dtypes.bool ? (value ? 'True' : 'False') : String(value))
  }
  return { texts, width: texts.reduce((width, text) => Math.max(width, text.length), 0) }
}

function float_texts(self: Tensor): Cells {
  const values = Array.from(elements_of(self), Number)
  const counted = values.filter((value) => Number.isFinite(value) && value !== 0)
  const { precision } = print_options
  const whole = counted.every(Number.isInteger)
  const scientific = counted.length > 0 && is_scientific(counted)
  const format = (value: number) => {
    if (scientific) return format_scientific(value, precision)
    if (!whole) return format_fixed(value, precision)
    return Number.isFinite(value) ? `${format_fixed(value, 0)}.` : format_fixed(value, 0)
  }
  // Zeros, infinities and NaN have no say in the width, as in PyTorch.
  const texts = values.map(format)
  let width = 1
  texts.forEach((text, i) => {
    const value = values[i]!
    if (Number.isFinite(value) && value !== 0) width = Math.max(width, text.length)
  })
  return { texts, width }
}

function is_scientific(values: readonly number[]): boolean {
  if (print_options.sci_mode !== null) return print_options.sci_mode
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (const value of values) {
    least = Math.min(least, Math.abs(value))
    most = Math.max(most, Math.abs(value))
  }
  return most / least > 1000 || most > 1e8 || least < 1e-4
}

const READABLE = new Map<
  string,
  (bytes: ArrayBuffer) => ArrayLike<number | bigint> & Iterable<number | bigint>
>([
  ['bool', (bytes) => new Uint8Array(bytes)],
  ['uint8', (bytes) => new Uint8Array(bytes)],
  ['int8', (bytes) => new Int8Array(bytes)],
  ['int16', (bytes) => new Int16Array(bytes)],
  ['uint16', (bytes) => new Uint16Array(bytes)],
  ['int32', (bytes) => new Int32Array(bytes)],
  ['uint32', (bytes) => new Uint32Array(bytes)],
  ['int64', (bytes) => new BigInt64Array(bytes)],
  ['uint64', (bytes) => new BigUint64Array(bytes)],
  ['float32', (bytes) => new Float32Array(bytes)],
  ['float64', (bytes) => new Float64Array(bytes)],
])

// The other dtypes fit into float32 without loss; the packed four-bit one is shown by its bytes, as PyTorch does.
function elements_of(self: Tensor): Iterable<number | bigint> {
  const read = READABLE.get(self.dtype.name)
  if (read !== undefined) return read(native.to_bytes(handle_of(self)))
  if (self.dtype.name === 'float4_e2m1fn_x2') {
    return elements_of(aten_view_dtype(self, dtypes.uint8))
  }
  return elements_of(aten_to(self, dtypes.float32))
}

function nest(
  texts: readonly string[],
  shape: readonly number[],
  elided: readonly boolean[],
  width: number,
  indent: number,
): string {
  let next = 0
  const rows = (dim: number, indent: number): string => {
    if (dim === shape.length) return texts[next++]!
    const items: string[] = []
    const last = dim === shape.length - 1
    for (let i = 0; i < shape[dim]!; i++) {
      if (elided[dim] && i === print_options.edgeitems) items.push(last ? ' ...' : '...')
      items.push(rows(dim + 1, indent + 1))
    }
    if (last) return `[${wrap_line(items, width, indent)}]`
    return `[${items.join(`,${'\n'.repeat(shape.length - dim - 1)}${' '.repeat(indent + 1)}`)}]`
  }
  return rows(0, indent)
}

function wrap_line(items: readonly string[], width: number, indent: number): string {
  const per_line = Math.max(1, Math.floor((print_options.linewidth - indent) / (width + 2)))
  const lines: string[] = []
  for (let i = 0; i < items.length; i += per_line) lines.push(items.slice(i, i + per_line).join(', '))
  return lines.join(`,\n${' '.repeat(indent + 1)}`)
}
