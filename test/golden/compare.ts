import * as torch from 'typetorch'
import { type Bytes, bytes_of, type RecordedTensor } from './values.js'

const RELATIVE = 1e-4
const ABSOLUTE = 1e-5

/** Whether results are held to the last bit: on the processors that the answers were recorded on. */
export const exact = torch.backends.cpu.get_cpu_capability() === 'AVX512'

function half(bits: number, exponent_bits: number): number {
  const fraction_bits = 15 - exponent_bits
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1)
  const fraction = (bits & ((1 << fraction_bits) - 1)) / (1 << fraction_bits)
  const bias = (1 << (exponent_bits - 1)) - 1
  if (exponent === (1 << exponent_bits) - 1)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias))
}

const readers: Record<string, [bytes: number, read: (view: DataView, at: number) => number]> = {
  float32: [4, (view, at) => view.getFloat32(at, true)],
  complex64: [4, (view, at) => view.getFloat32(at, true)],
  float64: [8, (view, at) => view.getFloat64(at, true)],
  complex128: [8, (view, at) => view.getFloat64(at, true)],
  float16: [2, (view, at) => half(view.getUint16(at, true), 5)],
  complex32: [2, (view, at) => half(view.getUint16(at, true), 5)],
  bfloat16: [2, (view, at) => half(view.getUint16(at, true), 8)],
}

function equal_bytes(a: Bytes, b: Bytes, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (a[i] !== b[i]) return false
  return true
}

/** What is wrong with the bytes of a result, or null. */
export function compare_bytes(ours: Bytes, theirs: Bytes, dtype: string, to_the_bit = exact): string | null {
  if (ours.length !== theirs.length) return `${ours.length} bytes, expected ${theirs.length}`
  if (equal_bytes(ours, theirs, 0, ours.length)) return null
  const reader = readers[dtype]
  if (reader === undefined) {
    const at = ours.findIndex((byte, i) => byte !== theirs[i])
    return `byte ${at} is ${ours[at]}, expected ${theirs[at]}`
  }
  const [size, read] = reader
  const mine = new DataView(ours.buffer, ours.byteOffset, ours.byteLength)
  const wanted = new DataView(theirs.buffer, theirs.byteOffset, theirs.byteLength)
  for (let at = 0; at < ours.length; at += size) {
    if (equal_bytes(ours, theirs, at, size)) continue
    const [a, b] = [read(mine, at), read(wanted, at)]
    if (Number.isNaN(a) && Number.isNaN(b)) continue
    if (!to_the_bit && Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(b)) continue
    return `number ${at / size} is ${Object.is(a, -0) ? '-0' : a}, expected ${Object.is(b, -0) ? '-0' : b}`
  }
  return null
}

const show = (shape: readonly number[]) => `[${shape.join(', ')}]`

/** What is wrong with a result, or null; `values` false compares dtype and shape only. */
export function compare_tensor(
  ours: unknown,
  theirs: RecordedTensor | null | undefined,
  memory: Bytes,
  values = true,
): string | null {
  if (theirs === null || theirs === undefined) return ours === null ? null : 'a tensor where none is expected'
  if (!(ours instanceof torch.Tensor)) return `${ours === null ? 'null' : typeof ours}, expected a tensor`
  if (ours.dtype.name !== theirs.dtype) return `dtype ${ours.dtype.name}, expected ${theirs.dtype}`
  const shape = ours.shape
  if (show(shape) !== show(theirs.shape)) return `shape ${show(shape)}, expected ${show(theirs.shape)}`
  if (!values) return null
  const array = ours.detach().typed_array({ copy: true })
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  return compare_bytes(bytes, bytes_of(theirs, memory), theirs.dtype)
}

/** The first difference of a list of results, or null. */
export function compare_tensors(
  what: string,
  ours: readonly unknown[],
  theirs: readonly (RecordedTensor | null)[],
  memory: Bytes,
  values = true,
): string | null {
  if (ours.length !== theirs.length) return `${ours.length} ${what}s, expected ${theirs.length}`
  for (let i = 0; i < theirs.length; i++) {
    const wrong = compare_tensor(ours[i], theirs[i], memory, values)
    if (wrong !== null) return `${what} ${i}: ${wrong}`
  }
  return null
}

/** The tensors in a result, in order. */
export function tensors_in(value: unknown): torch.Tensor[] {
  if (value instanceof torch.Tensor) return [value]
  if (Array.isArray(value)) return value.flatMap(tensors_in)
  return []
}

/** The gradients of Σ output · cotangent with respect to the leaves, or what is wrong. */
export function gradients(
  outputs: readonly torch.Tensor[],
  cotangents: readonly torch.Tensor[],
  leaves: readonly torch.Tensor[],
): (torch.Tensor | null)[] | string {
  const differentiable = outputs.filter((output) => output.requires_grad)
  if (differentiable.length !== cotangents.length) {
    return `${differentiable.length} outputs require grad, expected ${cotangents.length}`
  }
  let loss: torch.Tensor | undefined
  differentiable.forEach((output, i) => {
    const product = output.mul(cotangents[i]!).sum()
    const part = product.is_complex() ? product.real : product
    loss = loss === undefined ? part : loss.add(part)
  })
  if (loss === undefined) return 'no output requires grad'
  return torch.autograd.grad(loss, leaves, { allow_unused: true })
}
