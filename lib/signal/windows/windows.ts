import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import * as dtypes from '../../dtype.js'
import { type_error, value_error } from '../../errors.js'
import { expect_int } from '../../expect.js'
import { type Layout, strided } from '../../layout.js'
import * as ops from '../../ops/generated/torch.js'
import { keyword, required, required_keyword } from '../../python/parameters.js'
import { callable_by_name, signature } from '../../python/signature.js'
import { py_repr } from '../../repr.js'
import { make_tensor } from '../../tensor/create.js'
import type { Tensor } from '../../tensor.js'

const LENGTH = { M: required<number>(expect_int) }
/** The parameters of every window: symmetric, for filters, or periodic, for spectra; dtype float32 or float64. */
const COMMON = [
  { sym: keyword(true) },
  { dtype: keyword<DType | null>(null) },
  { layout: keyword<Layout>(strided) },
  { device: keyword<DeviceLike | null>(null) },
  { requires_grad: keyword(false) },
] as const

interface Given {
  M: number
  sym: boolean
  dtype: DType
  layout: Layout
  device: DeviceLike | null
  requires_grad: boolean
}
type Options = Pick<Given, 'dtype' | 'layout' | 'device' | 'requires_grad'>

/** A window's arguments, checked, with the default dtype; `checked` is the name in errors. */
function settled<G extends Omit<Given, 'dtype'> & { dtype: DType | null }>(
  checked: string,
  given: G,
): G & { dtype: DType } {
  const dtype = given.dtype ?? dtypes.get_default_dtype()
  if (given.M < 0) throw value_error(`${checked} requires non-negative window length, got M=${given.M}`)
  if (given.layout !== strided) {
    throw value_error(`${checked} is implemented for strided tensors only, got: ${given.layout}`)
  }
  if (dtype !== dtypes.float32 && dtype !== dtypes.float64) {
    throw value_error(`${checked} expects float32 or float64 dtypes, got: ${dtype}`)
  }
  return { ...given, dtype }
}

const options_of = ({ dtype, layout, device, requires_grad }: Given): Options => ({
  dtype,
  layout,
  device,
  requires_grad,
})
const nothing = (given: Given): Tensor => ops.empty([0], options_of(given))

/** M for a periodic window, M − 1 for a symmetric one. */
const period = ({ M, sym }: Given): number => (!sym && M > 1 ? M : M - 1)

function steps(given: Given, start: number, end: number): Tensor {
  return ops.linspace(start, end, given.M, options_of(given))
}

/**
 * exp(−|n − center| / tau).
 *
 * @param M - how many points
 * @param center - where the greatest value is, of a periodic window. Default: the middle
 * @param tau - the decay. Default: 1
 * @throws ValueError for a tau that is not positive, or a center of a symmetric window
 * @see torch/signal/windows/windows.py
 */
export const exponential = callable_by_name(
  signature('exponential', LENGTH, { center: keyword<number | null>(null) }, { tau: keyword(1) }, ...COMMON),
  (raw): Tensor => {
    const given = settled('exponential', raw)
    if (given.tau <= 0) throw value_error(`Tau must be positive, got: ${py_repr(given.tau)} instead.`)
    if (given.sym && given.center !== null) throw value_error('Center must be None for symmetric windows')
    if (given.M === 0) return nothing(given)
    const center = Number(given.center ?? period(given) / 2)
    const constant = 1 / given.tau
    return steps(given, -center * constant, (-center + (given.M - 1)) * constant)
      .abs()
      .neg()
      .exp()
  },
)

/** Half a period of the sine. */
export const cosine = callable_by_name(signature('cosine', LENGTH, ...COMMON), (raw): Tensor => {
  const given = settled('cosine', raw)
  if (given.M === 0) return nothing(given)
  const constant = Math.PI / (period(given) + 1)
  return steps(given, 0.5 * constant, (0.5 + (given.M - 1)) * constant).sin()
})

/**
 * exp(−(n / std)² / 2), n counted from the middle.
 *
 * @throws ValueError for a std that is not positive
 */
export const gaussian = callable_by_name(
  signature('gaussian', LENGTH, { std: keyword(1) }, ...COMMON),
  (raw): Tensor => {
    const given = settled('gaussian', raw)
    if (given.std <= 0) {
      throw value_error(`Standard deviation must be positive, got: ${py_repr(given.std)} instead.`)
    }
    if (given.M === 0) return nothing(given)
    const start = -period(given) / 2
    const constant = 1 / (given.std * Math.sqrt(2))
    return steps(given, start * constant, (start + (given.M - 1)) * constant)
      .pow(2)
      .neg()
      .exp()
  },
)

/**
 * I₀(√(beta² − k²)) / I₀(beta).
 *
 * @throws ValueError for a negative beta
 */
export const kaiser = callable_by_name(
  signature('kaiser', LENGTH, { beta: keyword(12) }, ...COMMON),
  (raw): Tensor => {
    const given = settled('kaiser', raw)
    const { M, sym, dtype, device } = given
    if (given.beta < 0) throw value_error(`beta must be non-negative, got: ${py_repr(given.beta)} instead.`)
    if (M === 0) return nothing(given)
    if (M === 1) return ops.ones([1], options_of(given))
    const beta = make_tensor(given.beta, { dtype, device })
    const start = beta.neg()
    const constant = beta.mul(2).div(sym ? M - 1 : M)
    const end = ops.minimum(beta, start.add(constant.mul(M - 1)))
    const k = ops.linspace(start, end, M, options_of(given))
    return beta.mul(beta).sub(k.pow(2)).sqrt().i0().div(beta.i0())
  },
)

/** The Hamming window: {@link general_hamming} with alpha 0.54. */
export const hamming = callable_by_name(signature('hamming', LENGTH, ...COMMON), (raw): Tensor => {
  return sum_of_cosines(settled('general_cosine', raw), [0.54, 1 - 0.54])
})

/** The Hann window: {@link general_hamming} with alpha 0.5. */
export const hann = callable_by_name(signature('hann', LENGTH, ...COMMON), (raw): Tensor => {
  return sum_of_cosines(settled('general_cosine', raw), [0.5, 0.5])
})

/** The Blackman window: 0.42 − 0.5 cos + 0.08 cos of the double angle. */
export const blackman = callable_by_name(signature('blackman', LENGTH, ...COMMON), (raw): Tensor => {
  return sum_of_cosines(settled('blackman', raw), [0.42, 0.5, 0.08])
})

/** 1 − |k| between −1 and 1. */
export const bartlett = callable_by_name(signature('bartlett', LENGTH, ...COMMON), (raw): Tensor => {
  const given = settled('bartlett', raw)
  const { M, sym } = given
  if (M === 0) return nothing(given)
  if (M === 1) return ops.ones([1], options_of(given))
  const constant = 2 / (sym ? M - 1 : M)
  return ops.sub(1, steps(given, -1, -1 + (M - 1) * constant).abs())
})

/**
 * Σ (−1)ⁱ aᵢ cos(2π i n / (M − 1)).
 *
 * @param a - the coefficients
 * @throws TypeError where `a` is no list
 * @throws ValueError where it is empty
 */
export const general_cosine = callable_by_name(
  signature('general_cosine', LENGTH, { a: required_keyword<readonly number[]>() }, ...COMMON),
  (raw): Tensor => {
    const given = settled('general_cosine', raw)
    if (given.M > 1) {
      if (!Array.isArray(given.a)) throw type_error('Coefficients must be a list/tuple')
      if (given.a.length === 0) throw value_error('Coefficients cannot be empty')
    }
    return sum_of_cosines(given, given.a)
  },
)

function sum_of_cosines(given: Given, a: readonly number[]): Tensor {
  const { M, sym, dtype, device, requires_grad } = given
  if (M === 0) return nothing(given)
  if (M === 1) return ops.ones([1], options_of(given))
  const constant = (2 * Math.PI) / (sym ? M - 1 : M)
  const k = steps(given, 0, (M - 1) * constant)
  const signed = a.map((weight, i) => (i % 2 === 0 ? Number(weight) : -weight))
  const weights = make_tensor(signed, { dtype, device, requires_grad })
  const order = ops.arange(a.length, { dtype, device, requires_grad })
  return weights.unsqueeze(-1).mul(order.unsqueeze(-1).mul(k).cos()).sum(0)
}

/** alpha − (1 − alpha) cos. */
export const general_hamming = callable_by_name(
  signature('general_hamming', LENGTH, { alpha: keyword(0.54) }, ...COMMON),
  (raw): Tensor => {
    const given = settled('general_cosine', raw)
    return sum_of_cosines(given, [given.alpha, 1 - given.alpha])
  },
)

/** Nuttall's window of four cosines. */
export const nuttall = callable_by_name(signature('nuttall', LENGTH, ...COMMON), (raw): Tensor => {
  return sum_of_cosines(settled('general_cosine', raw), [0.3635819, 0.4891775, 0.1365995, 0.0106411])
})
