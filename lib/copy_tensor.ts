import { without_grad } from './autograd/grad_mode.js'
import { runtime_error } from './errors.js'
import { own_attributes } from './identity.js'
import { native } from './native.js'
import { Buffer, Parameter } from './nn/parameter.js'
import * as ops from './ops/generated/torch.js'
import { LOWERED } from './ops/lowered.js'
import { operator } from './ops/operator.js'
import { set_own } from './own.js'
import { saved_part } from './serialization/mapped.js'
import { bytes_at } from './serialization/read_storage.js'
import { handle_of, type Tensor, wrap } from './tensor.js'

const aten_conj_physical = operator('aten::conj_physical')
const aten_neg = operator('aten::neg')

const NOT_A_LEAF =
  'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you ' +
  'were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see ' +
  'https://github.com/pytorch/pytorch/pull/103001'

// The copies of storages within one copy, by the originals' addresses.
const storages = new WeakMap<object, Map<number, Tensor>>()

/** A storage's copy as a row of bytes: the same one for all tensors over it. */
function copied_storage(tensor: Tensor, memo: object): { row: Tensor; offset: number } {
  const { address, bytes, offset, whole } = saved_part(tensor)
  let known = storages.get(memo)
  if (known === undefined) storages.set(memo, (known = new Map()))
  let row = known.get(address)
  if (row === undefined) {
    row = ops.clone(bytes_at(whole(), 0, bytes))
    // Empty storages have no address of their own.
    if (bytes > 0) known.set(address, row)
  }
  return { row, offset }
}

/** The values over a copy of the storage, with the same strides. */
function copied_values(tensor: Tensor, memo: object): Tensor {
  const plain =
    tensor.layout.name === 'strided' &&
    tensor.device.type !== 'meta' &&
    !tensor.is_nested &&
    !tensor.is_quantized
  if (!plain) return ops.clone(tensor.detach())
  const { row, offset } = copied_storage(tensor, memo)
  const stride = native.stride(handle_of(tensor))
  const values = wrap(
    native.view_storage(handle_of(row), tensor.dtype[LOWERED], offset, tensor.shape, stride),
  )
  const conjugated = tensor.is_conj() ? aten_conj_physical(values) : values
  return tensor.is_neg() ? aten_neg(conjugated) : conjugated
}

/**
 * A tensor's copy as Python's `copy.deepcopy` makes it: tensors over one storage are over one storage again, and the
 * gradient and own attributes are copied; of a parameter the values only.
 *
 * @param copy - copies what the tensor holds
 */
export function copy_tensor(
  tensor: Tensor,
  memo: Map<object, unknown>,
  copy: (value: unknown) => unknown,
): Tensor {
  if (tensor instanceof Parameter)
    return without_grad(() => new Parameter(ops.clone(tensor.detach()), tensor.requires_grad))
  if (!tensor.is_leaf) throw runtime_error(NOT_A_LEAF)
  const values = without_grad(() => copied_values(tensor, memo))
  const copied = tensor instanceof Buffer ? new Buffer(values, { persistent: tensor.persistent }) : values
  copied.requires_grad = tensor.requires_grad
  if (tensor.grad !== null) copied.grad = copy(tensor.grad) as Tensor
  // An attribute may lead back to the tensor.
  memo.set(tensor, copied)
  for (const [name, value] of own_attributes(tensor)) set_own(copied, name, copy(value))
  return copied
}
