import * as torch from 'typetorch'

/** A value as the recorded files write it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type Bytes = Uint8Array

/** A tensor as the recorded files write it. */
export interface RecordedTensor {
  dtype: string
  shape: number[]
  at: number
  bytes: number
  grad?: boolean
}

/** The bytes of a recorded tensor. */
export function bytes_of(recorded: RecordedTensor, memory: Bytes): Bytes {
  const found = memory.subarray(recorded.at, recorded.at + recorded.bytes)
  if (found.length !== recorded.bytes) throw new Error('the recorded tensor lies outside the file')
  return found
}

/** The dtype of a name. */
export function dtype_named(name: string): torch.DType {
  const found = (torch as unknown as Record<string, unknown>)[name]
  if (!(found instanceof torch.DType)) throw new Error(`there is no dtype ${name}`)
  return found
}

/** How matrices lie in memory, which is not recorded: row by row, or column by column. */
export type Layout = 'rows' | 'columns'

/** A tensor with a recorded one's elements. */
export function make_recorded(
  recorded: RecordedTensor,
  memory: Bytes,
  layout: Layout = 'rows',
): torch.Tensor {
  const dtype = dtype_named(recorded.dtype)
  const raw = bytes_of(recorded, memory)
  let made =
    raw.length === 0
      ? torch.empty(recorded.shape, { dtype })
      : torch.tensor(raw).view(dtype).reshape(recorded.shape).clone()
  if (layout === 'columns' && made.ndim >= 2) made = made.mT.contiguous().mT
  return recorded.grad === true ? made.requires_grad_() : made
}

export function is_object(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A Python float: whole ones stay floats. */
export function float_of(value: Json): number | torch.FloatScalar {
  if (value === 'inf') return Number.POSITIVE_INFINITY
  if (value === '-inf') return Number.NEGATIVE_INFINITY
  if (value === 'nan') return Number.NaN
  if (typeof value !== 'number') throw new Error(`no float: ${JSON.stringify(value)}`)
  return Number.isInteger(value) ? torch.float_scalar(value) : value
}

/** A float as a plain number. */
export function number_of(value: Json): number {
  const found = is_object(value) && 'f' in value ? float_of(value['f']!) : value
  return typeof found === 'object' ? Number(found) : Number(found)
}

function slice_text(parts: Json): string {
  const [start, stop, step] = parts as (number | null)[]
  return `${start ?? ''}:${stop ?? ''}:${step ?? ''}`
}

/** Values as arguments; the tensors that require grad are put into `leaves` in order of appearance. */
export function revive(
  value: Json,
  memory: Bytes,
  leaves: torch.Tensor[] = [],
  layout: Layout = 'rows',
): unknown {
  if (Array.isArray(value)) return value.map((item) => revive(item, memory, leaves, layout))
  if (!is_object(value)) return value
  const [kind, ...others] = Object.keys(value)
  if (kind === undefined || others.length > 0) throw new Error(`no value: ${JSON.stringify(value)}`)
  const held = value[kind]!
  switch (kind) {
    case 't': {
      const made = make_recorded(held as unknown as RecordedTensor, memory, layout)
      if (made.requires_grad) leaves.push(made)
      return made
    }
    case 'f':
      return float_of(held)
    case 'c': {
      const [re, im] = (held as Json[]).map((part) => number_of({ f: part }))
      return torch.complex_scalar(re!, im!)
    }
    case 'tuple':
      return (held as Json[]).map((item) => revive(item, memory, leaves, layout))
    case 'dtype':
      return dtype_named(String(held))
    case 'device':
      return torch.device(String(held))
    case 'bigint':
      return BigInt(String(held))
    case 'slice':
      return slice_text(held)
    case 'ellipsis':
      return '...'
    default:
      throw new Error(`no value: ${JSON.stringify(value)}`)
  }
}

/** Keyword arguments. */
export function revive_keywords(
  value: Json | undefined,
  memory: Bytes,
  leaves: torch.Tensor[] = [],
  layout: Layout = 'rows',
): Record<string, unknown> {
  const keywords: Record<string, unknown> = {}
  if (!is_object(value)) return keywords
  for (const [name, item] of Object.entries(value)) keywords[name] = revive(item, memory, leaves, layout)
  return keywords
}

/** Positional arguments, and a trailing object of the keywords where there are any. */
export function with_keywords(args: readonly unknown[], keywords: Record<string, unknown>): unknown[] {
  return Object.keys(keywords).length > 0 ? [...args, keywords] : [...args]
}
