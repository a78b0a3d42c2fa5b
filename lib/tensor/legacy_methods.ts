import { eig, lstsq, solve, symeig } from '../_linalg_utils.js'
import type { DeviceLike } from '../device.js'
import type { DType } from '../dtype.js'
import { assertion_error, runtime_error, type_error, type_name } from '../errors.js'
import { lu } from '../functional/nonzero.js'
import type { MemoryFormat } from '../layout.js'
import { legacy_name } from '../legacy_types.js'
import { operator } from '../ops/operator.js'
import { methods } from '../python/methods.js'
import { TypedStorage, UntypedStorage } from '../storage.js'
import { expect_tensor, Tensor } from '../tensor.js'
import { warn_once } from '../warn.js'
import { make_tensor } from './create.js'
import { dim_order } from './dim_order.js'
import type { TypedArray } from './elements.js'
import { numpy } from './typed_array.js'

/** Methods that PyTorch keeps from its early days, and those that Python needs for its own sake. */
export interface TensorLegacy {
  /**
   * A typed array over the tensor's memory, as {@link Tensor.typed_array}: Node has typed arrays where Python has
   * NumPy. `{ force: true }` copies from any device and out of the graph.
   *
   * @throws RuntimeError where the tensor requires grad
   */
  numpy(options?: { force?: boolean }): TypedArray
  /** A tensor of the same dtype and device: empty, of a size, or with a copy of data. */
  'new'(...sizes: number[]): Tensor
  'new'(data: readonly unknown[] | Tensor): Tensor
  /** The memory under the tensor. */
  untyped_storage(): UntypedStorage
  /** The memory under the tensor, as elements of its dtype. */
  storage(): TypedStorage
  /** The name of the class that {@link storage} had before there was one for all dtypes. */
  storage_type(): string
  /** Replaces each element by the function's value: slow, for tests. */
  apply_(callable: (value: number) => number): this
  /** Replaces each element by the function's value of it and another tensor's. */
  map_(other: Tensor, callable: (a: number, b: number) => number): this
  /** As {@link map_} with two further tensors. */
  map2_(x: Tensor, y: Tensor, callable: (a: number, b: number, c: number) => number): this
  /** A sparse tensor of coordinates. */
  to_sparse_coo(): Tensor
  /** The dimensions from the outermost in memory to the innermost. */
  dim_order(options?: { ambiguity_check?: boolean | readonly MemoryFormat[] }): number[]
  /** A copy of the shape asked for, of as many elements; `reshape` is its name today. */
  resize(...sizes: number[] | [readonly number[]]): Tensor
  resize_as(tensor: Tensor): Tensor
  /** LU decomposition, as `torch.lu`. */
  lu(options?: { pivot?: boolean; get_infos?: boolean }): [Tensor, Tensor] | [Tensor, Tensor, Tensor]
  lu(pivot: boolean, get_infos?: boolean): [Tensor, Tensor] | [Tensor, Tensor, Tensor]
  /** What loading a module's state puts in the tensor's place. */
  module_load(other: Tensor, options?: { assign?: boolean }): Tensor
  module_load(other: Tensor, assign: boolean): Tensor
  const_data_ptr(): number
  /** Removed from PyTorch, as its error says: torch.distributions takes its place. */
  reinforce(reward: Tensor): never
  /** Removed from PyTorch, as its error says: `torch.linalg.eig` takes its place. */
  eig(...args: unknown[]): never
  /** Removed from PyTorch, as its error says: `torch.linalg.eigh` takes its place. */
  symeig(...args: unknown[]): never
  /** Removed from PyTorch, as its error says: `torch.linalg.solve` takes its place. */
  solve(...args: unknown[]): never
  /** Removed from PyTorch, as its error says: `torch.linalg.lstsq` takes its place. */
  lstsq(...args: unknown[]): never
  /** The tensor on another kind of accelerator, which this build refuses by name. */
  xpu(device?: DeviceLike | null): Tensor
  mtia(device?: DeviceLike | null): Tensor
  ipu(device?: DeviceLike | null): Tensor
  /** Whether the tensor lives there. */
  readonly is_xpu: boolean
  readonly is_mps: boolean
  readonly is_ipu: boolean
  readonly is_mtia: boolean
  readonly is_maia: boolean
  readonly is_vulkan: boolean
  readonly is_xla: boolean
  readonly is_mkldnn: boolean
  /** Always null, as in Python. */
  readonly name: null
  /** Always false: removed from PyTorch. */
  readonly volatile: boolean
}

/** The elements of tensors through a JavaScript function, written into the first. */
function each(name: string, tensors: readonly Tensor[], callable: (...values: number[]) => number): void {
  const [self] = tensors as [Tensor]
  if (typeof callable !== 'function')
    throw type_error(`${name}(): argument 'callable' must be a function, not ${type_name(callable)}`, name)
  for (const t of tensors) {
    if (t.requires_grad) {
      throw runtime_error(
        `Can't call ${name}() on Variable that requires grad. Use var.detach().${name}() instead.`,
        name,
      )
    }
    if (t.device.type !== 'cpu') throw type_error(`${name} is only implemented on CPU tensors`, name)
  }
  const lists = tensors.map((t) => t.expand(self.shape).reshape(-1).tolist() as number[])
  const values = lists[0]!.map((_, i) => callable(...lists.map((list) => list[i]!)))
  self.copy_(make_tensor(values, { dtype: self.dtype }).reshape(self.shape))
}

/** What lib/tensor/install.ts puts on Tensor.prototype. */
export const legacy_methods: Record<string, unknown> = {
  numpy(this: Tensor, force = false) {
    return numpy(this, force)
  },
  new(this: Tensor, ...args: unknown[]) {
    const { dtype, device } = this
    if (args.length === 0 || typeof args[0] === 'number')
      return empty(args.length === 0 ? [0] : args, { dtype, device })
    return args[0] instanceof Tensor ? alias_of(args[0], dtype) : make_tensor(args[0], { dtype, device })
  },
  untyped_storage(this: Tensor) {
    return new UntypedStorage(this)
  },
  storage(this: Tensor) {
    warn_of_typed_storage()
    return new TypedStorage(this)
  },
  storage_type(this: Tensor) {
    warn_of_typed_storage()
    return `<class 'torch.${legacy_name(this.dtype)}Storage'>`
  },
  apply_(this: Tensor, callable: (value: number) => number) {
    each('apply_', [this], callable)
    return this
  },
  map_(this: Tensor, other: Tensor, callable: (a: number, b: number) => number) {
    each('map_', [this, expect_tensor(other, 'map_', 'other')], callable)
    return this
  },
  map2_(this: Tensor, x: Tensor, y: Tensor, callable: (a: number, b: number, c: number) => number) {
    each('map2_', [this, expect_tensor(x, 'map2_', 'x'), expect_tensor(y, 'map2_', 'y')], callable)
    return this
  },
  to_sparse_coo(this: Tensor) {
    return this.to_sparse()
  },
  dim_order(this: Tensor, ambiguity_check: unknown = false) {
    return dim_order(this, ambiguity_check)
  },
  resize(this: Tensor, sizes: unknown[]) {
    warn_once('non-inplace resize is deprecated')
    return resized(this, (Array.isArray(sizes[0]) ? sizes[0] : sizes) as number[])
  },
  resize_as(this: Tensor, tensor: Tensor) {
    warn_once('non-inplace resize_as is deprecated')
    return resized(this, expect_tensor(tensor, 'resize_as', 'tensor').shape)
  },
  lu(this: Tensor, pivot?: boolean, get_infos?: boolean) {
    return lu(this, pivot, get_infos)
  },
  module_load(this: Tensor, other: Tensor, assign = false) {
    expect_tensor(other, 'module_load', 'other')
    return assign ? other.detach() : this.copy_(other).detach()
  },
  const_data_ptr(this: Tensor) {
    return this.data_ptr()
  },
  reinforce(this: Tensor) {
    throw runtime_error('reinforce() was removed.\nUse torch.distributions instead.', 'reinforce')
  },
  eig(this: Tensor) {
    return eig()
  },
  symeig(this: Tensor) {
    return symeig()
  },
  solve(this: Tensor) {
    return solve()
  },
  lstsq(this: Tensor) {
    return lstsq()
  },
  xpu(this: Tensor) {
    throw assertion_error('Torch not compiled with XPU enabled')
  },
  mtia(this: Tensor) {
    throw assertion_error('Torch not compiled with MTIA enabled.')
  },
  ipu(this: Tensor) {
    throw runtime_error('PyTorch is not linked with support for ipu devices', 'ipu')
  },
}

methods(
  { prototype: legacy_methods },
  {
    numpy: '*, force?',
    untyped_storage: '',
    storage: '',
    storage_type: '',
    to_sparse_coo: '',
    dim_order: '*, ambiguity_check?',
    resize: '*sizes',
    resize_as: 'tensor',
    lu: 'pivot?, get_infos?',
    module_load: 'other, assign?',
    const_data_ptr: '',
    reinforce: 'reward',
    eig: 'eigenvectors?',
    symeig: 'eigenvectors?',
    solve: 'other',
    lstsq: 'other',
  },
)

const empty = operator('aten::empty.memory_format')

/** Another tensor over the same memory, as `x.new(y)` gives. */
function alias_of(other: Tensor, dtype: DType): Tensor {
  if (other.dtype !== dtype) throw type_error(`expected ${other.new(0).type()} (got ${other.type()})`, 'new')
  return other.detach()
}

function warn_of_typed_storage(): void {
  warn_once(
    'TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use tensor.untyped_storage() instead of tensor.storage()',
  )
}

function resized(t: Tensor, sizes: readonly number[]): Tensor {
  const count = sizes.reduce((product, size) => product * size, 1)
  if (t.numel() !== count) {
    throw runtime_error(
      `requested resize to ${sizes.join('x')} (${count} elements in total), but the given tensor has a size of ${t.shape.join('x')} (${t.numel()} elements). autograd's resize can only change the shape of a given tensor, while preserving the number of elements. `,
      'resize',
    )
  }
  return t.contiguous().view(sizes)
}

/** Attributes of tensors that only say where they are not. */
export const legacy_attributes: Record<string, (this: Tensor) => unknown> = {
  ...Object.fromEntries(
    ['xpu', 'mps', 'ipu', 'mtia', 'maia', 'vulkan', 'xla'].map((type) => [
      `is_${type}`,
      function (this: Tensor) {
        return this.device.type === type
      },
    ]),
  ),
  is_mkldnn() {
    return this.layout.name === '_mkldnn'
  },
  name() {
    return null
  },
  volatile() {
    warn_once('volatile was removed (Variable.volatile is always False)')
    return false
  },
}
