import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { system_error } from './system_error.js'

/** As many as the system follows. */
const MOST_LINKS = 40
const ELOOP = 40
const EACCES = 13
const STICKY = 0o1000
const OTHERS_WRITE = 0o002

/** The file that a write to a path changes. */
export interface Destination {
  /** The file that is made or replaced: the path, or what its links point to. */
  readonly path: string
  /** What is there; undefined for nothing. */
  readonly present: Stats | undefined
  /** Whether a new file may take its name; a device, a pipe, or a file without a name is written to as it is. */
  readonly is_replaceable: boolean
}

/**
 * Follows the links of a path as open(2) does, those to nothing included: the file is made where they point to.
 *
 * @throws the system's error for a loop, and for links of strangers in a folder such as /tmp, which Linux doesn't follow
 */
export function destination_of(path: string): Destination {
  const present = statSync(path, { throwIfNoEntry: false })
  if (present !== undefined && !present.isFile()) return { path, present, is_replaceable: false }
  const target = end_of_links(path)
  if (present === undefined) return { path: target, present, is_replaceable: true }
  // A descriptor's link in /proc has a text that may be no path.
  const is_replaceable = is_same_file(lstatSync(target, { throwIfNoEntry: false }), present)
  return { path: is_replaceable ? target : path, present, is_replaceable }
}

/** True if two names or descriptors stand for one file. */
export function is_same_file(one: Stats | undefined, other: Stats): boolean {
  return one?.ino === other.ino && one.dev === other.dev
}

function end_of_links(path: string): string {
  let at = path
  for (let links = 0; links <= MOST_LINKS; links++) {
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found === undefined || !found.isSymbolicLink()) return at
    const folder = dirname(at)
    if (!is_followed(found, folder)) throw system_error(EACCES, 'open')
    const to = readlinkSync(at)
    // Not shortened: a folder before '..' may be a link as well.
    at = isAbsolute(to) ? to : `${folder}/${to}`
  }
  throw system_error(ELOOP, 'open')
}

/** What Linux asks where `fs.protected_symlinks` is on. */
function is_followed(link: Stats, folder: string): boolean {
  if (link.uid === process.geteuid?.()) return true
  const { mode, uid } = statSync(folder)
  return (mode & (STICKY | OTHERS_WRITE)) !== (STICKY | OTHERS_WRITE) || uid === link.uid
}
