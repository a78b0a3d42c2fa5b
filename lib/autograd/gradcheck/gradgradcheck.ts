import { float64 } from '../../dtype.js'
import { assertion_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import { keyword, optional, required } from '../../python/parameters.js'
import { signature } from '../../python/signature.js'
import type { Tensor } from '../../tensor.js'
import { grad } from '../backward.js'
import { without_grad } from '../grad_mode.js'
import { type GradcheckOptions, gradcheck } from './gradcheck.js'
import { as_list, type Call, differentiable_outputs, type Func, is_differentiable } from './shared.js'

/** Keywords of {@link gradgradcheck}. */
export interface GradgradcheckOptions
  extends Omit<GradcheckOptions, 'check_forward_ad' | 'check_backward_ad' | 'check_batched_forward_grad'> {
  /** The outputs' gradients. Default: random ones in [-1, 1). */
  grad_outputs?: Tensor | readonly Tensor[] | null
  /** Whether those that are drawn are not contiguous. Default: false. */
  gen_non_contig_grad_outputs?: boolean
  /** Whether forward mode over backward is checked. Default: false. */
  check_fwd_over_rev?: boolean
  /** Whether backward over backward is checked. Default: true. */
  check_rev_over_rev?: boolean
}

interface Given extends Required<GradgradcheckOptions> {
  func: Call
  inputs: unknown
}

const GRADGRADCHECK = signature(
  'gradgradcheck',
  { func: required<Given['func']>() },
  { inputs: required<unknown>() },
  { grad_outputs: optional<Given['grad_outputs']>(null) },
  { eps: keyword(1e-6) },
  { atol: keyword(1e-5) },
  { rtol: keyword(1e-3) },
  { gen_non_contig_grad_outputs: keyword(false) },
  { raise_exception: keyword(true) },
  { nondet_tol: keyword(0) },
  { check_undefined_grad: keyword(true) },
  { check_grad_dtypes: keyword(false) },
  { check_batched_grad: keyword(false) },
  { check_fwd_over_rev: keyword(false) },
  { check_rev_over_rev: keyword(true) },
  { fast_mode: keyword(false) },
  { masked: keyword(false) },
)

// Numbers in [-1, 1), drawn as torch.testing.make_tensor draws them.
function random_like(output: Tensor, scattered: boolean): Tensor {
  const dtype = output.is_floating_point() || output.is_complex() ? output.dtype : float64
  const drawn = ops.empty(output.shape, { dtype, device: output.device })
  without_grad(() => (drawn.is_complex() ? ops.view_as_real(drawn) : drawn).uniform_(-1, 1))
  const spread = scattered && drawn.numel() > 1 ? drawn.repeat_interleave(2, -1).at('...', '::2') : drawn
  return spread.requires_grad_()
}

/**
 * Compares the gradients of gradients that backward gives with those that small differences give.
 *
 * @param func - of the inputs; returns one tensor or several
 * @param inputs - a tensor, or a list of tensors and other values
 * @param options - grad_outputs, gen_non_contig_grad_outputs, and those of {@link gradcheck}
 * @returns true; false where a check fails and `raise_exception` is false
 * @throws GradcheckError where a check fails
 *
 * @example
 * ```ts
 * const x = torch.randn(2, 3, { dtype: torch.double, requires_grad: true })
 * torch.autograd.gradgradcheck((x: Tensor) => x.exp(), x) // true
 * ```
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.autograd.gradcheck.gradgradcheck.html
 */
export function gradgradcheck(func: Func, inputs: unknown, options?: GradgradcheckOptions): boolean
export function gradgradcheck(
  func: Func,
  inputs: unknown,
  grad_outputs: Tensor | readonly Tensor[] | null,
  options?: Omit<GradgradcheckOptions, 'grad_outputs'>,
): boolean
export function gradgradcheck(...args: unknown[]): boolean {
  const given = GRADGRADCHECK.take(args)
  if (!given.check_fwd_over_rev && !given.check_rev_over_rev)
    throw assertion_error('Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True')
  for (const option of ['check_undefined_grad', 'check_batched_grad'] as const)
    if (given[option] && !given.check_rev_over_rev)
      throw assertion_error(`Setting ${option}=True requires check_rev_over_rev to be True`)
  const { func, gen_non_contig_grad_outputs: scattered } = given
  const inputs = as_list(given.inputs)
  const gradients =
    given.grad_outputs === null
      ? differentiable_outputs(func(...inputs)).map((output) => random_like(output, scattered))
      : as_list(given.grad_outputs as Tensor)
  const wanted = [...inputs, ...gradients].map(is_differentiable)
  const first_gradients = (...values: unknown[]) => {
    // What forward mode gives for the inputs requires no gradient by itself.
    const restored = values.map((value, i) => (wanted[i] ? (value as Tensor).requires_grad_() : value))
    const now = restored.slice(0, inputs.length)
    const outputs = differentiable_outputs(func(...now))
    const by = now.filter(is_differentiable)
    const found: (Tensor | null)[] = grad(outputs, by, restored.slice(inputs.length) as Tensor[], {
      create_graph: true,
      allow_unused: true,
    })
    return found.filter((gradient) => gradient !== null)
  }
  const { eps, atol, rtol, raise_exception, nondet_tol, fast_mode, masked } = given
  const { check_undefined_grad, check_grad_dtypes, check_batched_grad } = given
  return gradcheck(first_gradients, [...inputs, ...gradients], {
    ...{ eps, atol, rtol, raise_exception, nondet_tol, fast_mode, masked },
    ...{ check_undefined_grad, check_grad_dtypes, check_batched_grad },
    check_forward_ad: given.check_fwd_over_rev,
    check_backward_ad: given.check_rev_over_rev,
  })
}
