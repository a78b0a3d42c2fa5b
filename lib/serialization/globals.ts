import { OrderedDict } from '../collections.js'
import { Device } from '../device.js'
import { runtime_error, type_name } from '../errors.js'
import { Complex } from '../scalar.js'
import { Size } from '../size.js'
import { Dict } from './dict.js'
import * as rebuild from './rebuild.js'
import { added_global } from './safe_globals.js'
import { STORAGE_CLASSES, UNTYPED } from './storage_types.js'
import type { Constructor } from './unpickler.js'

/** Names that a file may use, as PyTorch's weights-only reader allows them. */
const allowed = new Map<string, Constructor>([
  ['collections.OrderedDict', { call: ([items]) => ordered(items) }],
  ['collections.Counter', { call: ([items]) => new Dict(items instanceof Dict ? items : []) }],
  ['torch.Size', { call: ([size]) => new Size(list(size) as number[]) }],
  [
    'torch.device',
    { call: ([type, index]) => new Device(String(type), (index as number | undefined) ?? null) },
  ],
  ['builtins.set', { call: ([items]) => new Set(list(items)) }],
  ['builtins.complex', { call: ([re, im]) => new Complex(Number(re ?? 0), Number(im ?? 0)) }],
  ['builtins.bytearray', { call: ([bytes]) => bytes_of(bytes) }],
  ['builtins.bytes', { call: ([bytes]) => bytes_of(bytes) }],
  ['_codecs.encode', { call: ([text, encoding]) => encode(text, encoding) }],
  ['torch.serialization._get_layout', { call: rebuild.get_layout }],
  ['torch.storage.UntypedStorage', { value: rebuild.UNTYPED_STORAGE }],
  ['torch._utils._rebuild_tensor', { call: rebuild.rebuild_tensor_v2 }],
  ['torch._utils._rebuild_tensor_v2', { call: rebuild.rebuild_tensor_v2 }],
  ['torch._utils._rebuild_tensor_v3', { call: rebuild.rebuild_tensor_v3 }],
  ['torch._utils._rebuild_parameter', { call: rebuild.rebuild_parameter }],
  ['torch._utils._rebuild_parameter_with_state', { call: rebuild.rebuild_parameter_with_state }],
  ['torch._tensor._rebuild_from_type_v2', { call: rebuild.rebuild_from_type }],
  ['torch.nn.parameter.Parameter', { call: rebuild.rebuild_parameter }],
  ['torch._utils._rebuild_sparse_tensor', { call: rebuild.rebuild_sparse }],
  ['torch._utils._rebuild_meta_tensor_no_storage', { call: rebuild.rebuild_meta }],
])
for (const [dtype, name] of STORAGE_CLASSES) {
  allowed.set(`torch.${name}`, { value: new rebuild.StorageType(dtype) })
  allowed.set(`torch.cuda.${name}`, { value: new rebuild.StorageType(dtype) })
  allowed.set(`torch.${dtype.name}`, { value: dtype })
}
for (const dtype of UNTYPED) allowed.set(`torch.${dtype.name}`, { value: dtype })

/** What a name in a file stands for; undefined where it is not allowed. */
export function find_global(path: string): Constructor | undefined {
  const known = allowed.get(path)
  if (known !== undefined) return known
  const callable = added_global(path)
  if (callable === undefined) return undefined
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

function ordered(items: unknown): OrderedDict<unknown> {
  const dict = new OrderedDict<unknown>()
  for (const pair of list(items)) {
    const [key, value] = list(pair)
    if (typeof key !== 'string')
      throw runtime_error(`a key of an OrderedDict must be a string, not ${type_name(key)}`)
    OrderedDict.prototype.set.call(dict, key, value)
  }
  return dict
}

function bytes_of(value: unknown): Uint8Array {
  if (value === undefined) return new Uint8Array()
  if (value instanceof Uint8Array) return value
  throw runtime_error('a bytearray is made of something that is not bytes')
}

// How protocol 2, which has no bytes, writes them.
function encode(text: unknown, encoding: unknown): Uint8Array {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== undefined)) {
    throw runtime_error(`bytes in encoding ${String(encoding)} are not read`)
  }
  return new Uint8Array(Buffer.from(text, encoding === 'latin1' ? 'latin1' : 'utf8'))
}
