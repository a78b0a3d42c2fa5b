import { runtime_error } from '../../errors.js'
import { native } from '../../native.js'
import { empty_strided } from '../../ops/generated/torch.js'
import { own_value } from '../../own.js'
import { py_bool, py_ints, py_size } from '../../repr.js'
import type { Tensor } from '../../tensor.js'
import { tensors_of } from '../tensors.js'
import { type Call, run, share_a_tensor, share_memory, with_tensors } from './call.js'

function without_data(tensor: Tensor): Tensor {
  const { dtype, requires_grad, shape } = tensor
  if (tensor.layout.name !== 'strided') return tensor.detach().to('meta').requires_grad_(requires_grad)
  return empty_strided(shape, tensor.stride(), { dtype, device: 'meta', requires_grad })
}

const share_among_themselves = (tensors: readonly Tensor[]) =>
  tensors.some((tensor, i) => share_memory([tensor], tensors.slice(i + 1)))

/** What the results of a call have to do with its arguments and with each other. */
function relations({ args, kwargs }: Call, outputs: readonly Tensor[]): Record<string, boolean> {
  const inputs = tensors_of([args, kwargs])
  return {
    outputs_alias_inputs: share_memory(outputs, inputs),
    outputs_are_inputs: share_a_tensor(outputs, inputs),
    outputs_alias_each_other: share_among_themselves(outputs),
  }
}

/** The first dimension of more than one element whose strides differ, or -1. */
function differing_stride(a: Tensor, b: Tensor): number {
  const others = b.stride()
  if (a.numel() === 0) return -1
  return a.stride().findIndex((stride, i) => a.size(i) > 1 && stride !== others[i])
}

/** How two results differ; undefined where all is as it should be. */
function difference(real: Tensor, fake: Tensor): string | undefined {
  if (real.requires_grad !== fake.requires_grad)
    return ' mismatched requires_grad-ness of outputs. This usually means that you have added autograd support for your operator at a dispatch key other than Autograd, which will lead to problems'
  if (!fake.is_meta) return `Devices meta and ${fake.device.toString()} are not equal!`
  const strided = real.layout.name === 'strided' && fake.layout.name === 'strided'
  if (strided && real.storage_offset() !== fake.storage_offset()) return ' mismatched storage offset'
  if (py_ints(real.shape) !== py_ints(fake.shape))
    return `Shapes ${py_size(real.shape)} and ${py_size(fake.shape)} are not equal!`
  if (real.dtype !== fake.dtype)
    return `Dtypes ${real.dtype.toString()} and ${fake.dtype.toString()} are not equal!`
  if (real.layout !== fake.layout)
    return `Layouts ${real.layout.toString()} and ${fake.layout.toString()} are not equal!`
  const stride = strided ? differing_stride(real, fake) : -1
  if (stride >= 0)
    return `Stride mismatch! Strides are ${py_ints(real.stride())} and ${py_ints(fake.stride())} (mismatched at ${stride})!`
  if (real.is_conj() !== fake.is_conj())
    return `Conj mismatch! is_conj is set to ${py_bool(real.is_conj())} and ${py_bool(fake.is_conj())}`
  if (real.is_neg() !== fake.is_neg())
    return `Neg mismatch! is_neg is set to ${py_bool(real.is_neg())} and ${py_bool(fake.is_neg())}`
  return undefined
}

/**
 * Whether the operator's results on the meta device are like those that it computes. PyTorch's own operators are not looked at,
 * nor are those whose tags say that the sizes of results hang on values.
 *
 * @see torch/_subclasses/fake_utils.py
 */
export function check_meta(call: Call): void {
  const { overload } = call
  const [namespace, name] = overload.name.split('::') as [string, string]
  if (['aten', 'prims', 'prim'].includes(namespace)) return
  if (native.is_data_dependent(overload.name, overload.overload)) return
  const context = `When comparing the output of ${namespace}.${name}.${overload.overload || 'default'} on FakeTensor and concrete Tensors, found`
  const fake_call = with_tensors(call, without_data)
  const fakes = tensors_of(native.below_autograd(() => run(fake_call)))
  const reals = tensors_of(native.below_autograd(() => run(call)))
  if (fakes.length !== reals.length)
    throw runtime_error(`${context} mismatch in number of returns ${fakes.length} != ${reals.length}`)
  const found = relations(fake_call, fakes)
  for (const [relation, holds] of Object.entries(relations(call, reals)))
    if (own_value(found, relation) !== holds)
      throw runtime_error(
        `${context} mismatch in ${relation} check ${py_bool(own_value(found, relation)!)} != ${py_bool(holds)}`,
      )
  reals.forEach((real, i) => {
    const told = difference(real, fakes[i]!)
    if (told === undefined) return
    const which = reals.length === 1 ? '' : ` for output[${i}]`
    throw runtime_error(`${context} mismatched tensor metadata${which}: ${told}`)
  })
}
