import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type_error, type_name } from '../errors.js'
import { native } from '../native.js'
import { handle_of } from '../tensor.js'
import { Pickler } from './pickler.js'
import { Reduction } from './reduce_tensor.js'

const ALIGNMENT = 64

/**
 * Saves an object to a file in PyTorch's format, which Python's `torch.load` reads: tensors and parameters, numbers (a
 * whole one becomes Python's int, `torch.float_scalar(2)` its float), bigints, strings, booleans, null, arrays (lists),
 * sets, dtypes, devices, and dictionaries (an OrderedDict, a Map, a plain object) of them. Tensors that share a storage
 * share it in the file too. The file appears under its name only when all of it is on the disk.
 *
 * @param obj - what to save
 * @param f - path of the file
 * @throws TypeError where something in `obj` cannot be saved; it says what and where
 *
 * @example
 * ```ts
 * torch.save(model.state_dict(), 'model.pt')
 * model.load_state_dict(torch.load('model.pt'))
 * ```
 *
 * @see torch/serialization.py
 */
export function save(obj: unknown, f: string | URL): void {
  const path = path_of('save', f)
  const reduction = new Reduction()
  const pickle = new Pickler(reduction.reduce).dump(obj)
  const records: (string | Uint8Array | number)[] = ['data.pkl', pickle]
  records.push('.format_version', Buffer.from('1'), '.storage_alignment', Buffer.from(String(ALIGNMENT)))
  records.push('byteorder', Buffer.from('little'))
  reduction.storages.forEach((tensor, key) => {
    records.push(`data/${key}`, handle_of(tensor))
  })
  write_atomically(path, (file) => native.write_archive(file, records))
}

/** A path as given, or of a `file:` URL. */
export function path_of(operator: string, f: unknown): string {
  if (typeof f === 'string') return f
  if (f instanceof URL) return fileURLToPath(f)
  throw type_error(`${operator}(): argument 'f' must be a path (string or URL), not ${type_name(f)}`)
}

// Into a new file beside the old one, which stays as it is until the new one is complete and on the disk.
function write_atomically(path: string, write: (file: number) => void): void {
  const present = statSync(path, { throwIfNoEntry: false })
  // A device or a pipe cannot be replaced; a link stays and what it points to is replaced.
  const target = present === undefined ? path : realpathSync(path)
  if (present !== undefined && !present.isFile()) {
    with_file(target, 'w', write)
    return
  }
  const unfinished = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    with_file(unfinished, 'wx', (file) => {
      write(file)
      fsyncSync(file)
    })
    renameSync(unfinished, target)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  with_file(dirname(target), 'r', fsyncSync)
}

function with_file(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags)
  try {
    use(file)
  } finally {
    closeSync(file)
  }
}
