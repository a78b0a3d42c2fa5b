import { value_error } from '../errors.js'

/** What `start:stop:step` says; null where a part is left out. */
export interface ParsedSlice {
  readonly start: number | null
  readonly stop: number | null
  readonly step: number
}

/** Whether it takes all of any dimension, as `:` does. */
export function is_everything({ start, stop, step }: ParsedSlice): boolean {
  return stop === null && step === 1 && (start === null || start === 0)
}

const SLICE = /^\s*([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?\s*)?$/
const LIMIT = Number.MAX_SAFE_INTEGER
const CACHE_SIZE = 1024

const cache = new Map<string, ParsedSlice>()

// No tensor is longer than the limit, so cutting there changes nothing, as Python cuts at 2^63.
function bound(text: string | undefined): number | null {
  return text === undefined ? null : Math.max(-LIMIT, Math.min(LIMIT, Number(text)))
}

/** Parses `start:stop:step`, each part of which may be empty; null where the text is none. */
export function parse_slice(text: string): ParsedSlice | null {
  const known = cache.get(text)
  if (known !== undefined) return known
  const match = SLICE.exec(text)
  if (match === null) return null
  const step = bound(match[3]) ?? 1
  if (step === 0) throw value_error('slice step cannot be zero')
  if (step < 0) throw value_error('step must be greater than zero')
  const parsed: ParsedSlice = { start: bound(match[1]), stop: bound(match[2]), step }
  // Texts made in a loop (`${i}:${i + 1}`) must not grow it for ever.
  if (cache.size >= CACHE_SIZE) cache.clear()
  cache.set(text, parsed)
  return parsed
}
