import { bool } from '../../dtype.js'
import { type_error, type_name, value_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { own, set_own } from '../../own.js'
import { frombuffer } from '../../tensor/from_memory.js'
import type { Tensor } from '../../tensor.js'
import {
  type ArrowData,
  type ArrowField,
  type ArrowTable,
  type ArrowVector,
  dtype_of_type,
  ID,
} from './types.js'

/** What becomes of elements that are not there. */
export type ArrowNulls = 'refuse' | 'nan' | 'ignore'

/** Keywords of {@link from_arrow}. */
export interface FromArrowKeywords {
  /** `'refuse'` throws (default), `'nan'` makes them NaN, `'ignore'` leaves what the memory holds: see {@link arrow_mask}. */
  nulls?: ArrowNulls
  /** The column's field, whose metadata say the shape of a fixed-shape tensor. */
  field?: ArrowField
}

/**
 * The tensor of a column of apache-arrow, over its memory where that can be: where there is one chunk, of numbers, without
 * NaN to be written into it. A `FixedSizeList` has its size as a further dimension, `FixedSizeBinary` is of bytes, dates and
 * times are the whole numbers that Arrow keeps. A whole table becomes an object of tensors by the columns' names.
 *
 * @param source a Vector, or a Table or RecordBatch
 * @param keywords.nulls what becomes of elements that are not there (default: 'refuse')
 * @param keywords.field the column's field, for the extension type `arrow.fixed_shape_tensor`
 * @throws TypeError for what is no column, and for types that are no numbers: texts, decimals, lists of any length,
 *   structures, dictionaries
 * @throws ValueError for elements that are not there, where they are refused, or are whole numbers and were to be NaN
 * @example
 * ```ts
 * import { makeVector } from 'apache-arrow'
 * torch.utils.arrow.from_arrow(makeVector(Float32Array.of(1, 2, 3))) // tensor([1., 2., 3.])
 * ```
 * @see https://arrow.apache.org/docs/js/
 */
export function from_arrow(source: ArrowVector, keywords?: FromArrowKeywords): Tensor
export function from_arrow(source: ArrowTable, keywords?: FromArrowKeywords): Record<string, Tensor>
export function from_arrow(
  source: ArrowVector | ArrowTable,
  options: FromArrowKeywords = {},
): Tensor | Record<string, Tensor> {
  const { nulls = 'refuse', field } = own(options)
  if (!['refuse', 'nan', 'ignore'].includes(nulls))
    throw value_error(`from_arrow(): argument 'nulls' must be 'refuse', 'nan' or 'ignore', not '${nulls}'`)
  if (is_vector(source)) return column(source, nulls, field)
  if (!is_table(source))
    throw type_error(
      `from_arrow(): argument 'source' must be a Vector or a Table of apache-arrow, not ${type_name(source)}`,
    )
  const found: Record<string, Tensor> = {}
  source.schema.fields.forEach((one, i) => {
    // A column's name may be any text.
    set_own(found, one.name, column(source.getChildAt(i)!, nulls, one))
  })
  return found
}

/**
 * Which elements of a column are there: a tensor of booleans, of the column's length.
 *
 * @throws TypeError for what is no column
 */
export function arrow_mask(vector: ArrowVector): Tensor {
  if (!is_vector(vector))
    throw type_error(
      `arrow_mask(): argument 'vector' must be a Vector of apache-arrow, not ${type_name(vector)}`,
    )
  return joined(vector.data.map(valid_elements), () => ops.empty([0], { dtype: bool }))
}

function is_vector(value: unknown): value is ArrowVector {
  const { data, type, length } = own(Object(value) as Partial<ArrowVector>)
  return Array.isArray(data) && typeof type?.typeId === 'number' && typeof length === 'number'
}

function is_table(value: unknown): value is ArrowTable {
  const { schema, getChildAt } = own(Object(value) as Partial<ArrowTable>)
  return Array.isArray(schema?.fields) && typeof getChildAt === 'function'
}

function column(vector: ArrowVector, nulls: ArrowNulls, field: ArrowField | undefined): Tensor {
  const flat = joined(
    vector.data.map((chunk) => tensor_of(chunk, nulls)),
    () =>
      tensor_of(
        {
          type: vector.type,
          length: 0,
          offset: 0,
          nullCount: 0,
          nullBitmap: null,
          values: undefined,
          children: empty_children(vector.type),
        },
        nulls,
      ),
  )
  return shaped(flat, field)
}

function joined(chunks: Tensor[], when_none: () => Tensor): Tensor {
  if (chunks.length === 0) return when_none()
  return chunks.length === 1 ? chunks[0]! : ops.cat(chunks)
}

// A column without chunks has none of its children's either.
function empty_children(type: ArrowVector['type']): ArrowData[] {
  const { children } = own(type as { children?: readonly { type: ArrowVector['type'] }[] | null })
  return (children ?? []).map((child) => ({
    type: child.type,
    length: 0,
    offset: 0,
    nullCount: 0,
    nullBitmap: null,
    values: undefined,
    children: empty_children(child.type),
  }))
}

function tensor_of(data: ArrowData, nulls: ArrowNulls): Tensor {
  const values = data.type.typeId === ID.fixed_size_list ? list_of(data, nulls) : elements_of(data)
  if (data.nullCount === 0 || nulls === 'ignore') return values
  if (nulls === 'refuse')
    throw value_error(
      `from_arrow(): ${data.nullCount} elements are null: give nulls: 'nan', or nulls: 'ignore' and take arrow_mask()`,
    )
  if (!values.dtype.is_floating_point)
    throw value_error(`from_arrow(): ${data.nullCount} elements are null, and ${data.type} has no NaN`)
  const missing = valid_elements(data).logical_not()
  return values.masked_fill(missing.reshape(-1, ...values.shape.slice(1).map(() => 1)), Number.NaN)
}

function list_of(data: ArrowData, nulls: ArrowNulls): Tensor {
  const { listSize } = data.type as ArrowData['type'] & { listSize: number }
  // What a list that is not there holds means nothing.
  const flat = tensor_of(data.children[0]!, data.nullCount > 0 && nulls !== 'refuse' ? 'ignore' : nulls)
  return flat.narrow(0, 0, data.length * listSize).reshape(data.length, listSize, ...flat.shape.slice(1))
}

function elements_of(data: ArrowData): Tensor {
  const { type, length, values } = data
  const dtype = dtype_of_type(type)
  if (dtype === undefined)
    throw type_error(`from_arrow(): a column of ${type} is no tensor: ${ADVICE}`, 'from_arrow')
  const { byteWidth } = own(type as typeof type & { byteWidth?: number })
  const shape = type.typeId === ID.fixed_size_binary ? [length, byteWidth!] : [length]
  const count = shape.reduce((all, size) => all * size, 1)
  if (count === 0) return ops.empty(shape, { dtype })
  const is_bool = type.typeId === ID.bool
  const wanted = is_bool ? (data.offset + length + 7) >> 3 : count * dtype.itemsize
  // The memory behind a column is another's.
  if (!ArrayBuffer.isView(values) || values.byteLength < wanted) {
    if (data.nullCount === length) return ops.zeros(shape, { dtype })
    throw too_short(String(type), length, wanted, ArrayBuffer.isView(values) ? values.byteLength : 0)
  }
  if (is_bool) return bits(values as Uint8Array, data.offset, length)
  const bytes = new Uint8Array(values.buffer, values.byteOffset, count * dtype.itemsize)
  return frombuffer(bytes, { dtype }).reshape(shape)
}

function too_short(what: string, length: number, wanted: number, held: number): Error {
  return value_error(
    `from_arrow(): a column of ${what} and ${length} elements takes ${wanted} bytes, and has ${held}: it is damaged`,
  )
}

const ADVICE = 'it must be of numbers, booleans, dates, times, or lists of a fixed size of these'

/** One boolean a bit, the lowest first. */
function bits(bytes: Uint8Array, offset: number, length: number): Tensor {
  if (length === 0) return ops.empty([0], { dtype: bool })
  const found = new Uint8Array(length)
  for (let i = 0; i < length; i++) found[i] = (bytes[(offset + i) >> 3]! >> ((offset + i) & 7)) & 1
  return frombuffer(found, { dtype: bool })
}

function valid_elements({ nullCount, nullBitmap, offset, length }: ArrowData): Tensor {
  if (nullCount === 0 || !nullBitmap) return ops.ones([length], { dtype: bool })
  const wanted = (offset + length + 7) >> 3
  if (nullBitmap.length < wanted) throw too_short('validity bits', length, wanted, nullBitmap.length)
  return bits(nullBitmap, offset, length)
}

/** A column of `arrow.fixed_shape_tensor`: each element has a shape, and its dimensions an order in memory. */
function shaped(flat: Tensor, field: ArrowField | undefined): Tensor {
  if (field?.metadata.get('ARROW:extension:name') !== 'arrow.fixed_shape_tensor') return flat
  const { shape, permutation } = own(metadata_of(field))
  if (!is_sizes(shape))
    throw value_error(`from_arrow(): the field '${field.name}' is a fixed-shape tensor without a shape`)
  if (permutation !== undefined && !is_sizes(permutation))
    throw value_error(`from_arrow(): the field '${field.name}' has a permutation that is no list of places`)
  const tensor = flat.reshape(flat.shape[0]!, ...shape)
  return permutation ? tensor.permute(0, ...permutation.map((place) => place + 1)) : tensor
}

function metadata_of(field: ArrowField): { shape?: unknown; permutation?: unknown } {
  try {
    return Object(JSON.parse(field.metadata.get('ARROW:extension:metadata') ?? '{}')) as object
  } catch (cause) {
    throw value_error(`from_arrow(): the metadata of the field '${field.name}' are no JSON: ${String(cause)}`)
  }
}

const is_sizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
