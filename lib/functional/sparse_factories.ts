import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import * as ops from '../ops/generated/torch.js'
import { is_options } from '../ops/keywords.js'
import { own_value } from '../own.js'
import { make_tensor, type TensorData } from '../tensor/create.js'
import { Tensor } from '../tensor.js'

// Python's factories of sparse tensors take nested lists where the operators want tensors.

type Factory = (...args: unknown[]) => Tensor

function as_indices(value: unknown): unknown {
  return Array.isArray(value) || ArrayBuffer.isView(value)
    ? make_tensor(value as TensorData, { dtype: dtypes.int64 })
    : value
}

function as_values(value: unknown, dtype: DType | undefined): unknown {
  if (value instanceof Tensor || value === undefined) return value
  return make_tensor(value as TensorData, dtype === undefined ? {} : { dtype })
}

/** `places`: how many of the first arguments are indices; the values follow them. */
function from_lists<F>(factory: F, names: readonly string[]): F {
  const places = names.length
  const made: Factory = (...args) => {
    const last = args.at(-1)
    const keywords: Record<string, unknown> = is_options(last) ? { ...last } : {}
    const given = is_options(last) ? args.slice(0, -1) : [...args]
    const given_dtype = own_value(keywords, 'dtype')
    const dtype = given_dtype instanceof dtypes.DType ? given_dtype : undefined
    for (const [i, name] of names.entries()) {
      if (i < given.length) given[i] = as_indices(given[i])
      else if (Object.hasOwn(keywords, name)) keywords[name] = as_indices(keywords[name])
    }
    if (places < given.length) given[places] = as_values(given[places], dtype)
    else if (Object.hasOwn(keywords, 'values')) keywords['values'] = as_values(keywords['values'], dtype)
    return (factory as Factory)(...given, ...(Object.keys(keywords).length > 0 ? [keywords] : []))
  }
  return made as F
}

/** A factory of sparse tensors, which takes nested arrays too. */
type FromLists<F> = F & ((...indices_values_and_size: (TensorData | object)[]) => Tensor)

/**
 * A sparse tensor in coordinate format.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * torch.sparse_coo_tensor([[0, 1], [1, 0]], [3, 4], [2, 2]).to_dense().tolist() // [[0, 3], [4, 0]]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.sparse_coo_tensor.html
 */
export const sparse_coo_tensor = from_lists(ops.sparse_coo_tensor, ['indices']) as FromLists<
  typeof ops.sparse_coo_tensor
>
/** A sparse tensor of compressed rows. */
export const sparse_csr_tensor = from_lists(ops.sparse_csr_tensor, [
  'crow_indices',
  'col_indices',
]) as FromLists<typeof ops.sparse_csr_tensor>
/** A sparse tensor of compressed columns. */
export const sparse_csc_tensor = from_lists(ops.sparse_csc_tensor, [
  'ccol_indices',
  'row_indices',
]) as FromLists<typeof ops.sparse_csc_tensor>
/** A sparse tensor of compressed rows of blocks. */
export const sparse_bsr_tensor = from_lists(ops.sparse_bsr_tensor, [
  'crow_indices',
  'col_indices',
]) as FromLists<typeof ops.sparse_bsr_tensor>
/** A sparse tensor of compressed columns of blocks. */
export const sparse_bsc_tensor = from_lists(ops.sparse_bsc_tensor, [
  'ccol_indices',
  'row_indices',
]) as FromLists<typeof ops.sparse_bsc_tensor>
