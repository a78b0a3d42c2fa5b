import { assertion_error, key_error, not_implemented_error } from '../errors.js'
import { native } from '../native.js'
import { is_plain_object } from '../realm.js'
import type { Tensor } from '../tensor.js'

// torch.cuda.jiterator: elementwise kernels compiled from a string, on CUDA devices.

/** A number that a kernel takes beside its tensors. */
type KernelNumber = number | bigint | boolean
type Kernel<R> = (...args: (Tensor | Record<string, KernelNumber>)[]) => R

const entry = /^\s*template\s*<.+>\s*\w+\s+(\w+)\s*\(.+\)\s*\{.+\}\s*/s

function make_kernel(
  code_string: string,
  return_by_ref: boolean,
  num_outputs: number,
  numbers: Record<string, KernelNumber>,
): Kernel<never> {
  if (!return_by_ref && num_outputs !== 1)
    throw assertion_error('Return by value only works for single output.')
  if (!entry.test(code_string))
    throw new Error(`Couldn't parse code, please check correctness:\n ${code_string}`)
  return (...args) => {
    if (native.cuda_device_count() === 0) {
      throw assertion_error('Jiterator is only supported on CUDA and ROCm GPUs, none are available.')
    }
    const last = args.at(-1)
    const keywords = is_plain_object(last) ? Object.keys(last!) : []
    const tensors = keywords.length > 0 ? args.length - 1 : args.length
    if (tensors > 8) throw assertion_error(`jiterator only supports up to 8 tensor inputs, got ${tensors}`)
    const stranger = keywords.find((name) => !Object.hasOwn(numbers, name))
    if (stranger !== undefined) throw key_error(`${stranger} is not declared in function definition`)
    throw not_implemented_error('jiterator kernels are not compiled by this library')
  }
}

/**
 * An elementwise CUDA kernel that returns by value. Without a GPU a call is refused in PyTorch's words; with one, this
 * library does not compile it yet, and says so.
 *
 * @param code_string the kernel: `template <typename T> T name(T x, T y, T alpha) { return x + alpha * y; }`
 * @param numbers the kernel's numbers and their defaults
 */
export function _create_jit_fn(
  code_string: string,
  numbers: Record<string, KernelNumber> = {},
): Kernel<Tensor> {
  return make_kernel(code_string, false, 1, numbers)
}

/** As {@link _create_jit_fn}, for kernels that write `num_outputs` results through references. */
export function _create_multi_output_jit_fn(
  code_string: string,
  num_outputs: number,
  numbers: Record<string, KernelNumber> = {},
): Kernel<Tensor | Tensor[]> {
  return make_kernel(code_string, true, num_outputs, numbers)
}
