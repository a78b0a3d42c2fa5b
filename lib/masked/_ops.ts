import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { value_error } from '../errors.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import type { Callable } from '../python/call_types.js'
import { keyword, keyword_tensor, optional, required, tensor } from '../python/parameters.js'
import { callable, signature } from '../python/signature.js'
import { is_scalar } from '../scalar.js'
import type { Tensor } from '../tensor.js'
import { canonical_dims, combine, type Dims, type Identity, input_mask } from './combine.js'

/** The input's dtype by default; `mask` is true where an element counts, broadcast to the input. Default: all count. */
const MASKED = [{ dtype: keyword<DType | null>(null) }, { mask: keyword_tensor }] as const
const DIM = { dim: optional<Dims>(null) }
const KEEPDIM = { keepdim: keyword(false) }
const REDUCTION = [{ input: tensor }, DIM, KEEPDIM, ...MASKED] as const

const SMALL: readonly DType[] = [dtypes.uint8, dtypes.bool, dtypes.int8, dtypes.int16, dtypes.int32]
const wide = (given: DType | null, input: Tensor): DType =>
  given ?? (SMALL.includes(input.dtype) ? dtypes.int64 : input.dtype)

type Reduce = Callable<typeof REDUCTION, Tensor>

/** The sum of the elements that count. */
export const sum: Reduce = callable(
  signature('sum', ...REDUCTION),
  (input, dim, keepdim, dtype, mask): Tensor => {
    const dims = canonical_dims(dim, input.ndim)
    return ops.sum(combine('sum', 'sum', input, mask), dims, keepdim, { dtype: wide(dtype, input) })
  },
)

/** The product of the elements that count. */
export const prod: Reduce = callable(
  signature('prod', ...REDUCTION),
  (input, dim, keepdim, dtype, mask): Tensor => {
    let result = combine('prod', 'prod', input, mask).to(wide(dtype, input))
    for (const d of canonical_dims(dim, input.ndim).reverse()) result = result.prod(d, keepdim)
    return result
  },
)

function extreme(
  name: string,
  kind: Identity,
  reduce: (x: Tensor, dim: number[], keepdim: boolean) => Tensor,
): Reduce {
  return callable(signature(name, ...REDUCTION), (input, dim, keepdim, dtype, mask): Tensor => {
    const reduced = reduce(combine(name, kind, input, mask), canonical_dims(dim, input.ndim), keepdim)
    return reduced.to(dtype ?? input.dtype)
  })
}

/** The greatest element that counts. */
export const amax: Reduce = extreme('amax', 'least', ops.amax)
/** The least element that counts. */
export const amin: Reduce = extreme('amin', 'most', ops.amin)
/** log Σ exp x of the elements that count. */
export const logsumexp: Reduce = extreme('logsumexp', 'least', ops.logsumexp)

const LOCATING = [{ input: tensor }, { dim: optional<number | null>(null) }, KEEPDIM, ...MASKED] as const
type Locate = Callable<typeof LOCATING, Tensor>

function place(
  name: string,
  kind: Identity,
  find: (x: Tensor, dim: number | null, keepdim: boolean) => Tensor,
): Locate {
  return callable(signature(name, ...LOCATING), (input, dim, keepdim, dtype, mask): Tensor => {
    return find(combine(name, kind, input, mask), dim, keepdim).to(dtype ?? input.dtype)
  })
}

/** Where the greatest element that counts is; in the input's dtype, as in PyTorch. */
export const argmax: Locate = place('argmax', 'least', ops.argmax)
/** Where the least element that counts is; in the input's dtype, as in PyTorch. */
export const argmin: Locate = place('argmin', 'most', ops.argmin)

/**
 * The mean of the elements that count.
 *
 * @throws ValueError for integers without a dtype
 */
export const mean: Reduce = callable(
  signature('mean', ...REDUCTION),
  (input, dim, keepdim, given, mask): Tensor => {
    const dtype = given ?? input.dtype
    if (!dtype.is_floating_point && !dtype.is_complex) {
      throw value_error(
        `mean(): Could not infer output dtype. ${given === null ? 'Input' : 'Optional'} dtype must be either a floating point or complex dtype. Got: ${dtype}`,
      )
    }
    const [total, count] = totals(input, dim, keepdim, dtype, mask)
    return total.div(count)
  },
)

function totals(
  input: Tensor,
  dim: Dims,
  keepdim: boolean,
  dtype: DType,
  mask: Tensor | null,
): [Tensor, Tensor] {
  const counted = mask === null ? null : input_mask(input, mask)
  const ones = counted ?? ops.ones(input.shape, { dtype: dtypes.int64, device: input.device })
  const count = ops.sum(ones, canonical_dims(dim, input.ndim), keepdim)
  return [sum(input, dim, { keepdim, dtype, mask: counted }), count]
}

/**
 * The median of the elements that count, along one dimension (default: the last).
 *
 * @throws ValueError where no integer of a row counts
 */
export const median = callable(
  signature('median', { input: tensor }, { dim: optional<number | null>(-1) }, KEEPDIM, ...MASKED),
  (input, given_dim, keepdim, dtype, mask): Tensor => {
    const dim = canonical_dims(given_dim, input.ndim)[0]!
    const exact = input.is_floating_point()
    const found = ops.nanmedian(
      combine('median', 'nan', exact ? input : input.float(), mask),
      dim,
      keepdim,
    )[0]
    if (exact) return found
    if (!found.isnan().any().item()) return found.to(dtype ?? input.dtype)
    throw value_error('masked median expects no fully masked out rows if dtype is not floating point')
  },
)

const ALONG = [{ input: tensor }, { dim: required<number>() }, ...MASKED] as const
type Along = Callable<typeof ALONG, Tensor>

function along(
  name: string,
  kind: Identity,
  call: (x: Tensor, dim: number, options: { dtype: DType }) => Tensor,
): Along {
  return callable(signature(name, ...ALONG), (input, given_dim, dtype, mask): Tensor => {
    const dim = canonical_dims(given_dim, input.ndim)[0]!
    return call(combine(name, kind, input, mask), dim, { dtype: dtype ?? input.dtype })
  })
}

/** Sums up to each element; those that do not count add nothing. */
export const cumsum: Along = along('cumsum', 'sum', ops.cumsum)
/** Products up to each element; those that do not count change nothing. */
export const cumprod: Along = along('cumprod', 'prod', ops.cumprod)
/** The softmax over the elements that count. */
export const softmax: Along = along('softmax', 'least', ops.softmax)
/** The logarithm of {@link softmax}. */
export const log_softmax: Along = along('log_softmax', 'least', ops.log_softmax)
/** The softmax of −x over the elements that count. */
export const softmin: Along = along('softmin', 'most', (x, dim, options) =>
  ops.softmax(x.neg(), dim, options),
)

/** The vector norm of the elements that count; ord is 2 by default. */
export const norm = callable(
  signature('norm', { input: tensor }, { ord: optional(2) }, DIM, KEEPDIM, ...MASKED),
  (input, ord, dim, keepdim, dtype, mask): Tensor => {
    const kind = is_scalar(ord) && Number(ord) === Number.NEGATIVE_INFINITY ? 'most' : 'sum'
    const masked = combine('norm', kind, input, mask)
    return linalg.vector_norm(masked, ord, canonical_dims(dim, input.ndim), keepdim, {
      dtype: dtype ?? input.dtype,
    })
  },
)

/** x / max(‖x‖, eps) with the norm of the elements that count; eps is 1e-12 by default. */
export const normalize = callable(
  signature(
    'normalize',
    { input: tensor },
    { ord: required<number>() },
    { dim: required<number>() },
    { eps: keyword(1e-12) },
    ...MASKED,
  ),
  (input, ord, dim, eps, dtype, mask): Tensor => {
    const masked = combine('normalize', 'sum', input, mask)
    const length = norm(input, ord, dim, { keepdim: true, dtype: dtype ?? input.dtype, mask })
    return ops.div(masked, ops.maximum(length, length.new_full([], eps)))
  },
)

/** log(exp x + exp y) of the elements that count. */
export const logaddexp = callable(
  signature(
    'logaddexp',
    { input: tensor },
    { other: tensor },
    { dtype: keyword<DType | null>(null) },
    { input_mask: keyword_tensor },
    { other_mask: keyword_tensor },
  ),
  (input, other, dtype, input_mask, other_mask): Tensor => {
    const left = combine('logaddexp', 'least', input, input_mask)
    const right = combine('logaddexp', 'least', other, other_mask)
    return ops.logaddexp(left, right).to(dtype ?? input.dtype)
  },
)

// `correction` is taken off the divisor n; `unbiased` stands for a correction of 1, false for 0.
const SPREAD = [
  { input: tensor },
  DIM,
  { unbiased: optional<boolean | null>(null) },
  { correction: keyword<number | null>(null) },
  KEEPDIM,
  ...MASKED,
] as const
type Spread = Callable<typeof SPREAD, Tensor>

function spread(name: string, finish: (variance: Tensor) => Tensor): Spread {
  const compute_spread = (
    input: Tensor,
    dim: Dims,
    unbiased: boolean | null,
    given_correction: number | null,
    keepdim: boolean,
    given_dtype: DType | null,
    mask: Tensor | null,
  ): Tensor => {
    const correction = Number(given_correction ?? (unbiased === false ? 0 : 1))
    const numeric = (dtype: DType) => dtype.is_floating_point || dtype.is_complex
    const dtype = given_dtype ?? (numeric(input.dtype) ? input.dtype : dtypes.float32)
    const compute = numeric(dtype) ? dtype : dtypes.float32
    let [total, count] = totals(input, dim, true, dtype, mask)
    const x = input.sub(total.div(count))
    total = sum(x.mul(x.conj()), dim, {
      keepdim,
      dtype: compute,
      mask: mask === null ? null : input_mask(input, mask),
    })
    if (!keepdim) count = count.reshape(total.shape)
    if (correction !== 0) {
      count = count.to(total.real.dtype).sub(correction)
      count = ops.maximum(count, count.new_zeros([]))
    }
    return total.div(count).to(dtype)
  }
  return callable(signature(name, ...SPREAD), (...values): Tensor => finish(compute_spread(...values)))
}

/** The variance of the elements that count. */
export const variance: Spread = spread('var', (x) => x)
/** The standard deviation of the elements that count. */
export const std: Spread = spread('std', (x) => x.sqrt())
