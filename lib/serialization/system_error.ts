import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { make_error } from '../errors.js'
import { assign_own, own_value, table } from '../own.js'
import { restricted_by_node } from '../permission.js'

/** What the system's refusals carry. */
export type SystemError = NodeJS.ErrnoException & {
  /** What Node's permission model has not allowed, and where. */
  permission?: string
  resource?: string
}

/** The system's texts, as Python and PyTorch print them; Node has others. */
const TEXTS = table<string>({
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EDQUOT: 'Disk quota exceeded',
  EEXIST: 'File exists',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENOENT: 'No such file or directory',
  ENOLCK: 'No locks available',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  EOPNOTSUPP: 'Operation not supported',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ESTALE: 'Stale file handle',
})

/** The system's own text for a code of its errors, where it is a common one. */
export const strerror = (code: string): string | undefined => TEXTS[code]

/** The system's name for a number of its errors; Node's own map has not all of them. */
function code_of(errno: number): string {
  const known = getSystemErrorMap().get(-errno)?.[0]
  return (
    known ?? Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`
  )
}

/** The code of an error; Node's is `Unknown system error -122` for those that its map has not. */
function name_of({ code, errno }: SystemError): string | undefined {
  return code?.startsWith('Unknown') && errno !== undefined ? code_of(-errno) : code
}

/** An error as Node makes one of the system's number, for calls that are not Node's. */
export function system_error(errno: number, syscall: string): SystemError {
  const error: SystemError = new Error()
  Object.assign(error, { code: code_of(errno), errno: -errno, syscall })
  error.message = said_by(error)
  return error
}

/** `ENOSPC: no space left on device, write`. Node's own message names a file that nobody knows, where one is unfinished. */
function said_by(error: SystemError): string {
  const { errno, syscall, message } = error
  if (error.code === 'ERR_ACCESS_DENIED') return restricted_by_node(own_value(error, 'permission'))
  if (errno === undefined) return message
  const code = name_of(error) ?? ''
  const text = getSystemErrorMap().get(errno)?.[1] ?? strerror(code) ?? 'unknown error'
  return `${code}: ${text}${syscall === undefined ? '' : `, ${syscall}`}`
}

/** A RuntimeError with the system's `code`, `errno` and `syscall`, and the path. */
function refused(message: string, path: string, cause: SystemError): Error {
  const [errno, syscall] = [own_value(cause, 'errno'), own_value(cause, 'syscall')]
  const [permission, resource] = [own_value(cause, 'permission'), own_value(cause, 'resource')]
  const code = name_of(cause)
  const rights = permission === undefined ? {} : { permission, resource }
  const fields = code === undefined ? {} : { code, errno, syscall, ...rights }
  return assign_own(make_error('RuntimeError', message), { cause, path, ...fields })
}

/**
 * The error of a file that cannot be written: a RuntimeError that names it, with the system's `code`, `errno` and
 * `syscall`, and `path`.
 *
 * @param words what PyTorch says of it, where it has words
 */
export function cannot_write(operator: string, path: string, cause: SystemError, words?: string): Error {
  const said = words === undefined ? said_by(cause) : `${words} (${said_by(cause)})`
  return refused(`${operator}(): cannot write '${path}': ${said}`, path, cause)
}

/** The same of a file or folder that cannot be read, in the words of Python's OSError. */
export function cannot_read(operator: string, path: string, cause: SystemError): Error {
  const { errno } = cause
  const text = strerror(name_of(cause) ?? '')
  const said = text === undefined ? said_by(cause) : `[Errno ${-errno!}] ${text} (${said_by(cause)})`
  return refused(`${operator}(): cannot read '${path}': ${said}`, path, cause)
}
