import { Device } from '../device.js'
import { DType } from '../dtype.js'
import { type_name } from '../errors.js'
import { Layout, QScheme } from '../layout.js'

const LONGEST = 100

/** A value of a file as errors show it: a short text. An array's own text may be longer than any memory. */
export function shown(value: unknown): string {
  if ([DType, Device, Layout, QScheme].some((kind) => value instanceof kind)) return String(value)
  if (typeof value === 'object' || typeof value === 'function') return type_name(value)
  const text = typeof value === 'bigint' ? bigint_text(value) : String(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

// The digits of a long one take time that grows with their square.
function bigint_text(value: bigint): string {
  return BigInt.asIntN(256, value) === value ? String(value) : 'an integer of more than 256 bits'
}
