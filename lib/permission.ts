import { resolve } from 'node:path'
import { make_error } from './errors.js'

/** Node's permission model; undefined where the process runs without it. */
const permission = process.permission as NodeJS.Process['permission'] | undefined

/** Whether Node's permission model is on: `fs.fsync`, `fs.fchmod` and `fs.fchown` throw under it. */
export const has_permission_model = permission !== undefined

const RIGHTS = {
  read: { scope: 'fs.read', name: 'FileSystemRead', flag: '--allow-fs-read' },
  write: { scope: 'fs.write', name: 'FileSystemWrite', flag: '--allow-fs-write' },
} as const

/** The text of an error for a missing right, which Node calls `FileSystemRead` or `FileSystemWrite`. */
export function restricted_by_node(name: unknown): string {
  const right = Object.values(RIGHTS).find((one) => one.name === name)
  return `access is restricted by Node's permission model (ERR_ACCESS_DENIED)${right === undefined ? '' : `; allow it with ${right.flag}`}`
}

/**
 * Asks Node's permission model for a path that native code is about to open: Node sees only what its own functions open.
 *
 * @throws RuntimeError with Node's `code`, `permission` and `resource`, where Node's own functions would throw
 */
export function ask_permission(operator: string, path: string, right: keyof typeof RIGHTS): void {
  if (permission === undefined) return
  const { scope, name } = RIGHTS[right]
  const resource = resolve(path)
  if (permission.has(scope, resource)) return
  const error = make_error(
    'RuntimeError',
    `${operator}(): cannot ${right} '${path}': ${restricted_by_node(name)}`,
  )
  throw Object.assign(error, { code: 'ERR_ACCESS_DENIED', permission: name, resource, path })
}
