import { dict_attributes, OrderedDict } from '../collections.js'
import { Device } from '../device.js'
import { DType } from '../dtype.js'
import { runtime_error } from '../errors.js'
import { own_attributes } from '../identity.js'
import { Layout, QScheme } from '../layout.js'
import { native } from '../native.js'
import { Buffer as ModuleBuffer, Parameter } from '../nn/parameter.js'
import { operator } from '../ops/operator.js'
import { is_bytes, is_map, is_set } from '../realm.js'
import { Complex, FloatScalar } from '../scalar.js'
import { Size } from '../size.js'
import { bytes_of_storage, is_storage, TypedStorage, type UntypedStorage } from '../storage.js'
import { handle_of, Tensor } from '../tensor.js'
import { type Form, form_of } from './form.js'
import { path_of_value } from './globals.js'
import { saved_part } from './mapped.js'
import { Global, PersistentId, PlainDict, Reduce, Tuple } from './pickle_types.js'
import { quantizer_of } from './quantized.js'
import { added_path } from './safe_globals.js'
import { STORAGE_CLASSES, UNTYPED } from './storage_types.js'

const aten_indices = operator('aten::_indices')
const aten_values = operator('aten::_values')
const aten_compressed_values = operator('aten::values')
const aten_is_coalesced = operator('aten::is_coalesced')
const COMPRESSED_BY_ROW = new Set(['sparse_csr', 'sparse_bsr'])

const aten_nested_offsets = operator('aten::_nested_tensor_storage_offsets')
const aten_nested_size = operator('aten::_nested_tensor_size')
const aten_nested_strides = operator('aten::_nested_tensor_strides')
const aten_values_of = operator('aten::values')

const ORDERED_DICT = new Global('collections', 'OrderedDict')
const COUNTER = new Global('collections', 'Counter')
const utils = (name: string) => new Global('torch._utils', name)
const ordered = (items: Iterable<readonly [unknown, unknown]>, attributes: PlainDict | null = null) =>
  new Reduce(ORDERED_DICT, new Tuple(), items, attributes)
const counter = (items: Iterable<readonly [unknown, unknown]>) =>
  new Reduce(COUNTER, new Tuple(new PlainDict(items)))
// As old files have it, a tensor's backward hooks: never any.
const no_hooks = () => ordered([])

/** What a saved value needs beside its pickle: each storage once, under the number that the pickle calls it. */
export class Reduction {
  readonly #keys = new Map<number, string>()
  readonly #dtypes = new Map<number, DType>()
  /** One tensor for each storage, in the order of their numbers. */
  readonly storages: Tensor[] = []

  /** What Python's `__reduce__` answers for a value; undefined for one that has no part in PyTorch's files. */
  readonly reduce = (value: object): Reduce | PersistentId | Global | PlainDict | undefined => {
    if (value instanceof Tensor) return this.#tensor(value)
    if (value instanceof OrderedDict) {
      return form_of(value) === undefined
        ? ordered(entries_of(value), attributes_of(value))
        : formed(value, form_of(value)!)
    }
    const form = form_of(value)
    if (form !== undefined) return formed(value, form)
    if (value instanceof DType || value instanceof QScheme) return new Global('torch', value.name)
    if (value instanceof Layout) return layout_value(value.name)
    if (is_storage(value)) return this.#storage_value(value)
    if (value instanceof Device) {
      const parts = value.index === null ? [value.type] : [value.type, value.index]
      return new Reduce(new Global('torch', 'device'), new Tuple(...parts))
    }
    // Protocol 2 has no bytes; Python writes them as text in which each letter is a byte.
    if (is_bytes(value)) {
      const text = Buffer.from(value).toString('latin1')
      return new Reduce(new Global('_codecs', 'encode'), new Tuple(text, 'latin1'))
    }
    if (Object.getPrototypeOf(value) === Size.prototype) {
      return new Reduce(new Global('torch', 'Size'), new Tuple(Tuple.of(value as Size)))
    }
    if (is_set(value)) return new Reduce(new Global('__builtin__', 'set'), new Tuple([...value]))
    if (value instanceof Complex) {
      const parts = [value.re, value.im].map((part) => new FloatScalar(part))
      return new Reduce(new Global('__builtin__', 'complex'), new Tuple(...parts))
    }
    if (typeof value === 'function') {
      const named = path_of_value(value)
      return named === undefined ? undefined : global_of(named)
    }
    const path = added_path(value.constructor)
    return path === undefined ? undefined : instance_of(path, value)
  }

  #tensor(self: Tensor): Reduce {
    const attributes = attributes_of_tensor(self)
    if (self instanceof Parameter) {
      // Without the parameter's own attributes, which stand beside it.
      const args = [self.detach(), self.requires_grad, no_hooks()]
      return attributes === null
        ? new Reduce(utils('_rebuild_parameter'), new Tuple(...args))
        : new Reduce(utils('_rebuild_parameter_with_state'), new Tuple(...args, attributes))
    }
    const plain = this.#plain(self)
    if (attributes === null) return plain
    const args = new Tuple(plain.callable, new Global('torch', 'Tensor'), plain.args, attributes)
    return new Reduce(new Global('torch._tensor', '_rebuild_from_type_v2'), args)
  }

  #plain(self: Tensor): Reduce {
    if (self.is_nested) {
      // Saved by their buffer, and the sizes, strides and offsets of the parts in it.
      const parts = [aten_nested_size(self), aten_nested_strides(self), aten_nested_offsets(self)]
      return new Reduce(utils('_rebuild_nested_tensor'), new Tuple(aten_values_of(self), ...parts))
    }
    const size = new Tuple(...self.shape)
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
    if (self.is_quantized) {
      const args = [storage, offset, size, stride, quantizer_of(self), self.requires_grad, no_hooks()]
      return new Reduce(utils('_rebuild_qtensor'), new Tuple(...args))
    }
    const args: unknown[] = [storage, offset, size, stride, self.requires_grad, no_hooks()]
    if (untyped) args.push(self.dtype)
    const bits = [
      ['conj', self.is_conj()],
      ['neg', self.is_neg()],
    ].filter(([, is_set]) => is_set)
    if (bits.length > 0) args.push(new PlainDict(bits as [string, boolean][]))
    return new Reduce(utils(untyped ? '_rebuild_tensor_v3' : '_rebuild_tensor_v2'), new Tuple(...args))
  }

  #storage_value(value: UntypedStorage | TypedStorage): PersistentId {
    if (value instanceof TypedStorage) {
      const row = bytes_of_storage(value)
      return this.#storage(value.length === 0 ? row : row.view(value.dtype), false).storage
    }
    return this.#storage(bytes_of_storage(value), true).storage
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

function global_of(path: string): Global {
  const dot = path.lastIndexOf('.')
  return new Global(path.slice(0, dot), path.slice(dot + 1))
}

// As Python's: an object made without its constructor, then its attributes.
function instance_of(path: string, value: object): Reduce {
  const entries = own_attributes(value)
  const attributes = entries.length === 0 ? null : new PlainDict(entries)
  return new Reduce(global_of(path), new Tuple(), [], attributes, true)
}

const torch_size = (self: Tensor) =>
  new Reduce(new Global('torch', 'Size'), new Tuple(new Tuple(...self.shape)))
const layout_value = (name: string) =>
  new Reduce(new Global('torch.serialization', '_get_layout'), new Tuple(`torch.${name}`))

// A dictionary whose class or keys in Python JavaScript does not show.
function formed(value: object, { kind, keys }: Form): Reduce | PlainDict {
  const entries = entries_of(value)
  const items = keys === 'int' ? entries.map(([key, item]) => [number_of(key), item] as const) : entries
  if (kind === 'Counter') return counter(items)
  return kind === 'dict' ? new PlainDict(items) : ordered(items, attributes_of(value))
}

function entries_of(value: object): (readonly [unknown, unknown])[] {
  if (is_map(value)) return [...value]
  return value instanceof OrderedDict ? OrderedDict.prototype.items.call(value) : Object.entries(value)
}

/** The number that a property's name stands for; other names stay what they are. */
function number_of(name: unknown): unknown {
  return typeof name === 'string' && String(Number(name)) === name ? Number(name) : name
}

// Python's OrderedDict carries attributes, and a state_dict the versions of its modules in one.
function attributes_of(dict: object): PlainDict | null {
  const attributes = dict_attributes(dict)
  return attributes.size === 0 ? null : new PlainDict(attributes)
}

/** What Python calls a tensor's `__dict__`. */
function attributes_of_tensor(self: Tensor): PlainDict | null {
  const attributes = own_attributes(self)
  if (self instanceof ModuleBuffer) attributes.push(['_is_buffer', true])
  return attributes.length === 0 ? null : new PlainDict(attributes)
}
