import type { DType } from '../dtype.js'
import * as dtypes from '../dtype.js'
import { value_error } from '../errors.js'
import { take_arguments } from '../ops/arguments.js'
import * as linalg from '../ops/generated/linalg.js'
import * as ops from '../ops/generated/torch.js'
import type { Tensor } from '../tensor.js'
import { canonical_dims, combine, type Dims, type Identity, input_mask } from './combine.js'

/** Keywords of every masked operation. */
export interface MaskedOptions {
  /** Default: the input's. */
  dtype?: DType | null
  /** True where an element counts; broadcast to the input. Default: all count. */
  mask?: Tensor | null
}

/** Keywords of a masked reduction. */
export interface MaskedReduction extends MaskedOptions {
  /** Default: all dimensions. */
  dim?: Dims
  /** Whether they stay with size 1. Default: false. */
  keepdim?: boolean
}

type Given = { input: Tensor; dim: Dims; keepdim: boolean; dtype: DType | null; mask: Tensor | null }
const NAMES = ['input', 'dim', 'keepdim', 'dtype', 'mask'] as const
const DEFAULTS = { dim: null, keepdim: false, dtype: null, mask: null } as const

const take = (name: string, args: readonly unknown[]): Given =>
  take_arguments<Given>(name, args, NAMES, DEFAULTS)

const SMALL: readonly DType[] = [dtypes.uint8, dtypes.bool, dtypes.int8, dtypes.int16, dtypes.int32]
const wide = (given: DType | null, input: Tensor): DType =>
  given ?? (SMALL.includes(input.dtype) ? dtypes.int64 : input.dtype)

type Reduce = (input: Tensor, dim?: Dims | MaskedReduction, options?: Omit<MaskedReduction, 'dim'>) => Tensor

/** The sum of the elements that count. */
export const sum: Reduce = (...args) => {
  const { input, dim, keepdim, dtype, mask } = take('sum', args)
  const dims = canonical_dims(dim, input.ndim)
  return ops.sum(combine('sum', 'sum', input, mask), dims, keepdim, { dtype: wide(dtype, input) })
}

/** The product of the elements that count. */
export const prod: Reduce = (...args) => {
  const { input, dim, keepdim, dtype, mask } = take('prod', args)
  let result = combine('prod', 'prod', input, mask).to(wide(dtype, input))
  for (const d of canonical_dims(dim, input.ndim).reverse()) result = result.prod(d, keepdim)
  return result
}

function extreme(
  name: string,
  kind: Identity,
  reduce: (x: Tensor, dim: number[], keepdim: boolean) => Tensor,
): Reduce {
  return (...args) => {
    const { input, dim, keepdim, dtype, mask } = take(name, args)
    const reduced = reduce(combine(name, kind, input, mask), canonical_dims(dim, input.ndim), keepdim)
    return reduced.to(dtype ?? input.dtype)
  }
}

/** The greatest element that counts. */
export const amax: Reduce = extreme('amax', 'least', ops.amax)
/** The least element that counts. */
export const amin: Reduce = extreme('amin', 'most', ops.amin)
/** log Σ exp x of the elements that count. */
export const logsumexp: Reduce = extreme('logsumexp', 'least', ops.logsumexp)

type Locate = (
  input: Tensor,
  dim?: number | null | MaskedReduction,
  options?: Omit<MaskedReduction, 'dim'>,
) => Tensor

function place(
  name: string,
  kind: Identity,
  find: (x: Tensor, dim: number | null, keepdim: boolean) => Tensor,
): Locate {
  return (...args) => {
    const { input, dim, keepdim, dtype, mask } = take(name, args)
    return find(combine(name, kind, input, mask), dim as number | null, keepdim).to(dtype ?? input.dtype)
  }
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
export const mean: Reduce = (...args) => {
  const given = take('mean', args)
  const { input, dim, keepdim, mask } = given
  const dtype = given.dtype ?? input.dtype
  if (!dtype.is_floating_point && !dtype.is_complex) {
    throw value_error(
      `mean(): Could not infer output dtype. ${given.dtype === null ? 'Input' : 'Optional'} dtype must be either a floating point or complex dtype. Got: ${dtype}`,
    )
  }
  const [total, count] = totals(input, dim, keepdim, dtype, mask)
  return total.div(count)
}

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
export const median: Locate = (...args) => {
  const given = take_arguments<Given>('median', args, NAMES, { ...DEFAULTS, dim: -1 })
  const { keepdim, mask, input } = given
  const dim = canonical_dims(given.dim, input.ndim)[0]!
  const exact = input.is_floating_point()
  const found = ops.nanmedian(combine('median', 'nan', exact ? input : input.float(), mask), dim, keepdim)[0]
  if (exact) return found
  if (!found.isnan().any().item()) return found.to(given.dtype ?? input.dtype)
  throw value_error('masked median expects no fully masked out rows if dtype is not floating point')
}

type Along = (
  input: Tensor,
  dim: number | (MaskedOptions & { dim: number }),
  options?: MaskedOptions,
) => Tensor

function along(
  name: string,
  kind: Identity,
  call: (x: Tensor, dim: number, options: { dtype: DType }) => Tensor,
): Along {
  return (...args) => {
    const given = take_arguments<Omit<Given, 'keepdim'>>(name, args, ['input', 'dim', 'dtype', 'mask'], {
      dtype: null,
      mask: null,
    })
    const { input, mask } = given
    const dim = canonical_dims(given.dim, input.ndim)[0]!
    return call(combine(name, kind, input, mask), dim, { dtype: given.dtype ?? input.dtype })
  }
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

type GivenNorm = Given & { ord: number }

/** The vector norm of the elements that count; ord is 2 by default. */
export function norm(
  input: Tensor,
  ord?: number | null | (MaskedReduction & { ord?: number }),
  dim?: Dims | MaskedReduction,
  options?: Omit<MaskedReduction, 'dim'>,
): Tensor
export function norm(...args: unknown[]): Tensor {
  const names = ['input', 'ord', 'dim', 'keepdim', 'dtype', 'mask'] as const
  const given = take_arguments<GivenNorm>('norm', args, names, { ...DEFAULTS, ord: 2 })
  const { input, ord, dim, keepdim, dtype, mask } = given
  const kind = Number(ord) === Number.NEGATIVE_INFINITY ? 'most' : 'sum'
  const masked = combine('norm', kind, input, mask)
  return linalg.vector_norm(masked, ord, canonical_dims(dim, input.ndim), keepdim, {
    dtype: dtype ?? input.dtype,
  })
}

/** x / max(‖x‖, eps) with the norm of the elements that count; eps is 1e-12 by default. */
export function normalize(
  input: Tensor,
  ord: number,
  dim: number,
  options?: MaskedOptions & { eps?: number },
): Tensor
export function normalize(...args: unknown[]): Tensor {
  const names = ['input', 'ord', 'dim', 'eps', 'dtype', 'mask'] as const
  const given = take_arguments<GivenNorm & { eps: number }>('normalize', args, names, {
    dtype: null,
    mask: null,
    eps: 1e-12,
  })
  const { input, ord, dim, eps, mask } = given
  const masked = combine('normalize', 'sum', input, mask)
  const length = norm(input, ord, dim, { keepdim: true, dtype: given.dtype ?? input.dtype, mask })
  return ops.div(masked, ops.maximum(length, length.new_full([], eps)))
}

type GivenPair = {
  input: Tensor
  other: Tensor
  dtype: DType | null
  input_mask: Tensor | null
  other_mask: Tensor | null
}

/** log(exp x + exp y) of the elements that count. */
export function logaddexp(
  input: Tensor,
  other: Tensor,
  options?: { dtype?: DType | null; input_mask?: Tensor | null; other_mask?: Tensor | null },
): Tensor
export function logaddexp(...args: unknown[]): Tensor {
  const given = take_arguments<GivenPair>(
    'logaddexp',
    args,
    ['input', 'other', 'dtype', 'input_mask', 'other_mask'],
    {
      dtype: null,
      input_mask: null,
      other_mask: null,
    },
  )
  const left = combine('logaddexp', 'least', given.input, given.input_mask)
  const right = combine('logaddexp', 'least', given.other, given.other_mask)
  return ops.logaddexp(left, right).to(given.dtype ?? given.input.dtype)
}

/** Keywords of {@link std} and {@link variance}. */
export interface SpreadOptions extends MaskedReduction {
  /** Whether the divisor is n − 1 rather than n. Default: true. */
  unbiased?: boolean | null
  /** What is taken off the divisor instead. */
  correction?: number | null
}

type Spread = (
  input: Tensor,
  dim?: Dims | SpreadOptions,
  unbiased?: boolean | null | SpreadOptions,
  options?: SpreadOptions,
) => Tensor
type GivenSpread = Given & { unbiased: boolean | null; correction: number | null }

function spread(name: string): Spread {
  return (...args) => {
    const names = ['input', 'dim', 'unbiased', 'correction', 'keepdim', 'dtype', 'mask'] as const
    const given = take_arguments<GivenSpread>(name, args, names, {
      ...DEFAULTS,
      unbiased: null,
      correction: null,
    })
    const { input, dim, keepdim, mask } = given
    const correction = Number(given.correction ?? (given.unbiased === false ? 0 : 1))
    const numeric = (dtype: DType) => dtype.is_floating_point || dtype.is_complex
    const dtype = given.dtype ?? (numeric(input.dtype) ? input.dtype : dtypes.float32)
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
}

/** The variance of the elements that count. */
export const variance: Spread = spread('var')
/** The standard deviation of the elements that count. */
export const std: Spread = (...args) => variance(...args).sqrt()
