import { native } from '../native.js'
import { handle_of } from '../tensor.js'
import { write_atomically } from './atomic.js'
import { Pickler } from './pickler.js'
import { Reduction } from './reduce_tensor.js'
import { path_of } from './source.js'

const ALIGNMENT = 64

/**
 * Saves an object to a file in PyTorch's format, which Python's `torch.load` reads: tensors and parameters, numbers (a
 * whole one becomes Python's int, `torch.float_scalar(2)` its float), bigints, strings, booleans, null, arrays (lists),
 * sets, bytes (Uint8Array), dtypes, devices, and dictionaries (an OrderedDict, a Map, a plain object) of them. The keys
 * of a plain object are strings, and ints where all are whole numbers. Tensors that share a storage
 * share it in the file too. The file appears under its name only when all of it is on the disk.
 *
 * @param obj - what to save
 * @param f - path of the file
 * @throws TypeError where something in `obj` cannot be saved; it says what and where
 * @throws RuntimeError where the file cannot be written; it says which and why, and the old file is as it was
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
  write_atomically('save', path, (file) => native.write_archive(file, records))
}
