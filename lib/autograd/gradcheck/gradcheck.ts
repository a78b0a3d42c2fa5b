import { complex128, float64 } from '../../dtype.js'
import {
  assertion_error,
  GradcheckError,
  not_implemented_error,
  runtime_error,
  value_error,
} from '../../errors.js'
import { strided } from '../../layout.js'
import * as ops from '../../ops/generated/torch.js'
import { keyword, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import { Tensor } from '../../tensor.js'
import { warn_once } from '../../warn.js'
import { check_backward_of_zeros, check_undefined_gradients } from './backward_checks.js'
import { check_batched_backward, check_batched_forward } from './batched.js'
import { fast_gradcheck, forward_directions } from './fast.js'
import { check_undefined_tangents } from './forward.js'
import {
  as_list,
  type Call,
  differentiable_outputs,
  type Func,
  is_differentiable,
  type Part,
} from './shared.js'
import { type Check, slow_gradcheck } from './slow.js'

/** Keywords of {@link gradcheck}. */
export interface GradcheckOptions {
  /** By how much inputs are moved. Default: 1e-6. */
  eps?: number
  /** Default: 1e-5. */
  atol?: number
  /** Default: 1e-3. */
  rtol?: number
  /** Whether a check that fails throws, or false is returned. Default: true. */
  raise_exception?: boolean
  /** By how much two backward passes may differ. Default: 0. */
  nondet_tol?: number
  /** Whether outputs without a gradient are tried. Default: true. */
  check_undefined_grad?: boolean
  /** Whether gradients must have the inputs' dtypes. Default: false. */
  check_grad_dtypes?: boolean
  /** Whether a backward for several gradients at once, by vmap, is compared with one for each. Default: false. */
  check_batched_grad?: boolean
  /** The same for tangents of forward mode. Default: false. */
  check_batched_forward_grad?: boolean
  /** Whether forward mode is checked. Default: false. */
  check_forward_ad?: boolean
  /** Whether backward is checked. Default: true. */
  check_backward_ad?: boolean
  /** Whether one product of the Jacobian stands for all of it. Default: false. */
  fast_mode?: boolean
  /** Of sparse inputs, which are not there yet. */
  masked?: boolean | null
}

interface Given extends Required<GradcheckOptions> {
  func: Call
  inputs: unknown
}

const GRADCHECK = signature(
  'gradcheck',
  { func: required<Given['func']>() },
  { inputs: required<unknown>() },
  { eps: keyword(1e-6) },
  { atol: keyword(1e-5) },
  { rtol: keyword(1e-3) },
  { raise_exception: keyword(true) },
  { nondet_tol: keyword(0) },
  { check_undefined_grad: keyword(true) },
  { check_grad_dtypes: keyword(false) },
  { check_batched_grad: keyword(false) },
  { check_batched_forward_grad: keyword(false) },
  { check_forward_ad: keyword(false) },
  { check_backward_ad: keyword(true) },
  { fast_mode: keyword(false) },
  { masked: keyword(null) },
)

/**
 * Compares the gradients that backward gives with those that small differences give, for all inputs that require a
 * gradient and have floating-point or complex elements. Inputs should have double precision.
 *
 * @param func - of the inputs; returns one tensor or several
 * @param inputs - a tensor, or a list of tensors and other values
 * @param options - eps, atol, rtol, raise_exception, nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode, …
 * @returns true; false where a check fails and `raise_exception` is false
 * @throws GradcheckError where a check fails; ValueError where no input requires a gradient
 *
 * @example
 * ```ts
 * const x = torch.randn(2, 3, { dtype: torch.double, requires_grad: true })
 * torch.autograd.gradcheck((x: Tensor) => x.exp(), x) // true
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.gradcheck.gradcheck.html
 */
export function gradcheck(func: Func, inputs: unknown, options?: GradcheckOptions): boolean
export function gradcheck(...args: unknown[]): boolean {
  const given = GRADCHECK.take(args)
  if (!given.check_forward_ad && !given.check_backward_ad)
    throw assertion_error('Expected at least one of check_forward_ad or check_backward_ad to be True')
  if (given.check_batched_grad && !given.check_backward_ad)
    throw assertion_error('Setting check_batched_grad=True requires check_backward_ad to be True')
  if (given.check_batched_forward_grad && !given.check_forward_ad)
    throw assertion_error('Setting check_batched_forward_grad=True requires check_forward_ad to be True')
  try {
    run(given)
  } catch (error) {
    if (given.raise_exception || !(error instanceof GradcheckError)) throw error
    return false
  }
  return true
}

function run(given: Given): void {
  const inputs = as_list(given.inputs)
  check_inputs(inputs)
  const results = given.func(...inputs)
  const outputs = differentiable_outputs(results)
  check_outputs(outputs)
  if (given.check_backward_ad) check_outputs_parts(given, inputs, as_list(results as Tensor))
  if (given.check_forward_ad) check_forward_parts(given, inputs, as_list(results as Tensor))
  if (given.check_batched_forward_grad) check_batched_forward(given.func, inputs)
  if (!given.check_backward_ad) return
  if (given.check_batched_grad)
    for (const [i, output] of outputs.entries()) check_batched_backward(inputs, output, i)
  check_backward_of_zeros(outputs, inputs)
  if (given.check_undefined_grad) check_undefined_gradients(given.func, inputs)
}

function check_inputs(inputs: readonly unknown[]): void {
  let any = false
  inputs.forEach((input, i) => {
    if (!is_differentiable(input)) return
    if (input.dtype !== float64 && input.dtype !== complex128)
      warn_once(
        `Input #${i} requires gradient and is not a double precision floating point or complex. This check will likely fail if all the inputs are not of double precision floating point or complex. `,
      )
    if (input.layout !== strided)
      throw not_implemented_error(`gradcheck(): inputs of layout ${input.layout} are not there yet`)
    const strides = input.stride() as number[]
    if (input.shape.some((size, d) => size > 1 && strides[d] === 0))
      throw runtime_error(
        `The ${i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous on the input before passing it to gradcheck.`,
      )
    any = true
  })
  if (!any)
    throw value_error(
      'gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True.',
    )
}

function check_outputs(outputs: readonly Tensor[]): void {
  for (const output of outputs)
    if (output.layout !== strided)
      throw value_error(
        `${output.is_mkldnn ? 'MKLDNN' : 'Sparse'} output is not supported at gradcheck yet. Please call to_dense(masked_grad=...) on the output of fn for gradcheck.`,
      )
}

function compare(
  given: Given,
  call: Call,
  inputs: readonly unknown[],
  results: readonly Tensor[],
  part: Part | null,
  forward: boolean,
): void {
  const outputs = results.filter((output) => output.requires_grad)
  const check: Check = { ...given, call, inputs, results, outputs, part, forward }
  if (given.fast_mode) fast_gradcheck(check)
  else slow_gradcheck(check)
}

// A function with complex outputs is two of real ones.
function check_outputs_parts(given: Given, inputs: readonly unknown[], results: readonly Tensor[]): void {
  const check = (call: Call, found: readonly Tensor[], part: Part | null) =>
    compare(given, call, inputs, found, part, false)
  if (!results.some((result) => result.is_complex())) {
    check(given.func, results, null)
    return
  }
  const indices = results
    .filter((result) => result.requires_grad)
    .flatMap((output, i) => (output.is_complex() ? [i] : []))
  for (const imaginary of [true, false]) {
    const call = (...values: unknown[]) =>
      as_list(given.func(...values) as Tensor).map((result) => {
        if (!result.is_complex()) return result
        return imaginary ? ops.imag(result) : ops.real(result)
      })
    check(call, call(...inputs), { indices, imaginary })
  }
}

// In forward mode it is the inputs: the other part of each is left as it is.
function check_forward_parts(given: Given, inputs: readonly unknown[], results: readonly Tensor[]): void {
  const indices = inputs.flatMap((input, i) => (input instanceof Tensor && input.is_complex() ? [i] : []))
  const undefined_tangents = (call: Call, values: readonly unknown[]) => {
    if (given.check_undefined_grad) check_undefined_tangents(call, values, forward_directions(values))
  }
  if (indices.length === 0) {
    compare(given, given.func, inputs, results, null, true)
    undefined_tangents(given.func, inputs)
    return
  }
  const parts = [true, false].map((imaginary) => {
    const take = (value: Tensor, part: boolean) => (part ? ops.imag(value) : ops.real(value))
    const call = (...values: unknown[]) =>
      as_list(
        given.func(
          ...values.map((value, i) => {
            if (!indices.includes(i)) return value
            const rest = take(inputs[i] as Tensor, !imaginary)
            const [re, im] = imaginary ? [rest, value as Tensor] : [value as Tensor, rest]
            return ops.complex(re, im)
          }),
        ) as Tensor,
      )
    const own = inputs.map((input, i) => (indices.includes(i) ? take(input as Tensor, imaginary) : input))
    compare(given, call, own, call(...own), { indices, imaginary }, true)
    return { call, own }
  })
  for (const { call, own } of parts) undefined_tangents(call, own)
}
