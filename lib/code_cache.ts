import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { make_folders } from './folders.js'

// V8 runs the compiled form that it is given as it runs a program, so only what this user's own process wrote counts: a
// folder and a file that nobody else can write or has laid there, with a hash over the script and the form.

/** How many compiled forms are kept: one for each Node, set of V8's flags, and version of the package. */
const KEPT = 8
const HASH_BYTES = 32
const OTHERS = 0o077

/** `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` are Node's own; its folder may be read by others. */
function cache_folder(): string | undefined {
  const { NODE_DISABLE_COMPILE_CACHE, NODE_COMPILE_CACHE, XDG_CACHE_HOME, HOME } = process.env
  if (NODE_DISABLE_COMPILE_CACHE) return undefined
  if (NODE_COMPILE_CACHE) return join(NODE_COMPILE_CACHE, 'typetorch')
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'typetorch', 'compiled')
  // Never in the current folder, which may be anybody's.
  const home = HOME && isAbsolute(HOME) ? HOME : userInfo().homedir
  return join(home, '.cache', 'typetorch', 'compiled')
}

const is_private = ({ uid, mode }: Stats): boolean => uid === process.geteuid?.() && (mode & OTHERS) === 0

/** True for a folder that belongs to this user and that nobody else can read or write. */
function is_own_folder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  return found?.isDirectory() === true && is_private(found)
}

/** Runs `body` and returns its result, or undefined if it throws: the program can do without the cache. */
function where_possible<T>(body: () => T): T | undefined {
  try {
    return body()
  } catch {
    return undefined
  }
}

/** The compiled form of one script, for one Node with one set of flags. */
export class CodeCache {
  readonly #file: string | undefined
  readonly #key: string

  /**
   * @param key all that the compiled form depends on, the script's own hash included
   */
  constructor(key: string) {
    this.#key = key
    const name = createHash('sha256').update(key).digest('hex').slice(0, 32)
    const folder = where_possible(cache_folder)
    this.#file = folder && join(folder, `typetorch-${name}.bin`)
  }

  #hash(data: Buffer): Buffer {
    return createHash('sha256').update(this.#key).update('\0').update(data).digest()
  }

  /** The compiled form; undefined where there is none that is whole, of this script, and this user's. */
  read(): Buffer | undefined {
    const path = this.#file
    return path === undefined ? undefined : where_possible(() => this.#read(path))
  }

  #read(path: string): Buffer | undefined {
    if (!is_own_folder(dirname(path))) return undefined
    // A link is not followed, and a pipe not waited for.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const found = fstatSync(file)
      if (!found.isFile() || !is_private(found) || found.nlink !== 1) return undefined
      const bytes = readFileSync(file)
      const data = bytes.subarray(HASH_BYTES)
      return this.#hash(data).equals(bytes.subarray(0, HASH_BYTES)) ? data : undefined
    } finally {
      closeSync(file)
    }
  }

  /** Keeps a compiled form for the next process, where that is possible. */
  write(make: () => Buffer): void {
    const path = this.#file
    if (path !== undefined) where_possible(() => this.#write(path, make))
  }

  #write(path: string, make: () => Buffer): void {
    const folder = dirname(path)
    make_folders(dirname(folder))
    if (!lstatSync(folder, { throwIfNoEntry: false })) mkdirSync(folder, 0o700)
    if (!is_own_folder(folder)) return
    const data = make()
    const part = `${path}.${process.pid}.part`
    rmSync(part, { force: true })
    try {
      writeFileSync(part, Buffer.concat([this.#hash(data), data]), { mode: 0o600, flag: 'wx' })
      renameSync(part, path)
    } catch (error) {
      // A full disk keeps no half of it.
      rmSync(part, { force: true })
      throw error
    }
    const ages = readdirSync(folder)
      .filter((name) => name.startsWith('typetorch-'))
      .map((name) => [statSync(join(folder, name)).mtimeMs, name] as const)
      .sort(([a], [b]) => b - a)
    for (const [, name] of ages.slice(KEPT)) rmSync(join(folder, name), { force: true })
  }
}
