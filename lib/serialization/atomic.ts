import { accessSync, closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { make_folders } from '../folders.js'
import { is_error } from '../realm.js'
import { destination_of } from './destination.js'
import { cannot_write, type SystemError } from './system_error.js'
import { Unfinished } from './unfinished.js'

/**
 * Writes a file so that its name stands for all of the old or all of the new bytes at any moment: into a new file beside
 * it, flushed to the disk, which then takes its name. Where that fails the old file is as it was.
 *
 * @param operator what errors name
 * @param write gets the new file, open for writing
 * @param words what PyTorch says of a failure, where it has words
 * @throws RuntimeError that names the file and says why, its `code` the system's (`ENOSPC`, `EACCES`, `EROFS`, …)
 */
export function write_atomically(
  operator: string,
  path: string,
  write: (file: number) => void,
  words?: (error: SystemError) => string | undefined,
): void {
  naming(operator, path, () => replace(path, write), words)
}

/** Writes a file of these bytes, as {@link write_atomically} does. */
export function write_whole(operator: string, path: string, bytes: Uint8Array): void {
  write_atomically(operator, path, (file) => write_all(file, bytes))
}

/** Adds to the end of a file, making it where there is none. Where that fails the file is as it was. */
export function append_whole(operator: string, path: string, bytes: Uint8Array): void {
  naming(operator, path, () => with_file(path, 'a', (file) => write_or_cut(file, bytes)))
}

/** Writes at the end of a file that is open for appending; where that fails, what was written of the bytes goes. */
export function write_or_cut(file: number, bytes: Uint8Array): void {
  const { size } = fstatSync(file)
  try {
    write_all(file, bytes)
  } catch (error) {
    try {
      ftruncateSync(file, size)
    } catch {
      // A device or a pipe keeps what it was given.
    }
    throw error
  }
}

/** Makes a folder and those that it is in, where there are none. */
export function make_folder(operator: string, path: string): void {
  naming(operator, path, () => make_folders(path))
}

/** What fails names the file and who writes it. */
export function naming<T>(
  operator: string,
  path: string,
  use: () => T,
  words?: (error: SystemError) => string | undefined,
): T {
  try {
    return use()
  } catch (cause) {
    if (!is_error(cause)) throw cause
    throw cannot_write(operator, path, cause, words?.(cause))
  }
}

/** Writes all of the bytes where the file stands: the system takes part of them at times, and at most 2 GB at once. */
export function write_all(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30))
}

function replace(path: string, write: (file: number) => void): void {
  const { path: target, present, is_replaceable } = destination_of(path)
  if (!is_replaceable) {
    with_file(target, 'w', write)
    return
  }
  // A file that may not be written stays, though its folder would let it be replaced.
  if (present !== undefined) accessSync(target, constants.W_OK)
  const unfinished = new Unfinished(target, present)
  try {
    write(unfinished.file)
    unfinished.replace(target, present)
  } finally {
    unfinished.close()
  }
}

function with_file(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags)
  try {
    use(file)
  } finally {
    closeSync(file)
  }
}
