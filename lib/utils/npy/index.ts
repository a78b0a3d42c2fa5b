import { type_error, type_name, value_error } from '../../errors.js'
import { own_value, set_own } from '../../own.js'
import { check_options } from '../../python/options.js'
import { write_all, write_atomically } from '../../serialization/atomic.js'
import type { LoadLimits } from '../../serialization/limits.js'
import { open_source, part_of, path_of } from '../../serialization/source.js'
import { ZipReader } from '../../serialization/zip_reader.js'
import { ZipWriter } from '../../serialization/zip_writer.js'
import type { Tensor } from '../../tensor.js'
import { array_bytes, read_array } from './array.js'

/**
 * Writes a tensor to a .npy file, byte for byte as `numpy.save` does. The file appears under its name only when all of it
 * is on the disk.
 *
 * @param file its path; `.npy` is added where the name ends otherwise
 * @throws TypeError for a dtype that NumPy has not: bfloat16, the float8 ones, complex32
 * @throws RuntimeError where the file cannot be written; the old one is as it was
 * @example
 * ```ts
 * torch.utils.npy.save('x.npy', torch.ones(2, 3))
 * torch.utils.npy.load('x.npy').shape // [2, 3]
 * ```
 * @see https://numpy.org/doc/stable/reference/generated/numpy.save.html
 */
export function save(file: string | URL, x: Tensor): void {
  const path = with_ending(path_of('save', file, 'file'), '.npy')
  const pieces = array_bytes(x, 'save', 'x')
  write_atomically('save', path, (open) => {
    for (const piece of pieces) write_all(open, piece)
  })
}

/** The bytes of the .npy file that {@link save} would write. */
export function to_bytes(x: Tensor): Uint8Array {
  return Buffer.concat(array_bytes(x, 'to_bytes', 'x'))
}

/** Keywords of {@link load} and {@link load_npz}. */
export interface NpyLoadOptions {
  /** What reading the file may take. Default: what `torch.serialization.set_default_load_limits` says. */
  limits?: LoadLimits | null
}

/**
 * Reads the tensor of a .npy file, in either order of bytes and of dimensions. One in Fortran's order keeps its strides.
 *
 * @param file a path, or the file's bytes
 * @param options.limits what reading the file may take
 * @throws ValueError for what is no such file, and for arrays that are no tensors: structured ones, objects (which are
 *   pickles), texts, dates
 * @see https://numpy.org/doc/stable/reference/generated/numpy.load.html
 */
export function load(file: string | URL | Uint8Array | ArrayBuffer, options: NpyLoadOptions = {}): Tensor {
  check_options('load', options, ['limits'])
  const source = open_source('load', file, 'file', own_value(options, 'limits'))
  try {
    if (source.size >= 4 && source.read(0, 2).toString('latin1') === 'PK')
      throw value_error(`load(): '${source.name}' is an archive of arrays: read it with load_npz`)
    return read_array(source)
  } finally {
    source.close()
  }
}

/** What a .npz file is made of: tensors by name, or in an order, which names them `arr_0`, `arr_1`, … */
export type NpzArrays = Readonly<Record<string, Tensor>> | readonly Tensor[]

/**
 * Writes several tensors to a .npz file, as `numpy.savez` does.
 *
 * @param file its path; `.npz` is added where the name ends otherwise
 * @param arrays tensors by name, or a list
 * @throws as {@link save} does
 * @see https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 */
export function savez(file: string | URL, arrays: NpzArrays): void {
  write_npz('savez', file, arrays, false)
}

/** The same, compressed. */
export function savez_compressed(file: string | URL, arrays: NpzArrays): void {
  write_npz('savez_compressed', file, arrays, true)
}

function write_npz(operator: string, file: string | URL, arrays: NpzArrays, compress: boolean): void {
  const path = with_ending(path_of(operator, file, 'file'), '.npz')
  if (typeof arrays !== 'object' || arrays === null)
    throw type_error(
      `${operator}(): argument 'arrays' must be a plain object or an array of Tensors, not ${type_name(arrays)}`,
      operator,
    )
  const named: [string, unknown][] = Array.isArray(arrays)
    ? arrays.map((x, i) => [`arr_${i}`, x])
    : Object.entries(arrays)
  // All are looked at before the first is written.
  const entries = named.map(([name, x]) => [name, array_bytes(x, operator, name)] as const)
  write_atomically(operator, path, (open) => {
    const zip = new ZipWriter(open)
    for (const [name, pieces] of entries) zip.add(`${name}.npy`, pieces, compress)
    zip.end()
  })
}

/**
 * Reads the tensors of a .npz file, by name.
 *
 * @param file a path, or the file's bytes
 * @param options.limits what reading the file may take
 * @throws RuntimeError for a damaged archive
 * @throws BudgetError where the file would take more than a limit, which it names
 * @throws ValueError as {@link load} does
 */
export function load_npz(
  file: string | URL | Uint8Array | ArrayBuffer,
  options: NpyLoadOptions = {},
): Record<string, Tensor> {
  check_options('load_npz', options, ['limits'])
  const source = open_source('load_npz', file, 'file', own_value(options, 'limits'))
  try {
    const zip = new ZipReader(source, false)
    const found: Record<string, Tensor> = {}
    for (const record of zip.names()) {
      const name = record.replace(/\.npy$/, '')
      if (Object.hasOwn(found, name))
        throw value_error(`load_npz(): '${source.name}' has two records for the array '${name}'`)
      set_own(found, name, read_array(part_of(source, zip.record(record), `${source.name}/${record}`)))
    }
    return found
  } finally {
    source.close()
  }
}

const with_ending = (path: string, ending: string): string =>
  path.endsWith(ending) ? path : `${path}${ending}`
