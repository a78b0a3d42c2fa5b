import { assertion_error, not_implemented_error } from '../../errors.js'
import { native } from '../../native.js'
import { own_value } from '../../own.js'
import { tensors_of } from '../tensors.js'
import { type Call, run, share_a_tensor } from './call.js'

const KEYS: Readonly<Record<string, string>> = {
  cpu: 'AutogradCPU',
  cuda: 'AutogradCUDA',
  xpu: 'AutogradXPU',
}

/**
 * Whether the operator's gradient, if it has one, is registered where autograd looks for it.
 *
 * @see torch/testing/_internal/optests/autograd_registration.py
 */
export function check_autograd_registration(call: Call): void {
  const { overload, args, kwargs } = call
  const inputs = tensors_of([args, kwargs])
  if (!inputs.some((tensor) => tensor.requires_grad)) return
  const types = [...new Set(inputs.map((tensor) => tensor.device.type))]
  const unknown = types.filter((type) => !Object.hasOwn(KEYS, type))
  if (unknown.length > 0)
    throw not_implemented_error(
      `autograd_registration_check: NYI devices other than CPU/CUDA/XPU, got ${unknown.join(', ')}`,
    )
  const registered = (key: string) => native.has_kernel(overload.name, overload.overload, key)
  const own = ['cuda', 'cpu', 'xpu'].find((type) => types.includes(type))!
  if ([own_value(KEYS, own)!, 'Autograd', 'CompositeImplicitAutograd'].some(registered)) return
  // Autograd's fallback would have the results require gradients, whose backward throws.
  const outputs = tensors_of(native.without_autograd_fallback(() => run(call)))
  if (outputs.some((output) => output.requires_grad && !share_a_tensor([output], inputs)))
    throw assertion_error(
      `${overload.full}: at least one output of this operator has requires_grad=True but the operator does not have an autograd kernel defined at an autograd key (e.g. DispatchKey::Autograd). This could mean that you have incorrectly registered an autograd kernel to a non-Autograd DispatchKey, which may lead to silently incorrect results. If your operator consists of regular PyTorch operations, consider not using an operator at all or registering your operator as CompositeImplicitAutograd. If you have an autograd.Function registered to a backend (CPU/CUDA/XPU) key, the correct location for it is the Autograd key.`,
    )
}
