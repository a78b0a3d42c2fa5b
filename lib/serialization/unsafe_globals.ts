import { runtime_error } from '../errors.js'
import { CheckpointArchive, is_archive } from './archive.js'
import { Anything, DRY } from './dry.js'
import { find_global } from './globals.js'
import { open_source } from './source.js'

/**
 * The names in a file that {@link load} would refuse. Nothing is made of it.
 *
 * @param f - path of the file, or its bytes
 * @returns the names, as Python writes them, in alphabetical order
 * @throws RuntimeError where the file is damaged, or older than PyTorch 1.6
 *
 * @example
 * ```ts
 * torch.serialization.get_unsafe_globals_in_checkpoint('checkpoint.pt') // ['argparse.Namespace']
 * ```
 * @see https://docs.pytorch.org/docs/2.13/notes/serialization.html#torch.serialization.get_unsafe_globals_in_checkpoint
 */
export function get_unsafe_globals_in_checkpoint(f: string | URL | Uint8Array | ArrayBuffer): string[] {
  const names = new Set<string>()
  const source = open_source('get_unsafe_globals_in_checkpoint', f)
  const find = (path: string) => {
    if (find_global(path) === undefined) names.add(path)
    return { call: () => new Anything() }
  }
  try {
    if (!is_archive(source))
      throw runtime_error(`'${source.name}': Expected input to be a checkpoint returned by torch.save`)
    new CheckpointArchive(source).unpickle({ ...DRY, find })
  } finally {
    source.close()
  }
  return [...names].sort()
}
