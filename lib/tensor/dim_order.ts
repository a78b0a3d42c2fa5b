import { attribute_error, runtime_error, type_error } from '../errors.js'
import { channels_last, MemoryFormat } from '../layout.js'
import type { Tensor } from '../tensor.js'

/** Whether one dimension stands before another in memory: -1 so, 1 the other way, 0 either way. */
function compare(t: Tensor, a: number, b: number): number {
  const at_least = (x: number, y: number) => y === 0 || (x !== 0 && (x >= y || x % y === 0))
  const { shape } = t
  const [first, second] = [t.stride(a), t.stride(b)]
  if (first === 0 || second === 0) return 0
  if (first === second) return at_least(shape[b]!, shape[a]!) ? 0 : 1
  if (at_least(second, first)) return -1
  return at_least(first, second) ? 1 : 0
}

function is_channels_last(t: Tensor): boolean {
  return t.ndim === 4 && t.is_contiguous({ memory_format: channels_last })
}

/** The dimensions from the outermost in memory to the innermost; those of equal strides as they stand. */
function order_of(t: Tensor): number[] {
  const { ndim } = t
  const places = Array.from({ length: ndim }, (_, i) => i)
  if (ndim < 2) return places
  const [contiguous, last] = [t.is_contiguous(), is_channels_last(t)]
  if (contiguous && !last) return places
  if (last && !contiguous) return [0, ...places.slice(2), 1]
  const order = places.reverse()
  for (let i = 1; i < ndim; i++) {
    let at = i
    for (let before = i - 1; before >= 0; before--) {
      const compared = compare(t, order[before]!, order[at]!)
      if (compared < 0) break
      if (compared === 0) continue
      ;[order[before], order[at]] = [order[at]!, order[before]!]
      at = before
    }
  }
  return order.reverse()
}

/** As Python's `Tensor.dim_order`. */
export function dim_order(t: Tensor, ambiguity_check: unknown): number[] {
  if (t.is_sparse) {
    throw attribute_error(
      `Can't get dim order on sparse type: ${t.type()} Use Tensor.to_dense() to convert to a dense tensor first.`,
    )
  }
  const formats = Array.isArray(ambiguity_check) ? (ambiguity_check as unknown[]) : []
  if (
    (typeof ambiguity_check !== 'boolean' && !Array.isArray(ambiguity_check)) ||
    !formats.every((format) => format instanceof MemoryFormat)
  ) {
    throw type_error('The ambiguity_check argument must be a bool or a list of memory formats.')
  }
  const stride = t.stride()
  const several =
    stride.some((step, i) => i > 0 && step === stride[i - 1]) || t.shape.some((size) => size === 1)
  const legal = (formats as MemoryFormat[]).filter((format) => t.is_contiguous({ memory_format: format }))
  if (ambiguity_check !== false && several && legal.length !== 1) {
    throw runtime_error(
      'The tensor does not have unique dim order, or cannot map to exact one of the given memory formats.',
      'dim_order',
    )
  }
  return order_of(t)
}
