import { OrderedDict } from '../collections.js'
import { Device } from '../device.js'
import * as dtypes from '../dtype.js'
import { DType } from '../dtype.js'
import { runtime_error, type_name } from '../errors.js'
import * as layouts from '../layout.js'
import { QScheme } from '../layout.js'
import { Parameter } from '../nn/parameter.js'
import { own_value } from '../own.js'
import { is_bytes } from '../realm.js'
import { Complex } from '../scalar.js'
import { Size } from '../size.js'
import { TypedStorage } from '../storage.js'
import { spend } from './budget.js'
import { Dict } from './dict.js'
import { type Constructor, StorageType } from './found.js'
import { LEGACY_TENSORS } from './legacy_tensors.js'
import { BLOCKED_MODULES } from './old_names.js'
import * as rebuild from './rebuild.js'
import { added_global } from './safe_globals.js'
import { shown } from './shown.js'
import { STORAGE_CLASSES } from './storage_types.js'

/** Names that a file may use, as PyTorch's weights-only reader allows them. */
const allowed = new Map<string, Constructor>([
  ['collections.OrderedDict', { call: ([items]) => ordered(items), value: OrderedDict }],
  ['collections.Counter', { call: ([items]) => counter(items) }],
  ['torch.Size', { call: ([size]) => new Size(list(size) as number[]), value: Size }],
  ['torch.device', { call: ([type, index]) => device(type, index), value: Device }],
  ['builtins.set', { call: ([items]) => new Set(list(items)), value: Set }],
  ['builtins.complex', { call: ([re = 0, im = 0]) => new Complex(real(re), real(im)), value: Complex }],
  ['builtins.bytearray', { call: ([bytes]) => bytes_of(bytes) }],
  ['builtins.bytes', { call: ([bytes]) => bytes_of(bytes) }],
  ['_codecs.encode', { call: ([text, encoding]) => encode(text, encoding) }],
  ['torch.serialization._get_layout', { call: rebuild.get_layout }],
  ['torch.storage.TypedStorage', { value: TypedStorage }],
  ['torch.storage.UntypedStorage', { value: rebuild.UNTYPED_STORAGE }],
  ['torch._utils._rebuild_tensor', { call: rebuild.rebuild_tensor }],
  ['torch._utils._rebuild_tensor_v2', { call: rebuild.rebuild_tensor_v2 }],
  ['torch._utils._rebuild_tensor_v3', { call: rebuild.rebuild_tensor_v3 }],
  ['torch._utils._rebuild_parameter', { call: rebuild.rebuild_parameter }],
  ['torch._utils._rebuild_parameter_with_state', { call: rebuild.rebuild_parameter_with_state }],
  ['torch._utils._rebuild_qtensor', { call: rebuild.rebuild_quantized }],
  ['torch._utils._rebuild_nested_tensor', { call: rebuild.rebuild_nested }],
  ['torch._utils._rebuild_sparse_tensor', { call: rebuild.rebuild_sparse }],
  ['torch._utils._rebuild_meta_tensor_no_storage', { call: rebuild.rebuild_meta }],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', { call: rebuild.rebuild_on_device }],
  ['torch._utils._rebuild_device_tensor_from_numpy', { call: rebuild.refuse("numpy's arrays") }],
  [
    'torch._utils._rebuild_wrapper_subclass',
    { call: rebuild.refuse('subclasses of Tensor that wrap another') },
  ],
  ['torch._tensor._rebuild_from_type_v2', { call: rebuild.rebuild_from_type }],
  ['torch.nn.parameter.Parameter', { call: rebuild.rebuild_parameter, value: Parameter }],
])
for (const [name, value] of [...Object.entries(dtypes), ...Object.entries(layouts)])
  if (value instanceof DType || value instanceof QScheme) allowed.set(`torch.${name}`, { value })
for (const [dtype, name] of STORAGE_CLASSES) {
  allowed.set(`torch.${name}`, { value: new StorageType(dtype) })
  // No quantized tensors are on a GPU.
  if (!dtype.name.startsWith('q')) allowed.set(`torch.cuda.${name}`, { value: new StorageType(dtype) })
}
for (const [path, made] of LEGACY_TENSORS) allowed.set(path, made)

const paths = new Map<unknown, string>()
for (const [path, known] of allowed) {
  const value = own_value(known, 'value')
  if (typeof value === 'function' && !paths.has(value))
    paths.set(value, path.replace('builtins.', '__builtin__.'))
  if (value instanceof StorageType && !paths.has(value.shown)) paths.set(value.shown, path)
}

/** The name under which a file holds a class; undefined where it has none. */
export function path_of_value(value: object): string | undefined {
  return paths.get(value)
}

/** What a name in a file stands for; undefined where it is not allowed. */
export function find_global(path: string): Constructor | undefined {
  const known = allowed.get(path)
  if (known !== undefined) return known
  const callable = added_global(path)
  if (callable === undefined || BLOCKED_MODULES.has(path.slice(0, path.lastIndexOf('.')))) return undefined
  const call = callable as ((...args: unknown[]) => unknown) & (new (...args: unknown[]) => object)
  if (!is_class(call)) return { call: (args) => call(...args) }
  return { call: (args) => new call(...args), make: () => Object.create(call.prototype as object) as object }
}

function is_class(callable: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(callable))
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw runtime_error(`argument 0 must be a list, not ${type_name(value)}`)
}

// Dicts until all is read: OrderedDict is for keys that are strings.
function ordered(items: unknown): Dict {
  const dict = new Dict()
  dict.kind = 'OrderedDict'
  for (const pair of list(items)) {
    const [key, value] = list(pair)
    dict.set(key, value)
  }
  return dict
}

function counter(items: unknown): Dict {
  const dict = new Dict(items instanceof Dict ? items : [])
  dict.kind = 'Counter'
  return dict
}

function device(type: unknown, index: unknown): Device {
  if (typeof type !== 'string' || !(index === undefined || index === null || typeof index === 'number'))
    throw runtime_error(`a device is made of ${shown(type)} and ${shown(index)}, not of its type and index`)
  return new Device(type, index ?? null)
}

function real(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  throw runtime_error(`a part of a complex number must be a number, not ${type_name(value)}`)
}

function bytes_of(value: unknown): Uint8Array {
  if (value === undefined) return new Uint8Array()
  if (is_bytes(value)) return value
  throw runtime_error('a bytearray is made of something that is not bytes')
}

// How protocol 2, which has no bytes, writes them.
function encode(text: unknown, encoding: unknown): Uint8Array {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== undefined)) {
    throw runtime_error(`bytes in encoding ${shown(encoding)} are not read`)
  }
  spend('bytes', text.length)
  return new Uint8Array(Buffer.from(text, encoding === 'latin1' ? 'latin1' : 'utf8'))
}
