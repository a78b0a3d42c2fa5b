import { getSystemErrorMap } from 'node:util'
import { make_error } from '../errors.js'

/** What the system's refusals carry. */
export type SystemError = NodeJS.ErrnoException

/** An error as Node makes one of the system's number, for calls that are not Node's. */
export function system_error(errno: number, syscall: string): SystemError {
  const code = getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`
  const error: SystemError = new Error()
  Object.assign(error, { code, errno: -errno, syscall })
  error.message = said_by(error)
  return error
}

/** `ENOSPC: no space left on device, write`. Node's own message names a file that nobody knows, where one is unfinished. */
function said_by({ code, errno, syscall, message }: SystemError): string {
  const text = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return text === undefined ? message : `${code}: ${text}${syscall === undefined ? '' : `, ${syscall}`}`
}

/**
 * The error of a file that cannot be written: a RuntimeError that names it, with the system's `code`, `errno` and
 * `syscall`, and `path`.
 *
 * @param words what PyTorch says of it, where it has words
 */
export function cannot_write(operator: string, path: string, cause: SystemError, words?: string): Error {
  const said = words === undefined ? said_by(cause) : `${words} (${said_by(cause)})`
  const error = make_error('RuntimeError', `${operator}(): cannot write '${path}': ${said}`)
  const { code, errno, syscall } = cause
  return Object.assign(error, { cause, path, ...(code === undefined ? {} : { code, errno, syscall }) })
}
