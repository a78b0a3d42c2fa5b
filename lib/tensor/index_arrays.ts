import * as dtypes from '../dtype.js'
import { type_error, value_error } from '../errors.js'
import { native } from '../native.js'
import { LOWERED } from '../ops/lowered.js'
import { type Tensor, wrap } from '../tensor.js'

/** A (nested) list of whole numbers or booleans that stands for an index tensor. */
export type IndexArray = readonly (number | bigint | boolean | IndexArray)[]

const LONGEST = 2n ** 63n
/** As in Python no more dimensions of a list are looked at, which may hold itself. */
export const MOST_DIMENSIONS = 128

/** A list as Python's indexing makes a tensor of it: bool where all of it is boolean, else int64. */
export function index_tensor(list: IndexArray): Tensor {
  const shape = shape_of(list)
  const flat: (number | bigint | boolean)[] = []
  collect(list, shape, 0, flat)
  const all_boolean = flat.length > 0 && flat.every((value) => typeof value === 'boolean')
  if (all_boolean)
    return wrap(native.from_bytes(Uint8Array.from(flat as never[]), dtypes.bool[LOWERED], shape))
  return wrap(native.from_bytes(BigInt64Array.from(flat, to_int64), dtypes.int64[LOWERED], shape))
}

function shape_of(list: IndexArray): number[] {
  const shape: number[] = []
  let level: IndexArray[number] | undefined = list
  while (Array.isArray(level)) {
    shape.push(level.length)
    if (level[0] === level) throw type_error('new(): self-referential lists are incompatible')
    // Two lists may hold each other.
    if (shape.length > MOST_DIMENSIONS) throw value_error("too many dimensions 'list'")
    level = level[0]
  }
  return shape
}

function collect(
  list: IndexArray,
  shape: readonly number[],
  dim: number,
  flat: (number | bigint | boolean)[],
): void {
  if (list.length !== shape[dim]) {
    throw value_error(`expected sequence of length ${shape[dim]} at dim ${dim} (got ${list.length})`)
  }
  const last = dim === shape.length - 1
  for (const item of list) {
    if (Array.isArray(item)) {
      if (last) throw type_error("'list' object cannot be interpreted as an integer")
      collect(item, shape, dim + 1, flat)
    } else if (typeof item === 'number' || typeof item === 'bigint' || typeof item === 'boolean') {
      if (!last) throw type_error('not a sequence')
      flat.push(item)
    } else {
      throw type_error(`new(): invalid data type '${item === null ? 'NoneType' : typeof item}'`)
    }
  }
}

// A fraction is cut off, as Python cuts it where a list is made into int64.
function to_int64(value: number | bigint | boolean): bigint {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw value_error(`cannot convert float ${Number.isNaN(value) ? 'NaN' : 'infinity'} to integer`)
  }
  const whole = typeof value === 'number' ? BigInt(Math.trunc(value)) : BigInt(value)
  if (whole < -LONGEST || whole >= LONGEST) throw value_error('Overflow when unpacking long long')
  return whole
}
