import { lstatSync, readFileSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { runtime_error } from '../errors.js'
import { cannot_read, type SystemError, system_error } from './system_error.js'

/**
 * Throws for what is no file to be read: a folder, or a pipe, which would be waited for.
 *
 * @throws RuntimeError that names it, with the system's `code` (`ENOENT`, `EISDIR`, `ELOOP`, …) and `path`
 */
export function check_is_file(operator: string, path: string): void {
  let found: ReturnType<typeof statSync>
  try {
    found = statSync(path)
  } catch (error) {
    throw cannot_read(operator, path, error as SystemError)
  }
  if (found.isDirectory()) throw cannot_read(operator, path, system_error(constants.errno.EISDIR, 'read'))
  if (!found.isFile())
    throw Object.assign(runtime_error(`${operator}(): cannot read '${path}': it is no regular file`), {
      path,
    })
}

/** The text of a file; null where there is none, though not for a link to nothing: a disk may be missing. */
export function read_text(operator: string, path: string): string | null {
  if (!lstatSync(path, { throwIfNoEntry: false })) return null
  check_is_file(operator, path)
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw cannot_read(operator, path, error as SystemError)
  }
}
