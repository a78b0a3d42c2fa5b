import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
} from 'node:fs'
import { hostname, constants as system } from 'node:os'
import { join } from 'node:path'
import { runtime_error } from '../../errors.js'
import { native } from '../../native.js'
import { own } from '../../own.js'
import { write_all } from '../../serialization/atomic.js'
import { is_same_file } from '../../serialization/destination.js'
import { system_error } from '../../serialization/system_error.js'

const NAME = 'trainer.lock'
const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

/** Who holds a folder, for people: nothing is decided by it. */
interface Holder {
  pid: number
  host: string
}

/**
 * A folder held by one Trainer. The kernel holds its lock file by an open descriptor, for every process and container on the
 * machine and, where the file system passes locks on, on other machines; whatever ends the holder (a thread included)
 * gives the folder back.
 */
export class FolderLock {
  readonly #folder: string
  readonly #path: string
  readonly #file: number

  private constructor(folder: string, path: string, file: number) {
    this.#folder = folder
    this.#path = path
    this.#file = file
  }

  /**
   * Takes a folder.
   *
   * @throws RuntimeError where another Trainer has it, saying who; the system's error where there can be no lock
   */
  static take(folder: string): FolderLock {
    const path = join(folder, NAME)
    let file = take(folder, path)
    // The one who held it has removed it meanwhile, and another may stand there.
    while (!is_at(path, file)) {
      closeSync(file)
      file = take(folder, path)
    }
    const lock = new FolderLock(folder, path, file)
    try {
      const holder: Holder = { pid: process.pid, host: hostname() }
      ftruncateSync(file)
      write_all(file, Buffer.from(`${JSON.stringify(holder)}\n`))
    } catch (error) {
      lock.release()
      throw error
    }
    return lock
  }

  /** Throws where the folder is no longer held: the lock was removed, the folder was, or its server has lost the lock. */
  check(): void {
    const reason = this.#loss()
    if (reason !== null)
      throw runtime_error(
        `Trainer: '${this.#folder}' is no longer held by this Trainer: ${reason}. Another Trainer may have written to the ` +
          'folder, so nothing is saved; run the program again to go on from the newest checkpoint',
      )
  }

  #loss(): string | null {
    const refused = native.lock_file(this.#file)
    if (refused !== 0) return `its lock was lost while it ran (${system_error(refused, 'flock').message})`
    try {
      if (is_at(this.#path, this.#file)) return null
    } catch (error) {
      return `'${this.#path}' cannot be looked at any more (${(error as Error).message})`
    }
    return `'${this.#path}' was removed or replaced while it ran`
  }

  /** Gives the folder back. */
  release(): void {
    try {
      // While it is held: nobody else's goes.
      if (is_at(this.#path, this.#file)) unlinkSync(this.#path)
    } catch {
      // It stays, and holds nobody up.
    }
    closeSync(this.#file)
  }
}

/** Opens the lock's file and locks it. */
function take(folder: string, path: string): number {
  const file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666)
  try {
    if (!fstatSync(file).isFile()) throw runtime_error(`Trainer: '${path}' is no regular file; remove it`)
    const refused = native.lock_file(file)
    if (refused === system.errno.EWOULDBLOCK) throw in_use(folder, path)
    if (refused !== 0) throw system_error(refused, 'flock')
    return file
  } catch (error) {
    closeSync(file)
    throw error
  }
}

/** Whether a path is the name of an open file. */
function is_at(path: string, file: number): boolean {
  return is_same_file(lstatSync(path, { throwIfNoEntry: false }), fstatSync(file))
}

function in_use(folder: string, path: string): Error {
  return runtime_error(
    `Trainer: '${folder}' is in use by another Trainer (${holder_of(path)}); two must not write checkpoints to one folder`,
  )
}

function holder_of(path: string): string {
  try {
    const { pid, host } = own(JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>)
    if (typeof pid === 'number' && typeof host === 'string')
      return `process ${pid}${host === hostname() ? '' : ` on ${host}`}`
  } catch {
    // It has just been taken, or the text is another's.
  }
  return 'its lock does not say which process'
}
