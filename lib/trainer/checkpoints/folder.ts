import { lstatSync, renameSync, unlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  make_error,
  NewerVersionError,
  OutOfMemoryError,
  runtime_error,
  UnsupportedGlobalError,
} from '../../errors.js'
import { make_folders } from '../../folders.js'
import { own, own_value } from '../../own.js'
import { is_error } from '../../realm.js'
import { check_is_file } from '../../serialization/read_file.js'
import { save_with_sha256 } from '../../serialization/save.js'
import { cannot_write, type SystemError } from '../../serialization/system_error.js'
import { load } from '../../serialization.js'
import type { TrainerStateDict } from '../state.js'
import { is_state, VERSION } from '../version.js'
import { FolderLock } from './lock.js'
import {
  type CheckpointEntry,
  list_checkpoints,
  next_name,
  sha256_of,
  unfinished_files,
  write_manifest,
} from './manifest.js'

/** Which checkpoints a folder keeps. */
export interface Retention {
  /** How many of the newest. Default: 3. */
  keep_last?: number
  /** The metric that the best are kept by: `loss`, `val_loss` or another of a step's or a validation's. */
  best_by?: string
  /** How many of the best. Default: 1 where there is a metric. */
  keep_best?: number
  /** Whether less or more of the metric is better. Default: `'min'`. */
  mode?: 'min' | 'max'
}

/** A checkpoint that was read. */
export interface LoadedCheckpoint {
  state: TrainerStateDict
  path: string
  /** Newer ones that could not be read, and why. */
  damaged: { path: string; reason: string }[]
}

/** The best by a metric, the best first. */
export function best_of(
  entries: readonly CheckpointEntry[],
  metric: string,
  mode: 'min' | 'max' = 'min',
): CheckpointEntry[] {
  const sign = mode === 'min' ? 1 : -1
  return entries
    .filter(({ metrics }) => typeof own_value(metrics, metric) === 'number')
    .sort((a, b) => sign * (own_value(a.metrics, metric)! - own_value(b.metrics, metric)!))
}

/** Reads one checkpoint; an Error says what is wrong with the file. */
async function read(folder: string, entry: CheckpointEntry): Promise<TrainerStateDict> {
  const path = join(folder, entry.file)
  check_is_file('Trainer', path)
  if (entry.sha256 !== null) {
    const found = await sha256_of(path)
    if (found !== entry.sha256)
      throw runtime_error(`its SHA-256 is ${found}, and ${entry.sha256} when it was written`)
  }
  const state = load<TrainerStateDict>(path, 'cpu')
  if (!is_state(state)) throw runtime_error('it is no state of a Trainer')
  return state
}

function check_version(path: string, { version }: { version: number }): void {
  if (version > VERSION)
    throw make_error(
      'NewerVersionError',
      `Trainer: '${path}' is of format version ${version}; this version of typetorch reads up to ${VERSION}`,
    )
}

/**
 * Reads a checkpoint that a Trainer saved, as for sampling from the best model. One that is damaged is passed over with a
 * warning.
 *
 * @param folder - the Trainer's folder of checkpoints
 * @param options.best_by - a metric: the best by it instead of the newest
 * @param options.mode - whether less or more of the metric is better. Default: `'min'`
 * @returns the Trainer's state; `model` is the model's `state_dict`, `ema` that of the averages
 * @throws RuntimeError where none can be read, with the system's `code` and the `path` where the folder cannot be
 *
 * @example
 * ```ts
 * const { model: weights } = await load_checkpoint('out/checkpoints', { best_by: 'val_loss' })
 * model.load_state_dict(weights)
 * ```
 */
export async function load_checkpoint(
  folder: string,
  options: { best_by?: string; mode?: 'min' | 'max' } = {},
): Promise<TrainerStateDict> {
  const { best_by, mode = 'min' } = own(options)
  const entries = list_checkpoints('load_checkpoint', folder)
  const order = best_by === undefined ? entries.toReversed() : best_of(entries, best_by, mode)
  const found = await first_readable(folder, order)
  if (found === null) {
    const which = best_by === undefined ? '' : ` with a metric '${best_by}'`
    throw runtime_error(`load_checkpoint(): '${folder}' has no checkpoint${which}`)
  }
  return found.state
}

// What the system says where there is no file with bytes: none at all, a folder in its place, a loop of links.
const LOST = new Set(['ENOENT', 'EIO', 'EISDIR', 'ELOOP'])

/** Whether an error says that the file is at fault, and not the version, the memory, the rights or the program. */
function is_damage(error: unknown): boolean {
  if (!is_error(error)) return true
  const { code, cause } = error as NodeJS.ErrnoException
  if (
    error instanceof NewerVersionError ||
    error instanceof UnsupportedGlobalError ||
    error instanceof OutOfMemoryError
  )
    return false
  if (typeof code === 'string') return LOST.has(code)
  return cause === undefined || is_damage(cause)
}

/** The first that can be read; null where there is none at all. */
async function first_readable(
  folder: string,
  order: readonly CheckpointEntry[],
): Promise<LoadedCheckpoint | null> {
  const damaged: LoadedCheckpoint['damaged'] = []
  for (const entry of order) {
    const path = join(folder, entry.file)
    try {
      const state = await read(folder, entry)
      check_version(path, state)
      for (const { path: bad, reason } of damaged)
        process.emitWarning(
          `checkpoint '${bad}' is damaged: ${reason}; '${path}' is used instead`,
          'UserWarning',
        )
      return { state, path, damaged }
    } catch (error) {
      if (!is_damage(error)) throw error
      damaged.push({ path, reason: is_error(error) ? error.message : String(error) })
    }
  }
  if (damaged.length === 0) return null
  throw runtime_error(
    `Trainer: no checkpoint in '${folder}' can be read: ${damaged.map(({ path, reason }) => `'${path}': ${reason}`).join('; ')}`,
  )
}

const LOCKLESS =
  '; its file system has no locks, by which one Trainer at a time has a folder: mount it with locks, or take another one'

/** A Trainer's folder of checkpoints, held by one Trainer at a time. */
export class CheckpointFolder {
  readonly folder: string
  #entries: CheckpointEntry[] = []
  #lock: FolderLock | undefined

  constructor(
    folder: string,
    readonly retention: Retention,
  ) {
    // It stays where it is when the program changes its own folder.
    this.folder = resolve(folder)
  }

  /** Takes the folder, making it where there is none, and clears away what was never finished. */
  open(): void {
    try {
      make_folders(this.folder)
      this.#lock = FolderLock.take(this.folder)
    } catch (cause) {
      const { code, errno, syscall, message } = cause as SystemError
      if (code === undefined) throw cause
      const error = runtime_error(
        `Trainer: checkpoints cannot be written to '${this.folder}': ${message}${syscall === 'flock' ? LOCKLESS : ''}`,
      )
      throw Object.assign(error, { cause, code, errno, syscall, path: this.folder })
    }
    try {
      for (const name of unfinished_files(this.folder)) remove(join(this.folder, name))
      this.#entries = list_checkpoints('Trainer', this.folder)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Gives the folder back. */
  close(): void {
    this.#lock?.release()
    this.#lock = undefined
  }

  /** The checkpoints, the oldest first. */
  get entries(): readonly CheckpointEntry[] {
    return this.#entries
  }

  /** The newest that can be read, or null where there is none. Damaged ones are set aside as `….damaged`. */
  async newest(): Promise<LoadedCheckpoint | null> {
    const found = await first_readable(this.folder, this.#entries.toReversed())
    for (const { path } of found?.damaged ?? []) set_aside(path)
    const gone = new Set(found?.damaged.map(({ path }) => path))
    this.#entries = this.#entries.filter(({ file }) => !gone.has(join(this.folder, file)))
    return found
  }

  /**
   * Saves a state beside the others, then those that are to be kept are written to the manifest, and only then the rest
   * goes: whatever the moment that the process is killed in, what the manifest names is whole.
   */
  async save(
    state: TrainerStateDict,
    metrics: Readonly<Record<string, number>>,
  ): Promise<{ path: string; entry: CheckpointEntry }> {
    this.#lock?.check()
    const { step, epoch } = state
    const file = next_name(this.#entries, step)
    const path = join(this.folder, file)
    const measured = save_with_sha256(state, path)
    const entry: CheckpointEntry = {
      file,
      step,
      epoch,
      ...measured,
      metrics: Object.fromEntries(
        Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
      ),
      saved_at: new Date().toISOString(),
    }
    const all = [...this.#entries, entry]
    this.#entries = this.#kept(all)
    // A file that a killed process did not get into its manifest.
    for (const kept of this.#entries) kept.sha256 ??= await this.#hash(kept)
    this.#lock?.check()
    write_manifest(this.folder, this.#entries)
    for (const old of all) if (!this.#entries.includes(old)) remove(join(this.folder, old.file))
    return { path, entry }
  }

  /** Null for one that cannot be read: it stays as it is. */
  async #hash({ file }: CheckpointEntry): Promise<string | null> {
    const path = join(this.folder, file)
    try {
      check_is_file('Trainer', path)
      return await sha256_of(path)
    } catch (error) {
      if (!is_damage(error)) throw error
      return null
    }
  }

  #kept(entries: readonly CheckpointEntry[]): CheckpointEntry[] {
    const { keep_last = 3, best_by, keep_best = 1, mode = 'min' } = this.retention
    const kept = new Set(keep_last > 0 ? entries.slice(-keep_last) : [])
    if (best_by !== undefined)
      for (const entry of best_of(entries, best_by, mode).slice(0, keep_best)) kept.add(entry)
    return entries.filter((entry) => kept.has(entry))
  }
}

/** Removes a file, if there is one: a folder in its place stays. */
function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    const { code } = error as SystemError
    if (code !== 'ENOENT' && code !== 'EISDIR') throw cannot_write('Trainer', path, error as SystemError)
  }
}

/** Names a damaged checkpoint so that nobody takes it for one, the name of an earlier one excepted. */
function set_aside(path: string): void {
  let aside = `${path}.damaged`
  for (let n = 1; lstatSync(aside, { throwIfNoEntry: false }); n++) aside = `${path}.${n}.damaged`
  try {
    renameSync(path, aside)
  } catch (error) {
    // It went by itself.
    if ((error as SystemError).code !== 'ENOENT') throw cannot_write('Trainer', aside, error as SystemError)
  }
}
