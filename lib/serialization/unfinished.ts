import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import { constants as system } from 'node:os'
import { basename, dirname } from 'node:path'
import { native } from '../native.js'
import { has_permission_model } from '../permission.js'
import { is_same_file } from './destination.js'
import { sync, sync_folder } from './sync.js'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY } = constants
/** How many files may be written under one name at a time. */
const MOST = 1000
/** Bytes of a file's name, in most file systems. */
const LONGEST_NAME = 255
const OWN = 0o600
const GROUP = 0o070
const ALL = 0o777

/**
 * A new file beside the one that it will replace, `.NAME.0.tmp`. Nobody else may read it before it is whole. It is locked
 * while it is written, so that the next write of the same name knows what a killed process left, and removes it.
 */
export class Unfinished {
  readonly #path: string
  readonly file: number
  #mode: number
  #is_renamed = false

  /** @throws the system's error where none can be made */
  constructor(target: string, present: Stats | undefined) {
    const prefix = `${dirname(target)}/.${short_name(basename(target))}`
    const mode = present === undefined ? 0o666 : OWN
    for (let n = 0; ; n++) {
      const path = `${prefix}.${n}.tmp`
      const file = n < MOST ? make(path, mode) : openSync(path, O_WRONLY | O_CREAT | O_EXCL, mode)
      if (file === undefined) continue
      this.#path = path
      this.file = file
      for (let other = n + 1; remove_left(`${prefix}.${other}.tmp`) !== 'nothing'; other++);
      break
    }
    // Still empty; the system has applied the umask, or the folder's own rules.
    this.#mode = fstatSync(this.file).mode & 0o7777
    if (present === undefined) this.#set_mode(OWN)
    else this.#mode = present.mode & 0o7777
  }

  /** Takes the name of the target, with the mode and the owner of what is there, when all of it is on the disk. */
  replace(target: string, present: Stats | undefined): void {
    if (present !== undefined) this.#take_owner(present)
    sync(this.file)
    this.#set_mode(this.#mode)
    renameSync(this.#path, target)
    this.#is_renamed = true
    sync_folder(dirname(target))
  }

  /** Ends it; what has not taken the target's name is removed. */
  close(): void {
    try {
      if (!this.#is_renamed) unlinkSync(this.#path)
    } catch {
      // The error that brought this about says more, and the next write removes it.
    }
    closeSync(this.file)
  }

  // Node's permission model has the functions of descriptors switched off, and those of paths not.
  #set_mode(mode: number): void {
    if (has_permission_model) chmodSync(this.#path, mode)
    else fchmodSync(this.file, mode)
  }

  /** As far as the system lets this process: rights of a group that cannot be kept are no other group's. */
  #take_owner({ uid, gid }: Stats): void {
    const own = fstatSync(this.file)
    const change = (user: number, group: number): boolean => {
      try {
        if (has_permission_model) chownSync(this.#path, user, group)
        else fchownSync(this.file, user, group)
        return true
      } catch {
        return false
      }
    }
    if (own.gid !== gid && !change(own.uid, gid)) this.#mode &= ALL & ~GROUP
    if (own.uid !== uid && !change(uid, fstatSync(this.file).gid)) this.#mode &= ALL
  }
}

/** A name with room for what is added, in bytes. */
function short_name(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME - `..${MOST}.tmp`.length) return name
  return createHash('sha256').update(name).digest('hex').slice(0, 32)
}

/** Makes a file and locks it; undefined where another one is being written under this name. */
function make(path: string, mode: number): number | undefined {
  for (;;) {
    let file: number
    try {
      file = openSync(path, O_WRONLY | O_CREAT | O_EXCL, mode)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (remove_left(path) === 'in use') return undefined
      continue
    }
    // Where there are no locks, nothing is ever taken for what was left.
    const refused = native.lock_file(file)
    // Before it was locked, another write may have removed it as left.
    if (refused !== system.errno.EWOULDBLOCK && fstatSync(file).nlink > 0) return file
    closeSync(file)
  }
}

/** Removes the unfinished file of a process that has ended, if there is one. */
function remove_left(path: string): 'removed' | 'nothing' | 'in use' {
  let file: number
  try {
    file = openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'nothing' : 'in use'
  }
  try {
    const found = fstatSync(file)
    if (!found.isFile() || native.lock_file(file) !== 0) return 'in use'
    // While it is locked here, nobody else removes or renames it.
    if (!is_same_file(lstatSync(path, { throwIfNoEntry: false }), found)) return 'nothing'
    unlinkSync(path)
    return 'removed'
  } catch {
    return 'in use'
  } finally {
    closeSync(file)
  }
}
