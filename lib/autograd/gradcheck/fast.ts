import { complex64, complex128, type DType, float32, float64 } from '../../dtype.js'
import { Generator } from '../../generator.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import { analytical_jacobian } from './analytical.js'
import { forward_jacobian } from './forward.js'
import { numerical_jacobian, numerical_product } from './numerical.js'
import {
  all_close,
  as_list,
  gradcheck_error,
  is_differentiable,
  is_float_or_complex,
  mismatch,
  text,
} from './shared.js'
import type { Check } from './slow.js'

type Direction = Tensor | readonly [Tensor, Tensor]

const SLOW_OK = `
Fast gradcheck failed but element-wise differences are small. This means that the
test might've passed in slow_mode!`.trim()

function real_dtype(dtype: DType): DType {
  if (dtype === complex128) return float64
  return dtype === complex64 ? float32 : dtype
}

// A vector of length 1 with as many elements as x, of no negative ones.
function vector(x: Tensor, generator: Generator, real: boolean): Tensor {
  const drawn = ops.rand([x.numel()], { generator, device: 'cpu' })
  const v = drawn.to(x.device, real ? real_dtype(x.dtype) : x.dtype)
  return v.div_(v.norm())
}

/**
 * Compares vᵀJu for one random v and u, by backward and by differences. The numbers come from a generator of their own,
 * so that the user's is left alone.
 */
export function fast_gradcheck(check: Check): void {
  if (check.forward) {
    fast_forward(check)
    return
  }
  const { call, inputs, results, outputs, eps, nondet_tol } = check
  const generator = new Generator()
  const indices = inputs.flatMap((input, i) => (is_differentiable(input) ? [i] : []))
  const us: Direction[] = indices.map((index) => {
    const input = inputs[index] as Tensor
    const u = vector(input, generator, true)
    return input.is_complex() ? [u, vector(input, generator, true)] : u
  })
  const vs = outputs.map((output) => vector(output, generator, false))
  const numerical = indices.map((index, i) =>
    numerical_product(call, index, inputs, us[i]!, eps).filter((_, j) => is_float_or_complex(results[j])),
  )
  if (outputs.length === 0) {
    for (const product of numerical.flat())
      if (product.numel() > 0 && (product.abs().max().item() as number) > nondet_tol)
        throw gradcheck_error('Numerical gradient for function expected to be zero')
  }
  const analytical = outputs.map((output, j) =>
    analytical_jacobian(inputs, output, { ...check, v: vs[j]! }).map((column, i) => project(column, us[i]!)),
  )
  numerical.forEach((products, i) => {
    vs.forEach((v, j) => {
      const product = products[j]!
      const found = v.mul(product).sum()
      const expected = analytical[j]![i]!
      const atol = check.atol * total(us[i]!) * (v.sum().item() as number)
      if (all_close(expected, found.to(expected.device), check.rtol, atol)) return
      throw gradcheck_error(mismatch(expected, found, j, i, check.part, false) + in_slow_mode(check, i, j))
    })
  })
}

/** A random direction for each input that requires a gradient; they are real. */
export function forward_directions(inputs: readonly unknown[]): Tensor[] {
  const generator = new Generator()
  return inputs.filter(is_differentiable).map((input) => vector(input, generator, true))
}

// Ju for one random u an input: no v is needed, as both ways give all of it.
function fast_forward(check: Check): void {
  const { call, inputs, results, eps } = check
  const us = forward_directions(inputs)
  const indices = inputs.flatMap((input, i) => (is_differentiable(input) ? [i] : []))
  const numerical = indices.map((index, i) =>
    numerical_product(call, index, inputs, us[i]!, eps).filter((_, j) => is_float_or_complex(results[j])),
  )
  const analytical = forward_jacobian(call, inputs, results, { ...check, directions: us })
  numerical.forEach((products, i) => {
    const atol = check.atol * total(us[i]!)
    products.forEach((found, j) => {
      const expected = analytical[i]![j]!
      if (all_close(expected, found.to(expected.device), check.rtol, atol)) return
      throw gradcheck_error(mismatch(expected, found, j, i, check.part, true) + in_slow_mode(check, i, j))
    })
  })
}

const total = (u: Direction): number =>
  (Array.isArray(u) ? (u as Tensor[]) : [u as Tensor]).reduce(
    (sum, part) => sum + (part.sum().item() as number),
    0,
  )

function project(jacobian: Tensor, u: Direction): Tensor {
  const column = jacobian.t().squeeze(0)
  if (!Array.isArray(u)) return column.dot(u as Tensor)
  const parts = ops.view_as_real(column.resolve_conj())
  const [real, imaginary] = (u as [Tensor, Tensor]).map((part, i) => parts.select(-1, i).dot(part))
  return ops.complex(real!, imaginary!)
}

function backward_alone({ inputs, outputs }: Check, input: number, output: number): Tensor {
  return analytical_jacobian(inputs, outputs[output]!, {
    nondet_tol: Number.POSITIVE_INFINITY,
    check_grad_dtypes: false,
  })[input]!
}

function forward_alone({ call, inputs, outputs }: Check, input: number, output: number): Tensor {
  const place = inputs.indexOf(inputs.filter(is_differentiable)[input])
  const alone = (value: unknown) => as_list(call(...inputs.with(place, value)) as Tensor)[output]!
  return forward_jacobian(alone, [inputs[place]], [outputs[output]!], {})[0]![0]!
}

function in_slow_mode(check: Check, input: number, output: number): string {
  const { call, inputs, outputs, eps, rtol, atol } = check
  // Forward mode compares all results, also those that backward has nothing for.
  if (outputs[output] === undefined) return ''
  const numerical = numerical_jacobian(call, inputs, outputs, eps, check.forward)[input]![output]!
  const analytical = check.forward
    ? forward_alone(check, input, output)
    : backward_alone(check, input, output)
  const difference = numerical.sub(analytical).abs().max()
  const words = `
The above quantities relating the numerical and analytical jacobians are computed 
in fast mode. See: https://github.com/pytorch/pytorch/issues/53876 for more background 
about fast mode. Below, we recompute numerical and analytical jacobians in slow mode:

Numerical:
 ${text(numerical)}
Analytical:
${text(analytical)}

The max per-element difference (slow mode) is: ${text(difference)}.
`
  return ops.allclose(analytical, numerical, rtol, atol) ? words + SLOW_OK : words
}
