import type { DeviceLike } from '../../device.js'
import type { DType } from '../../dtype.js'
import * as dtypes from '../../dtype.js'
import { type_error, value_error } from '../../errors.js'
import { type Layout, strided } from '../../layout.js'
import * as ops from '../../ops/generated/torch.js'
import { take_options } from '../../ops/keywords.js'
import { py_repr } from '../../repr.js'
import { make_tensor } from '../../tensor/create.js'
import type { Tensor } from '../../tensor.js'

/** Keywords of every window. */
export interface WindowOptions {
  /** Whether it is symmetric, for filters, rather than periodic, for spectra. Default: true. */
  sym?: boolean
  /** `torch.float32` or `torch.float64`. Default: the default dtype. */
  dtype?: DType | null
  layout?: Layout
  device?: DeviceLike | null
  requires_grad?: boolean
}

type Given = {
  M: number
  sym: boolean
  dtype: DType
  layout: Layout
  device: DeviceLike | null
  requires_grad: boolean
}
type Options = Pick<Given, 'dtype' | 'layout' | 'device' | 'requires_grad'>

const COMMON = ['sym', 'dtype', 'layout', 'device', 'requires_grad'] as const

/** The arguments of a window, checked; `own` are the keywords that only it has. */
function take<Own extends object>(
  name: string,
  args: readonly unknown[],
  own: Own,
  checked = name,
): Given & Own {
  const names = ['M', ...Object.keys(own), ...COMMON] as (keyof (Given & Own) & string)[]
  const given = take_options<Given & Own>(name, args, names, {
    ...own,
    sym: true,
    dtype: null,
    layout: strided,
    device: null,
    requires_grad: false,
  } as unknown as Partial<Given & Own>)
  given.dtype ??= dtypes.get_default_dtype()
  if (given.M < 0) throw value_error(`${checked} requires non-negative window length, got M=${given.M}`)
  if (given.layout !== strided) {
    throw value_error(`${checked} is implemented for strided tensors only, got: ${given.layout}`)
  }
  if (given.dtype !== dtypes.float32 && given.dtype !== dtypes.float64) {
    throw value_error(`${checked} expects float32 or float64 dtypes, got: ${given.dtype}`)
  }
  return given
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
 * @param M how many points
 * @throws ValueError for a tau that is not positive, or a center of a symmetric window
 * @see torch/signal/windows/windows.py
 */
export function exponential(
  M: number,
  options?: WindowOptions & { center?: number | null; tau?: number },
): Tensor
export function exponential(...args: unknown[]): Tensor {
  const given = take('exponential', args, { center: null as number | null, tau: 1 })
  if (given.tau <= 0) throw value_error(`Tau must be positive, got: ${py_repr(given.tau)} instead.`)
  if (given.sym && given.center !== null) throw value_error('Center must be None for symmetric windows')
  if (given.M === 0) return nothing(given)
  const center = Number(given.center ?? period(given) / 2)
  const constant = 1 / given.tau
  return steps(given, -center * constant, (-center + (given.M - 1)) * constant)
    .abs()
    .neg()
    .exp()
}

/** Half a period of the sine. */
export function cosine(M: number, options?: WindowOptions): Tensor
export function cosine(...args: unknown[]): Tensor {
  const given = take('cosine', args, {})
  if (given.M === 0) return nothing(given)
  const constant = Math.PI / (period(given) + 1)
  return steps(given, 0.5 * constant, (0.5 + (given.M - 1)) * constant).sin()
}

/**
 * exp(−(n / std)² / 2), n counted from the middle.
 *
 * @throws ValueError for a std that is not positive
 */
export function gaussian(M: number, options?: WindowOptions & { std?: number }): Tensor
export function gaussian(...args: unknown[]): Tensor {
  const given = take('gaussian', args, { std: 1 })
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
}

/**
 * I₀(√(beta² − k²)) / I₀(beta).
 *
 * @throws ValueError for a negative beta
 */
export function kaiser(M: number, options?: WindowOptions & { beta?: number }): Tensor
export function kaiser(...args: unknown[]): Tensor {
  const given = take('kaiser', args, { beta: 12 })
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
}

/** The Hamming window: {@link general_hamming} with alpha 0.54. */
export function hamming(M: number, options?: WindowOptions): Tensor
export function hamming(...args: unknown[]): Tensor {
  return sum_of_cosines(take('hamming', args, {}, 'general_cosine'), [0.54, 1 - 0.54])
}

/** The Hann window: {@link general_hamming} with alpha 0.5. */
export function hann(M: number, options?: WindowOptions): Tensor
export function hann(...args: unknown[]): Tensor {
  return sum_of_cosines(take('hann', args, {}, 'general_cosine'), [0.5, 0.5])
}

/** The Blackman window: 0.42 − 0.5 cos + 0.08 cos of the double angle. */
export function blackman(M: number, options?: WindowOptions): Tensor
export function blackman(...args: unknown[]): Tensor {
  return sum_of_cosines(take('blackman', args, {}), [0.42, 0.5, 0.08])
}

/** 1 − |k| between −1 and 1. */
export function bartlett(M: number, options?: WindowOptions): Tensor
export function bartlett(...args: unknown[]): Tensor {
  const given = take('bartlett', args, {})
  const { M, sym } = given
  if (M === 0) return nothing(given)
  if (M === 1) return ops.ones([1], options_of(given))
  const constant = 2 / (sym ? M - 1 : M)
  return ops.sub(1, steps(given, -1, -1 + (M - 1) * constant).abs())
}

/**
 * Σ (−1)ⁱ aᵢ cos(2π i n / (M − 1)).
 *
 * @param options.a the coefficients
 * @throws TypeError where `a` is no list
 * @throws ValueError where it is empty
 */
export function general_cosine(M: number, options: WindowOptions & { a: readonly number[] }): Tensor
export function general_cosine(...args: unknown[]): Tensor {
  const given = take('general_cosine', args, { a: undefined as unknown })
  if (given.M > 1) {
    if (!Array.isArray(given.a)) throw type_error('Coefficients must be a list/tuple')
    if (given.a.length === 0) throw value_error('Coefficients cannot be empty')
  }
  return sum_of_cosines(given, (given.a ?? []) as number[])
}

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
export function general_hamming(M: number, options?: WindowOptions & { alpha?: number }): Tensor
export function general_hamming(...args: unknown[]): Tensor {
  const given = take('general_hamming', args, { alpha: 0.54 }, 'general_cosine')
  return sum_of_cosines(given, [given.alpha, 1 - given.alpha])
}

/** Nuttall's window of four cosines. */
export function nuttall(M: number, options?: WindowOptions): Tensor
export function nuttall(...args: unknown[]): Tensor {
  return sum_of_cosines(
    take('nuttall', args, {}, 'general_cosine'),
    [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  )
}
