import { is_grad_enabled } from '../autograd/grad_mode.js'
import { runtime_error, type_error } from '../errors.js'
import { strided } from '../layout.js'
import { native } from '../native.js'
import { own_value } from '../own.js'
import { handle_of, type Tensor } from '../tensor.js'
import { type TypedArray, typed_view } from './elements.js'

// As LibTorch's errors call them.
const layout_names: Record<string, string> = {
  sparse_coo: 'Sparse',
  sparse_csr: 'SparseCsr',
  sparse_csc: 'SparseCsc',
  sparse_bsr: 'SparseBsr',
  sparse_bsc: 'SparseBsc',
  _mkldnn: 'Mkldnn',
  jagged: 'Jagged',
}

/** What one of these functions makes of a tensor, and by what name it is called. */
const outcomes = { typed_array: 'a typed array', numpy: 'numpy' }
type Name = keyof typeof outcomes

function check_layout(self: Tensor, name: Name): void {
  if (self.layout === strided) return
  const layout = own_value(layout_names, self.layout.name) ?? self.layout.name
  throw type_error(
    `can't convert ${layout} layout tensor to ${outcomes[name]}. Use Tensor.to_dense() first.`,
    name,
  )
}

/** Refuses a tensor whose memory does not hold its elements as they are, in PyTorch's words and order. */
function check_memory(self: Tensor, name: Name): void {
  check_layout(self, name)
  if (self.device.type !== 'cpu') {
    throw type_error(
      `can't convert ${self.device} device type tensor to ${outcomes[name]}. ` +
        'Use Tensor.cpu() to copy the tensor to host memory first.',
      name,
    )
  }
  if (self.requires_grad && is_grad_enabled()) {
    throw runtime_error(
      `Can't call ${name}() on Tensor that requires grad. Use tensor.detach().${name}() instead.`,
      name,
    )
  }
  for (const [bit, is_set] of [
    ['conjugate', self.is_conj()],
    ['negative', self.is_neg()],
  ] as const) {
    if (!is_set) continue
    const resolve = bit === 'conjugate' ? 'resolve_conj' : 'resolve_neg'
    throw runtime_error(
      `Can't call ${name}() on Tensor that has ${bit} bit set. Use tensor.${resolve}().${name}() instead.`,
      name,
    )
  }
}

function copied(self: Tensor, name: Name): TypedArray {
  check_layout(self, name)
  return typed_view(self.dtype, native.to_bytes(handle_of(self)), 0, self.numel())
}

function over_memory(self: Tensor): TypedArray {
  const buffer = native.storage_buffer(handle_of(self))
  return typed_view(self.dtype, buffer, self.storage_offset() * self.itemsize, self.numel())
}

/** {@link Tensor.typed_array}. */
export function typed_array(self: Tensor, options: { copy?: boolean } = {}): TypedArray {
  if (own_value(options, 'copy') === true) return copied(self, 'typed_array')
  check_memory(self, 'typed_array')
  if (!self.is_contiguous()) {
    throw runtime_error(
      'typed_array(): the tensor is not contiguous; call contiguous() first, or ask for { copy: true }',
      'typed_array',
    )
  }
  return over_memory(self)
}

/** {@link Tensor.numpy}: over the tensor's memory where its elements lie there in order. */
export function numpy(self: Tensor, force: boolean): TypedArray {
  if (force) {
    check_layout(self, 'numpy')
    return numpy(self.detach().cpu().resolve_conj().resolve_neg(), false)
  }
  check_memory(self, 'numpy')
  return self.is_contiguous() ? over_memory(self) : copied(self, 'numpy')
}
