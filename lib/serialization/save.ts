import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { value_error } from '../errors.js'
import { native } from '../native.js'
import { own_value } from '../own.js'
import { of_objects, optional, required } from '../python/parameters.js'
import { signature } from '../python/signature.js'
import { py_repr } from '../repr.js'
import { handle_of } from '../tensor.js'
import { write_atomically } from './atomic.js'
import { KINDS_RECORD, type Kinds } from './pickle_types.js'
import { Pickler } from './pickler.js'
import { Reduction } from './reduce_tensor.js'
import { path_of } from './source.js'
import { type SystemError, system_error } from './system_error.js'

const ALIGNMENT = 64

const SAVE = signature(
  'save',
  { obj: of_objects(required<unknown>()) },
  { f: required<string | URL>() },
  { pickle_module: optional<null>(null) },
  { pickle_protocol: optional(2) },
  { _use_new_zipfile_serialization: optional(true) },
  { _disable_byteorder_record: optional(false) },
)

/**
 * Saves an object to a file in PyTorch's format, which Python's `torch.load` reads: tensors and parameters, numbers (a
 * whole one becomes Python's int, `torch.float_scalar(2)` its float), bigints, strings, booleans, null, arrays (lists),
 * sets, bytes (Uint8Array), dtypes, devices, layouts, storages, and dictionaries (an OrderedDict, a Map, a plain object)
 * of them. The keys of a plain object are ints in Python where all of them are integers, else strings. {@link load}
 * gives each back as it was. Tensors that share a storage share it in the file too. The file appears under its name only
 * when all of it is on the disk.
 *
 * @param obj - what to save
 * @param f - path of the file
 * @throws TypeError where something in `obj` cannot be saved; it says what and where
 * @throws RuntimeError where the file cannot be written; it says which and why, with the system's `code` (`ENOSPC`,
 * `EACCES`, …), and the old file is as it was
 *
 * @example
 * ```ts
 * torch.save(model.state_dict(), 'model.pt')
 * model.load_state_dict(torch.load('model.pt'))
 * ```
 *
 * @see torch/serialization.py
 */
export function save(obj: unknown, f: string | URL): void
export function save(options: { obj: unknown; f: string | URL }): void
export function save(...args: unknown[]): void {
  const [obj, f, pickle_module, pickle_protocol, zip, without_byteorder] = SAVE.bind(args)
  const path = path_of('save', f)
  refuse('pickle_module', pickle_module, null)
  refuse('pickle_protocol', Number(pickle_protocol), 2)
  refuse('_use_new_zipfile_serialization', zip, true)
  refuse('_disable_byteorder_record', without_byteorder, false)
  write(obj, path)
}

/** Throws for a choice of Python's that there is not here. */
function refuse(argument: string, given: unknown, only: unknown): void {
  if (given === only) return
  throw value_error(
    `save(): argument '${argument}' must be ${py_repr(only)} or left out, got ${py_repr(given)}`,
  )
}

/**
 * The same, and the SHA-256 of the file's bytes as hexadecimal digits, taken while they are written.
 *
 * @internal
 */
export function save_with_sha256(obj: unknown, path: string): { sha256: string; bytes: number } {
  const hash = createHash('sha256')
  let bytes = 0
  const buffer = Buffer.allocUnsafeSlow(1 << 20)
  write(obj, path, buffer, (length) => {
    bytes += length
    hash.update(buffer.subarray(0, length))
  })
  return { sha256: hash.digest('hex'), bytes }
}

function write(obj: unknown, path: string, buffer?: Uint8Array, take?: (length: number) => void): void {
  const reduction = new Reduction()
  const pickler = new Pickler(reduction.reduce)
  const records: (string | Uint8Array | number)[] = ['data.pkl', pickler.dump(obj)]
  if (has_kinds(pickler.kinds)) records.push(KINDS_RECORD, Buffer.from(JSON.stringify(pickler.kinds)))
  records.push('.format_version', Buffer.from('1'), '.storage_alignment', Buffer.from(String(ALIGNMENT)))
  records.push('byteorder', Buffer.from('little'))
  reduction.storages.forEach((tensor, key) => {
    records.push(`data/${key}`, handle_of(tensor))
  })
  let failed: string | undefined
  write_atomically(
    'save',
    path,
    (file) => {
      const refused = native.write_archive(file, records, buffer, take)
      if (refused === null) return
      failed = refused[1]
      throw system_error(refused[0], 'write')
    },
    (error) => words_for(error, path, failed),
  )
}

const has_kinds = ({ maps, bigints }: Kinds) => maps.length > 0 || bigints.length > 0

/** What PyTorch says. Its own names for the system's errors are glibc's. */
const STRERROR: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
}

function words_for({ code = '' }: SystemError, path: string, failed: string | undefined): string | undefined {
  if (failed !== undefined) {
    const what = failed === '' ? `central directory for archive ${path}` : `file ${failed}`
    return `PytorchStreamWriter failed writing ${what}: file write failed`
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') return `Parent directory ${dirname(path)} does not exist.`
  return Object.hasOwn(STRERROR, code)
    ? `open file failed with strerror: ${own_value(STRERROR, code)}`
    : undefined
}
