import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { without_grad } from '../autograd/grad_mode.js'
import { Device } from '../device.js'
import { complex128, DType, float64, int64, uint64 } from '../dtype.js'
import { Generator } from '../generator.js'
import { Layout, MemoryFormat, QScheme, strided } from '../layout.js'
import { Module } from '../nn/modules/module.js'
import { py_ints } from '../repr.js'
import { Complex } from '../scalar.js'
import { nest } from '../tensor/elements.js'
import { raw_handle, Tensor } from '../tensor.js'

/** The most elements whose values are written out; of more, the first ones and a hash of all are. */
const WRITTEN_OUT = 1000
const FIRST_ONES = 8

type Element = number | bigint | boolean | Complex
type Rows = string | readonly Rows[]

/** The shortest text that stands for no other number of the dtype. */
function number_text(value: number, is_double: boolean): string {
  if (Object.is(value, -0)) return '-0'
  if (is_double || !Number.isFinite(value) || Number.isInteger(value)) return String(value)
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}

function element_text(value: Element, is_double: boolean): string {
  if (typeof value === 'number') return number_text(value, is_double)
  if (value instanceof Complex)
    return `${number_text(value.re, is_double)} + ${number_text(value.im, is_double)}j`
  return String(value)
}

/** All elements' texts, row by row. `tolist()` refuses integers that no number holds exactly. */
function element_texts(self: Tensor): string[] {
  const is_wide = self.dtype === int64 || self.dtype === uint64
  const list = is_wide
    ? Array.from(self.contiguous().typed_array() as BigInt64Array)
    : ([self.tolist()] as unknown[]).flat(Number.POSITIVE_INFINITY)
  const is_double = self.dtype === float64 || self.dtype === complex128
  return (list as Element[]).map((value) => element_text(value, is_double))
}

/** Rows on lines of their own, as deep as the tensor. */
function rows_text(rows: Rows, indent: string): string {
  if (typeof rows === 'string') return rows
  if (rows.every((row) => typeof row === 'string')) return `[${rows.join(', ')}]`
  const deeper = `${indent}  `
  return `[\n${rows.map((row) => `${deeper}${rows_text(row, deeper)},\n`).join('')}${indent}]`
}

function hash_of(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function quantization_of(self: Tensor): string[] {
  // The printed form names the scheme and its numbers after the elements, of which an empty slice has none.
  const printed = String(self)
  return [printed.slice(printed.indexOf('quantization_scheme='), -1).replace(/\s+/g, ' ')]
}

function tensor_text(self: Tensor, indent: string): string {
  if (raw_handle(self) < 0) return inspect(self)
  const name = self.constructor === Tensor ? 'tensor' : self.constructor.name
  const about = [`size=${self.is_nested ? 'nested' : py_ints(self.shape)}`, `dtype=${self.dtype}`]
  if (self.device.type !== 'cpu') about.push(`device=${self.device}`)
  if (self.layout.name !== 'strided') about.push(`layout=${self.layout}`)
  if (self.is_quantized) about.push(...quantization_of(self))
  if (self.requires_grad) about.push('requires_grad=true')
  const head = `${name}(${about.join(', ')})`
  if (self.device.type === 'meta') return head
  const plain = self.detach()
  if (self.is_nested) {
    const parts = plain.unbind(0).map((part) => `${indent}  ${tensor_text(part, `${indent}  `)},\n`)
    return `${head} [\n${parts.join('')}${indent}]`
  }
  const values = (self.is_quantized ? plain.int_repr() : plain).cpu()
  const texts = element_texts(values.layout === strided ? values : values.to_dense())
  if (texts.length > WRITTEN_OUT)
    return `${head} [${texts.slice(0, FIRST_ONES).join(', ')}, … sha256 of all: ${hash_of(texts.join(' '))}]`
  return `${head} ${self.ndim === 0 ? texts[0]! : rows_text(nest(texts, self.shape) as Rows, indent)}`
}

function module_text(module: Module, indent: string): string {
  const deeper = `${indent}  `
  const entries = Object.entries(module.state_dict()).map(
    ([key, value]) =>
      `${deeper}${key}: ${value instanceof Tensor ? tensor_text(value, deeper) : JSON.stringify(value)},\n`,
  )
  const shown = String(module).replaceAll('\n', `\n${indent}`)
  if (!module.training) entries.push(`${deeper}training: false,\n`)
  return entries.length === 0 ? shown : `${shown} {\n${entries.join('')}${indent}}`
}

function generator_text(generator: Generator): string {
  const state = generator.get_state().tolist() as number[]
  return `Generator(device=${generator.device}, initial_seed=${generator.initial_seed()}, sha256 of its state: ${hash_of(state.join(' '))})`
}

const VALUES = [DType, Device, Layout, MemoryFormat, QScheme]

/** What {@link snapshot_text} has a text for. */
export function has_snapshot_text(value: unknown): boolean {
  return (
    value instanceof Tensor ||
    value instanceof Module ||
    value instanceof Generator ||
    VALUES.some((type) => value instanceof type)
  )
}

/**
 * A text for snapshots that differs wherever the values do: a tensor's class, size, dtype and all of its elements (of more
 * than 1,000 the first eight and a hash of all), a module's printed form and state, a generator's state.
 *
 * @param value a tensor, module, generator, dtype, device, layout, memory format or scheme
 */
export function snapshot_text(value: unknown, indent = ''): string {
  if (value instanceof Tensor) return without_grad(() => tensor_text(value, indent))
  if (value instanceof Module) return without_grad(() => module_text(value, indent))
  return value instanceof Generator ? generator_text(value) : inspect(value)
}
