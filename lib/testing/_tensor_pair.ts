import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { assertion_error } from '../errors.js'
import * as ops from '../ops/generated/torch.js'
import { operator } from '../ops/operator.js'
import { own_value } from '../own.js'
import { py_bool, py_ints, py_repr, py_size } from '../repr.js'
import type { Tensor } from '../tensor.js'
import { type Closeness, scalar_mismatch, tensor_mismatch } from './_mismatch.js'

const get = (name: string) => operator(name) as unknown as (self: Tensor) => Tensor
const aten_nnz = get('aten::_nnz')
const [crow, col] = [get('aten::crow_indices'), get('aten::col_indices')]
const [ccol, row] = [get('aten::ccol_indices'), get('aten::row_indices')]

/** What of two tensors must agree besides their values. */
export interface Checks {
  check_device: boolean
  check_dtype: boolean
  check_layout: boolean
  check_stride: boolean
}

const COMPRESSED: Record<string, readonly [string, (self: Tensor) => Tensor][]> = {
  CSR: [
    ['crow_indices', crow],
    ['col_indices', col],
  ],
  CSC: [
    ['ccol_indices', ccol],
    ['row_indices', row],
  ],
}
COMPRESSED['BSR'] = own_value(COMPRESSED, 'CSR')!
COMPRESSED['BSC'] = own_value(COMPRESSED, 'CSC')!

const get_indices = get('aten::_indices')
const get_values = get('aten::_values')
const compressed_values = get('aten::values')

function compare_attributes(actual: Tensor, expected: Tensor, checks: Checks): void {
  const differ = (name: string, a: string, b: string) => {
    if (a === b) return
    throw assertion_error(`The values for attribute '${name}' do not match: ${a} != ${b}.`)
  }
  differ('shape', py_size(actual.shape), py_size(expected.shape))
  differ('is_quantized', py_bool(actual.is_quantized), py_bool(expected.is_quantized))
  if (actual.is_quantized) differ('qscheme()', String(actual.qscheme()), String(expected.qscheme()))
  if (checks.check_layout) differ('layout', `torch.${actual.layout.name}`, `torch.${expected.layout.name}`)
  if (checks.check_stride && actual.layout.name === 'strided' && expected.layout.name === 'strided')
    differ('stride()', py_ints(actual.stride()), py_ints(expected.stride()))
  if (checks.check_device) differ('device', String(actual.device), String(expected.device))
  if (checks.check_dtype) differ('dtype', String(actual.dtype), String(expected.dtype))
}

// uint64 has no common dtype with signed ones; what tests hold fits into int64.
const WIDE: readonly DType[] = [dtypes.uint64, dtypes.uint32, dtypes.uint16]

function equalize(actual: Tensor, expected: Tensor): [Tensor, Tensor] {
  let pair: [Tensor, Tensor] = [actual, expected]
  const each = (f: (tensor: Tensor) => Tensor) => {
    pair = [f(pair[0]), f(pair[1])]
  }
  if (String(actual.device) !== String(expected.device)) each((tensor) => tensor.cpu())
  if (actual.dtype !== expected.dtype) {
    const [a, b] = pair.map(({ dtype }) => (WIDE.includes(dtype) ? dtypes.int64 : dtype))
    const common = ops.promote_types(a!, b!)
    each((tensor) => tensor.to(common))
  }
  if (actual.layout !== expected.layout)
    each((tensor) => (tensor.layout.name === 'strided' ? tensor : tensor.to_dense()))
  return pair
}

function compare_regular(actual: Tensor, expected: Tensor, at: Closeness): void {
  const matches = ops.isclose(actual, expected, at.rtol, at.atol, at.equal_nan)
  if (matches.all().item()) return
  throw assertion_error(
    actual.ndim === 0
      ? scalar_mismatch(actual.item(), expected.item(), actual.dtype.is_floating_point, at)
      : tensor_mismatch(actual, expected, matches, at),
  )
}

function compare_count(what: string, kind: string, actual: number, expected: number): void {
  if (actual === expected) return
  throw assertion_error(
    `The number of ${what} in sparse ${kind} tensors does not match: ${actual} != ${expected}`,
  )
}

function compare_sparse(actual: Tensor, expected: Tensor, at: Closeness): void {
  const coo = actual.layout.name === 'sparse_coo'
  const kind = actual.layout.name.replace('sparse_', '').toUpperCase()
  if (coo) compare_count('sparse dimensions', kind, actual.sparse_dim(), expected.sparse_dim())
  compare_count('specified values', kind, Number(aten_nnz(actual)), Number(aten_nnz(expected)))
  const exact = { rtol: 0, atol: 0, equal_nan: false }
  const parts = coo ? ([['indices', get_indices]] as const) : own_value(COMPRESSED, kind)!
  for (const [name, part] of parts) {
    const [a, b] = [part(actual), part(expected)]
    const common = ops.promote_types(a.dtype, b.dtype)
    compare_regular(a.to(common), b.to(common), { ...exact, identifier: `Sparse ${kind} ${name}` })
  }
  const values = coo ? get_values : compressed_values
  compare_regular(values(actual), values(expected), { ...at, identifier: `Sparse ${kind} values` })
}

/** Throws where two tensors differ in what is checked, or in their values. */
export function compare_tensors(left: Tensor, right: Tensor, checks: Checks, at: Closeness): void {
  compare_attributes(left, right, checks)
  if (left.device.type === 'meta' || right.device.type === 'meta') return
  const [actual, expected] = equalize(left.detach(), right.detach())
  if (actual.is_quantized) {
    const kind = actual.ndim === 0 ? 'scalars' : 'tensor-likes'
    compare_regular(actual.dequantize(), expected.dequantize(), { ...at, identifier: `Quantized ${kind}` })
    return
  }
  if (actual.layout.name !== 'strided') {
    compare_sparse(actual, expected, at)
    return
  }
  if (actual.dtype.is_floating_point && actual.dtype.itemsize === 1 && (at.rtol !== 0 || at.atol !== 0))
    throw assertion_error(
      `Rtol=${py_repr(at.rtol)} and atol=${py_repr(at.atol)} are not supported for bitwise comparison of low dimensional floats. Please use rtol=0.0 and atol=0.0.`,
    )
  compare_regular(actual, expected, at)
}
