import { readFileSync } from 'node:fs'
import type { Tensor } from 'typetorch'
import { run_python } from '../helpers/python.js'

/** What reference.py prints, numbers as the hexadecimal of their bytes. */
export interface Reference {
  losses: string
  norms: string
  state: Record<string, string>
  schedule: string
  sample: string
  several: string
}

/** Runs the tutorial's loop in Python. */
export function run_reference(...args: (string | number)[]): Reference {
  const script = readFileSync(new URL('reference.py', import.meta.url), 'utf8')
  return run_python(script, args.map(String)) as Reference
}

/** A tensor's bytes in hexadecimal. */
export function tensor_hex(tensor: Tensor): string {
  const { buffer, byteOffset, byteLength } = tensor.detach().contiguous().typed_array()
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex')
}

/** Numbers as 64-bit floats in hexadecimal. */
export function numbers_hex(numbers: readonly number[]): string {
  return Buffer.from(new Float64Array(numbers).buffer).toString('hex')
}
