import { OrderedDict } from '../collections.js'
import { Device } from '../device.js'
import { DType } from '../dtype.js'
import { runtime_error } from '../errors.js'
import { native } from '../native.js'
import { operator } from '../ops/operator.js'
import { Complex, FloatScalar } from '../scalar.js'
import { Size } from '../size.js'
import { handle_of, Tensor } from '../tensor.js'
import { saved_part } from './mapped.js'
import { Global, PersistentId, Reduce, Tuple } from './pickle_types.js'
import { added_path } from './safe_globals.js'
import { STORAGE_CLASSES, UNTYPED } from './storage_types.js'

const aten_indices = operator('aten::_indices')
const aten_values = operator('aten::_values')
const aten_compressed_values = operator('aten::values')
const aten_is_coalesced = operator('aten::is_coalesced')
const COMPRESSED_BY_ROW = new Set(['sparse_csr', 'sparse_bsr'])

const ORDERED_DICT = new Global('collections', 'OrderedDict')
const utils = (name: string) => new Global('torch._utils', name)
const ordered = (items: Iterable<readonly [unknown, unknown]>, state: ReadonlyMap<string, unknown> | null) =>
  new Reduce(ORDERED_DICT, new Tuple(), items, state)

/** What a saved value needs beside its pickle: each storage once, under the number that the pickle calls it. */
export class Reduction {
  readonly #keys = new Map<number, string>()
  readonly #dtypes = new Map<number, DType>()
  /** One tensor for each storage, in the order of their numbers. */
  readonly storages: Tensor[] = []

  /** What Python's `__reduce__` answers for a value; undefined for one that has no part in PyTorch's files. */
  readonly reduce = (
    value: object,
  ): Reduce | PersistentId | Global | Map<unknown, unknown> | Tuple | undefined => {
    if (value instanceof Tensor) return this.#tensor(value)
    if (value instanceof OrderedDict) return ordered(value.items(), attributes_of(value))
    if (value instanceof DType) return new Global('torch', value.name)
    if (value instanceof Device) {
      const parts = value.index === null ? [value.type] : [value.type, value.index]
      return new Reduce(new Global('torch', 'device'), new Tuple(...parts))
    }
    // Protocol 2 has no bytes; Python writes them as text in which each letter is a byte.
    if (value instanceof Uint8Array) {
      const text = Buffer.from(value).toString('latin1')
      return new Reduce(new Global('_codecs', 'encode'), new Tuple(text, 'latin1'))
    }
    if (Object.getPrototypeOf(value) === Size.prototype) {
      return new Reduce(new Global('torch', 'Size'), new Tuple(Tuple.of(value as Size)))
    }
    if (value instanceof Set) return new Reduce(new Global('__builtin__', 'set'), new Tuple([...value]))
    if (value instanceof Complex) {
      const parts = [value.re, value.im].map((part) => new FloatScalar(part))
      return new Reduce(new Global('__builtin__', 'complex'), new Tuple(...parts))
    }
    const path = added_path(value.constructor)
    return path === undefined ? undefined : instance_of(path, value)
  }

  #tensor(self: Tensor): Reduce {
    if (self.constructor.name !== 'Parameter') return this.#plain(self)
    const data = self.detach()
    return new Reduce(utils('_rebuild_parameter'), new Tuple(data, self.requires_grad, ordered([], null)))
  }

  #plain(self: Tensor): Reduce {
    const size = new Tuple(...self.shape)
    if (self.is_nested || self.is_quantized) {
      throw runtime_error(`save(): cannot save a ${self.is_nested ? 'nested' : 'quantized'} tensor`)
    }
    const layout = self.layout.name
    if (layout === 'sparse_coo') {
      const parts = [aten_indices(self), aten_values(self), torch_size(self), aten_is_coalesced(self)]
      return new Reduce(utils('_rebuild_sparse_tensor'), new Tuple(layout_value(layout), new Tuple(...parts)))
    }
    if (layout !== 'strided') {
      const names = COMPRESSED_BY_ROW.has(layout)
        ? ['crow_indices', 'col_indices']
        : ['ccol_indices', 'row_indices']
      const parts: unknown[] = names.map((name) => operator(`aten::${name}`)(self))
      parts.push(aten_compressed_values(self), torch_size(self))
      return new Reduce(utils('_rebuild_sparse_tensor'), new Tuple(layout_value(layout), new Tuple(...parts)))
    }
    const stride = new Tuple(...native.stride(handle_of(self)))
    if (self.device.type === 'meta') {
      return new Reduce(
        utils('_rebuild_meta_tensor_no_storage'),
        new Tuple(self.dtype, size, stride, self.requires_grad),
      )
    }
    const untyped = UNTYPED.includes(self.dtype)
    const { storage, offset } = this.#storage(self, untyped)
    const args: unknown[] = [storage, offset, size, stride, self.requires_grad, ordered([], null)]
    if (untyped) args.push(self.dtype)
    const bits = [
      ['conj', self.is_conj()],
      ['neg', self.is_neg()],
    ].filter(([, is_set]) => is_set)
    if (bits.length > 0) args.push(new Map(bits as [string, boolean][]))
    return new Reduce(utils(untyped ? '_rebuild_tensor_v3' : '_rebuild_tensor_v2'), new Tuple(...args))
  }

  #storage(self: Tensor, untyped: boolean): { storage: PersistentId; offset: number } {
    const { address, bytes, offset, whole } = saved_part(self)
    const known = this.#dtypes.get(address) ?? self.dtype
    if (known !== self.dtype && native.data_ptr(handle_of(self)) !== 0) {
      throw runtime_error(
        'Cannot save multiple tensors or storages that view the same data as different types',
      )
    }
    let key = this.#keys.get(address)
    if (key === undefined) {
      key = String(this.storages.length)
      this.#keys.set(address, key)
      this.#dtypes.set(address, self.dtype)
      this.storages.push(whole())
    }
    const kind = untyped
      ? new Global('torch.storage', 'UntypedStorage')
      : new Global('torch', storage_class(self.dtype))
    const length = untyped ? bytes : Math.floor(bytes / self.dtype.itemsize)
    const id = new Tuple('storage', kind, key, String(self.device), length)
    return { storage: new PersistentId(id), offset }
  }
}

function storage_class(dtype: DType): string {
  const name = STORAGE_CLASSES.get(dtype)
  if (name === undefined) throw runtime_error(`save(): cannot save a tensor of dtype ${dtype}`)
  return name
}

// As Python's: an object made without its constructor, then its attributes.
function instance_of(path: string, value: object): Reduce {
  const dot = path.lastIndexOf('.')
  const name = new Global(path.slice(0, dot), path.slice(dot + 1))
  const attributes = new Map(Object.entries(value))
  return new Reduce(name, new Tuple(), [], attributes.size === 0 ? null : attributes, true)
}

const torch_size = (self: Tensor) =>
  new Reduce(new Global('torch', 'Size'), new Tuple(new Tuple(...self.shape)))
const layout_value = (name: string) =>
  new Reduce(new Global('torch.serialization', '_get_layout'), new Tuple(`torch.${name}`))

// Python's OrderedDict carries attributes, and a state_dict the versions of its modules in one.
function attributes_of(dict: OrderedDict<unknown>): ReadonlyMap<string, unknown> | null {
  const metadata = Object.getOwnPropertyDescriptor(dict, '_metadata')
  if (metadata === undefined || metadata.enumerable) return null
  return new Map([['_metadata', metadata.value as unknown]])
}
