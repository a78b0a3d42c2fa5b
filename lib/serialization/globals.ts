import { OrderedDict } from '../collections.js'
import { Device } from '../device.js'
import { runtime_error } from '../errors.js'
import { Complex } from '../scalar.js'
import { Dict } from './dict.js'
import * as rebuild from './rebuild.js'
import { STORAGE_CLASSES, UNTYPED } from './storage_types.js'
import type { Constructor } from './unpickler.js'

/** Names that a file may use, as PyTorch's weights-only reader allows them. */
const allowed = new Map<string, Constructor>([
  ['collections.OrderedDict', { call: ([items]) => new OrderedDict((items ?? []) as [string, unknown][]) }],
  ['collections.Counter', { call: ([items]) => new Dict((items ?? []) as Dict) }],
  ['torch.Size', { call: ([size]) => size ?? [] }],
  [
    'torch.device',
    { call: ([type, index]) => new Device(String(type), (index as number | undefined) ?? null) },
  ],
  ['builtins.set', { call: ([items]) => new Set((items ?? []) as unknown[]) }],
  ['builtins.complex', { call: ([re, im]) => new Complex(Number(re ?? 0), Number(im ?? 0)) }],
  ['builtins.bytearray', { call: ([bytes]) => bytes_of(bytes) }],
  ['_codecs.encode', { call: ([text, encoding]) => encode(text, encoding) }],
  ['torch.serialization._get_layout', { call: rebuild.get_layout }],
  ['torch.storage.UntypedStorage', { value: rebuild.UNTYPED_STORAGE }],
  ['torch._utils._rebuild_tensor', { call: rebuild.rebuild_tensor_v2 }],
  ['torch._utils._rebuild_tensor_v2', { call: rebuild.rebuild_tensor_v2 }],
  ['torch._utils._rebuild_tensor_v3', { call: rebuild.rebuild_tensor_v3 }],
  ['torch._utils._rebuild_parameter', { call: rebuild.rebuild_parameter }],
  ['torch._utils._rebuild_sparse_tensor', { call: rebuild.rebuild_sparse }],
  ['torch._utils._rebuild_meta_tensor_no_storage', { call: rebuild.rebuild_meta }],
])
for (const [dtype, name] of STORAGE_CLASSES) {
  allowed.set(`torch.${name}`, { value: new rebuild.StorageType(dtype) })
  allowed.set(`torch.${dtype.name}`, { value: dtype })
}
for (const dtype of UNTYPED) allowed.set(`torch.${dtype.name}`, { value: dtype })

/** What a name in a file stands for; undefined where it is not allowed. */
export function find_global(module: string, name: string): Constructor | undefined {
  return allowed.get(`${module}.${name}`)
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
